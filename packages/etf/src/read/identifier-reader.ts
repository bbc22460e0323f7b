import * as Tag from '../tag.ts'
import { LARGEST_SMALL_CREATION, Pid, Port, Reference } from '../term.ts'
import type { LeafReader } from './leaf-reader.ts'
import { PID_WORDS, PORT_WORDS, REFERENCE_WORDS, wordsOfU32 } from './memory.ts'

const MAX_FIRST_WORD = 0x3_ffff
const MAX_REFERENCE_WORDS = 5

export function readPid(reader: LeafReader): Pid {
  const isNew = reader.u8() === Tag.NEW_PID_EXT
  const node = reader.readAtom()
  const id = reader.u32()
  const serial = reader.u32()
  const creation = isNew ? reader.u32() : readSmallCreation(reader)
  reader.spend(PID_WORDS + wordsOfU32(id) + wordsOfU32(serial) + wordsOfU32(creation))
  return new Pid(node, id, serial, creation)
}

export function readPort(reader: LeafReader): Port {
  reader.spend(PORT_WORDS)
  const tag = reader.u8()
  const node = reader.readAtom()
  if (tag === Tag.V4_PORT_EXT) {
    const id = (BigInt(reader.u32()) << 32n) | BigInt(reader.u32())
    return new Port(node, id, reader.u32())
  }
  const id = reader.u32()
  if (tag === Tag.NEW_PORT_EXT) return new Port(node, BigInt(id), reader.u32())
  return new Port(node, BigInt(id), readSmallCreation(reader))
}

export function readReference(reader: LeafReader): Reference {
  reader.spend(REFERENCE_WORDS)
  const start = reader.at
  const tag = reader.u8()
  if (tag === Tag.REFERENCE_EXT) {
    const node = reader.readAtom()
    const id = reader.u32()
    checkFirstWord(reader, id, start)
    return new Reference(node, readSmallCreation(reader), [id])
  }
  const count = reader.u16()
  if (count === 0 || count > MAX_REFERENCE_WORDS) {
    throw reader.error('ETF_BAD_IDENTIFIER', `a reference has one to five words, not ${count}`, start)
  }
  const node = reader.readAtom()
  const creation = tag === Tag.NEWER_REFERENCE_EXT ? reader.u32() : readSmallCreation(reader)
  const words = readWords(reader, count)
  if (tag === Tag.NEW_REFERENCE_EXT) checkFirstWord(reader, words[0]!, start)
  return new Reference(node, creation, words)
}

/** Three are what every node of today makes; a literal is made faster than an array that grows. */
function readWords(reader: LeafReader, count: number): number[] {
  if (count === 3) return [reader.u32(), reader.u32(), reader.u32()]
  const words = new Array<number>(count)
  for (let index = 0; index < count; index++) words[index] = reader.u32()
  return words
}

/** The tags before OTP 23 keep the creation in one byte. */
function readSmallCreation(reader: LeafReader): number {
  const start = reader.at
  const creation = reader.u8()
  if (creation > LARGEST_SMALL_CREATION) {
    throw reader.error('ETF_BAD_IDENTIFIER', `a one-byte creation is at most ${LARGEST_SMALL_CREATION}`, start)
  }
  return creation
}

function checkFirstWord(reader: LeafReader, word: number, start: number): void {
  if (word > MAX_FIRST_WORD) {
    throw reader.error('ETF_BAD_IDENTIFIER', 'the first word of an old reference has at most 18 bits', start)
  }
}
