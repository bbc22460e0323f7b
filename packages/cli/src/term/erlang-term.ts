import { atom, ExternalFun, type Term, Tuple } from '@dynsrv/etf'
import { BitWriter, type Segment } from './bit-syntax.ts'
import { inBase, TermParser, WrittenMap, whole, word } from './term-parser.ts'
import { ERLANG_TEXT, lines, quoted, verbatim } from './written-text.ts'

const RAW_TEXT = verbatim(ERLANG_TEXT)

/** Letters of an atom without quotation marks: those of Latin-1. @see OTP `erl_scan` */
const ATOM = /[a-zß-öø-ÿ][\w@À-ÖØ-öø-ÿ]*/y
const VARIABLE = /[A-Z_À-ÖØ-Þ][\w@À-ÖØ-öø-ÿ]*/y
const RESERVED: ReadonlySet<string> = new Set(
  [
    'after and andalso band begin bnot bor bsl bsr bxor case catch cond div else end fun if let maybe',
    'not of or orelse receive rem try when xor',
  ].flatMap((words) => words.split(' ')),
)

/** Marks around a sigil, each with the one that closes it. */
const SIGIL_MARKS: Readonly<Record<string, string>> = {
  ...{ '(': ')', '[': ']', '{': '}', '<': '>' },
  ...{ '/': '/', '|': '|', "'": "'", '"': '"', '`': '`', '#': '#' },
}

/**
 * A term as Erlang/OTP 29 reads it: sigils, text in three quotation marks, floats of any base and `fun m:f/1` are among
 * them. Text beyond Latin-1 in a binary is refused unless `/utf8` or a size stands behind it: Erlang would cut its characters.
 */
export class ErlangParser extends TermParser {
  constructor(text: string) {
    super(text, 'erlang')
  }

  protected override end(): void {
    this.scan.take('.')
  }

  protected one(): Term {
    const { scan } = this
    const began = scan.at
    const sign = this.sign()
    if (sign !== undefined) return this.signed(sign, began)
    if (scan.take('(')) return this.parenthesized()
    if (scan.take('<<')) return this.#binary()
    if (scan.take('{')) {
      const elements: Term[] = []
      scan.items(() => elements.push(this.term()), '}')
      return new Tuple(elements)
    }
    if (scan.take('[')) {
      const elements: Term[] = []
      return this.list(
        elements,
        scan.items(() => elements.push(this.term()), ']', '|'),
      )
    }
    if (scan.match(/#\s*\{/y) !== undefined) return this.#map()
    if (scan.take('$')) return this.#character()
    const number = this.#based() ?? this.decimal()
    if (number !== undefined) return number
    const text = this.#strings()
    if (text !== undefined) return text
    if (scan.take('~')) return this.#sigil()
    if (scan.match(/fun(?![\w@À-ÖØ-öø-ÿ])/y) !== undefined) return this.#fun(began)
    const name = this.#name()
    if (name !== undefined) return word(name)
    if (scan.match(VARIABLE) !== undefined) {
      scan.fail('a variable has no value here; put an atom in single quotation marks', began)
    }
    return scan.fail(scan.found())
  }

  /** `16#ff`, `2#0.101#e8`. */
  #based() {
    const { scan } = this
    const began = scan.at
    const written =
      /(\d+(?:_\d+)*)#([0-9a-z]+(?:_[0-9a-z]+)*)(?:\.([0-9a-z]+(?:_[0-9a-z]+)*)(?:#e([-+]?\d+(?:_\d+)*))?)?(?!\w)/iy
    const text = scan.match(written)
    if (text === undefined) return undefined
    written.lastIndex = 0
    const [, base = '', digits = '', fraction, exponent = '0'] = written.exec(text) ?? []
    const radix = Number(base.replaceAll('_', ''))
    // As OTP computes it, to the last bit.
    const behind = fraction?.replaceAll('_', '').replace(/0+$/, '') ?? ''
    const value = radix >= 2 && radix <= 36 ? inBase(`${digits}${behind}`, radix) : undefined
    if (value === undefined) return scan.fail(`this is not a number of base ${radix}`, began)
    if (fraction === undefined) return whole(value)
    const power = Number(exponent.replaceAll('_', '')) - behind.length
    return this.float(radix === 10 ? Number(`${value}e${power}`) : Number(value) * radix ** power, began)
  }

  #character(): number {
    const code = this.scan.character()
    return code === 0x5c ? ERLANG_TEXT.backslash(this.scan, '')[0]! : code
  }

  /** `"abc"`, also several of them, which are one text. */
  #strings(): number[] | undefined {
    const { scan } = this
    let text: number[] | undefined
    for (;;) {
      scan.skipBlanks()
      const marks = scan.match(/"{3,}|"/y)
      if (marks === undefined) return text
      const next = marks === '"' ? quoted(scan, '"', ERLANG_TEXT) : lines(scan, marks, RAW_TEXT, { last: false })
      if (text === undefined) text = next
      else for (const code of next) text.push(code)
    }
  }

  /** `~"text"` is a binary of UTF-8, as with `b` and `B`; with `s` and `S` it is a string. */
  #sigil(): Term {
    const { scan } = this
    const began = scan.at - 1
    const kind = scan.match(/[sSbB]?/y) ?? ''
    const marks = scan.match(/"{3,}/y)
    const open = marks ?? scan.match(/["'`#([{</|]/y)
    if (open === undefined) return scan.fail('there is no such sigil', began)
    const raw = kind === 'S' || kind === 'B' || (kind === '' && marks !== undefined)
    const writing = raw ? RAW_TEXT : ERLANG_TEXT
    const text =
      marks === undefined ? quoted(scan, SIGIL_MARKS[open]!, writing) : lines(scan, marks, writing, { last: false })
    if (scan.match(/\w/y) !== undefined) scan.fail('nothing may stand directly behind a sigil', scan.at - 1)
    return kind.toLowerCase() === 's' ? text : Buffer.from(textOf(text))
  }

  #name(): string | undefined {
    const { scan } = this
    scan.skipBlanks()
    const began = scan.at
    if (scan.take("'")) return textOf(quoted(scan, "'", ERLANG_TEXT))
    const name = scan.match(ATOM)
    if (name === undefined || !RESERVED.has(name)) return name
    return scan.fail(`${name} is a reserved word; put an atom in single quotation marks`, began)
  }

  /** The rest of `fun module:function/arity`. */
  #fun(began: number): ExternalFun {
    const { scan } = this
    const module = this.#name() ?? scan.fail('a fun is written fun module:function/arity', began)
    scan.expect(':')
    const name = this.#name() ?? scan.fail('a fun is written fun module:function/arity', began)
    scan.expect('/')
    scan.skipBlanks()
    const at = scan.at
    const arity = this.#based() ?? this.decimal()
    if (typeof arity !== 'number' || arity > 255) return scan.fail('an arity is a number from 0 to 255', at)
    return new ExternalFun(atom(module), atom(name), arity)
  }

  #map(): Term {
    const map = new WrittenMap()
    this.scan.items(() => {
      const key = this.term()
      this.scan.expect('=>')
      map.set(key, this.term())
    }, '}')
    return map.done()
  }

  #binary(): Term {
    const { scan } = this
    const bits = new BitWriter()
    scan.items(() => {
      scan.skipBlanks()
      const began = scan.at
      const text = this.#strings()
      const value = text ?? this.term()
      const segment = this.#segment()
      if (text === undefined) return this.addBits(bits, value, segment, began)
      if (segment.type === 'integer' && segment.size === undefined && text.some((code) => code > 255)) {
        scan.fail('text beyond Latin-1 needs /utf8 behind it', began)
      }
      for (const code of text) this.addBits(bits, code, segment, began)
    }, '>>')
    return bits.done()
  }

  /** `:Size/type-sign-endian-unit:N`, each part as one likes. */
  #segment(): Segment {
    const { scan } = this
    const size = scan.take(':') ? this.#size() : undefined
    const segment: { -readonly [Key in keyof Segment]: Segment[Key] } = { type: 'integer' }
    if (size !== undefined) segment.size = size
    if (!scan.take('/')) return segment
    let given: Segment['type'] | undefined
    do {
      scan.skipBlanks()
      const began = scan.at
      const name = scan.match(/[a-z]+\d*/y) ?? ''
      const type = SEGMENT_TYPES[name]
      if (type !== undefined && (given ?? type) !== type) scan.fail('a segment has one type', began)
      else if (type !== undefined) given = segment.type = type
      else if (name === 'unit' && scan.take(':')) segment.unit = Number(scan.match(/\s*\d{1,3}/y) ?? Number.NaN)
      else if (name === 'little' || name === 'native') segment.little = true
      else if (!['big', 'signed', 'unsigned'].includes(name)) scan.fail('a segment has no such type', began)
      if (segment.unit !== undefined && !(segment.unit >= 1 && segment.unit <= 256)) {
        scan.fail('a unit is a number from 1 to 256', began)
      }
    } while (scan.take('-'))
    return segment
  }

  #size(): number {
    const { scan } = this
    scan.skipBlanks()
    const began = scan.at
    if (scan.match(/[-+]/y) !== undefined) return scan.fail('a size is a number of at least 0', began)
    const size = this.term()
    return typeof size === 'number' && size >= 0 ? size : scan.fail('a size is a number of at least 0', began)
  }
}

/** The types of segments, by their names in Erlang and in Elixir. */
export const SEGMENT_TYPES: Readonly<Record<string, Segment['type']>> = {
  ...{ integer: 'integer', float: 'float', utf8: 'utf8', utf16: 'utf16', utf32: 'utf32' },
  ...{ binary: 'binary', bytes: 'binary', bitstring: 'bits', bits: 'bits' },
}

/** A call takes no more arguments than fit on the stack; text is longer. */
function textOf(codes: readonly number[]): string {
  return codes.map((code) => String.fromCodePoint(code)).join('')
}
