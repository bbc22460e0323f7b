import { BitString, type Term } from '../term.ts'
import { BIT_STRING_WORDS, OWN_BYTES_WORDS } from './memory.ts'
import type { TermCursor } from './term-cursor.ts'

/** BIT_BINARY_EXT: a bit string, or a binary when all eight bits of the last byte count. */
export function readBitBinary(reader: TermCursor): Term {
  const start = reader.skip(1)
  const length = reader.u32()
  const bits = reader.u8()
  const at = reader.skip(length)
  if (bits === 0 || bits > 8 || length === 0) {
    throw reader.error('ETF_BAD_BITS', `a bit string of ${length} bytes cannot use ${bits} bits of the last`, start)
  }
  if (bits === 8) return reader.wantsView ? reader.binary(at, length) : reader.view(at, length)
  reader.spend(BIT_STRING_WORDS)
  const last = reader.bytes[at + length - 1]!
  const clean = last & (0xff << (8 - bits))
  if (clean === last) return new BitString(reader.view(at, length), bits)
  // BEAM clears the bits that do not count; the input is not ours to change.
  reader.spend(OWN_BYTES_WORDS + (length >>> 3))
  const copy = new Uint8Array(reader.bytes.subarray(at, at + length))
  copy[length - 1] = clean
  return new BitString(copy, bits)
}
