import { asBuffer } from './utf8.ts'

/** What OTP 27 and later accept at most; older releases accept more. */
export const MAX_INTEGER_BYTES = 524_287

const TWO_48 = 2 ** 48

/** The integer of a little-endian magnitude in `bytes[start, start + size)`. */
export function readMagnitude(bytes: Uint8Array, start: number, size: number, isNegative: boolean): number | bigint {
  while (size > 0 && bytes[start + size - 1] === 0) size--
  if (size <= 7) {
    let low = 0
    let weight = 1
    for (let index = 0; index < size && index < 6; index++, weight *= 256) low += bytes[start + index]! * weight
    const high = size === 7 ? bytes[start + 6]! : 0
    // 2^53 - 1 is 1f ff ff ff ff ff ff.
    if (high < 0x20) {
      const magnitude = high * TWO_48 + low
      return isNegative && magnitude !== 0 ? -magnitude : magnitude
    }
  }
  // Hexadecimal is a power of two: V8 reads it in time proportional to its length.
  // A copy, for the input is not ours to turn round; `slice` of a `Buffer` would be none.
  const bigEndian = new Uint8Array(bytes.subarray(start, start + size)).reverse()
  const magnitude = BigInt(`0x${asBuffer(bigEndian).toString('hex')}`)
  return isNegative ? -magnitude : magnitude
}

/** The little-endian magnitude of an integer, without leading zero bytes. */
export function magnitudeOf(value: bigint): Uint8Array {
  const hex = (value < 0n ? -value : value).toString(16)
  return new Uint8Array(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')).reverse()
}
