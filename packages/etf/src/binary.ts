import { NODE_INSPECT, textForNode, textOfBinary } from './text/term-text.ts'
import { type Piece, TERM_PIECES, type TermSyntax } from './text/text-pieces.ts'
import { asBuffer, readUtf8 } from './utf8.ts'

/**
 * A light view of a binary inside the bytes that were decoded: nothing is made until it is asked for.
 *
 * It costs a third of a `Uint8Array` to make. It stays valid as long as those bytes are not overwritten.
 */
export class Binary {
  /** The bytes that were decoded, of which this is a part. */
  readonly source: Uint8Array
  readonly offset: number
  /** Bytes, not characters. */
  readonly length: number

  constructor(source: Uint8Array, offset = 0, length: number = source.length - offset) {
    this.source = source
    this.offset = offset
    this.length = length
  }

  /** The bytes, on the same memory as the source. */
  toBytes(): Uint8Array {
    return this.source.subarray(this.offset, this.offset + this.length)
  }

  /** The bytes read as UTF-8; U+FFFD stands for what is malformed. */
  toString(): string {
    const end = this.offset + this.length
    return readUtf8(this.source, this.offset, end) ?? asBuffer(this.source).toString('utf8', this.offset, end)
  }

  [TERM_PIECES](syntax: TermSyntax): readonly Piece[] {
    return [{ text: textOfBinary(this.toBytes(), syntax) }]
  }

  [NODE_INSPECT](): string {
    return textForNode(this)
  }
}

/** A bit string whose length is no multiple of eight. */
export class BitString {
  readonly bytes: Uint8Array
  /** How many bits of the last byte count, from the high end: 1 to 7, or 8 when all do. The others are 0. */
  readonly bits: number

  constructor(bytes: Uint8Array, bits: number) {
    this.bytes = bytes
    this.bits = bits
  }

  get bitLength(): number {
    return this.bytes.length === 0 ? 0 : (this.bytes.length - 1) * 8 + this.bits
  }

  [TERM_PIECES](syntax: TermSyntax): readonly Piece[] {
    const whole = this.bits === 8 ? this.bytes : this.bytes.subarray(0, -1)
    const parts = Array.from(whole, String)
    if (this.bits !== 8) {
      const last = this.bytes[this.bytes.length - 1]! >> (8 - this.bits)
      parts.push(syntax === 'erlang' ? `${last}:${this.bits}` : `${last}::size(${this.bits})`)
    }
    return [{ text: `<<${parts.join(syntax === 'erlang' ? ',' : ', ')}>>` }]
  }

  [NODE_INSPECT](): string {
    return textForNode(this)
  }
}
