import { asBuffer } from './utf8.ts'

/** What OTP 27 and later accept at most; older releases accept more. Unit: bytes of the magnitude. */
export const MAX_INTEGER_BYTES = 524_280

const TWO_48 = 2 ** 48

const WORD_BYTES = 8
const TWO_64 = 2n ** 64n
const TWO_128 = 2n ** 128n

/** Where integers of up to 128 bits are taken apart, and put together: ten times as fast as by their digits. */
const words = new DataView(new ArrayBuffer(2 * WORD_BYTES))

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
  if (size <= 2 * WORD_BYTES) return readTwoWords(bytes, start, size, isNegative)
  // Hexadecimal is a power of two: V8 reads it in time proportional to its length.
  // A copy, for the input is not ours to turn round; `slice` of a `Buffer` would be none.
  const bigEndian = new Uint8Array(bytes.subarray(start, start + size)).reverse()
  const magnitude = BigInt(`0x${asBuffer(bigEndian).toString('hex')}`)
  return isNegative ? -magnitude : magnitude
}

function readTwoWords(bytes: Uint8Array, start: number, size: number, isNegative: boolean): bigint {
  words.setBigUint64(0, 0n)
  words.setBigUint64(WORD_BYTES, 0n)
  for (let index = 0; index < size; index++) words.setUint8(index, bytes[start + index]!)
  const low = words.getBigUint64(0, true)
  const magnitude = size <= WORD_BYTES ? low : (words.getBigUint64(WORD_BYTES, true) << 64n) | low
  return isNegative ? -magnitude : magnitude
}

/** The most bytes that {@link putSmallMagnitude} writes over. */
export const SMALL_MAGNITUDE_BYTES = 2 * WORD_BYTES

/** Whether {@link putSmallMagnitude} can write it. */
export function isSmallMagnitude(magnitude: bigint): boolean {
  return magnitude < TWO_128
}

/** Writes the little-endian bytes of an integer that is not negative; gives how many count. */
export function putSmallMagnitude(view: DataView, at: number, magnitude: bigint): number {
  view.setBigUint64(at, magnitude, true)
  const isOneWord = magnitude < TWO_64
  if (!isOneWord) view.setBigUint64(at + WORD_BYTES, magnitude >> 64n, true)
  let length = isOneWord ? WORD_BYTES : SMALL_MAGNITUDE_BYTES
  while (length > 0 && view.getUint8(at + length - 1) === 0) length--
  return length
}

/** The little-endian magnitude of an integer, without leading zero bytes. */
export function magnitudeOf(value: bigint): Uint8Array {
  const hex = (value < 0n ? -value : value).toString(16)
  return new Uint8Array(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')).reverse()
}
