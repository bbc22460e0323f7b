import { floatText } from './text/quote.ts'
import { NODE_INSPECT } from './text/term-text.ts'
import { type Piece, TERM_PIECES } from './text/text-pieces.ts'

/**
 * A number that is a float in Erlang even when it has no fraction: `new Float(1)` is `1.0`, where `1` is the integer.
 *
 * Not a number and the infinities cannot be encoded; Erlang has no such values.
 */
export class Float {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }

  valueOf(): number {
    return this.value
  }

  toString(): string {
    return floatText(this.value)
  }

  [TERM_PIECES](): readonly Piece[] {
    return [{ text: floatText(this.value) }]
  }

  [NODE_INSPECT](): string {
    return floatText(this.value)
  }
}

const FLOAT_TEXT = /^[+-]?\d+[.,]\d+(?:[eE][+-]?\d+)?$/

/**
 * The float in the 31 bytes of a FLOAT_EXT, which old releases and `{minor_version, 0}` write as text.
 *
 * @returns `undefined` unless it is a finite float as BEAM reads it: a comma may stand for the point
 */
export function parseFloatText(bytes: Uint8Array, start: number): number | undefined {
  let end = start
  while (end < start + 31 && bytes[end] !== 0) end++
  const text = String.fromCharCode(...bytes.subarray(start, end))
  if (!FLOAT_TEXT.test(text)) return undefined
  const value = Number(text.replace(',', '.'))
  return Number.isFinite(value) ? value : undefined
}
