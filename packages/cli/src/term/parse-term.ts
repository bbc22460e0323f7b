import { atom, charlist, Float, ImproperList, type Term, tuple } from '@dynsrv/etf'
import { TermScanner, type WrittenSyntax } from './term-scanner.ts'

/** Deeper than a person writes, and well within the stack. */
const MAX_DEPTH = 500

/**
 * Reads a term as a person writes it on a command line.
 *
 * Erlang and Elixir: atoms, numbers, characters, strings, binaries of bytes and text, lists, tuples and maps; Elixir's
 * keywords and module names too. JSON: strings are binaries, objects are maps with binary keys, null is `nil`.
 *
 * @throws {TermSyntaxError} `DYNSRV_BAD_TERM` with the column where it goes wrong
 */
export function parseTerm(text: string, syntax: WrittenSyntax): Term {
  return PARSERS[syntax](text).whole()
}

abstract class TermParser {
  protected readonly scan: TermScanner
  /** Whether text in a binary is UTF-8 by itself, as in Elixir; in Erlang it is Latin-1. */
  protected readonly textIsUtf8: boolean = false
  #depth = 0

  constructor(text: string, syntax: WrittenSyntax) {
    this.scan = new TermScanner(text, syntax)
  }

  whole(): Term {
    const term = this.term()
    this.end?.()
    this.scan.skipBlanks()
    return this.scan.at === this.scan.text.length ? term : this.scan.fail(this.scan.found())
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

  /** What both languages write alike; undefined stands for none, so it comes in an array. */
  protected common(): readonly [Term] | undefined {
    const { scan } = this
    if (scan.take('<<')) return [this.#binary()]
    if (scan.take('{')) {
      const elements: Term[] = []
      scan.items(() => elements.push(this.term()), '}')
      return [tuple(...elements)]
    }
    const began = scan.at
    const float = scan.match(/[-+]?\d[\d_]*\.\d[\d_]*(?:e[-+]?\d+)?/iy)
    if (float !== undefined) {
      const value = Number(float.replaceAll('_', ''))
      return [Number.isFinite(value) ? new Float(value) : scan.fail('the float is too large', began)]
    }
    const integer = scan.match(/[-+]?\d[\d_]*(?![\d#])/y)
    return integer === undefined ? undefined : [whole(BigInt(integer.replaceAll('_', '').replace('+', '')))]
  }

  protected list(element: () => Term): Term {
    const elements: Term[] = []
    const end = this.scan.items(() => elements.push(element()), ']', '|')
    if (end === ']') return elements
    if (elements.length === 0) this.scan.fail('nothing stands before |')
    const tail = this.term()
    this.scan.expect(']')
    return Array.isArray(tail) ? [...elements, ...(tail as Term[])] : new ImproperList(elements, tail)
  }

  #binary(): Uint8Array {
    const bytes: number[] = []
    this.scan.items(() => {
      this.scan.skipBlanks()
      const began = this.scan.at
      if (this.scan.take('"')) {
        const text = this.scan.quoted('"')
        const utf8 = this.scan.match(/\s*(?:\/|::)\s*utf8/y) !== undefined || this.textIsUtf8
        bytes.push(...Buffer.from(text, utf8 ? 'utf8' : 'latin1'))
        if (!utf8 && /[\u0100-\u{10ffff}]/u.test(text))
          this.scan.fail('text beyond Latin-1 needs /utf8 behind it', began)
        return
      }
      const byte = this.term()
      if (typeof byte !== 'number' || byte < 0 || byte > 255 || !Number.isInteger(byte)) {
        this.scan.fail('a binary holds bytes from 0 to 255 and text', began)
      }
      bytes.push(byte)
    }, '>>')
    return Uint8Array.from(bytes)
  }
}

class ErlangParser extends TermParser {
  constructor(text: string) {
    super(text, 'erlang')
  }

  protected override end(): void {
    this.scan.take('.')
  }

  protected one(): Term {
    const { scan } = this
    const began = scan.at
    const based = /([-+]?)(\d+)#([0-9a-z]+)/iy
    const text = scan.match(based)
    if (text !== undefined) {
      const [, sign, base = '', digits = ''] = /^([-+]?)(\d+)#(.*)$/.exec(text) ?? []
      return inBase(digits, Number(base), sign === '-') ?? scan.fail(`no number of base ${base}`, began)
    }
    const common = this.common()
    if (common !== undefined) return common[0]
    if (scan.take('#{')) return this.#map()
    if (scan.take('[')) return this.list(() => this.term())
    if (scan.take('"')) return charlist(scan.quoted('"'))
    if (scan.take('$')) return scan.character()
    if (scan.take("'")) return word(scan.quoted("'"))
    const name = scan.match(/\p{Ll}[\p{L}\p{N}_@]*/uy)
    if (name !== undefined) return word(name)
    if (scan.match(/[\p{Lu}_][\p{L}\p{N}_@]*/uy) !== undefined) {
      scan.fail('a variable has no value here; put an atom in single quotation marks', began)
    }
    return scan.fail(scan.found())
  }

  #map(): Term {
    const map = new Map<Term, Term>()
    this.scan.items(() => {
      const key = this.term()
      this.scan.expect('=>')
      map.set(key, this.term())
    }, '}')
    return map
  }
}

class ElixirParser extends TermParser {
  protected override readonly textIsUtf8 = true

  constructor(text: string) {
    super(text, 'elixir')
  }

  protected one(): Term {
    const { scan } = this
    const began = scan.at
    const based = scan.match(/-?0[xbo][0-9a-f_]+/iy)
    if (based !== undefined) {
      const [, sign, letter = '', digits = ''] = /^(-?)0(.)(.*)$/.exec(based) ?? []
      const base = { x: 16, b: 2, o: 8 }[letter.toLowerCase()] ?? 10
      return inBase(digits.replaceAll('_', ''), base, sign === '-') ?? scan.fail(`no number of base ${base}`, began)
    }
    const common = this.common()
    if (common !== undefined) return common[0]
    if (scan.take('%{')) return this.#map()
    if (scan.take('[')) return this.list(() => this.#keyword() ?? this.term())
    if (scan.take('~c"')) return charlist(scan.quoted('"'))
    if (scan.take('"')) return scan.quoted('"')
    if (scan.take("'")) return charlist(scan.quoted("'"))
    if (scan.take('?')) return scan.character()
    if (scan.take(':')) {
      if (scan.take('"')) return word(scan.quoted('"'))
      const name = scan.match(/[\p{L}_][\p{L}\p{N}_@]*[?!]?/uy)
      return name === undefined ? scan.fail(`${scan.found()}, expected the name of an atom`) : word(name)
    }
    const module = scan.match(/[A-Z]\w*(?:\.[A-Z]\w*)*/y)
    if (module !== undefined) return atom(module.startsWith('Elixir.') ? module : `Elixir.${module}`)
    const name = scan.match(/(?:true|false|nil)\b/y)
    if (name !== undefined) return word(name)
    if (scan.match(/[\p{Ll}_][\p{L}\p{N}_]*/uy) !== undefined) {
      scan.fail('a variable has no value here; an atom begins with a colon', began)
    }
    return scan.fail(scan.found())
  }

  #map(): Term {
    const map = new Map<Term, Term>()
    this.scan.items(() => {
      const pair = this.#keyword()
      if (pair !== undefined) {
        const [key, value] = pair.elements as readonly [Term, Term]
        map.set(key, value)
        return
      }
      const key = this.term()
      this.scan.expect('=>')
      map.set(key, this.term())
    }, '}')
    return map
  }

  /** `key: value` or `"a key": value`, a pair whose key is an atom. */
  #keyword() {
    const { scan } = this
    scan.skipBlanks()
    const name = scan.match(/[\p{L}_][\p{L}\p{N}_@]*[?!]?:(?=\s)/uy)
    if (name !== undefined) return tuple(word(name.slice(0, -1)), this.term())
    const began = scan.at
    if (scan.match(/"(?:[^"\\]|\\.)*":(?=\s)/suy) === undefined) return undefined
    scan.at = began + 1
    const quoted = word(scan.quoted('"'))
    scan.expect(':')
    return tuple(quoted, this.term())
  }
}

class JsonParser extends TermParser {
  constructor(text: string) {
    super(text, 'json')
  }

  protected one(): Term {
    const { scan } = this
    const text = this.#string()
    if (text !== undefined) return text
    if (scan.take('[')) {
      const elements: Term[] = []
      scan.items(() => elements.push(this.term()), ']')
      return elements
    }
    if (scan.take('{')) return this.#object()
    const integer = scan.match(/-?(?:0|[1-9]\d*)(?![\d.eE])/y)
    if (integer !== undefined) return whole(BigInt(integer))
    const scalar = scan.match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|(?:true|false|null)\b/y)
    return scalar === undefined ? scan.fail(scan.found()) : (JSON.parse(scalar) as Term)
  }

  #string(): string | undefined {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows none of them in a string
    const text = this.scan.match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-f]{4}))*"/iy)
    return text === undefined ? undefined : (JSON.parse(text) as string)
  }

  #object(): Term {
    const map = new Map<Term, Term>()
    this.scan.items(() => {
      this.scan.skipBlanks()
      const key = this.#string() ?? this.scan.fail(`${this.scan.found()}, expected a key in quotation marks`)
      this.scan.expect(':')
      map.set(key, this.term())
    }, '}')
    return map
  }
}

const PARSERS: Readonly<Record<WrittenSyntax, (text: string) => TermParser>> = {
  erlang: (text) => new ErlangParser(text),
  elixir: (text) => new ElixirParser(text),
  json: (text) => new JsonParser(text),
}

/** An atom; those that are values of JavaScript are these. */
function word(name: string): Term {
  return WORDS.has(name) ? WORDS.get(name) : atom(name)
}

const WORDS: ReadonlyMap<string, Term> = new Map<string, Term>([
  ['true', true],
  ['false', false],
  ['nil', null],
  ['undefined', undefined],
])

function whole(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function inBase(digits: string, base: number, negative: boolean): number | bigint | undefined {
  if (base < 2 || base > 36 || digits === '') return undefined
  let value = 0n
  for (const digit of digits) {
    const weight = Number.parseInt(digit, 36)
    if (!(weight < base)) return undefined
    value = value * BigInt(base) + BigInt(weight)
  }
  return whole(negative ? -value : value)
}
