import { MISS } from '../read/direct-read.ts'
import { readPid, readReference } from '../read/identifier-reader.ts'
import { wordsOfText } from '../read/memory.ts'
import type { TermReader } from '../read/term-reader.ts'
import * as Tag from '../tag.ts'
import type { Atom, Pid, Reference } from '../term.ts'
import { readUtf8 } from '../utf8.ts'
import { type PartlyDirect, UNSURE } from './direct.ts'

/** An integer of up to 32 bits. */
export function readInteger(reader: TermReader): number | typeof UNSURE {
  const { bytes, at, end } = reader
  if (at + 2 > end) return UNSURE
  const tag = bytes[at]
  if (tag === Tag.SMALL_INTEGER_EXT) {
    reader.at = at + 2
    return bytes[at + 1]!
  }
  if (tag !== Tag.INTEGER_EXT || at + 5 > end) return UNSURE
  reader.at = at + 5
  return (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!
}

/** A float, or an integer of up to 32 bits. */
export function readNumber(reader: TermReader): number | typeof UNSURE {
  return reader.tag() === Tag.NEW_FLOAT_EXT ? reader.readDouble() : readInteger(reader)
}

/** A binary as text. */
export function readText(reader: TermReader): string | typeof MISS | typeof UNSURE {
  if (reader.tag() !== Tag.BINARY_EXT) return UNSURE
  const start = reader.openBinary()
  const text = readUtf8(reader.bytes, start, reader.at)
  if (text === undefined) return MISS
  reader.spend(wordsOfText(text, reader.at - start))
  return text
}

/** A binary as bytes on the memory of the input, whatever binaries become elsewhere. */
export function readBytes(reader: TermReader): Uint8Array | typeof UNSURE {
  if (reader.tag() !== Tag.BINARY_EXT) return UNSURE
  const start = reader.openBinary()
  return reader.view(start, reader.at - start)
}

/** Any atom. */
export function readAnyAtom(reader: TermReader): Atom | typeof UNSURE {
  const tag = reader.tag()
  return tag === Tag.SMALL_ATOM_UTF8_EXT || tag === Tag.ATOM_CACHE_REF ? reader.readAtom() : UNSURE
}

/** A process identifier. */
export function readAnyPid(reader: TermReader): Pid | typeof UNSURE {
  return reader.tag() === Tag.NEW_PID_EXT ? readPid(reader) : UNSURE
}

/** A reference. */
export function readAnyReference(reader: TermReader): Reference | typeof UNSURE {
  return reader.tag() === Tag.NEWER_REFERENCE_EXT ? readReference(reader) : UNSURE
}

/** `true` or `false`. */
export function readBoolean(reader: TermReader): boolean | typeof MISS | typeof UNSURE {
  const atom = readAnyAtom(reader)
  if (atom === UNSURE) return UNSURE
  return typeof atom.value === 'boolean' ? atom.value : MISS
}

/** One of these atoms, as its name. */
export function atomReader(wanted: readonly Atom[]): PartlyDirect {
  const [first] = wanted
  return (reader) => {
    if (first !== undefined && reader.passAtom(first)) return first.name
    const atom = readAnyAtom(reader)
    if (atom === UNSURE) return UNSURE
    return wanted.includes(atom) ? atom.name : MISS
  }
}
