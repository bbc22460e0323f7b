import { EtfError } from '../error.ts'
import * as Tag from '../tag.ts'
import type { Atom, ExternalFun, Pid, Port, Reference } from '../term.ts'
import type { ByteWriter } from './byte-writer.ts'

/** Port numbers up to 28 bits have the tag that OTP 23 knows too. */
const MAX_SMALL_PORT_ID = 0x0fff_ffffn

/** As BEAM has it. */
const MAX_ARITY = 255

/** Where identifiers go, and who knows how the link writes atoms. */
export interface AtomWriter {
  readonly out: ByteWriter
  writeAtom(atom: Atom): void
}

/** Writes into reserved room. */
function putU32(out: ByteWriter, value: number): void {
  const { buffer, at } = out
  buffer[at] = value >>> 24
  buffer[at + 1] = value >>> 16
  buffer[at + 2] = value >>> 8
  buffer[at + 3] = value
  out.at = at + 4
}

export function writePid(writer: AtomWriter, pid: Pid): void {
  const out = writer.out
  out.u8(Tag.NEW_PID_EXT)
  writer.writeAtom(pid.node)
  out.reserve(12)
  putU32(out, pid.id)
  putU32(out, pid.serial)
  putU32(out, pid.creation)
}

export function writePort(writer: AtomWriter, port: Port): void {
  const isSmall = port.id <= MAX_SMALL_PORT_ID
  writer.out.u8(isSmall ? Tag.NEW_PORT_EXT : Tag.V4_PORT_EXT)
  writer.writeAtom(port.node)
  if (!isSmall) writer.out.u32(Number(port.id >> 32n))
  writer.out.u32(Number(port.id & 0xffff_ffffn))
  writer.out.u32(port.creation)
}

export function writeReference(writer: AtomWriter, reference: Reference): void {
  const out = writer.out
  const words = reference.words
  out.u8(Tag.NEWER_REFERENCE_EXT)
  out.u16(words.length)
  writer.writeAtom(reference.node)
  out.reserve(4 + 4 * words.length)
  putU32(out, reference.creation)
  for (let index = 0; index < words.length; index++) putU32(out, words[index]!)
}

export function writeExport(writer: AtomWriter, fun: ExternalFun): void {
  if (!Number.isInteger(fun.arity) || fun.arity < 0 || fun.arity > MAX_ARITY) {
    throw new EtfError('ETF_NOT_ENCODABLE', `a fun takes 0 to ${MAX_ARITY} arguments, not ${fun.arity}`)
  }
  writer.out.u8(Tag.EXPORT_EXT)
  writer.writeAtom(fun.module)
  writer.writeAtom(fun.function)
  writer.out.u8(Tag.SMALL_INTEGER_EXT)
  writer.out.u8(fun.arity)
}
