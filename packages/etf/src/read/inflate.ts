import { inflateSync } from 'node:zlib'
import { EtfError, overLimit } from '../error.ts'

/** Deflate makes at most this many bytes of one; an announced size beyond it is refused before anything is inflated. */
const MAX_DEFLATE_RATIO = 1032

/** zlib's room for output, which small terms would pin and many of them multiply, is made to measure between these. */
const LEAST_ROOM_BYTES = 64
const MOST_ROOM_BYTES = 64 * 1024

/** A compressed term's tag and size are read; its zlib stream begins at `start`. */
export interface CompressedPart {
  readonly bytes: Uint8Array
  readonly start: number
  readonly announcedSize: number
  readonly maxSize: number
}

/** The inflated bytes and where the zlib stream ends; what follows it is not looked at. */
export function inflateTerm({ bytes, start, announcedSize, maxSize }: CompressedPart): {
  readonly inflated: Uint8Array
  readonly end: number
} {
  if (announcedSize > maxSize) {
    throw overLimit('ETF_LIMIT_INFLATED', {
      limit: 'limits.inflatedBytes',
      most: maxSize,
      what: `the compressed term inflates to ${announcedSize} bytes, more`,
      offset: start,
    })
  }
  const available = bytes.length - start
  if (announcedSize > available * MAX_DEFLATE_RATIO) throw malformed(start, 'its size is beyond what deflate can do')
  let result: { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } }
  try {
    const chunkSize = Math.min(Math.max(announcedSize + 1, LEAST_ROOM_BYTES), MOST_ROOM_BYTES)
    const options = { maxOutputLength: Math.max(announcedSize, 1), chunkSize, info: true }
    // With `info` the answer also says how much of the input was used, which the types do not know.
    result = inflateSync(bytes.subarray(start), options) as unknown as typeof result
  } catch (cause) {
    throw malformed(start, 'it does not inflate to the size it announces', cause)
  }
  const { buffer, engine } = result
  if (buffer.length !== announcedSize) throw malformed(start, 'it does not inflate to the size it announces')
  return { inflated: buffer, end: start + engine.bytesWritten }
}

function malformed(offset: number, why: string, cause?: unknown): EtfError {
  return new EtfError('ETF_BAD_COMPRESSED', `the compressed term is malformed: ${why}`, { offset, cause })
}
