import { EtfError } from '../error.ts'

/** Smaller maps are read so fast that it does not matter how their keys fall. Unit: pairs. */
export const SPREAD_FROM = 1024

/** The fullest bucket of a map whose keys nobody chose holds about ten. */
const MOST_IN_BUCKET = 64

/**
 * Refuses a map whose numbers as keys were chosen to fall into few buckets of the hash table behind a `Map`.
 *
 * V8 hashes text with a secret seed, but numbers with none, and of a large integer only the lowest 64 bits. A map made with
 * that in mind would take time in the square of its length. This counts with the same hash; should V8 change its own, the
 * count only stops to protect.
 *
 * @see V8 `Object::GetSimpleHash`, `BigInt::Hash`, `ComputeUnseededHash`, `ComputeLongHash`
 */
export class KeySpread {
  readonly #counts: Uint8Array
  readonly #mask: number

  constructor(pairs: number) {
    const buckets = 2 ** Math.ceil(Math.log2(pairs / 2))
    this.#counts = new Uint8Array(buckets)
    this.#mask = buckets - 1
  }

  /**
   * Counts a key.
   *
   * @throws {EtfError} `ETF_LIMIT_KEYS` when too many fell to where it falls
   */
  add(key: number | bigint, offset: number): void {
    const bucket = hashOf(key) & this.#mask
    const count = this.#counts[bucket]! + 1
    this.#counts[bucket] = count
    if (count > MOST_IN_BUCKET) {
      throw new EtfError('ETF_LIMIT_KEYS', 'a map has numbers as keys that were chosen to slow down whoever reads it', {
        offset,
      })
    }
  }
}

const double = new Float64Array(1)
const integer = new BigUint64Array(1)
const wordsOfDouble = new Uint32Array(double.buffer)
const wordsOfInteger = new Uint32Array(integer.buffer)

function hashOf(key: number | bigint): number {
  if (typeof key === 'number') {
    if ((key | 0) === key) return shortHash(key)
    double[0] = key
    return longHash(wordsOfDouble[0]!, wordsOfDouble[1]!)
  }
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
