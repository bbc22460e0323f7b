import { Atom, Binary, Float, type Term } from '../term.ts'
import { asBuffer, readLatin1 } from '../utf8.ts'

/**
 * Whether the keys of a map stay different when they are written: a `Map` takes `1` and `1n`, a text and its bytes, or two
 * tuples of one content for two keys, which BEAM answers by closing the connection.
 *
 * @param canonicalText equal for equal terms, and only for them
 */
export function areDistinct(keys: Iterable<Term>, canonicalText: (term: Term) => string): boolean {
  // A `Map` tells atoms and numbers apart by itself, once each has one form.
  const plain = new Set<unknown>()
  const binaries = new Set<string>()
  const others = new Set<string>()
  let count = 0
  for (const key of keys) {
    count++
    if (key instanceof Atom) plain.add(key.value)
    else if (typeof key === 'string') binaries.add(asBuffer(new TextEncoder().encode(key)).toString('latin1'))
    else if (key instanceof Binary) binaries.add(readLatin1(key.source, key.offset, key.offset + key.length))
    else if (key instanceof Uint8Array) binaries.add(readLatin1(key, 0, key.length))
    else if (key instanceof Float && !Number.isInteger(key.value)) plain.add(key.value)
    else if (typeof key === 'object' && key !== null) others.add(canonicalText(key))
    else plain.add(typeof key === 'number' && Number.isInteger(key) ? BigInt(key) : key)
  }
  return plain.size + binaries.size + others.size === count
}

/** Whether a key might be written as another one is, which is not so for atoms, texts and numbers among themselves. */
export function needsCheck(key: Term): boolean {
  if (key instanceof Atom) return key.value !== key
  return typeof key === 'bigint' || (typeof key === 'object' && key !== null)
}
