import { NODE_INSPECT } from './text/term-text.ts'
import { type Piece, TERM_PIECES } from './text/text-pieces.ts'

/**
 * What `term_to_binary(Term, [local])` made (LOCAL_EXT, OTP 26): only the VM that made it can read it.
 *
 * It is always a whole input and is kept as it came. Encoding it gives the same bytes, for that VM to read.
 */
export class LocalTerm {
  /** All that follows the tag. */
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  toString(): string {
    return `#Local<${this.bytes.length} bytes>`
  }

  [TERM_PIECES](): readonly Piece[] {
    return [{ text: this.toString() }]
  }

  [NODE_INSPECT](): string {
    return this.toString()
  }
}
