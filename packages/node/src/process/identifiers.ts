import { type Atom, Pid, Reference } from '@dynsrv/etf'

/** Pid ids stay below this, and what exceeds it counts the serial up: every release reads such pids. */
const IDS_PER_SERIAL = 0x8000
/** The first word of a reference has 18 bits. */
const FIRST_WORD = 0x4_0000

/** Hands out the pids and references of one incarnation, none of them twice. */
export class Identifiers {
  readonly #node: Atom
  readonly #creation: number
  #processes = 0
  #references = 0

  constructor(node: Atom, creation: number) {
    this.#node = node
    this.#creation = creation
  }

  pid(): Pid {
    const number = ++this.#processes
    return new Pid(this.#node, number % IDS_PER_SERIAL, Math.floor(number / IDS_PER_SERIAL), this.#creation)
  }

  reference(): Reference {
    const number = ++this.#references
    return new Reference(this.#node, this.#creation, [number % FIRST_WORD, Math.floor(number / FIRST_WORD), 0])
  }

  /** Which of our references it is, counted from 1; 0 for those of others and of earlier incarnations. */
  referenceNumber(ref: Reference): number {
    const { words } = ref
    if (!this.isOurs(ref) || words.length !== 3 || words[2] !== 0) return 0
    return words[0]! + words[1]! * FIRST_WORD
  }

  /** Whether a pid is of this node, of whichever incarnation. */
  isOurNode({ node }: Pid): boolean {
    return node === this.#node
  }

  /** Whether a pid or reference was made by this incarnation. */
  isOurs({ node, creation }: { readonly node: Atom; readonly creation: number }): boolean {
    return creation === this.#creation && node === this.#node
  }
}

/** What tells the pids of one incarnation of ours apart. */
export function localNumber({ id, serial }: Pid): number {
  return serial * IDS_PER_SERIAL + id
}

/** Text that is equal exactly when the pids are. */
export function pidKey({ node, id, serial, creation }: Pid): string {
  return `${id}.${serial}.${creation}@${node.name}`
}

/** Text that is equal exactly when the references are. */
export function referenceKey({ node, words, creation }: Reference): string {
  return `${words.join('.')}.${creation}@${node.name}`
}
