import type { Term } from '../term.ts'
import { ByteWriter } from './byte-writer.ts'
import type { WriteOptions } from './encode-options.ts'
import { TermWriter } from './term-writer.ts'

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
    this.#writer = new TermWriter(NOWHERE, options)
  }

  /**
   * Writes a term without the version byte, as it stands behind a distribution header. Never compressed.
   *
   * @throws {EtfError} as `encode`; a part of the term is written then
   */
  write(out: ByteWriter, term: Term): void {
    const writer = this.#writer
    // A getter of a value may write a term, too.
    const outer = writer.out
    writer.out = out
    try {
      writer.write(term, 0)
    } finally {
      writer.out = outer
      writer.forget()
    }
  }
}
