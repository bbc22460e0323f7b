import { atom, charlist, ExternalFun, Float, type Term, Tuple, tuple } from '@dynsrv/etf'
import { BitWriter, type Segment } from './bit-syntax.ts'
import { SEGMENT_TYPES } from './erlang-term.ts'
import { inBase, TermParser, WrittenMap, whole, word } from './term-parser.ts'
import { writtenCalendar } from './written-calendar.ts'
import { ELIXIR_RAW_TEXT, ELIXIR_TEXT, lines, quoted, verbatim } from './written-text.ts'

/** Operators that are atoms behind a colon and keys before one, the longest first. */
const OPERATORS = [
  ...['<<>>', '%{}', '..//', '...', '===', '!==', '&&&', '|||', '<<<', '>>>', '<<~', '~>>', '<~>', '<|>', '~~~'],
  ...['^^^', '+++', '---', '{}', '..', '=~', '==', '!=', '<=', '>=', '&&', '||', '|>', '<~', '~>', '++', '--', '**'],
  ...['->', '<-', '::', '\\\\', '<>', '+', '-', '*', '/', '!', '^', '&', '|', '<', '>', '=', '.', '@', '%'],
]
const OPERATOR = OPERATORS.map((each) => each.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|')
const NAME = '[\\p{ID_Start}_][\\p{ID_Continue}@]*[?!]?'
const ATOM = new RegExp(`${NAME}(?![\\p{ID_Continue}?!])|(?:${OPERATOR})(?![=>])`, 'uy')
const KEY = new RegExp(`(?!:::)(?:${NAME}|${OPERATOR}):(?=\\s)`, 'uy')
const QUOTED_KEY = /"(?:[^"\\]|\\.)*":(?=\s)|'(?:[^'\\]|\\.)*':(?=\s)/suy
const ALIAS = /[A-Z]\w*(?:\s*\.\s*[A-Z]\w*)*(?![\w?!])/y

const SIGIL_MARKS: Readonly<Record<string, string>> = {
  ...{ '(': ')', '[': ']', '{': '}', '<': '>', '/': '/', '|': '|', "'": "'", '"': '"' },
}
const RAW_LINES = verbatim(ELIXIR_RAW_TEXT)

/**
 * A term as Elixir 1.20 reads its literals: keywords, module names, sigils of text, dates and times, heredocs, bit strings and
 * `&Module.function/arity` are among them. What would run code, `#{}` in text for instance, is refused.
 */
export class ElixirParser extends TermParser {
  constructor(text: string) {
    super(text, 'elixir')
  }

  protected one(): Term {
    const { scan } = this
    const began = scan.at
    const sign = this.sign()
    if (sign !== undefined) return this.signed(sign, began)
    if (scan.take('(')) return this.parenthesized()
    if (scan.take('<<')) return this.#binary()
    if (scan.take('{')) return this.#tuple(began)
    if (scan.match(/%\{/y) !== undefined) return this.#map()
    if (scan.take('[')) return this.#list()
    const based = this.#based() ?? this.decimal()
    if (based !== undefined) return based
    if (scan.take('?')) return this.#character()
    const text = this.#string()
    if (text !== undefined) return text
    if (scan.take('~')) return this.#sigil(began)
    if (scan.take('&')) return this.#capture(began)
    const name = this.#atom() ?? this.#alias()
    if (name !== undefined) return word(name)
    const value = scan.match(/(?:true|false|nil)(?![\w?!])/y)
    if (value !== undefined) return word(value)
    if (scan.match(/[\p{Ll}_][\p{L}\p{N}_]*/uy) !== undefined) {
      scan.fail('a variable has no value here; an atom begins with a colon', began)
    }
    return scan.fail(scan.found())
  }

  /** `0xff`, `0b101`, `0o17`. */
  #based() {
    const { scan } = this
    const began = scan.at
    const text = scan.match(/0[xbo][0-9a-f]+(?:_[0-9a-f]+)*(?!\w)/iy)
    if (text === undefined) return undefined
    const base = { x: 16, b: 2, o: 8 }[text[1]!]
    const value = base === undefined ? undefined : inBase(text.slice(2), base)
    return value === undefined ? scan.fail('this is not a number', began) : whole(value)
  }

  #character(): number {
    const { scan } = this
    const code = scan.character()
    if (code !== 0x5c) return code
    const began = scan.at - 1
    // A number stands behind a backslash in a string only.
    const letter = scan.match(/[xu]/y)
    if (letter !== undefined) {
      if (scan.match(/[0-9a-f{]/iy) !== undefined) scan.fail('write the character itself, or 0x and its number', began)
      return letter.charCodeAt(0)
    }
    if (scan.match(/\r?\n/y) !== undefined) return 10
    return Buffer.from(ELIXIR_TEXT.backslash(scan, '')).toString().codePointAt(0)!
  }

  /** `"text"` is a binary, `'text'` a charlist; both may stand in three quotation marks, on lines of their own. */
  #string(): Term {
    const { scan } = this
    const began = scan.at
    const marks = scan.match(/"""|'''|["']/y)
    if (marks === undefined) return undefined
    const bytes =
      marks.length === 3 ? lines(scan, marks, ELIXIR_TEXT, { last: true }) : quoted(scan, marks, ELIXIR_TEXT)
    return marks.startsWith('"') ? binary(bytes) : charlist(this.#utf8(bytes, began))
  }

  #utf8(bytes: readonly number[], began: number): string {
    const text = binary(bytes)
    return typeof text === 'string' ? text : this.scan.fail('its bytes are not UTF-8', began)
  }

  /**
   * The rest of `~s"text"`, `~c"text"`, `~w(words)` and the same with capital letters, which undo no escapes; `~D[…]`, `~T[…]`,
   * `~N[…]` and `~U[…]`.
   */
  #sigil(began: number): Term {
    const { scan } = this
    const kind = scan.match(/[scw]/iy) ?? scan.match(/[DTNU]/y)
    const marks = scan.match(/"""|'''|["'([{</|]/y)
    if (kind === undefined || marks === undefined) return scan.fail('this kind of sigil cannot be read here', began)
    const raw = kind === kind.toUpperCase()
    const bytes =
      marks.length === 3
        ? lines(scan, marks, raw ? RAW_LINES : ELIXIR_TEXT, { last: true })
        : quoted(scan, SIGIL_MARKS[marks]!, raw ? ELIXIR_RAW_TEXT : ELIXIR_TEXT)
    const modifiers = scan.match(/[a-z]*/iy) ?? ''
    const words = kind.toLowerCase() === 'w'
    if (!(modifiers === '' || (words && /^[acs]$/.test(modifiers)))) scan.fail('this sigil takes no such letter', began)
    if (kind.toLowerCase() === 's') return binary(bytes)
    const calendar = writtenCalendar(kind, binary(bytes).toString())
    if (calendar !== undefined) {
      return 'term' in calendar ? calendar.term : scan.fail(`it must be like ${calendar.expected}`, began)
    }
    const text = words ? '' : this.#utf8(bytes, began)
    if (!words) return charlist(text)
    // Bytes that are not UTF-8 are letters of a word.
    const split = Buffer.from(bytes)
      .toString('latin1')
      .split(/[\t-\r ]+/)
      .filter((each) => each !== '')
    return split.map((each) => {
      const one = Buffer.from(each, 'latin1')
      if (modifiers === 'a') return word(this.#utf8([...one], began))
      return modifiers === 'c' ? charlist(this.#utf8([...one], began)) : binary(one)
    })
  }

  /** `:name`, `:"any text"`, `:+`. */
  #atom(): string | undefined {
    const { scan } = this
    if (scan.match(/:/y) === undefined) return undefined
    const began = scan.at
    const mark = scan.match(/["']/y)
    if (mark !== undefined) return this.#utf8(quoted(scan, mark, ELIXIR_TEXT), began)
    const name = scan.match(ATOM)
    return name?.normalize('NFC') ?? scan.fail(`${scan.found()}, expected the name of an atom`)
  }

  /** `My.App`, which is the atom `Elixir.My.App`. */
  #alias(): string | undefined {
    const alias = this.scan.match(ALIAS)?.replace(/\s/g, '')
    return alias === undefined || alias === 'Elixir' || alias.startsWith('Elixir.') ? alias : `Elixir.${alias}`
  }

  /** The rest of `&Module.function/arity`. */
  #capture(began: number): Term {
    const { scan } = this
    const written = 'a fun is written &Module.function/arity'
    let parentheses = 0
    while (scan.take('(')) parentheses++
    scan.skipBlanks()
    const module = this.#atom() ?? this.#alias() ?? scan.fail(written, began)
    scan.expect('.')
    scan.skipBlanks()
    const at = scan.at
    const name = scan.take('"') ? this.#utf8(quoted(scan, '"', ELIXIR_TEXT), at) : scan.match(ATOM)
    if (name === undefined || /^\p{Lu}/u.test(name)) return scan.fail(written, began)
    scan.expect('/')
    scan.skipBlanks()
    const arity = this.#based() ?? this.decimal()
    if (typeof arity !== 'number' || arity > 255) return scan.fail('an arity is a number from 0 to 255', began)
    for (; parentheses > 0; parentheses--) scan.expect(')')
    return new ExternalFun(atom(module), atom(name), arity)
  }

  #tuple(began: number): Term {
    const { elements, pairs } = this.#elements('}')
    if (pairs.length > 0 && elements.length === 0) this.scan.fail('a tuple needs something before its keywords', began)
    return new Tuple(pairs.length > 0 ? [...elements, pairs] : elements)
  }

  #list(): Term {
    const { elements, pairs, end } = this.#elements(']', '|')
    if (end === '|' && pairs.length > 0) this.scan.fail('a keyword list has no tail')
    return this.list([...elements, ...pairs], end)
  }

  /** What stands between brackets: terms, then pairs `key: value`. */
  #elements(...ends: readonly string[]) {
    const elements: Term[] = []
    const pairs: Term[] = []
    const end = this.scan.items(
      () => {
        const pair = this.#keyword()
        if (pair !== undefined) pairs.push(tuple(...pair))
        else if (pairs.length > 0) this.#afterKeywords()
        else elements.push(this.term())
      },
      ...ends,
    )
    return { elements, pairs, end }
  }

  #map(): Term {
    const map = new WrittenMap()
    let keywords = false
    this.scan.items(() => {
      const pair = this.#keyword()
      keywords ||= pair !== undefined
      if (pair !== undefined) return map.set(...pair)
      if (keywords) this.#afterKeywords()
      const key = this.term()
      this.scan.expect('=>')
      return map.set(key, this.term())
    }, '}')
    return map.done()
  }

  #afterKeywords(): never {
    return this.scan.fail('pairs "key: value" come last')
  }

  /** `key: value` or `"a key": value`, a pair whose key is an atom. */
  #keyword(): readonly [key: Term, value: Term] | undefined {
    const { scan } = this
    scan.skipBlanks()
    const began = scan.at
    const name = scan.match(KEY)
    if (name !== undefined) return [word(name.slice(0, -1).normalize('NFC')), this.term()]
    if (scan.match(QUOTED_KEY) === undefined) return undefined
    scan.at = began + 1
    const key = word(this.#utf8(quoted(scan, scan.text[began]!, ELIXIR_TEXT), began))
    scan.expect(':')
    return [key, this.term()]
  }

  #binary(): Term {
    const { scan } = this
    const bits = new BitWriter()
    scan.items(() => {
      scan.skipBlanks()
      const began = scan.at
      const value = this.term()
      const { isSigned = false, ...given } = scan.take('::') ? this.#segment() : {}
      const isText = typeof value === 'string'
      const number = typeof value === 'number' || typeof value === 'bigint' || value instanceof Float
      const usual = value instanceof Float ? 'float' : number ? 'integer' : 'bits'
      const segment: Segment = { type: usual, ...given }
      if (!number && (segment.size !== undefined || segment.type === 'integer' || segment.type === 'float')) {
        scan.fail('only a number has a size here', began)
      }
      if (!/^(integer|float)$/.test(segment.type) && isSigned) {
        scan.fail('only a number is signed or unsigned', began)
      }
      if (!isText || !segment.type.startsWith('utf')) return this.addBits(bits, value, segment, began)
      for (const code of charlist(value)) this.addBits(bits, code, segment, began)
    }, '>>')
    return bits.done()
  }

  /** `16`, `size(16)`, `little-16`, `8*2`, `size(2)-unit(8)`: parts with a hyphen between them. */
  #segment(): Partial<Segment> & { readonly isSigned?: boolean } {
    const { scan } = this
    const segment: { -readonly [Key in keyof Segment]?: Segment[Key] } & { isSigned?: boolean } = {}
    do {
      scan.skipBlanks()
      const began = scan.at
      const size = this.#based() ?? this.decimal()
      if (typeof size === 'number') {
        segment.size = size
        if (scan.take('*')) segment.unit = this.#argument(1, 256)
        continue
      }
      const name = scan.match(/[a-z]+\d*/y) ?? ''
      const type = SEGMENT_TYPES[name]
      if (type !== undefined) segment.type = type
      else if (name === 'little' || name === 'native') segment.little = true
      else if (name === 'size' && scan.take('(')) segment.size = this.#argument(0, Number.MAX_SAFE_INTEGER, ')')
      else if (name === 'unit' && scan.take('(')) segment.unit = this.#argument(1, 256, ')')
      else if (name === 'signed' || name === 'unsigned') segment.isSigned = true
      else if (name !== 'big') scan.fail('a segment has no such type', began)
      scan.match(/\(\s*\)/y)
    } while (scan.take('-'))
    if (segment.unit !== undefined && segment.size === undefined) scan.fail('a unit needs a size')
    return segment
  }

  #argument(min: number, max: number, ...end: readonly string[]): number {
    const { scan } = this
    scan.skipBlanks()
    const began = scan.at
    const number = this.#based() ?? this.decimal()
    if (typeof number !== 'number' || number < min || number > max) return scan.fail('there is no such size', began)
    if (end.length > 0) scan.expect(...end)
    return number
  }
}

/** Bytes as a binary: text where they are UTF-8. */
function binary(bytes: readonly number[] | Uint8Array): string | Uint8Array {
  const all = Buffer.from(bytes)
  const text = all.toString()
  return Buffer.from(text).equals(all) ? text : Uint8Array.from(all)
}
