import { BitString, Float, type Term } from '@dynsrv/etf'

/** What the bits of a segment are made of, and how. */
export interface Segment {
  readonly type: 'integer' | 'float' | 'binary' | 'bits' | 'utf8' | 'utf16' | 'utf32'
  /** In units; the type's own when undefined. */
  readonly size?: number
  /** Bits; the type's own when undefined. */
  readonly unit?: number
  readonly little?: boolean
}

/** More than fits on a command line; a size can ask for any number. */
const MAX_BITS = 8 * 1024 * 1024

/** Why a segment has no bits. */
export class NoSuchBits extends Error {
  override readonly name = 'NoSuchBits'
}

/** Gathers the bits of `<<…>>`, segment by segment, as Erlang's bit syntax makes them. */
export class BitWriter {
  #bits = ''

  /** @throws {NoSuchBits} */
  add(value: Term, segment: Segment): void {
    this.#bits += bitsOf(value, segment)
    if (this.#bits.length > MAX_BITS) throw new NoSuchBits('it is longer than 1 MiB')
  }

  done(): Uint8Array | BitString {
    const bits = this.#bits
    const bytes = new Uint8Array(Math.ceil(bits.length / 8))
    for (let at = 0; at < bytes.length; at++) {
      bytes[at] = Number.parseInt(bits.slice(at * 8, at * 8 + 8).padEnd(8, '0'), 2)
    }
    const rest = bits.length % 8
    return rest === 0 ? bytes : new BitString(bytes, rest)
  }
}

function bitsOf(value: Term, segment: Segment): string {
  const { type } = segment
  if (type === 'integer' || type === 'float') {
    if (segment.unit !== undefined && segment.size === undefined) throw new NoSuchBits('a unit needs a size')
    return type === 'integer' ? integer(value, segment) : float(value, segment)
  }
  if (type === 'binary' || type === 'bits') return part(value, segment)
  if (segment.size !== undefined || segment.unit !== undefined) throw new NoSuchBits(`${type} takes no size`)
  return character(value, segment)
}

function integer(value: Term, { size = 8, unit = 1, little = false }: Segment): string {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw new NoSuchBits('this is not an integer')
  const length = checked(size * unit)
  const bits = length === 0 ? '' : BigInt.asUintN(length, BigInt(value)).toString(2).padStart(length, '0')
  return little ? littleEndian(bits) : bits
}

const FLOAT_BITS = [16, 32, 64]

function float(value: Term, { size = 64, unit = 1, little = false }: Segment): string {
  const number = value instanceof Float ? value.value : Number(value)
  if (!(value instanceof Float || typeof value === 'number' || typeof value === 'bigint') || !Number.isFinite(number)) {
    throw new NoSuchBits('this is not a number that a float can hold')
  }
  const length = size * unit
  if (!FLOAT_BITS.includes(length)) throw new NoSuchBits('a float has 16, 32 or 64 bits')
  const view = new DataView(new ArrayBuffer(length / 8))
  if (length === 64) view.setFloat64(0, number)
  else if (length === 32) view.setFloat32(0, number)
  else view.setUint16(0, halfPrecision(number))
  const bits = bitsOfBytes(new Uint8Array(view.buffer))
  return little ? littleEndian(bits) : bits
}

/** The bits of a number as binary16. @see IEEE 754 §3.6 */
function halfPrecision(number: number): number {
  const single = Math.abs(Math.fround(number))
  const sign = number < 0 || Object.is(number, -0) ? 0x80_00 : 0
  if (single >= 65_520) return sign | 0x7c_00
  const exponent = Math.max(Math.floor(Math.log2(single)), -14)
  // A fraction that is rounded up to the next power of two carries into the exponent, which is right.
  const fraction = toEven((single / 2 ** exponent) * 1024)
  return sign | (fraction < 1024 ? fraction : ((exponent + 14) << 10) + fraction)
}

/** Rounded, a half to the even neighbour. */
function toEven(number: number): number {
  const down = Math.floor(number)
  const rest = number - down
  return rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? down + 1 : down
}

function part(value: Term, { type, size, unit = type === 'binary' ? 8 : 1 }: Segment): string {
  const bits = value instanceof BitString ? bitsOfBytes(value.bytes).slice(0, value.bitLength) : undefined
  const all = value instanceof Uint8Array ? bitsOfBytes(value) : typeof value === 'string' ? textBits(value) : bits
  if (all === undefined) throw new NoSuchBits(`this is not a ${type === 'binary' ? 'binary' : 'bit string'}`)
  if (type === 'bits' && unit !== 1) throw new NoSuchBits('bits have a unit of 1')
  if (size === undefined) {
    if (all.length % unit !== 0) throw new NoSuchBits(`the number of its bits is not a multiple of ${unit}`)
    return all
  }
  if (size * unit > all.length) throw new NoSuchBits('it is shorter than the size')
  return all.slice(0, size * unit)
}

function character(value: Term, { type, little = false }: Segment): string {
  const code = typeof value === 'number' ? value : -1
  if (!Number.isInteger(code) || code < 0 || code > 0x10_ff_ff || (code >= 0xd8_00 && code <= 0xdf_ff)) {
    throw new NoSuchBits('there is no such character')
  }
  const text = String.fromCodePoint(code)
  if (type === 'utf8') return textBits(text)
  const width = type === 'utf32' ? 32 : 16
  const units = type === 'utf32' ? [code] : Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))
  const bits = units.map((unit) => unit.toString(2).padStart(width, '0'))
  return bits.map((each) => (little ? littleEndian(each) : each)).join('')
}

/** The least significant byte first; bits that do not fill a byte are the most significant ones and come last. */
function littleEndian(bits: string): string {
  const bytes: string[] = []
  for (let end = bits.length; end > 0; end -= 8) bytes.push(bits.slice(Math.max(end - 8, 0), end))
  return bytes.join('')
}

function checked(length: number): number {
  if (length > MAX_BITS) throw new NoSuchBits('it is longer than 1 MiB')
  return length
}

function textBits(text: string): string {
  return bitsOfBytes(Buffer.from(text))
}

function bitsOfBytes(bytes: Uint8Array): string {
  let bits = ''
  for (const byte of bytes) bits += byte.toString(2).padStart(8, '0')
  return bits
}
