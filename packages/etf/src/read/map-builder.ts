import { EtfError } from '../error.ts'
import { LONGEST_HASHED_TEXT, SeededMap } from '../seeded-map.ts'
import { Atom, Binary, type Term } from '../term.ts'
import { isOddForJson, jsonReady } from '../text/json.ts'
import { readUtf8 } from '../utf8.ts'
import { ATOM_KEYS, MARK } from '../values/atom-keys.ts'
import { structValue } from '../values/structs.ts'
import { isCompoundKey } from '../write/term-identity.ts'
import { newIdentity } from '../write/term-writer.ts'
import { mapFor } from './key-spread.ts'
import { emptyTable, kindOfObject } from './known-shapes.ts'
import type { LeafReader } from './leaf-reader.ts'
import {
  DISTINCT_WORDS,
  JSON_READY_WORDS,
  wordsOfMap,
  wordsOfObject,
  wordsOfSeededPair,
  wordsOfSet,
  wordsOfStruct,
  wordsOfTable,
  wordsOfText,
} from './memory.ts'
import type { TermCursor } from './term-cursor.ts'

/** The map of these pairs. */
export function mapOf(
  reader: TermCursor,
  keys: readonly Term[],
  values: readonly Term[],
  start: number,
): Map<Term, Term> {
  const map = mapFor(keys)
  reader.spend(wordsOfMap(keys.length))
  if (map instanceof SeededMap) for (const key of keys) reader.spend(wordsOfSeededPair(key))
  for (const [index, key] of keys.entries()) map.set(key, values[index])
  if (map.size !== keys.length) throw duplicateKey(start)
  checkDistinct(reader, keys.filter(isCompoundKey), start)
  return map
}

const MARKED = { [MARK]: ATOM_KEYS }

/** The plain object of these pairs when their keys are all atoms or all text and no two read the same, else their map. */
export function objectOrMapOf(reader: LeafReader, keys: readonly Term[], values: readonly Term[], start: number): Term {
  const areAtoms = keys.length > 0 && isAtomKey(keys[0])
  const names = new Array<string>(keys.length)
  for (const [index, key] of keys.entries()) {
    const name = areAtoms ? nameOfAtom(key) : nameOfText(key)
    if (name === undefined || isIndex(name)) return askedMapOf(reader, keys, values, start)
    names[index] = name
  }
  const kind = kindOfObject(names)
  const properties = areAtoms ? names.length + 1 : names.length
  const words = kind === 'shaped' ? wordsOfObject(properties) : wordsOfTable(properties)
  reader.spend(words)
  if (kind === 'new') spendForNames(reader, keys, names)
  const object: Record<string, Term> = kind === 'shaped' ? {} : emptyTable()
  if (areAtoms) Object.assign(object, MARKED)
  for (const [index, name] of names.entries()) {
    if (Object.hasOwn(object, name)) return askedMapOf(reader, keys, values, start)
    setOwn(object, name, values[index])
  }
  if (reader.odd !== 0 && values.some(isOddForJson)) {
    reader.spend(JSON_READY_WORDS)
    jsonReady(object)
  }
  const isStruct = areAtoms && reader.structs !== undefined && object.__struct__ !== undefined
  if (!isStruct) return object
  const value = structValue(object, reader.structs, (size) => reader.spend(wordsOfSet(size)))
  reader.spend(wordsOfStruct(value, object, words))
  return value
}

/** V8 keeps one text for all properties of a name, and atoms have theirs already. */
function spendForNames(reader: TermCursor, keys: readonly Term[], names: readonly string[]): void {
  for (const [index, name] of names.entries()) {
    if (!(keys[index] instanceof Atom)) reader.spend(wordsOfText(name, name.length))
  }
}

/** The map with its keys as the caller wants binaries; as an object was hoped for, they were read in passing. */
function askedMapOf(reader: LeafReader, keys: readonly Term[], values: readonly Term[], start: number): Term {
  const asked = keys.map((key) => (key instanceof Binary ? reader.asWanted(key.offset, key.length) : key))
  reader.spend(JSON_READY_WORDS)
  return jsonReady(mapOf(reader, asked, values, start))
}

/** A list, where plain values are wanted such that `JSON.stringify` takes it. */
export function listForJson(reader: TermCursor, list: Term[]): Term[] {
  if (reader.odd === 0 || !reader.wantsObject || !list.some(isOddForJson)) return list
  reader.spend(JSON_READY_WORDS)
  return jsonReady(list)
}

/** V8 keeps a property whose name is a whole number in an array, with a place for each number below. */
function isIndex(name: string): boolean {
  const first = name.charCodeAt(0)
  return first >= 48 && first <= 57 && /^\d{1,10}$/.test(name)
}

function isAtomKey(key: Term): boolean {
  return key instanceof Atom || typeof key === 'boolean' || key === null || key === undefined
}

function nameOfAtom(key: Term): string | undefined {
  if (key instanceof Atom) return key.name
  if (key === null) return 'nil'
  return typeof key === 'boolean' || key === undefined ? String(key) : undefined
}

/** The name of a property; undefined for a key that is no text, or would make an object slow. */
function nameOfText(key: Term): string | undefined {
  if (typeof key === 'string') return key.length > LONGEST_HASHED_TEXT ? undefined : key
  if (key instanceof Binary) return nameIn(key.source, key.offset, key.length)
  return key instanceof Uint8Array ? nameIn(key, 0, key.length) : undefined
}

function nameIn(bytes: Uint8Array, start: number, length: number): string | undefined {
  return length > LONGEST_HASHED_TEXT ? undefined : readUtf8(bytes, start, start + length)
}

/** Plain assignment to `__proto__` would change what the object is. */
export function setOwn<T>(object: Record<string, T>, name: string, value: T): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  } else {
    object[name] = value
  }
}

/**
 * Refuses keys of which two are the same term.
 *
 * @throws {EtfError} `ETF_DUPLICATE_KEY`
 */
export function checkDistinct(reader: TermCursor, keys: readonly Term[], start: number): void {
  if (keys.length < 2) return
  reader.identity ??= newIdentity()
  const { identity } = reader
  reader.spend(keys.length * DISTINCT_WORDS)
  if (!identity.areDistinct(keys)) throw duplicateKey(start)
  reader.words -= keys.length * DISTINCT_WORDS
}

function duplicateKey(offset: number): EtfError {
  return new EtfError('ETF_DUPLICATE_KEY', 'a map names a key twice', { offset })
}
