import type { Term } from './term.ts'
import { NODE_INSPECT, textForNode } from './text/term-text.ts'
import { type Piece, sequence, TERM_PIECES, type TermSyntax } from './text/text-pieces.ts'

/** An Erlang tuple; `const [tag, value] = aTuple` takes it apart. Make one with {@link tuple}. */
export class Tuple<T extends readonly Term[] = readonly Term[]> {
  readonly elements: T

  constructor(elements: T) {
    this.elements = elements
  }

  /** The arity. */
  get length(): number {
    return this.elements.length
  }

  [Symbol.iterator](): IterableIterator<T[number]> {
    return this.elements.values()
  }

  [TERM_PIECES](syntax: TermSyntax): readonly Piece[] {
    return sequence('{', this.elements, '}', syntax)
  }

  [NODE_INSPECT](): string {
    return textForNode(this)
  }
}

/** A tuple of these elements, each with its own type. */
export function tuple<const T extends readonly Term[]>(...elements: T): Tuple<T> {
  return new Tuple(elements)
}
