import type { ExternalFun } from './fun.ts'
import type { Pid, Port, Reference } from './identifier.ts'
import * as Tag from './tag.ts'
import type { TermWriter } from './term-writer.ts'

/** Port numbers up to 28 bits have the tag that OTP 23 knows too. */
const MAX_SMALL_PORT_ID = 0x0fff_ffffn

export function writePid(writer: TermWriter, pid: Pid): void {
  writer.out.u8(Tag.NEW_PID_EXT)
  writer.writeAtom(pid.node)
  writer.out.u32(pid.id)
  writer.out.u32(pid.serial)
  writer.out.u32(pid.creation)
}

export function writePort(writer: TermWriter, port: Port): void {
  const isSmall = port.id <= MAX_SMALL_PORT_ID
  writer.out.u8(isSmall ? Tag.NEW_PORT_EXT : Tag.V4_PORT_EXT)
  writer.writeAtom(port.node)
  if (!isSmall) writer.out.u32(Number(port.id >> 32n))
  writer.out.u32(Number(port.id & 0xffff_ffffn))
  writer.out.u32(port.creation)
}

export function writeReference(writer: TermWriter, reference: Reference): void {
  writer.out.u8(Tag.NEWER_REFERENCE_EXT)
  writer.out.u16(reference.words.length)
  writer.writeAtom(reference.node)
  writer.out.u32(reference.creation)
  for (const word of reference.words) writer.out.u32(word)
}

export function writeExport(writer: TermWriter, fun: ExternalFun): void {
  writer.out.u8(Tag.EXPORT_EXT)
  writer.writeAtom(fun.module)
  writer.writeAtom(fun.function)
  writer.out.u8(Tag.SMALL_INTEGER_EXT)
  writer.out.u8(fun.arity)
}
