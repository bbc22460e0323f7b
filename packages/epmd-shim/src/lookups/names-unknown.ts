import { EpmdError } from '../error.ts'

/** The answer of a directory that keeps no list. */
export function namesUnknown(why: string): EpmdError {
  const hint = 'Use a module that keeps a list, such as DynamicSrv or Static.'
  return new EpmdError('EPMD_NAMES_UNKNOWN', why, { hint })
}
