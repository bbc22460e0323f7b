import { LONGEST_HASHED_TEXT, SeededMap } from '../seeded-map.ts'
import type { Term } from '../term.ts'

/** In smaller maps keys that fall together do no harm worth counting. Unit: pairs. */
export const SPREAD_FROM = 64

/** The fullest bucket of a map whose keys nobody chose holds about ten. */
const MOST_IN_BUCKET = 24

/** Text of up to so many digits is a number to V8: an index of an array. */
const MOST_INDEX_DIGITS = 10
const INDEX_HASH_BITS = 0xff_ffff
const LAST_DIGIT = 57

/** Whether V8 might hash the key badly, which it does not with atoms, compound keys and most texts. */
export function isSuspect(key: Term): boolean {
  // Texts of digits begin with one; those in front of them in Unicode are as rare.
  if (typeof key === 'string') return key.charCodeAt(0) <= LAST_DIGIT || key.length > LONGEST_HASHED_TEXT
  return typeof key === 'number' || typeof key === 'bigint'
}

/**
 * Finds out whether the keys of a map would fall into few buckets of the hash table behind a `Map`.
 *
 * This counts with V8's own hash: of numbers, of texts of digits alone (those of before March 2026), and of long texts.
 * If V8 changes its hash, the count finds too little or too much, and a test fails.
 *
 * @see V8 `Object::GetSimpleHash`, `BigInt::Hash`, `ComputeUnseededHash`, `ComputeLongHash`, `StringHasher`
 */
export class KeySpread {
  readonly #counts: Uint8Array
  readonly #mask: number
  #longTexts = 0

  /** @param pairs how many keys come at most */
  constructor(pairs: number) {
    const buckets = 2 ** Math.ceil(Math.log2(pairs / 2))
    this.#counts = new Uint8Array(buckets)
    this.#mask = buckets - 1
  }

  /** Counts a key; false once too many fell to where it falls. */
  takes(key: Term): boolean {
    if (typeof key === 'number') return this.#count(hashOfNumber(key))
    if (typeof key === 'string') return this.#takesText(key)
    return typeof key === 'bigint' ? this.#count(hashOfBigInt(key)) : true
  }

  #takesText(key: string): boolean {
    if (key.length > LONGEST_HASHED_TEXT) return ++this.#longTexts <= MOST_IN_BUCKET
    const index = key.length > MOST_INDEX_DIGITS ? -1 : indexOf(key)
    return index < 0 || this.#count(index & INDEX_HASH_BITS)
  }

  #count(hash: number): boolean {
    const bucket = hash & this.#mask
    const count = this.#counts[bucket]! + 1
    this.#counts[bucket] = count
    return count <= MOST_IN_BUCKET
  }
}

/** An empty map that fits these keys: a plain one, unless they would make it slow. */
export function mapFor(keys: readonly Term[]): Map<Term, Term> {
  if (keys.length < SPREAD_FROM) return new Map()
  const spread = new KeySpread(keys.length)
  return keys.every((key) => !isSuspect(key) || spread.takes(key)) ? new Map() : new SeededMap()
}

/** The number that a text of digits is; -1 for another text. */
function indexOf(text: string): number {
  let index = 0
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return -1
    index = index * 10 + digit
  }
  return text.length === 0 ? -1 : index
}

const double = new Float64Array(1)
const integer = new BigUint64Array(1)
const wordsOfDouble = new Uint32Array(double.buffer)
const wordsOfInteger = new Uint32Array(integer.buffer)

function hashOfNumber(key: number): number {
  if ((key | 0) === key) return shortHash(key)
  double[0] = key
  return longHash(wordsOfDouble[0]!, wordsOfDouble[1]!)
}

function hashOfBigInt(key: bigint): number {
  integer[0] = key < 0n ? -key : key
  return longHash(wordsOfInteger[0]!, wordsOfInteger[1]!)
}

function shortHash(key: number): number {
  let hash = (~key + (key << 15)) >>> 0
  hash ^= hash >>> 12
  hash = (hash + (hash << 2)) >>> 0
  hash ^= hash >>> 4
  hash = Math.imul(hash, 2057) >>> 0
  return hash ^ (hash >>> 16)
}

/** The same in 64 bits, which are two words here. */
function longHash(low: number, high: number): number {
  // hash = ~hash + (hash << 18)
  let lower = (~low >>> 0) + ((low << 18) >>> 0)
  let upper = ~high + ((high << 18) | (low >>> 14)) + (lower > 0xffff_ffff ? 1 : 0)
  lower >>>= 0
  // hash ^= hash >> 31
  lower ^= (upper << 1) | (lower >>> 31)
  upper ^= upper >>> 31
  // hash *= 21
  const product = (lower >>> 0) * 21
  upper = Math.imul(upper, 21) + Math.floor(product / 0x1_0000_0000)
  lower = product >>> 0
  // hash ^= hash >> 11
  lower ^= (upper << 21) | (lower >>> 11)
  upper ^= upper >>> 11
  // hash += hash << 6
  const shifted = (lower << 6) >>> 0
  const sum = (lower >>> 0) + shifted
  upper += ((upper << 6) | (lower >>> 26)) + (sum > 0xffff_ffff ? 1 : 0)
  lower = sum >>> 0
  // hash ^= hash >> 22
  return lower ^ ((upper << 10) | (lower >>> 22))
}
