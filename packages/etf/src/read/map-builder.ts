import { EtfError } from '../error.ts'
import { Atom, Binary, type Term } from '../term.ts'
import { readLatin1, readUtf8 } from '../utf8.ts'
import { canonicalText } from '../write/term-writer.ts'
import { KeySpread, SPREAD_FROM } from './key-spread.ts'
import type { TermCursor } from './term-cursor.ts'

/** Whether a `Map` cannot tell by itself that two such keys are equal terms. */
export function isCompoundKey(key: Term): boolean {
  return typeof key === 'object' && key !== null && !(key instanceof Atom)
}

/** The map of these pairs. */
export function mapOf(keys: readonly Term[], values: readonly Term[], start: number): Map<Term, Term> {
  const map = new Map<Term, Term>()
  const spread = keys.length < SPREAD_FROM ? undefined : new KeySpread(keys.length)
  for (const [index, key] of keys.entries()) {
    if (typeof key === 'number' || typeof key === 'bigint') spread?.add(key, start)
    map.set(key, values[index])
  }
  if (map.size !== keys.length) throw duplicateKey(start)
  checkDistinct(keys.filter(isCompoundKey), start)
  return map
}

/** The plain object of these pairs when their keys are all names and no two read the same, else their map. */
export function objectOrMapOf(reader: TermCursor, keys: readonly Term[], values: readonly Term[], start: number): Term {
  const object: Record<string, Term> = {}
  for (const [index, key] of keys.entries()) {
    const name = nameOf(key)
    if (name === undefined || Object.hasOwn(object, name)) {
      return mapOf(
        keys.map((other) => (other instanceof Binary ? asAsked(reader, other) : other)),
        values,
        start,
      )
    }
    setOwn(object, name, values[index])
  }
  return object
}

/** A key as the caller wants binaries; as objects were hoped for, it was read as a view. */
function asAsked(reader: TermCursor, key: Binary): Term {
  if (reader.wantsView) return key
  const text = reader.wantsText ? nameOf(key) : undefined
  return text ?? reader.view(key.offset, key.length)
}

function nameOf(key: Term): string | undefined {
  if (key instanceof Atom) return key.name
  if (typeof key === 'string') return key
  if (key instanceof Binary) return readUtf8(key.source, key.offset, key.offset + key.length)
  if (key instanceof Uint8Array) return readUtf8(key, 0, key.length)
  if (key === null) return 'nil'
  return typeof key === 'boolean' || key === undefined ? String(key) : undefined
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
export function checkDistinct(keys: readonly Term[], start: number): void {
  if (keys.length < 2) return
  const binaries = new Set<string>()
  const others = new Set<string>()
  for (const key of keys) {
    if (key instanceof Binary) binaries.add(readLatin1(key.source, key.offset, key.offset + key.length))
    else if (key instanceof Uint8Array) binaries.add(readLatin1(key, 0, key.length))
    else others.add(canonicalText(key))
  }
  if (binaries.size + others.size !== keys.length) throw duplicateKey(start)
}

function duplicateKey(offset: number): EtfError {
  return new EtfError('ETF_DUPLICATE_KEY', 'a map names a key twice', { offset })
}
