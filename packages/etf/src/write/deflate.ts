import { deflateSync } from 'node:zlib'
import { COMPRESSED } from '../tag.ts'
import type { ByteWriter } from './byte-writer.ts'

/** Puts the deflated form in place of what was written from `start` on, unless it is no smaller. */
export function deflateTerm(writer: ByteWriter, start: number, level: number): void {
  const plain = writer.written().subarray(start)
  const deflated = deflateSync(plain, { level })
  if (deflated.length + 5 >= plain.length) return
  const size = plain.length
  writer.truncate(start)
  writer.u8(COMPRESSED)
  writer.u32(size)
  writer.bytes(deflated)
}
