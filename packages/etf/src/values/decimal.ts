import { oneOf, type Rule, rule } from '@dynsrv/kit'
import { checkParts, checks } from '../checks.ts'
import { atom, type Term, type TermObject } from '../term.ts'
import { type Json, TERM_JSON } from '../text/json.ts'
import { integerText, LARGE_INTEGER, NODE_INSPECT } from '../text/term-text.ts'
import { type Piece, TERM_PIECES } from '../text/text-pieces.ts'
import { TO_TERM } from './has-term.ts'
import { structObject } from './struct-object.ts'

const NAN = atom('NaN')
const INFINITE = atom('inf')

const coefficient: Rule = rule(
  "a bigint of at least 0n, 'NaN' or 'inf'",
  (value) => value === 'NaN' || value === 'inf' || (typeof value === 'bigint' && value >= 0n),
)
const exponent: Rule = rule('a safe integer', Number.isSafeInteger)

const TEXT = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,15}))?$/
const decimalText: Rule = rule("a text such as '12.50'", (value) => typeof value === 'string' && TEXT.test(value))

/** From here on a number has an exponent, as `Decimal.to_string/1` has it. */
const SMALLEST_ADJUSTED = -6

/** A decimal number of any precision: that of the Elixir library `decimal`, which Ecto uses. `1.0` and `1.00` are two. */
export class Decimal {
  readonly sign: 1 | -1
  /** The digits. */
  readonly coef: bigint | 'NaN' | 'inf'
  /** The power of ten that the digits are multiplied by. */
  readonly exp: number

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(sign: 1 | -1, coef: bigint | 'NaN' | 'inf', exp: number) {
    checkParts('Decimal', [
      ['sign', oneOf(1, -1), sign],
      ['coef', coefficient, coef],
      ['exp', exponent, exp],
    ])
    this.sign = sign
    this.coef = coef
    this.exp = exp
  }

  /** The number of a text such as `12.50`. @throws {EtfError} `ETF_BAD_OPTION` */
  static from(text: string): Decimal {
    checks.argument('Decimal.from', 'text', decimalText, text)
    const [, sign, whole = '', fraction = '', power = '0'] = TEXT.exec(text)!
    return new Decimal(sign === '-' ? -1 : 1, BigInt(whole + fraction), Number(power) - fraction.length)
  }

  /** The nearest JavaScript number. */
  valueOf(): number {
    if (this.coef === 'NaN') return Number.NaN
    return this.sign * (this.coef === 'inf' ? Number.POSITIVE_INFINITY : Number(`${this.coef}e${this.exp}`))
  }

  /** As `Decimal.to_string/1` has it: `12.50`, or `1E+9` where the digits do not reach the point. */
  toString(): string {
    const sign = this.sign < 0 ? '-' : ''
    if (this.coef === 'NaN') return `${sign}NaN`
    if (this.coef === 'inf') return `${sign}Infinity`
    const digits = String(this.coef)
    const { exp } = this
    if (exp === 0) return sign + digits
    const adjusted = exp + digits.length - 1
    if (exp < 0 && adjusted >= SMALLEST_ADJUSTED) {
      const filled = digits.padStart(1 - exp, '0')
      return `${sign}${filled.slice(0, exp)}.${filled.slice(exp)}`
    }
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : ''
    return `${sign}${digits[0]}${fraction}E${adjusted < 0 ? '' : '+'}${adjusted}`
  }

  toJSON(): string {
    return this.toString()
  }

  [TERM_JSON](): Json {
    return this.toString()
  }

  [TO_TERM](): TermObject {
    const { sign, coef, exp } = this
    const digits = coef === 'NaN' ? NAN : coef === 'inf' ? INFINITE : coef
    return structObject('Decimal', { sign, coef: digits, exp })
  }

  [TERM_PIECES](): readonly Piece[] {
    return [{ text: this[NODE_INSPECT]() }]
  }

  [NODE_INSPECT](): string {
    // Its digits are decimal, and would take seconds.
    if (typeof this.coef === 'bigint' && this.coef >= LARGE_INTEGER)
      return `Decimal.new(${this.sign}, ${integerText(this.coef, 'elixir')}, ${this.exp})`
    return `Decimal.new("${this}")`
  }
}

/** One of more than 4096 bits stays an object: the digits of a `Decimal` are decimal, and would take seconds. */
export function readDecimal(fields: TermObject): Decimal | undefined {
  const { sign, exp } = fields
  const coef = coefOf(fields.coef)
  if (Object.keys(fields).length !== 4 || (sign !== 1 && sign !== -1) || coef === undefined) return undefined
  return Number.isSafeInteger(exp) ? new Decimal(sign, coef, exp as number) : undefined
}

function coefOf(coef: Term): Decimal['coef'] | undefined {
  if (coef === NAN) return 'NaN'
  if (coef === INFINITE) return 'inf'
  const isWhole = typeof coef === 'bigint' || (typeof coef === 'number' && Number.isInteger(coef))
  return isWhole && coef >= 0 && coef < LARGE_INTEGER ? BigInt(coef) : undefined
}
