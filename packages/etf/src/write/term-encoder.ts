import { checks } from '../checks.ts'
import { unreadable } from '../error.ts'
import type { Term } from '../term.ts'
import { ByteWriter, byteWriter, isByteWriter } from './byte-writer.ts'
import { WRITE_RULES, type WriteOptions } from './encode-options.ts'
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

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(options?: WriteOptions) {
    if (options !== undefined) checkOptions(options)
    this.#writer = new TermWriter(NOWHERE, options)
  }

  /**
   * Writes a term without the version byte, as it stands behind a distribution header. Never compressed.
   *
   * @throws {EtfError} as `encode`; a part of the term is written then
   */
  write(out: ByteWriter, term: Term): void {
    if (!isByteWriter(out)) checks.argument('write', 'out', byteWriter, out)
    const writer = this.#writer
    // A getter of a value may write a term, too.
    const outer = writer.out
    writer.out = out
    try {
      writer.write(term, 0)
    } catch (cause) {
      throw unreadable('ETF_NOT_ENCODABLE', cause)
    } finally {
      writer.out = outer
      writer.forget()
    }
  }
}
