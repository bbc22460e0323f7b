import { hash, timingSafeEqual } from 'node:crypto'

/** The length of a challenge digest. Unit: bytes. */
export const DIGEST_BYTES = 16

/**
 * The proof that one knows the cookie: MD5 over the cookie and the decimal digits of the other side's challenge.
 *
 * The challenge counts as unsigned: read as a signed integer, every second handshake fails.
 *
 * @see OTP `erl_dist_protocol`, "Distribution Handshake"; `dist_util:gen_digest/2`
 */
export function challengeDigest(cookie: string, challenge: number): Uint8Array {
  return hash('md5', Buffer.from(`${cookie}${challenge}`, 'latin1'), 'buffer')
}

/** Compares two digests in a time that does not depend on where they differ. */
export function digestEquals(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
