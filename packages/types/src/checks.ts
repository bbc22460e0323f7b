import { checksOf } from '@dynsrv/kit'
import { TypesError } from './error.ts'

/** The checks of this package. */
export const checks = checksOf(({ message, hint }) => new TypesError('TYPES_BAD_OPTION', message, { hint }))
