import { getHeapStatistics } from 'node:v8'
import { EtfError } from './error.ts'
import { ATOM_UTF8_EXT, SMALL_ATOM_UTF8_EXT } from './tag.ts'
import { quoteAtom, quoteElixirAtom } from './text/quote.ts'
import { NODE_INSPECT, textForNode } from './text/term-text.ts'
import { type Piece, TERM_PIECES, type TermSyntax } from './text/text-pieces.ts'
import { asBuffer, countCharacters, hasLoneSurrogate, readUtf8 } from './utf8.ts'

/** The longest atom that BEAM accepts, in characters (not bytes). */
export const MAX_ATOM_CHARACTERS = 255

/** The most atoms that may be alive at once, where the heap has room for them. A JavaScript `Map` ends at 2^24. */
const MAX_LIVE_ATOMS = 8_388_608

/** About what an atom takes with its name, its encoding and its place in the table. Unit: bytes. */
const BYTES_OF_AN_ATOM = 512

/** Names of one message cannot be given back before it is read: they may fill a quarter of the heap, not end the process. */
let maxLiveAtoms: number | undefined

function roomForAtoms(): number {
  const fitting = Math.floor(getHeapStatistics().heap_size_limit / 4 / BYTES_OF_AN_ATOM)
  return Math.min(fitting, MAX_LIVE_ATOMS)
}

/** What an atom is as a value: itself, but for the four that JavaScript has words for. */
export type AtomValue = Atom | boolean | null | undefined

/**
 * An Erlang atom. Two atoms of the same name are the same object, so compare with `===`.
 *
 * Atoms are held weakly: one that nobody refers to is given back, so a peer cannot fill the memory with names.
 * Make one with {@link atom}.
 */
export class Atom {
  readonly name: string
  /** The atom's encoding, tag and length included, as UTF-8. Not for the program: `encode` reads it. */
  readonly wire: Uint8Array
  /** Where the name begins in `wire`. */
  readonly wireStart: number
  /** What a decoder gives for this atom: `true`, `false`, `null` for `nil`, `undefined`, else the atom. */
  readonly value: AtomValue

  private constructor(name: string, utf8: Uint8Array) {
    this.name = name
    this.wireStart = utf8.length < 256 ? 2 : 3
    this.wire = new Uint8Array(this.wireStart + utf8.length)
    this.wire.set(utf8, this.wireStart)
    this.wire[0] = utf8.length < 256 ? SMALL_ATOM_UTF8_EXT : ATOM_UTF8_EXT
    if (utf8.length >= 256) this.wire[1] = utf8.length >> 8
    this.wire[this.wireStart - 1] = utf8.length
    this.value = name === 'true' ? true : name === 'false' ? false : name === 'nil' ? null : this
    if (name === 'undefined') this.value = undefined
  }

  /** The atom of that name. {@link atom} is the same, shorter. */
  static of(name: string): Atom {
    const known = table.get(name)?.deref()
    if (known !== undefined) return known
    if (hasLoneSurrogate(name)) throw new EtfError('ETF_BAD_ATOM', 'an atom cannot hold a lone surrogate')
    if (name.length > MAX_ATOM_CHARACTERS && [...name].length > MAX_ATOM_CHARACTERS) {
      throw new EtfError('ETF_LIMIT_ATOM', `an atom has at most ${MAX_ATOM_CHARACTERS} characters`)
    }
    const utf8 = asBuffer(new TextEncoder().encode(name))
    const made = new Atom(name, utf8)
    maxLiveAtoms ??= roomForAtoms()
    if (table.size >= maxLiveAtoms) sweep(maxLiveAtoms)
    table.set(name, new WeakRef(made))
    graveyard.register(made, name)
    return made
  }

  toString(): string {
    return this.name
  }

  [TERM_PIECES](syntax: TermSyntax): readonly Piece[] {
    return [{ text: syntax === 'erlang' ? quoteAtom(this.name) : quoteElixirAtom(this.name) }]
  }

  [NODE_INSPECT](): string {
    return textForNode(this)
  }
}

/**
 * The atom of that name, always the same object.
 *
 * @throws {EtfError} `ETF_LIMIT_ATOM` above 255 characters, `ETF_BAD_ATOM` for a lone surrogate
 */
export function atom(name: string): Atom {
  return Atom.of(name)
}

const table = new Map<string, WeakRef<Atom>>()
const graveyard = new FinalizationRegistry<string>((name) => {
  if (table.get(name)?.deref() === undefined) table.delete(name)
})

/** The registry's callbacks wait for the event loop; a program that decodes without a pause needs this. */
function sweep(most: number): void {
  for (const [name, reference] of table) if (reference.deref() === undefined) table.delete(name)
  if (table.size >= most) {
    throw new EtfError('ETF_LIMIT_ATOM_TABLE', `more than ${most} atoms are in use`)
  }
}

// Atoms seen lately, found by hashing their bytes, so that no string is made. Bounded, hence it may hold them strongly.
// Each set of two neighbouring places keeps the younger atom first.
const RECENT_PLACES = 4096
const recent: (Atom | undefined)[] = new Array<Atom | undefined>(RECENT_PLACES).fill(undefined)

/** The atom whose name is the UTF-8 text `bytes[start, end)`. */
export function atomFromUtf8(bytes: Uint8Array, start: number, end: number, maxCharacters: number): Atom {
  if (end - start > maxCharacters && countCharacters(bytes, start, end) > maxCharacters) {
    throw tooLong(start, maxCharacters)
  }
  let hash = end - start
  // Two bytes a step, for each step waits for the multiplication of the one before.
  let at = start
  for (; at + 2 <= end; at += 2) hash = Math.imul(hash ^ (bytes[at]! | (bytes[at + 1]! << 8)), 0x01000193)
  if (at < end) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  const place = ((hash ^ (hash >>> 15)) & (RECENT_PLACES / 2 - 1)) << 1
  const first = recent[place]
  if (first !== undefined && isNamed(first, bytes, start, end)) return first
  const second = recent[place + 1]
  if (second !== undefined && isNamed(second, bytes, start, end)) return second
  const name = readUtf8(bytes, start, end)
  if (name === undefined) throw new EtfError('ETF_BAD_ATOM', 'the atom is not UTF-8', { offset: start })
  const found = Atom.of(name)
  recent[place + 1] = first
  recent[place] = found
  return found
}

function isNamed(candidate: Atom, bytes: Uint8Array, start: number, end: number): boolean {
  const wire = candidate.wire
  let own = candidate.wireStart
  if (wire.length - own !== end - start) return false
  for (let at = start; at < end; at++) if (wire[own++] !== bytes[at]) return false
  return true
}

/** The atom whose name is the Latin-1 text `bytes[start, end)`, as the tags before OTP 26 have it. */
export function atomFromLatin1(bytes: Uint8Array, start: number, end: number, maxCharacters: number): Atom {
  if (end - start > maxCharacters) throw tooLong(start, maxCharacters)
  for (let at = start; at < end; at++) {
    if (bytes[at]! > 127) return Atom.of(asBuffer(bytes).toString('latin1', start, end))
  }
  return atomFromUtf8(bytes, start, end, maxCharacters)
}

function tooLong(offset: number, maxCharacters: number): EtfError {
  return new EtfError('ETF_LIMIT_ATOM', `the atom has more than ${maxCharacters} characters`, { offset })
}

/** How many names the weak table holds just now, dead ones that await their end included. For tests. */
export function atomTableSize(): number {
  return table.size
}
