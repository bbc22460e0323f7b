import {
  type Atom,
  type ByteWriter,
  type EtfError,
  isEtfError,
  MAX_ATOM_CHARACTERS,
  type TermDecoder,
} from '@dynsrv/etf'
import { DistError } from '../error.ts'

/** Slots that BEAM itself uses; we stay within them as a sender. */
const SENDER_SLOTS = 2039
/** References in one header. */
const MAX_REFS = 255

const NO_ATOMS: readonly Atom[] = []

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads distribution headers and keeps the peer's atom cache: at most 2048 atoms.
 *
 * @see OTP `erl_dist_protocol`/`erl_ext_dist`, "Distribution Header"
 */
export class HeaderReader {
  /** Where the bytes behind the header that was read last begin. */
  end = 0
  /** Whether the header that was read last put atoms into the cache. */
  isNew = false
  /** Why an atom that the header read last refers to is left out of its atoms: there is no more room for new ones. */
  refusal: EtfError | undefined
  /**
   * The peer scatters its atoms over 2048 slots, of which most links use a few. There was no room for an atom of which only
   * the name is here: a term that refers to it asks again.
   */
  readonly #slots = new Map<number, Atom | string>()
  readonly #decoder: TermDecoder

  /** @param decoder knows what new atoms the peer may bring */
  constructor(decoder: TermDecoder) {
    this.#decoder = decoder
  }

  /**
   * @param at where the number of references stands
   * @param limit where the frame ends
   * @returns the atoms to which the frame's terms refer by index
   * @throws {DistError} `DIST_MALFORMED`
   */
  read(bytes: Uint8Array, at: number, limit: number): readonly Atom[] {
    this.isNew = false
    this.refusal = undefined
    if (at >= limit) throw truncated()
    const count = bytes[at++]!
    if (count === 0) {
      this.end = at
      return NO_ATOMS
    }
    const flagsAt = at
    at += (count >> 1) + 1
    // Each reference takes a byte at least.
    if (at + count > limit) throw truncated()
    const longAtoms = (nibble(bytes, flagsAt, count) & 1) === 1
    const atoms = new Array<Atom>(count)
    for (let i = 0; i < count; i++) {
      const flags = nibble(bytes, flagsAt, i)
      if (at >= limit) throw truncated()
      const slot = ((flags & 7) << 8) | bytes[at++]!
      if ((flags & 8) === 0) {
        const known = this.#slots.get(slot)
        if (known === undefined)
          throw new DistError('DIST_MALFORMED', `the peer refers to atom cache slot ${slot}, which is not set`)
        if (typeof known !== 'string') atoms[i] = known
        else this.#bring(slot, known, atoms, i)
        continue
      }
      const lengthBytes = longAtoms ? 2 : 1
      if (at + lengthBytes > limit) throw truncated()
      const length = longAtoms ? (bytes[at]! << 8) | bytes[at + 1]! : bytes[at]!
      at += lengthBytes
      if (at + length > limit) throw truncated()
      this.#bring(slot, this.#name(bytes.subarray(at, at + length)), atoms, i)
      this.isNew = true
      at += length
    }
    this.end = at
    return atoms
  }

  /** Puts an atom into its slot, and among those of this header unless there is no room for it. */
  #bring(slot: number, name: string, atoms: Atom[], index: number): void {
    try {
      // One that is refused is enough: the others are not needed now.
      const found = this.refusal === undefined ? this.#decoder.atom(name) : undefined
      this.#slots.set(slot, found ?? name)
      if (found !== undefined) atoms[index] = found
    } catch (cause) {
      if (!isEtfError(cause) || cause.category !== 'limit') throw cause
      this.#slots.set(slot, name)
      this.refusal = cause
    }
  }

  #name(bytes: Uint8Array): string {
    let name: string
    try {
      name = utf8.decode(bytes)
    } catch (cause) {
      throw new DistError('DIST_MALFORMED', 'the peer put an atom that is not UTF-8 into its cache', { cause })
    }
    if (name.length > MAX_ATOM_CHARACTERS && [...name].length > MAX_ATOM_CHARACTERS) {
      throw new DistError(
        'DIST_MALFORMED',
        `the peer put an atom of more than ${MAX_ATOM_CHARACTERS} characters into its cache`,
      )
    }
    return name
  }
}

function nibble(bytes: Uint8Array, flagsAt: number, index: number): number {
  const pair = bytes[flagsAt + (index >> 1)]!
  return (index & 1) === 0 ? pair & 15 : pair >> 4
}

function truncated(): DistError {
  return new DistError('DIST_MALFORMED', 'the peer sent a distribution header that ends too early')
}

interface Entry {
  readonly atom: Atom
  /** -1 until its first header is written. */
  slot: number
  /** The frame that used it last, and its reference there. */
  frame: number
  index: number
  /** Whether the header that is being written announces it to the peer. */
  isNew: boolean
}

/** Its segment of the cache, and whether the slot is set anew. */
function entryFlags({ slot, isNew }: Entry): number {
  return (slot >> 8) | (isNew ? 8 : 0)
}

/**
 * Writes distribution headers and keeps our side of the atom cache.
 *
 * The terms of a frame are encoded first, asking `ref` for each atom; then the header that explains them is written. A
 * frame that is given up with `abandon` leaves the cache as it was, so both sides always agree on it. The least recently
 * added atom makes room for a new one.
 */
export class HeaderWriter {
  readonly #entries = new Map<Atom, Entry>()
  /** Grows up to `SENDER_SLOTS`. */
  readonly #slots: Entry[] = []
  #refs: Entry[] = []
  #frame = 0
  #hand = 0

  /** Starts the next frame. */
  begin(): void {
    this.#frame++
    this.#refs = []
  }

  /** The reference for an atom in this frame, or -1 to write it inline: a header holds 255. */
  readonly ref = (name: Atom): number => {
    const known = this.#entries.get(name)
    if (known !== undefined && known.frame === this.#frame) return known.index
    const index = this.#refs.length
    if (index === MAX_REFS) return -1
    const entry = known ?? { atom: name, slot: -1, frame: 0, index: 0, isNew: true }
    entry.frame = this.#frame
    entry.index = index
    this.#refs.push(entry)
    if (known === undefined) this.#entries.set(name, entry)
    return index
  }

  /** Forgets the frame: nothing of it was sent. */
  abandon(): void {
    for (const { slot, atom: name } of this.#refs) if (slot === -1) this.#entries.delete(name)
    this.begin()
  }

  /** Writes the number of references, their flags, and the references. */
  write(writer: ByteWriter): void {
    const refs = this.#refs
    const count = refs.length
    writer.u8(count)
    if (count === 0) return
    let longAtoms = 0
    for (const entry of refs) {
      entry.isNew = entry.slot === -1
      if (!entry.isNew) continue
      this.#settle(entry)
      if (entry.atom.wire.length - entry.atom.wireStart > 255) longAtoms = 1
    }
    // Half a byte for each reference, the low half first, and one more for the header itself.
    for (let i = 0; i <= count; i += 2) {
      const low = i < count ? entryFlags(refs[i]!) : longAtoms
      const high = i + 1 < count ? entryFlags(refs[i + 1]!) : i + 1 === count ? longAtoms : 0
      writer.u8(low | (high << 4))
    }
    for (const {
      slot,
      isNew,
      atom: { wire, wireStart },
    } of refs) {
      writer.u8(slot & 255)
      if (!isNew) continue
      const text = wire.subarray(wireStart)
      if (longAtoms === 1) writer.u16(text.length)
      else writer.u8(text.length)
      writer.bytes(text)
    }
  }

  /** Gives a new entry a slot that this frame does not use. */
  #settle(entry: Entry): void {
    while (this.#slots[this.#hand]?.frame === this.#frame) this.#hand = (this.#hand + 1) % SENDER_SLOTS
    const evicted = this.#slots[this.#hand]
    if (evicted !== undefined) this.#entries.delete(evicted.atom)
    entry.slot = this.#hand
    this.#slots[this.#hand] = entry
    this.#hand = (this.#hand + 1) % SENDER_SLOTS
  }
}
