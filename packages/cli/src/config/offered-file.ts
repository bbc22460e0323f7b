import type { StartOptions } from '@dynsrv/cluster'

/** The file of the cookie with which we prove ourselves. A command that only dials needs no other. */
export function offeredFile(cookieFile: NonNullable<StartOptions['cookieFile']>): string {
  return typeof cookieFile === 'string' ? cookieFile : cookieFile.offered
}
