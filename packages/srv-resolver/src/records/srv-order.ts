import { callable, listOf, messageOf, optional, realWorld, rule, shown, whole } from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { ResolverError } from '../error.ts'
import { grouped } from '../grouped.ts'
import type { SrvRecord } from '../resolver.ts'

type Ordered = Pick<SrvRecord, 'priority' | 'weight'>

const sixteenBits = whole(0, 65_535)
/** Other numbers would have no place in the shuffle, which then would not end. */
const orderedRecords = listOf(
  rule(`a record whose priority and weight are each ${sixteenBits.what}`, (record) =>
    [(record as Ordered | null)?.priority, (record as Ordered | null)?.weight].every(
      (value) => sixteenBits.check(value, '') === undefined,
    ),
  ),
)

/**
 * The order in which to dial: lowest priority first; within one priority a weighted shuffle, in which records of weight
 * 0 have a very small chance to come early.
 *
 * It takes time in proportion to n log n.
 *
 * @param random gives a number from 0 up to but not including 1; default: that of the machine
 * @throws {ResolverError} `DNS_BAD_OPTION`
 * @see RFC 2782, "Weight"
 */
export function srvOrder<R extends Ordered>(records: readonly R[], random?: () => number): R[] {
  checks.argument('srvOrder', 'records', orderedRecords, records)
  checks.argument('srvOrder', 'random', optional(callable), random)
  return inOrder(records, random === undefined ? realWorld.random.number : () => chance(random))
}

/** What a function of the caller's draws. Other numbers would lead the shuffle astray. */
function chance(random: () => number): number {
  const hint = 'Give a function such as Math.random.'
  let drawn: number
  try {
    drawn = random()
  } catch (cause) {
    throw new ResolverError('DNS_BAD_OPTION', `srvOrder: random threw: ${messageOf(cause)}`, { hint, cause })
  }
  if (drawn >= 0 && drawn < 1) return drawn
  const message = `srvOrder: random gave ${shown(drawn)}, not a number from 0 to below 1`
  throw new ResolverError('DNS_BAD_OPTION', message, { hint })
}

function inOrder<R extends Ordered>(records: readonly R[], random: () => number): R[] {
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
