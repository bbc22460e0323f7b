import type { Atom } from './atom.ts'
import { ByteWriter } from './byte-writer.ts'
import { writeTerm } from './encode.ts'
import { ExternalFun, Fun } from './fun.ts'
import type { OpenContainer } from './open-container.ts'
import * as Tag from './tag.ts'
import type { Term } from './term.ts'
import type { TermReader } from './term-reader.ts'

/** The MD5 sum of the module's code. */
const UNIQ_BYTES = 16
const MAX_FREE_VARIABLES = 255

/** EXPORT_EXT: `fun module:function/arity`. */
export function readExport(reader: TermReader): ExternalFun {
  reader.skip(1)
  const module = reader.readAtom()
  const name = reader.readAtom()
  const start = reader.at
  return new ExternalFun(module, name, readInteger(reader, 0, 255, start))
}

/**
 * NEW_FUN_EXT: reads the head; the free variables are the elements.
 *
 * They are read only to find their end. The size that the tag announces is not believed, as in OTP 25 and later.
 */
export function openFun(reader: TermReader, depth: number): OpenContainer {
  const start = reader.skip(1)
  reader.u32()
  const arity = reader.u8()
  const uniqAt = reader.skip(UNIQ_BYTES)
  const index = reader.u32()
  const size = reader.u32()
  if (size > MAX_FREE_VARIABLES) throw reader.error('ETF_BAD_FUN', `a fun has ${size} free variables`, start)
  const outerSawAtomRef = reader.sawAtomRef
  reader.sawAtomRef = false
  const module = reader.readAtom()
  const oldIndex = readInteger(reader, -0x8000_0000, 0x7fff_ffff, reader.at)
  const uniq = readInteger(reader, -0x8000_0000, 0xffff_ffff, reader.at)
  if (!isPidTag(reader.bytes[reader.at])) throw reader.error('ETF_BAD_FUN', 'the creator of a fun is a pid', reader.at)
  const creator = reader.read(depth)
  reader.admit(size, depth)
  // In boxed mode the free variables can be written again exactly; it matters only behind a distribution header.
  const isInKey = reader.isInKey
  const wantsObject = reader.wantsObject
  reader.isInKey = true
  reader.wantsObject = false
  const elements: Term[] = []
  return {
    size,
    elements,
    close() {
      reader.isInKey = isInKey
      reader.wantsObject = wantsObject
      const head = reader.bytes.subarray(uniqAt, uniqAt + UNIQ_BYTES)
      const bytes = reader.sawAtomRef
        ? writeFun(arity, head, index, module, [oldIndex, uniq, creator], elements)
        : reader.view(start, reader.at - start).slice()
      reader.sawAtomRef ||= outerSawAtomRef
      return new Fun(module, arity, index, uniq, bytes)
    },
  }
}

/** Writes a fun again with its atoms in place, since a distribution header is gone with its frame. */
function writeFun(
  arity: number,
  uniq: Uint8Array,
  index: number,
  module: Atom,
  head: readonly Term[],
  freeVariables: readonly Term[],
): Uint8Array {
  const writer = new ByteWriter(256)
  writer.u8(Tag.NEW_FUN_EXT)
  writer.u32(0)
  writer.u8(arity)
  writer.bytes(uniq)
  writer.u32(index)
  writer.u32(freeVariables.length)
  writer.bytes(module.wire)
  for (const term of [...head, ...freeVariables]) writeTerm(writer, term, { maxDepth: Number.MAX_SAFE_INTEGER })
  writer.setU32(1, writer.length - 1)
  return writer.take()
}

function isPidTag(tag: number | undefined): boolean {
  return tag === Tag.NEW_PID_EXT || tag === Tag.PID_EXT
}

function readInteger(reader: TermReader, least: number, most: number, start: number): number {
  const tag = reader.bytes[reader.at]
  if (tag !== undefined && tag !== Tag.SMALL_INTEGER_EXT && tag !== Tag.INTEGER_EXT && tag !== Tag.SMALL_BIG_EXT) {
    throw reader.error('ETF_BAD_FUN', 'only a small integer may stand here', start)
  }
  const value = reader.read(0)
  if (typeof value !== 'number' || value < least || value > most) {
    throw reader.error('ETF_BAD_FUN', `an integer from ${least} to ${most} must stand here`, start)
  }
  return value
}
