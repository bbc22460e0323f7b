import type { Term } from '@dynsrv/etf'
import { TermParser, whole } from './term-parser.ts'

/** JSON: text is a binary, an object a map with binaries as keys, null is `nil`. */
export class JsonParser extends TermParser {
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
