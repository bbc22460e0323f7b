import { hash } from 'node:crypto'
import type { InspectOptions } from 'node:util'
import { callable, iterable, type Rule, rule } from '@dynsrv/kit'
import { checks } from './checks.ts'
import { EtfError, unreadable } from './error.ts'
import { NODE_INSPECT } from './text/term-text.ts'

/** V8 hashes no longer text: it takes the length for the hash. Unit: characters. */
export const LONGEST_HASHED_TEXT = 16_383

/** How many pairs `util.inspect` shows of a `Map` by default. */
const SHOWN_PAIRS = 100

/** A short text for a long one: equal for equal texts, and only for them, since nobody finds two of one SHA-256. */
export function digestOf(text: Uint8Array): string {
  return `h${text.length}:${hash('sha256', text, 'base64')}`
}

/** What V8 hashes well in place of a key, and is the same for the same key only. */
function tokenOf(key: unknown): unknown {
  // A letter in front: V8 takes digits alone for a number, with a hash as bad as a number's.
  if (typeof key === 'string') {
    return key.length <= LONGEST_HASHED_TEXT ? `s${key}` : digestOf(Buffer.from(`s${key}`, 'utf16le'))
  }
  if (typeof key === 'number') return `n${key}`
  return typeof key === 'bigint' ? tokenOfBigInt(key) : key
}

function tokenOfBigInt(key: bigint): string {
  // V8 writes digits of a power of two in time proportional to their number.
  const digits = key.toString(32)
  return digits.length <= LONGEST_HASHED_TEXT ? `b${digits}` : digestOf(Buffer.from(`b${digits}`, 'latin1'))
}

/** With each pair, so that `structuredClone` refuses a {@link SeededMap} rather than to turn it inside out. */
function cloneANewMapOfItInstead(): void {
  throw new EtfError('ETF_BAD_OPTION', 'a SeededMap is cloned as new Map(seeded)')
}

const pairsRule: Rule = rule(
  iterable.what,
  (value) => value === undefined || value === null || iterable.check(value, '') === undefined,
)
const anObject: Rule = rule('an array of a key and a value', (value) => typeof value === 'object' && value !== null)

class Pair<K, V> {
  readonly key: K
  value: V
  readonly guard: () => void = cloneANewMapOfItInstead

  constructor(key: K, value: V) {
    this.key = key
    this.value = value
  }
}

/**
 * A `Map` that no choice of keys makes slow. `decode` gives it where they would slow down a plain `Map`.
 *
 * V8 hashes text with a secret seed, but numbers with none; of a large integer only the lowest 64 bits, and of a text
 * above 16 383 characters nothing but its length. Keys that fall together make a plain `Map` take time in the square of its
 * size, be they UUIDs of version 1 or IPv6 prefixes, as integers, or chosen by a peer. This one keeps each key under a text
 * of its own, which V8 hashes well.
 *
 * It does what a `Map` does, with the same equality and in the same order. `structuredClone` and `postMessage` refuse it:
 * give them `new Map(seeded)`, which is plain and takes the time that this one saves.
 */
export class SeededMap<K, V> extends Map<K, V> {
  /**
   * @param pairs as for `Map`
   * @throws {EtfError} `ETF_BAD_OPTION`
   */
  constructor(pairs?: Iterable<readonly [K, V]> | null) {
    super()
    checks.argument('SeededMap', 'pairs', pairsRule, pairs)
    if (pairs === undefined || pairs === null) return
    try {
      for (const pair of pairs) {
        checks.argument('SeededMap', 'each pair', anObject, pair)
        this.set(pair[0], pair[1])
      }
    } catch (cause) {
      throw unreadable('ETF_BAD_OPTION', cause)
    }
  }

  // The methods of `Map` itself keep the pairs, each under its key's token.

  #pairOf(key: K): Pair<K, V> | undefined {
    return super.get(tokenOf(key) as K) as Pair<K, V> | undefined
  }

  *#pairs(): Generator<Pair<K, V>, undefined> {
    for (const pair of super.values()) yield pair as unknown as Pair<K, V>
    return undefined
  }

  override get(key: K): V | undefined {
    return this.#pairOf(key)?.value
  }

  override has(key: K): boolean {
    return super.has(tokenOf(key) as K)
  }

  override set(key: K, value: V): this {
    const token = tokenOf(key) as K
    const known = super.get(token) as Pair<K, V> | undefined
    if (known !== undefined) known.value = value
    // As in a `Map`, -0 becomes 0.
    else super.set(token, new Pair(key === 0 ? (0 as K) : key, value) as V)
    return this
  }

  override delete(key: K): boolean {
    return super.delete(tokenOf(key) as K)
  }

  override forEach(callback: (value: V, key: K, map: Map<K, V>) => void, thisArgument?: unknown): void {
    checks.argument('forEach', 'callback', callable, callback)
    for (const { key, value } of this.#pairs()) callback.call(thisArgument, value, key, this)
  }

  override *entries(): Generator<[K, V], undefined> {
    for (const { key, value } of this.#pairs()) yield [key, value]
    return undefined
  }

  override *keys(): Generator<K, undefined> {
    for (const { key } of this.#pairs()) yield key
    return undefined
  }

  override *values(): Generator<V, undefined> {
    for (const { value } of this.#pairs()) yield value
    return undefined
  }

  override [Symbol.iterator](): Generator<[K, V], undefined> {
    return this.entries()
  }

  [NODE_INSPECT](
    _depth: number,
    options: InspectOptions,
    inspect: (value: unknown, options: InspectOptions) => string,
  ) {
    const most = options.maxArrayLength ?? SHOWN_PAIRS
    const shown = new Map<K, V>()
    for (const [key, value] of this) {
      if (shown.size >= most) break
      shown.set(key, value)
    }
    const text = inspect(shown, options).replace(/^Map\(\d+\)/, `SeededMap(${this.size})`)
    const hidden = this.size - shown.size
    return hidden === 0 ? text : text.replace(/\s*\}$/, `, ... ${hidden} more items }`)
  }
}
