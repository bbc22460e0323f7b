import { type Rule, rule } from '@dynsrv/kit'
import { checkParts } from '../checks.ts'
import type { TermObject } from '../term.ts'
import { type Json, TERM_JSON } from '../text/json.ts'
import { NODE_INSPECT } from '../text/term-text.ts'
import { type Piece, TERM_PIECES } from '../text/text-pieces.ts'
import { TO_TERM } from './has-term.ts'
import { structObject } from './struct-object.ts'

const integer: Rule = rule('a safe integer', Number.isSafeInteger)
const step: Rule = rule('a safe integer that is not 0', (value) => Number.isSafeInteger(value) && value !== 0)

/** Elixir's `Range`: `new Range(1, 3)` is `1..3`, and `for (const each of range)` goes through it. */
export class Range {
  readonly first: number
  /** The last one, itself included. */
  readonly last: number
  readonly step: number

  /**
   * @param by the step; default: 1, or -1 where `last` is less than `first`
   * @throws {EtfError} `ETF_BAD_OPTION`
   */
  constructor(first: number, last: number, by: number = last < first ? -1 : 1) {
    checkParts('Range', [
      ['first', integer, first],
      ['last', integer, last],
      ['step', step, by],
    ])
    this.first = first
    this.last = last
    this.step = by
  }

  *[Symbol.iterator](): Generator<number, undefined> {
    const { first, last, step } = this
    for (let each = first; step > 0 ? each <= last : each >= last; each += step) yield each
    return undefined
  }

  /** As Elixir writes it: `1..10//2`. */
  toString(): string {
    const { first, last, step } = this
    return step === 1 ? `${first}..${last}` : `${first}..${last}//${step}`
  }

  toJSON(): Json {
    return this[TERM_JSON]()
  }

  [TERM_JSON](): Json {
    const { first, last, step } = this
    return { first, last, step }
  }

  [TO_TERM](): TermObject {
    const { first, last, step } = this
    return structObject('Range', { first, last, step })
  }

  [TERM_PIECES](): readonly Piece[] {
    return [{ text: this.toString() }]
  }

  [NODE_INSPECT](): string {
    return this.toString()
  }
}

export function readRange({ first, last, step, ...others }: TermObject): Range | undefined {
  const isRange = Number.isSafeInteger(first) && Number.isSafeInteger(last) && Number.isSafeInteger(step) && step !== 0
  if (!isRange || Object.keys(others).length !== 1) return undefined
  return new Range(first as number, last as number, step as number)
}
