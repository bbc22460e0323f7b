import { EtfError } from '../error.ts'
import type { Atom, Term } from '../term.ts'
import type { DecodeOptions } from './decode-options.ts'
import { TermReader } from './term-reader.ts'

const NOTHING = new Uint8Array(0)

/**
 * Decodes many terms with one set of options, which is a third faster than `decodeTerm` for each.
 *
 * It keeps nothing of a term that was decoded.
 */
export class TermDecoder {
  /** Where the term that was decoded last ended. */
  end = 0
  readonly #reader: TermReader

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(options?: DecodeOptions) {
    this.#reader = new TermReader(NOTHING, 0, options)
  }

  /**
   * The term in `bytes[start, end)`, which has no version byte in front; `end` may lie behind it.
   *
   * @param atoms those of the distribution header, where there is one
   * @throws {EtfError} as `decodeTerm`
   */
  decode(bytes: Uint8Array, start: number, end: number, atoms?: readonly Atom[]): Term {
    if (!(start >= 0 && start <= end && end <= bytes.length)) {
      throw new EtfError('ETF_BAD_OPTION', `bytes ${start} to ${end} are not inside ${bytes.length}`)
    }
    const reader = this.#reader
    try {
      reader.open(bytes, start, end, atoms)
      const value = reader.read(0)
      this.end = reader.at
      return value
    } finally {
      reader.close()
    }
  }
}
