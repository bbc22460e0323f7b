import { whole } from '@dynsrv/kit'
import { checkBytes, checks, isBytes, isCount } from '../checks.ts'
import * as Tag from '../tag.ts'

/** The bounds of OTP 23, and of any other peer that does not announce `DFLAG_V4_NC`. */
const MOST_PID_ID = 0x7fff
const MOST_PID_SERIAL = 0x1fff
const MOST_REFERENCE_WORDS = 3
const MOST_PORT_ID = 0x0fff_ffff

/**
 * Whether the term at `at` is a pid, a port or a reference that a peer without `DFLAG_V4_NC` does not take.
 *
 * It is read as far as that takes; bytes that are missing count as 0.
 *
 * @throws {EtfError} `ETF_BAD_OPTION`
 */
export function isLargeId(bytes: Uint8Array, at: number): boolean {
  if (!isBytes(bytes)) checkBytes('isLargeId', bytes)
  if (!(isCount(at) && at <= bytes.length)) checks.argument('isLargeId', 'at', whole(0, bytes.length), at)
  switch (bytes[at]) {
    case Tag.NEW_PID_EXT:
    case Tag.PID_EXT: {
      const id = at + 1 + atomBytes(bytes, at + 1)
      return u32(bytes, id) > MOST_PID_ID || u32(bytes, id + 4) > MOST_PID_SERIAL
    }
    case Tag.NEW_PORT_EXT:
    case Tag.PORT_EXT:
      return u32(bytes, at + 1 + atomBytes(bytes, at + 1)) > MOST_PORT_ID
    case Tag.V4_PORT_EXT:
      return true
    case Tag.NEWER_REFERENCE_EXT:
    case Tag.NEW_REFERENCE_EXT:
      return u16(bytes, at + 1) > MOST_REFERENCE_WORDS
    default:
      return false
  }
}

/** How many bytes the atom at `at` takes. */
export function atomBytes(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case Tag.ATOM_CACHE_REF:
      return 2
    case Tag.SMALL_ATOM_UTF8_EXT:
    case Tag.SMALL_ATOM_EXT:
      return 2 + (bytes[at + 1] ?? 0)
    default:
      return 3 + u16(bytes, at + 1)
  }
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

function u32(bytes: Uint8Array, at: number): number {
  return ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0
}
