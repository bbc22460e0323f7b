import type { Atom } from './atom.ts'
import type { Term } from './term.ts'
import { quoteAtom } from './text/quote.ts'
import { NODE_INSPECT, textForNode } from './text/term-text.ts'
import { type Piece, TERM_PIECES } from './text/text-pieces.ts'

/** A native record of OTP 29 (RECORD_EXT). The tuples that older releases call records are tuples. */
export class NativeRecord {
  readonly module: Atom
  readonly recordName: Atom
  /** Whether the module exports the record's definition. */
  readonly exported: boolean
  readonly fields: readonly (readonly [name: Atom, value: Term])[]

  constructor(module: Atom, recordName: Atom, exported: boolean, fields: readonly (readonly [Atom, Term])[]) {
    this.module = module
    this.recordName = recordName
    this.exported = exported
    this.fields = fields
  }

  [TERM_PIECES](): readonly Piece[] {
    const pieces: Piece[] = [{ text: `#${quoteAtom(this.module.name)}:${quoteAtom(this.recordName.name)}{` }]
    for (const [index, [name, term]] of this.fields.entries()) {
      pieces.push({ text: `${index > 0 ? ',' : ''}${quoteAtom(name.name)} = ` }, { term })
    }
    pieces.push({ text: '}' })
    return pieces
  }

  [NODE_INSPECT](): string {
    return textForNode(this)
  }
}
