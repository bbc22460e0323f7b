import { getHeapStatistics } from 'node:v8'
import { overLimit } from './error.ts'

/** What an atom takes beside its name, its encoding and its place in the table included, as measured. Unit: bytes. */
const BYTES_OF_AN_ATOM = 380

/** Which part of V8's heap the atoms may fill that were read, and which part those that the program has made. */
const PART_OF_HEAP = 4

/** So much everybody may bring, however many atoms the others have brought. Unit: bytes. */
const ALWAYS_BYTES = 64 * 1024

const LAST_DIGIT = 57

/** Most of the time there is no other: what one may bring depends on the heap. */
let mostBytes: number | undefined

/** Atoms that were read and are in use, of all shares together. */
let readBytes = 0

/** The table adds what an atom takes, and takes away what it has given back. */
let charge: (share: AtomShare, bytes: number) => void

/**
 * What the atoms take that one source has brought: one peer, one decoder. Atoms that somebody had already cost nothing, and
 * one that nobody refers to any more is given back.
 */
export class AtomShare {
  #bytes = 0

  /** How much memory its atoms take that are in use. Unit: bytes. */
  get usedBytes(): number {
    return this.#bytes
  }

  static {
    charge = (share, bytes) => {
      share.#bytes += bytes
    }
  }
}

/** Atoms that the program itself has made. */
export const OWN_ATOMS = new AtomShare()

/** What the table has: `term.ts` makes them. */
interface Named {
  readonly name: string
}

/** One atom of the table, or what is left of it. */
interface Entry {
  readonly key: string
  readonly atom: WeakRef<Named>
  share: AtomShare
  readonly bytes: number
  isGone: boolean
  /** Nobody pays for it: the term that brought it was refused. */
  isFree: boolean
}

const table = new Map<string, Entry>()
const graveyard = new FinalizationRegistry<Entry>(bury)

/** V8 clears weak references in its large collections only: as long as this one is there, no atom can have gone. */
let sinceSweep = new WeakRef({})

/** Those that came new with the term that is being read. */
const brought: Entry[] = []

/** Another term begins. */
export function beginTerm(): void {
  if (brought.length > 0) brought.length = 0
}

/**
 * The term was refused, so that nobody has its atoms: they cost nothing until somebody names one again.
 *
 * @returns whether there were any
 */
export function giveBack(): boolean {
  for (const entry of brought) {
    if (entry.isGone) continue
    uncharge(entry)
    entry.isFree = true
  }
  return brought.splice(0).length > 0
}

function pay(entry: Entry): void {
  if (entry.share !== OWN_ATOMS) {
    readBytes += entry.bytes
    brought.push(entry)
  }
  charge(entry.share, entry.bytes)
}

function uncharge(entry: Entry): void {
  if (entry.isFree) return
  if (entry.share !== OWN_ATOMS) readBytes -= entry.bytes
  charge(entry.share, -entry.bytes)
}

function bury(entry: Entry): void {
  if (entry.isGone) return
  entry.isGone = true
  uncharge(entry)
  if (table.get(entry.key) === entry) table.delete(entry.key)
}

/** V8 hashes a text of digits as badly as a number, and a peer may choose the names. */
function keyOf(name: string): string {
  return name.charCodeAt(0) <= LAST_DIGIT ? `\0${name}` : name
}

/**
 * The atom of that name, when somebody has it.
 *
 * @throws {EtfError} as {@link admitAtom}, when nobody pays for it any more
 */
export function knownAtom(name: string, share: AtomShare, most: number): Named | undefined {
  const entry = table.get(keyOf(name))
  const atom = entry?.atom.deref()
  if (atom !== undefined && entry?.isFree === true) {
    admitAtom(name, share, most)
    entry.share = share
    entry.isFree = false
    pay(entry)
  }
  return atom
}

/**
 * Makes room for a new atom.
 *
 * @param most how much the share may take: `limits.atomBytes`. Unit: bytes
 * @throws {EtfError} `ETF_LIMIT_ATOM_TABLE`
 */
export function admitAtom(name: string, share: AtomShare, most: number): void {
  const bytes = bytesOf(name)
  if (fits(share, bytes, most)) return
  sweep()
  if (fits(share, bytes, most)) return
  if (share.usedBytes + bytes > most) {
    const what = 'atoms that came from one source take more bytes'
    throw overLimit('ETF_LIMIT_ATOM_TABLE', { limit: 'limits.atomBytes', most, what })
  }
  const whose = share === OWN_ATOMS ? 'atoms of the program' : 'atoms of all sources together'
  const what = `${whose} take more bytes, with room for others,`
  throw overLimit('ETF_LIMIT_ATOM_TABLE', { limit: '--max-old-space-size', most: roomForAtoms(), what })
}

/** A source may bring as much as is left for others, so that nobody takes all. */
function fits(share: AtomShare, bytes: number, most: number): boolean {
  if (most === Number.POSITIVE_INFINITY && share !== OWN_ATOMS) return true
  const used = share.usedBytes + bytes
  if (share === OWN_ATOMS) return used <= roomForAtoms()
  return used <= most && (used <= ALWAYS_BYTES || used <= roomForAtoms() - readBytes)
}

function roomForAtoms(): number {
  mostBytes ??= Math.floor(getHeapStatistics().heap_size_limit / PART_OF_HEAP)
  return mostBytes
}

function bytesOf(name: string): number {
  return BYTES_OF_AN_ATOM + 2 * name.length
}

/** Puts an atom that was admitted to the table. */
export function addAtom(atom: Named, share: AtomShare): void {
  const key = keyOf(atom.name)
  const before = table.get(key)
  if (before !== undefined) bury(before)
  const bytes = bytesOf(atom.name)
  const entry: Entry = { key, atom: new WeakRef(atom), share, bytes, isGone: false, isFree: false }
  pay(entry)
  table.set(key, entry)
  graveyard.register(atom, entry)
}

/** The registry's callbacks wait for the event loop; a program that decodes without a pause needs this. */
function sweep(): void {
  if (sinceSweep.deref() !== undefined) return
  sinceSweep = new WeakRef({})
  for (const entry of table.values()) if (entry.atom.deref() === undefined) bury(entry)
}
