import type { Atom } from './atom.ts'
import { NODE_INSPECT, textForNode } from './text/term-text.ts'
import { type Piece, TERM_PIECES, type TermSyntax } from './text/text-pieces.ts'

/** A process, on whichever node. The same numbers with another creation are another process. */
export class Pid {
  readonly node: Atom
  /** u32. */
  readonly id: number
  /** u32. */
  readonly serial: number
  /** u32; which incarnation of the node. */
  readonly creation: number

  constructor(node: Atom, id: number, serial: number, creation: number) {
    this.node = node
    this.id = id
    this.serial = serial
    this.creation = creation
  }

  equals(other: unknown): boolean {
    return (
      other instanceof Pid &&
      other.id === this.id &&
      other.serial === this.serial &&
      other.creation === this.creation &&
      other.node === this.node
    )
  }

  /** `<node.id.serial>`, for people; it leaves the creation out. */
  toString(): string {
    return `<${this.node.name}.${this.id}.${this.serial}>`
  }

  [TERM_PIECES](syntax: TermSyntax): readonly Piece[] {
    return [{ text: syntax === 'erlang' ? this.toString() : `#PID${this.toString()}` }]
  }

  [NODE_INSPECT](): string {
    return textForNode(this)
  }
}

/** A port of a node. */
export class Port {
  readonly node: Atom
  /** u64. */
  readonly id: bigint
  readonly creation: number

  constructor(node: Atom, id: bigint, creation: number) {
    this.node = node
    this.id = id
    this.creation = creation
  }

  equals(other: unknown): boolean {
    return other instanceof Port && other.id === this.id && other.creation === this.creation && other.node === this.node
  }

  toString(): string {
    return `#Port<${this.node.name}.${this.id}>`
  }

  [TERM_PIECES](): readonly Piece[] {
    return [{ text: this.toString() }]
  }

  [NODE_INSPECT](): string {
    return this.toString()
  }
}

/** A unique reference, such as a monitor, a timer or the tag of a call. */
export class Reference {
  readonly node: Atom
  readonly creation: number
  /** One to five u32, in the order of the wire; Erlang prints them the other way round. */
  readonly words: readonly number[]

  constructor(node: Atom, creation: number, words: readonly number[]) {
    this.node = node
    this.creation = creation
    this.words = words
  }

  equals(other: unknown): boolean {
    return (
      other instanceof Reference &&
      other.creation === this.creation &&
      other.node === this.node &&
      other.words.length === this.words.length &&
      other.words.every((word, index) => word === this.words[index])
    )
  }

  toString(): string {
    return `#Ref<${[this.node.name, ...this.words.toReversed()].join('.')}>`
  }

  [TERM_PIECES](syntax: TermSyntax): readonly Piece[] {
    const text = this.toString()
    return [{ text: syntax === 'erlang' ? text : text.replace('#Ref', '#Reference') }]
  }

  [NODE_INSPECT](): string {
    return this.toString()
  }
}
