// Times one codec, in a process of its own: a line `encode small_tuple` is answered by the nanoseconds of one round's call.
import { hrtime } from 'node:process'
import { createInterface } from 'node:readline'
import { CODECS } from './etf-codecs.mjs'
import { TERMS } from './etf-terms.mjs'

const ROUND_NS = 4e6
const WARM_UP_NS = 60e6
const WARM_UP_TURNS = 2000

const jobs = new Map()

function repeat(run, value, times) {
  const from = hrtime.bigint()
  for (let call = 0; call < times; call++) run(value)
  return Number(hrtime.bigint() - from)
}

/**
 * Warms the codec up on one term, and finds how many calls make a round: by its fastest turn, for others may have been
 * interrupted.
 */
function job(run, value) {
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

const codec = CODECS[process.argv[2]]()
for (const name of Object.keys(TERMS)) {
  try {
    const value = codec.values[name]
    if (codec.encode !== undefined) jobs.set(`encode ${name}`, job(codec.encode, value))
    if (codec.decode !== undefined) {
      const bytes = (codec.input ?? codec.encode)(value, name)
      codec.decode(bytes)
      jobs.set(`decode ${name}`, job(codec.decode, bytes))
    }
  } catch (error) {
    console.error(`${process.argv[2]} fails on ${name}: ${String(error?.message ?? error).split('\n')[0]}`)
  }
}
console.log('ready')
for await (const line of createInterface({ input: process.stdin })) {
  const found = jobs.get(line)
  console.log(found === undefined ? 'none' : repeat(found.run, found.value, found.times) / found.times)
}
