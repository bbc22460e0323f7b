import { constants, isUtf8 } from 'node:buffer'

/** Up to this many bytes a loop over the bytes is faster than a call into the runtime. */
const SHORT_TEXT_BYTES = 24

/** Bytes as a `Buffer` over the same memory; nothing is copied. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The text of `bytes[start, end)`, or `undefined` unless it is well-formed UTF-8 and no longer than a string can be. */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start > constants.MAX_STRING_LENGTH) return undefined
  if (end - start <= SHORT_TEXT_BYTES) {
    const ascii = readShortAscii(bytes, start, end, '')
    if (ascii !== undefined) return ascii
  }
  const text = asBuffer(bytes).toString('utf8', start, end)
  // The decoder puts U+FFFD for whatever is malformed, so text without it needs no second look.
  if (text.includes('\uFFFD') && !isUtf8(bytes.subarray(start, end))) return undefined
  return text
}

/**
 * `bytes[start, end)` as a text of one character a byte: equal for equal bytes, and only for them.
 *
 * @param front comes in front
 */
export function readLatin1(bytes: Uint8Array, start: number, end: number, front = ''): string {
  const ascii = end - start <= SHORT_TEXT_BYTES ? readShortAscii(bytes, start, end, front) : undefined
  return ascii ?? front + asBuffer(bytes).toString('latin1', start, end)
}

function readShortAscii(bytes: Uint8Array, start: number, end: number, front: string): string | undefined {
  let text = front
  let at = start
  for (; at + 4 <= end; at += 4) {
    const a = bytes[at]!
    const b = bytes[at + 1]!
    const c = bytes[at + 2]!
    const d = bytes[at + 3]!
    if ((a | b | c | d) > 127) return undefined
    text += String.fromCharCode(a, b, c, d)
  }
  for (; at < end; at++) {
    const a = bytes[at]!
    if (a > 127) return undefined
    text += String.fromCharCode(a)
  }
  return text
}

/** Number of code points in well-formed UTF-8: every byte that does not continue a sequence starts one. */
export function countCharacters(bytes: Uint8Array, start: number, end: number): number {
  let count = 0
  for (let at = start; at < end; at++) if ((bytes[at]! & 0xc0) !== 0x80) count++
  return count
}

/** Half of a surrogate pair without its other half, which UTF-8 has no bytes for. */
export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text)
}
