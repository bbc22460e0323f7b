import { checks } from '../checks.ts'
import { type EtfError, unreadable } from '../error.ts'
import { readVariables } from '../read/free-variables.ts'
import type { Sendable, Term } from '../term.ts'
import { ByteWriter, byteWriter, isByteWriter } from './byte-writer.ts'
import { WRITE_RULES, type WriteOptions } from './encode-options.ts'
import { withPlace } from './refused-place.ts'
import { TermWriter } from './term-writer.ts'

const checkOptions = checks.options('TermEncoder', WRITE_RULES)

/** Where the encoder writes while it has nothing to write. */
const NOWHERE = new ByteWriter(16)

/**
 * Writes many terms with one set of options, which saves a third of the time of a small term. The counterpart of
 * `TermDecoder`.
 */
export class TermEncoder {
  readonly #writer: TermWriter
  readonly #options: WriteOptions | undefined

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(options?: WriteOptions) {
    if (options !== undefined) checkOptions(options)
    this.#writer = new TermWriter(NOWHERE, options, readVariables)
    this.#options = options
  }

  /**
   * Writes a term without the version byte, as it stands behind a distribution header. Never compressed.
   *
   * @throws {EtfError} as `encode`; a part of the term is written then
   */
  write(out: ByteWriter, term: Sendable): void {
    if (!isByteWriter(out)) checks.argument('write', 'out', byteWriter, out)
    const writer = this.#writer
    // A getter of a value may write a term, too.
    const outer = writer.out
    writer.out = out
    try {
      writer.write(term as Term, 0)
    } catch (cause) {
      throw this.#located(unreadable('ETF_NOT_ENCODABLE', cause), term)
    } finally {
      writer.out = outer
      writer.forget()
    }
  }

  /** What is no term is looked for again, and named by its path. */
  #located(error: EtfError, term: Sendable): EtfError {
    if (error.code === 'ETF_LIMIT_DEPTH' || error.code === 'ETF_LIMIT_SIZE') return error
    const out = new ByteWriter()
    const writer = new TermWriter(out, this.#options, readVariables)
    return withPlace(error, term, (leaf) => {
      out.reset()
      writer.write(leaf, 0)
    })
  }
}
