import { hash, timingSafeEqual } from 'node:crypto'
import { checkBytes, checks, u32 } from '../checks.ts'
import { cookieText } from './cookie.ts'

/** The length of a challenge digest. Unit: bytes. */
export const DIGEST_BYTES = 16

/**
 * The proof that one knows the cookie: MD5 over the cookie and the decimal digits of the other side's challenge.
 *
 * The challenge counts as unsigned: read as a signed integer, every second handshake fails.
 *
 * @throws {DistError} `DIST_BAD_OPTION`
 * @see OTP `erl_dist_protocol`, "Distribution Handshake"; `dist_util:gen_digest/2`
 */
export function challengeDigest(cookie: string, challenge: number): Uint8Array {
  checks.argument('challengeDigest', 'cookie', cookieText, cookie)
  checks.argument('challengeDigest', 'challenge', u32, challenge)
  return hash('md5', Buffer.from(`${cookie}${challenge}`, 'latin1'), 'buffer')
}

/** Compares two digests in a time that does not depend on where they differ. */
export function digestEquals(a: Uint8Array, b: Uint8Array): boolean {
  checkBytes('digestEquals', 'a', a)
  checkBytes('digestEquals', 'b', b)
  return a.length === b.length && timingSafeEqual(a, b)
}
