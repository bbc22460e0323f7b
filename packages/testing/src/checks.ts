import { checksOf } from '@dynsrv/kit'
import { SimulationError } from './error.ts'

/** The checks of this package. */
export const checks = checksOf(({ message, hint }) => new SimulationError('SIM_BAD_OPTION', message, { hint }))
