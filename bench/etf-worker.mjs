// Times one codec, in a process of its own: a line `encode small_tuple` is answered by the nanoseconds of one round's call.
import { createInterface } from 'node:readline'
import { CODECS, TERMS } from './etf-codecs.mjs'
import { job, repeat } from './timing.mjs'

const jobs = new Map()

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
