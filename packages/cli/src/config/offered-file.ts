import type { StartOptions } from '@dynsrv/cluster'

/** The file of the cookie with which we prove ourselves: the one that a command uses which only dials. */
export function offeredFile(cookieFile: NonNullable<StartOptions['cookieFile']>): string {
  return typeof cookieFile === 'string' ? cookieFile : cookieFile.offered
}
