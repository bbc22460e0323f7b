import { grouped } from './grouped.ts'
import type { SrvRecord } from './resolver.ts'

/**
 * The order in which to dial: lowest priority first; within one priority a weighted shuffle, in which records of weight
 * 0 have a very small chance to come early.
 *
 * Takes time in proportion to n log n.
 *
 * @param random 0 ≤ n < 1; default `Math.random`
 * @see RFC 2782, "Weight"
 */
export function srvOrder<R extends Pick<SrvRecord, 'priority' | 'weight'>>(
  records: readonly R[],
  random: () => number = Math.random,
): R[] {
  const groups = [...grouped(records, ({ priority }) => priority)].sort(([a], [b]) => a - b)
  return groups.flatMap(([, group]) => weightedShuffle(group, random))
}

function weightedShuffle<R extends Pick<SrvRecord, 'weight'>>(group: readonly R[], random: () => number): R[] {
  const light = shuffled(
    group.filter(({ weight }) => weight === 0),
    random,
  )
  const heavy = group.filter(({ weight }) => weight > 0)
  const sums = new RunningSums(heavy.map(({ weight }) => weight))
  const ordered: R[] = []
  while (ordered.length < group.length) {
    // A number from 0 to the sum, both included; the records of weight 0 stand first, at running sum 0.
    const drawn = Math.floor(random() * (sums.total + 1))
    if (drawn === 0 && light.length > 0) ordered.push(light.pop()!)
    else ordered.push(heavy[sums.take(Math.max(drawn, 1))]!)
  }
  return ordered
}

function shuffled<R>(items: R[], random: () => number): R[] {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    ;[items[last], items[other]] = [items[other]!, items[last]!]
  }
  return items
}

/** Running sums of weights, from which items can be taken (a Fenwick tree). */
class RunningSums {
  readonly #weights: number[]
  readonly #tree: number[]
  total = 0

  constructor(weights: number[]) {
    this.#weights = weights
    this.#tree = new Array<number>(weights.length + 1).fill(0)
    for (const [index, weight] of weights.entries()) this.#add(index, weight)
  }

  /** Takes away and returns the first item whose running sum reaches `drawn`, 1 ≤ drawn ≤ total. */
  take(drawn: number): number {
    let index = 0
    for (let step = 2 ** Math.floor(Math.log2(this.#weights.length)); step >= 1; step /= 2) {
      const next = index + step
      if (next < this.#tree.length && this.#tree[next]! < drawn) {
        index = next
        drawn -= this.#tree[next]!
      }
    }
    this.#add(index, -this.#weights[index]!)
    return index
  }

  #add(index: number, change: number): void {
    this.total += change
    for (let at = index + 1; at < this.#tree.length; at += at & -at) this.#tree[at]! += change
  }
}
