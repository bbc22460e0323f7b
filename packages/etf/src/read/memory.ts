import { types } from 'node:util'
import { LONGEST_HASHED_TEXT } from '../seeded-map.ts'
import { PlainDate, PlainDateTime, PlainTime } from '../values/calendar.ts'
import { Decimal } from '../values/decimal.ts'
import { ElixirError } from '../values/elixir-error.ts'
import { Range } from '../values/range.ts'
import { Version } from '../values/version.ts'

/**
 * What each kind of term takes in the heap of V8, as measured: a test measures them all again.
 *
 * The reader counts them while it reads, each before it is made, so that a term over its limit never takes more than that.
 * A container is counted without what its elements are, but with their places. Unit: words of 8 bytes.
 */
export const WORD_BYTES = 8

/** A number that is no small integer, where the array around it is not one of numbers alone. */
export const NUMBER_WORDS = 2
export const BOXED_FLOAT_WORDS = 6
/** A `Uint8Array` on the memory of the input. */
export const BYTES_WORDS = 13
/** A `Uint8Array` with memory of its own, without that. */
export const OWN_BYTES_WORDS = 28
export const VIEW_WORDS = 7
/** The property that makes a list, a map or an object ready for `JSON.stringify`. */
export const JSON_READY_WORDS = 8
/** What the value takes that stands for a struct, beside the struct: most values keep it, to go back as they came. */
const POINT_IN_TIME_WORDS = 24
const EXCEPTION_WORDS = 7
/** Beside its text. */
const URL_WORDS = 36
const SET_WORDS = 18
/** One that the program makes. */
const OWN_STRUCT_WORDS = 30
/** Those that keep nothing of the struct. */
const DATE_WORDS = 6
const TIME_WORDS = 9
const DATE_AND_TIME_WORDS = 20
const DECIMAL_WORDS = 9
const RANGE_WORDS = 8
const VERSION_WORDS = 8
/** The pair of microseconds and their precision. */
const MICROSECOND_WORDS = 12
export const PID_WORDS = 7
export const PORT_WORDS = 9
/** With three words, or as many as fit into that. */
export const REFERENCE_WORDS = 15
export const FUN_WORDS = 8
export const EXTERNAL_FUN_WORDS = 6
/** Where an atom of the distribution header stands in a fun; as long as the fun is read. */
export const ATOM_REF_WORDS = 6
/** Beside its bytes. */
export const BIT_STRING_WORDS = 5
export const RECORD_WORDS = 13
/** A pair of a name and a value, in an array of its own. */
export const FIELD_WORDS = 9
/** Beside its elements. */
export const IMPROPER_WORDS = 8

const EMPTY_LIST_WORDS = 4
const LIST_WORDS = 6
const EMPTY_TUPLE_WORDS = 8
const TUPLE_WORDS = 10

const MAP_WORDS = 9
const LEAST_ROOM = 4

/** For a key that is compared with the others; as long as that takes. */
export const DISTINCT_WORDS = 10

const OBJECT_WORDS = 7
/** So many properties have their place in an object from the beginning. */
const OBJECT_ROOM = 4
const TABLE_WORDS = 11
const LEAST_TABLE_ROOM = 8

export function wordsOfList(count: number): number {
  return count === 0 ? EMPTY_LIST_WORDS : LIST_WORDS + count
}

/** The room of a list that has room for `room` elements, once it has `length`: V8 makes it larger by half when it has to. */
export function roomOfList(room: number, length: number): number {
  return length <= room ? room : Math.max(length, room + (room >> 1) + 16)
}

export function wordsOfTuple(arity: number): number {
  return arity === 0 ? EMPTY_TUPLE_WORDS : TUPLE_WORDS + arity
}

/** The least power of two that is not below. */
function powerOfTwo(least: number): number {
  return least > 2 ** 30 ? 2 ** Math.ceil(Math.log2(least)) : 1 << (32 - Math.clz32(least - 1))
}

/** A `Map`, which has room for a power of two, and half as many buckets. */
export function wordsOfMap(pairs: number): number {
  const room = pairs <= LEAST_ROOM ? LEAST_ROOM : powerOfTwo(pairs)
  return MAP_WORDS + 3 * room + (room >> 1)
}

/** A pair of a `SeededMap`, beside its place in the map: the pair, and the text under which it is kept. */
export function wordsOfSeededPair(key: unknown): number {
  if (typeof key !== 'bigint') return typeof key === 'string' ? 12 : 10
  const digits = key.toString(32).length
  return digits > LONGEST_HASHED_TEXT ? 18 : 10 + (digits >>> 3)
}

/** A `Set` that stands for a struct. */
export function wordsOfSet(count: number): number {
  const room = count <= LEAST_ROOM ? LEAST_ROOM : powerOfTwo(count)
  return SET_WORDS + MAP_WORDS + 2 * room + (room >> 1)
}

/**
 * How much more a struct takes once its value stands for it; less than nothing where that is smaller. What a `Set` takes is
 * spent before it is made.
 *
 * @param fields the struct as an object
 * @param objectWords what that takes
 */
export function wordsOfStruct(value: unknown, fields: object, objectWords: number): number {
  if (value === fields || value instanceof Set) return 0
  if (value instanceof URL) return URL_WORDS + (value.href.length >>> 3)
  if (types.isDate(value)) return POINT_IN_TIME_WORDS
  if (value instanceof ElixirError) return EXCEPTION_WORDS
  if (value instanceof PlainDate) return DATE_WORDS - objectWords
  if (value instanceof PlainTime) return TIME_WORDS - MICROSECOND_WORDS - objectWords
  if (value instanceof PlainDateTime) return DATE_AND_TIME_WORDS - MICROSECOND_WORDS - objectWords
  if (value instanceof Decimal) return DECIMAL_WORDS - objectWords
  if (value instanceof Range) return RANGE_WORDS - objectWords
  if (value instanceof Version) return VERSION_WORDS - objectWords
  return OWN_STRUCT_WORDS
}

/** An object whose properties have their places by its shape; room for them grows by three. */
export function wordsOfObject(properties: number): number {
  return properties <= OBJECT_ROOM ? OBJECT_WORDS : OBJECT_WORDS + 2 + 3 * Math.ceil((properties - OBJECT_ROOM) / 3)
}

/** An object that is a table. */
export function wordsOfTable(properties: number): number {
  return TABLE_WORDS + 3 * Math.max(powerOfTwo(properties + (properties >> 1)), LEAST_TABLE_ROOM)
}

/** A text of its own; those of one character are made already. */
export function wordsOfText(text: string, bytes: number): number {
  const { length } = text
  if (length < 2) return 0
  // V8 keeps a character in one byte unless one of them needs two.
  const width = length === bytes || /^[\0-\xff]*$/.test(text) ? 1 : 2
  return 2 + ((length * width + WORD_BYTES - 1) >>> 3)
}

/** A number of 32 bits, which may be too large for V8 to keep it in its place. */
export function wordsOfU32(value: number): number {
  return value > 0x7fff_ffff ? NUMBER_WORDS : 0
}

/** An integer of so many bytes: a number as long as one holds it. */
export function wordsOfInteger(bytes: number): number {
  return 2 + (bytes < WORD_BYTES ? 0 : Math.ceil(bytes / WORD_BYTES))
}
