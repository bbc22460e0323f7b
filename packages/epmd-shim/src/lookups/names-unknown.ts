import { EpmdError } from '../error.ts'

/** The answer of a directory that keeps no list. */
export function namesUnknown(why: string): EpmdError {
  return new EpmdError('EPMD_NAMES_UNKNOWN', why)
}
