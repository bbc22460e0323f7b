import * as Tag from '../tag.ts'
import { ExternalFun, Fun, type Term } from '../term.ts'
import { newIdentity } from '../write/term-writer.ts'
import { FunBytes } from './fun-bytes.ts'
import { readPid } from './identifier-reader.ts'
import type { LeafReader } from './leaf-reader.ts'
import { EXTERNAL_FUN_WORDS, FUN_WORDS, OWN_BYTES_WORDS } from './memory.ts'
import type { OpenContainer } from './open-container.ts'

/** The MD5 sum of the module's code. */
const UNIQ_BYTES = 16
const MAX_FREE_VARIABLES = 255

/** EXPORT_EXT: `fun module:function/arity`. */
export function readExport(reader: LeafReader): ExternalFun {
  reader.spend(EXTERNAL_FUN_WORDS)
  reader.skip(1)
  const module = reader.readAtom()
  const name = reader.readAtom()
  const start = reader.at
  return new ExternalFun(module, name, readInteger(reader, 0, 255, start))
}

/**
 * NEW_FUN_EXT: reads the head; the free variables are the elements.
 *
 * They are read only to find their end, and in a map key to know the fun from others. The size that the tag announces is
 * not believed, as in OTP 24 and later.
 */
export function openFun(reader: LeafReader, depth: number): OpenContainer {
  const { words, pins } = reader
  const start = reader.skip(1)
  reader.u32()
  const arity = reader.u8()
  reader.skip(UNIQ_BYTES)
  const index = reader.u32()
  const size = reader.u32()
  if (size > MAX_FREE_VARIABLES) throw reader.error('ETF_BAD_FUN', `a fun has ${size} free variables`, start)
  const outer = reader.funBytes
  const kept = outer ?? new FunBytes()
  reader.funBytes = kept
  const module = reader.readAtom()
  readInteger(reader, -0x8000_0000, 0x7fff_ffff, reader.at)
  const uniq = readInteger(reader, -0x8000_0000, 0xffff_ffff, reader.at)
  if (!isPidTag(reader.bytes[reader.at])) throw reader.error('ETF_BAD_FUN', 'the creator of a fun is a pid', reader.at)
  readPid(reader)
  reader.admit(size, depth)
  const elements = new Array<Term>(size)
  return {
    size,
    elements,
    close() {
      kept.addFun(start, reader.at)
      reader.funBytes = outer
      // Funs inside another are dropped with it. Until then a map only has to see which of them are equal.
      // Nothing else of it stays, but in a key.
      const drops = outer === undefined && !reader.isInKey
      if (drops) {
        reader.words = words
        reader.pins = pins
        reader.identity = undefined
      }
      reader.spend(FUN_WORDS)
      const bytes =
        outer === undefined ? kept.copy(reader.bytes, start, reader.at) : reader.view(start, reader.at - start)
      if (outer === undefined) reader.spend(OWN_BYTES_WORDS + (bytes.length >>> 3))
      const fun = new Fun(module, arity, index, uniq, bytes)
      if (reader.isInKey) {
        reader.identity ??= newIdentity()
        reader.identity.keepVariables(fun, elements)
      }
      return fun
    },
  }
}

function isPidTag(tag: number | undefined): boolean {
  return tag === Tag.NEW_PID_EXT || tag === Tag.PID_EXT
}

function readInteger(reader: LeafReader, least: number, most: number, start: number): number {
  const value = integerAt(reader, start)
  if (typeof value !== 'number' || value < least || value > most) {
    throw reader.error('ETF_BAD_FUN', `an integer from ${least} to ${most} must stand here`, start)
  }
  return value
}

function integerAt(reader: LeafReader, start: number): number | bigint {
  const { bytes, at, end } = reader
  if (at >= end) throw reader.truncated()
  switch (bytes[at]) {
    case Tag.SMALL_INTEGER_EXT:
      return bytes[reader.skip(2) + 1]!
    case Tag.INTEGER_EXT:
      reader.skip(5)
      return (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!
    case Tag.SMALL_BIG_EXT:
      return reader.readBig()
    default:
      throw reader.error('ETF_BAD_FUN', 'only a small integer may stand here', start)
  }
}
