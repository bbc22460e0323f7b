import type { Term } from './term.ts'
import { NODE_INSPECT, textForNode } from './text/term-text.ts'
import { type Piece, sequence, TERM_PIECES, type TermSyntax } from './text/text-pieces.ts'

/**
 * A list that does not end in `[]`, such as the tag `[alias | Reference]` of a `gen_server` call.
 *
 * Its tail is never itself a list, or it would not be improper; an encoder refuses one that is.
 */
export class ImproperList {
  /** One or more elements in front of the tail. */
  readonly elements: readonly Term[]
  readonly tail: Term

  constructor(elements: readonly Term[], tail: Term) {
    this.elements = elements
    this.tail = tail
  }

  [TERM_PIECES](syntax: TermSyntax): readonly Piece[] {
    const bar = { text: syntax === 'erlang' ? '|' : ' | ' }
    return [...sequence('[', this.elements, '', syntax), bar, { term: this.tail }, { text: ']' }]
  }

  [NODE_INSPECT](): string {
    return textForNode(this)
  }
}

/** The code points of a text: what Erlang calls a string. `charlist('abc')` encodes as `"abc"`. */
export function charlist(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!)
}
