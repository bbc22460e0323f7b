import { EtfError } from '../error.ts'
import { LONGEST_HASHED_TEXT } from '../seeded-map.ts'
import { Atom, Binary, type Term } from '../term.ts'
import { isOddForJson, jsonReady } from '../text/json.ts'
import { readUtf8 } from '../utf8.ts'
import { ATOM_KEYS, MARK } from '../values/atom-keys.ts'
import { structValue } from '../values/structs.ts'
import { isCompoundKey, ofBytes } from '../write/term-identity.ts'
import { newIdentity } from '../write/term-writer.ts'
import { mapFor } from './key-spread.ts'
import type { TermCursor } from './term-cursor.ts'

/** The map of these pairs. */
export function mapOf(
  reader: TermCursor,
  keys: readonly Term[],
  values: readonly Term[],
  start: number,
): Map<Term, Term> {
  const map = mapFor(keys)
  for (const [index, key] of keys.entries()) map.set(key, values[index])
  if (map.size !== keys.length) throw duplicateKey(start)
  checkDistinct(reader, keys.filter(isCompoundKey), start)
  return map
}

/** The plain object of these pairs when their keys are all atoms or all text, else their map. */
export function objectOrMapOf(reader: TermCursor, keys: readonly Term[], values: readonly Term[], start: number): Term {
  const areAtoms = keys.length > 0 && isAtomKey(keys[0])
  const object = (areAtoms ? { [MARK]: ATOM_KEYS } : {}) as Record<string, Term>
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]
    const name = areAtoms ? nameOfAtom(key) : nameOfText(key)
    if (name === undefined || Object.hasOwn(object, name)) {
      const asked = keys.map((other) => (other instanceof Binary ? asAsked(reader, other) : other))
      return jsonReady(mapOf(reader, asked, values, start))
    }
    setOwn(object, name, values[index])
  }
  if (reader.odd !== 0 && values.some(isOddForJson)) jsonReady(object)
  const isStruct = areAtoms && reader.structs !== undefined && object.__struct__ !== undefined
  return isStruct ? structValue(object, reader.structs) : object
}

/** A key as the caller wants binaries; as objects were hoped for, it was read as a view. */
function asAsked(reader: TermCursor, key: Binary): Term {
  if (reader.wantsView) return key
  const text = reader.wantsText ? readUtf8(key.source, key.offset, key.offset + key.length) : undefined
  return text ?? reader.view(key.offset, key.length)
}

/** A list, where plain values are wanted such that `JSON.stringify` takes it. */
export function listForJson(reader: TermCursor, list: Term[]): Term[] {
  return reader.odd !== 0 && reader.wantsObject && list.some(isOddForJson) ? jsonReady(list) : list
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
function setOwn(object: Record<string, Term>, name: string, value: Term): void {
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
  const distinct = new Set<unknown>()
  // Binaries are the most frequent.
  for (const key of keys) distinct.add(key instanceof Uint8Array ? ofBytes(key) : identity.of(key))
  if (distinct.size !== keys.length) throw duplicateKey(start)
}

function duplicateKey(offset: number): EtfError {
  return new EtfError('ETF_DUPLICATE_KEY', 'a map names a key twice', { offset })
}
