import { Binary, BitString, type Term } from '../term.ts'
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
  if (bits === 8) return reader.wantsView ? new Binary(reader.bytes, at, length) : reader.view(at, length)
  const bytes = reader.view(at, length)
  const last = bytes[length - 1]!
  const clean = last & (0xff << (8 - bits))
  if (clean === last) return new BitString(bytes, bits)
  // BEAM clears the bits that do not count; the input is not ours to change.
  const copy = bytes.slice()
  copy[length - 1] = clean
  return new BitString(copy, bits)
}
