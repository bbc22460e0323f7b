import { DynsrvError } from '@dynsrv/cluster'

/** @throws {DynsrvError} `DYNSRV_BAD_OPTION` for a cookie on the command line */
export function refuseCookie(cookie: string | undefined): void {
  if (cookie === undefined) return
  throw new DynsrvError('DYNSRV_BAD_OPTION', 'a cookie on the command line can be read by every user of this machine', {
    hint: 'Put it in a file for --cookie-file, or in RELEASE_COOKIE.',
  })
}
