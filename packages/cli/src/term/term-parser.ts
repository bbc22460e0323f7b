import { atom, encode, Float, ImproperList, type Term } from '@dynsrv/etf'
import { type BitWriter, NoSuchBits, type Segment } from './bit-syntax.ts'
import { TermScanner, type WrittenSyntax } from './term-scanner.ts'

/** Deeper than a person writes, and well within the stack. */
const MAX_DEPTH = 500

/** Reads one term; each language says what `one` is. */
export abstract class TermParser {
  protected readonly scan: TermScanner
  #depth = 0

  constructor(text: string, syntax: WrittenSyntax) {
    this.scan = new TermScanner(text, syntax)
  }

  /** Reads all of the text. @throws {TermSyntaxError} */
  whole(): Term {
    const term = this.term()
    this.end?.()
    this.scan.skipBlanks()
    return this.scan.atEnd ? term : this.scan.fail(this.scan.found())
  }

  protected term(): Term {
    this.scan.skipBlanks()
    if (++this.#depth > MAX_DEPTH) this.scan.fail(`it is nested over ${MAX_DEPTH} deep`)
    const term = this.one()
    this.#depth--
    return term
  }

  protected abstract one(): Term
  /** Takes what may stand behind the whole term, if anything may. */
  protected end?(): void

  /** `(term)`, which is the term. */
  protected parenthesized(): Term {
    const term = this.term()
    this.scan.expect(')')
    return term
  }

  /** The sign of a number that follows, which may stand apart from it: `- 5`, `-$a`. */
  protected sign(): '-' | '+' | undefined {
    return this.scan.match(/-(?!-)|\+(?!\+)/y) as '-' | '+' | undefined
  }

  /** The number that stands behind a sign. */
  protected signed(sign: '-' | '+', began: number): Term {
    const term = this.term()
    const minus = sign === '-'
    if (term instanceof Float) return new Float(minus ? -term.value : term.value)
    if (typeof term === 'bigint') return whole(minus ? -term : term)
    if (typeof term === 'number') return minus ? 0 - term : term
    return this.scan.fail(`a number is expected behind ${sign}`, began)
  }

  /** A number in base ten, as both languages write it. */
  protected decimal(): number | bigint | Float | undefined {
    const { scan } = this
    const began = scan.at
    const digits = scan.match(/\d+(?:_\d+)*(?:\.\d+(?:_\d+)*(?:e[-+]?\d+(?:_\d+)*)?)?(?!\w)/iy)
    if (digits === undefined) {
      return scan.match(/\d/y) === undefined ? undefined : scan.fail('this is not a number', began)
    }
    if (!digits.includes('.')) return whole(BigInt(digits.replaceAll('_', '')))
    return this.float(Number(digits.replaceAll('_', '')), began)
  }

  protected float(value: number, began: number): Float {
    return Number.isFinite(value) ? new Float(value) : this.scan.fail('the float is too large', began)
  }

  protected list(elements: readonly Term[], end: string): Term {
    if (end === ']') return elements
    const tail = this.term()
    this.scan.expect(']')
    if (tail instanceof ImproperList) return new ImproperList([...elements, ...tail.elements], tail.tail)
    return Array.isArray(tail) ? [...elements, ...(tail as Term[])] : new ImproperList(elements, tail)
  }

  /** The bits of one segment of `<<…>>`. */
  protected addBits(bits: BitWriter, value: Term, segment: Segment, began: number): void {
    try {
      bits.add(value, segment)
    } catch (error) {
      if (!(error instanceof NoSuchBits)) throw error
      this.scan.fail(error.message, began)
    }
  }
}

/** A map as it is written: of two pairs with the same key the second counts. */
export class WrittenMap {
  readonly #pairs = new Map<string, readonly [key: Term, value: Term]>()

  set(key: Term, value: Term): void {
    const encoded = Buffer.from(encode(key, { deterministic: true })).toString('latin1')
    this.#pairs.set(encoded, [this.#pairs.get(encoded)?.[0] ?? key, value])
  }

  done(): Map<Term, Term> {
    return new Map(this.#pairs.values())
  }
}

/** An atom; those that are values of JavaScript are these. */
export function word(name: string): Term {
  return WORDS.has(name) ? WORDS.get(name) : atom(name)
}

const WORDS: ReadonlyMap<string, Term> = new Map<string, Term>([
  ['true', true],
  ['false', false],
  ['nil', null],
  ['undefined', undefined],
])

/** An integer as a term: a number where it is exact. */
export function whole(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** The number that digits of a base make; undefined when one of them is none of its digits. */
export function inBase(digits: string, base: number): bigint | undefined {
  let value = 0n
  for (const digit of digits.replaceAll('_', '')) {
    const weight = Number.parseInt(digit, 36)
    if (!(weight < base)) return undefined
    value = value * BigInt(base) + BigInt(weight)
  }
  return value
}
