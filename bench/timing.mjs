// How the term codec is timed: rounds of 4 ms.
import { hrtime } from 'node:process'

const ROUND_NS = 4e6
const WARM_UP_NS = 60e6
const WARM_UP_TURNS = 2000

/** How many nanoseconds so many calls take. */
export function repeat(run, value, times) {
  const from = hrtime.bigint()
  for (let call = 0; call < times; call++) run(value)
  return Number(hrtime.bigint() - from)
}

/**
 * Warms the codec up on one term, and finds how many calls make a round: by its fastest turn, for others may have been
 * interrupted.
 */
export function job(run, value) {
  let spent = 0
  let fastest = Number.POSITIVE_INFINITY
  for (let turns = 0; spent < WARM_UP_NS || turns < WARM_UP_TURNS; turns++) {
    const ns = repeat(run, value, 10)
    spent += ns
    fastest = Math.min(fastest, ns / 10)
    if (spent > 10 * WARM_UP_NS) break
  }
  return { run, value, times: Math.max(10, Math.round(ROUND_NS / fastest)) }
}
