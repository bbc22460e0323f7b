import { type Atom, Pid, Reference } from '@dynsrv/etf'
import type { Random } from '@dynsrv/kit'

/** Pid ids stay below this, and what exceeds it counts the serial up: every release reads such pids. */
const IDS_PER_SERIAL = 0x8000
/** The first word of a reference has 18 bits. */
const FIRST_WORD = 0x4_0000
/** So many secret words are made at once. */
const SECRETS = 1024

/**
 * Hands out the pids and references of one incarnation, none of them twice.
 *
 * The last word of a reference is secret: what a peer has not been shown it cannot name, though it knows others of ours.
 */
export class Identifiers {
  readonly #node: Atom
  readonly #creation: number
  #processes = 0
  #references = 0
  readonly #random: Random
  #secrets: DataView = new DataView(new ArrayBuffer(0))
  #nextSecret = 0

  constructor(node: Atom, creation: number, random: Random) {
    this.#node = node
    this.#creation = creation
    this.#random = random
  }

  pid(): Pid {
    const number = ++this.#processes
    return new Pid(this.#node, number % IDS_PER_SERIAL, Math.floor(number / IDS_PER_SERIAL), this.#creation)
  }

  reference(): Reference {
    const number = ++this.#references
    return new Reference(this.#node, this.#creation, [
      number % FIRST_WORD,
      Math.floor(number / FIRST_WORD),
      this.#secret(),
    ])
  }

  /**
   * Which of our references it claims to be, counted from 1; 0 for those of others and of earlier incarnations. Only its
   * last word proves the claim.
   */
  referenceNumber(ref: Reference): number {
    const { words } = ref
    return this.isOurs(ref) && words.length === 3 ? words[0]! + words[1]! * FIRST_WORD : 0
  }

  /** Whether a pid is of this node, of whichever incarnation. */
  isOurNode({ node }: Pid): boolean {
    return node === this.#node
  }

  /** Whether a pid or reference was made by this incarnation. */
  isOurs({ node, creation }: { readonly node: Atom; readonly creation: number }): boolean {
    return creation === this.#creation && node === this.#node
  }

  #secret(): number {
    if (this.#nextSecret === this.#secrets.byteLength) {
      const { buffer, byteOffset, byteLength } = this.#random.bytes(4 * SECRETS)
      this.#secrets = new DataView(buffer, byteOffset, byteLength)
      this.#nextSecret = 0
    }
    const secret = this.#secrets.getUint32(this.#nextSecret)
    this.#nextSecret += 4
    return secret
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
