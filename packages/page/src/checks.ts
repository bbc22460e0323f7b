import { DynsrvError } from '@dynsrv/cluster'
import { checksOf, having, type Rule } from '@dynsrv/kit'

/** The checks of this package. */
export const checks = checksOf(({ message, hint }) => new DynsrvError('DYNSRV_BAD_OPTION', message, { hint }))

/** What `start` gives. */
export const clusterRule: Rule = having('members', 'missing', 'lookups', 'on')
