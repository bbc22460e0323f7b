import * as Tag from '../tag.ts'
import { ImproperList, NativeRecord, type Term, Tuple } from '../term.ts'
import type { ByteWriter } from './byte-writer.ts'

/** The writer that hands over here when values nest deeply: it is asked for the leaves, and for the heads of containers. */
export interface ContainerWriter {
  readonly out: ByteWriter
  write(term: Term, depth: number): void
  admit(depth: number): void
  openTuple(arity: number): void
  openList(length: number): void
  openMap(size: number): void
  openImproperList(list: ImproperList): void
  openRecord(record: NativeRecord): void
  writeBytesList(list: readonly Term[]): boolean
  pairsOf(term: Term): readonly (readonly [Term, Term])[] | undefined
}

/** A container whose head is written; its terms come next, and behind them perhaps the end of a list. */
interface Frame {
  readonly terms: readonly Term[]
  readonly isProperList: boolean
  next: number
}

/**
 * Writes a term with a stack on the heap in place of the call stack.
 *
 * It writes the same bytes as `TermWriter.write`, which hands over here when values nest deeply, and for the
 * containers that are rare.
 */
export function writeDeep(writer: ContainerWriter, term: Term, depth: number): void {
  const frames: Frame[] = []
  const push = (value: Term) => {
    const frame = openFrame(writer, value, depth + frames.length)
    // Here the writer cannot hand over again: no container gets to it.
    if (frame === undefined) writer.write(value, 0)
    else frames.push(frame)
  }
  push(term)
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    if (frame.next < frame.terms.length) {
      push(frame.terms[frame.next++])
    } else {
      if (frame.isProperList) writer.out.u8(Tag.NIL_EXT)
      frames.pop()
    }
  }
}

function openFrame(writer: ContainerWriter, term: Term, depth: number): Frame | undefined {
  if (typeof term !== 'object' || term === null) return undefined
  if (Array.isArray(term)) return openList(writer, term as readonly Term[], depth)
  if (term instanceof Tuple) {
    writer.admit(depth)
    writer.openTuple(term.length)
    return { terms: term.elements, isProperList: false, next: 0 }
  }
  if (term instanceof ImproperList) {
    writer.admit(depth)
    writer.openImproperList(term)
    return { terms: [...term.elements, term.tail], isProperList: false, next: 0 }
  }
  if (term instanceof NativeRecord) {
    writer.admit(depth)
    writer.openRecord(term)
    return { terms: term.fields.map(([, value]) => value), isProperList: false, next: 0 }
  }
  const pairs = writer.pairsOf(term)
  if (pairs === undefined) return undefined
  writer.admit(depth)
  writer.openMap(pairs.length)
  return { terms: pairs.flat(1), isProperList: false, next: 0 }
}

function openList(writer: ContainerWriter, list: readonly Term[], depth: number): Frame | undefined {
  if (list.length === 0) return undefined
  if (writer.writeBytesList(list)) return { terms: [], isProperList: false, next: 0 }
  writer.admit(depth)
  writer.openList(list.length)
  return { terms: list, isProperList: true, next: 0 }
}
