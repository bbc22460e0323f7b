import { type DirectRead, MISS } from '../read/direct-read.ts'
import type { TermReader } from '../read/term-reader.ts'
import * as Tag from '../tag.ts'
import type { Term } from '../term.ts'

/** A shape, as far as reading goes. */
interface Reading<T> {
  match(term: Term): { readonly ok: true; readonly value: T } | { readonly ok: false }
}

/** The direct readers of the shapes that have one. A table beside the class: it is nothing that programs see or give. */
const readers = new WeakMap<object, DirectRead>()

/** Gives a shape its direct reader. */
export function direct<M extends Reading<unknown>>(shape: M, read: DirectRead): M {
  readers.set(shape, read)
  return shape
}

/** The direct reader of a shape, where it has one of its own. */
export function directReader<T>(shape: Reading<T>): DirectRead<T> | undefined {
  return readers.get(shape) as DirectRead<T> | undefined
}

/** The direct reader of a part; of a shape without, such as one of the program, one that reads the term and matches it. */
export function directOf<T>(shape: Reading<T>): DirectRead<T> {
  return directReader(shape) ?? matching(shape)
}

function matching<T>(shape: Reading<T>): DirectRead<T> {
  return (reader, depth) => {
    const result = shape.match(reader.read(depth))
    return result.ok ? result.value : MISS
  }
}

/** What a part of a direct reader gives for an encoding that it leaves to others: the term is read as a term then. */
export const UNSURE: unique symbol = Symbol('unsure')

/** As `DirectRead`, with {@link UNSURE} as a third answer. */
export type PartlyDirect = (reader: TermReader, depth: number) => unknown

/** Gives a shape a direct reader of the frequent encodings; all others are read as terms and matched. */
export function directly<M extends Reading<unknown>>(shape: M, read: PartlyDirect): M {
  const other = matching(shape)
  return direct(shape, (reader, depth) => {
    const { at, owed, words } = reader
    const value = read(reader, depth)
    if (value !== UNSURE) return value
    reader.at = at
    reader.owed = owed
    reader.words = words
    return other(reader, depth)
  })
}

/** Of shapes of numbers whose values are the terms themselves: whether a term is one. */
const numbers = new WeakMap<object, (term: Term) => boolean>()

/** As {@link directly}, for such a shape. */
export function directNumber<M extends Reading<unknown>>(
  shape: M,
  read: PartlyDirect,
  isValue: (term: Term) => boolean,
): M {
  numbers.set(shape, isValue)
  return directly(shape, read)
}

/** Whether a term is a number of that shape; undefined for a shape of anything else. */
export function numberCheck(shape: object): ((term: Term) => boolean) | undefined {
  return numbers.get(shape)
}

/** For a term with another tag than those of the shape: it has not the shape, but for a map, which a struct may stand for. */
export function otherTag(reader: TermReader): typeof MISS | typeof UNSURE {
  return reader.tag() === Tag.MAP_EXT && reader.structs !== undefined ? UNSURE : MISS
}
