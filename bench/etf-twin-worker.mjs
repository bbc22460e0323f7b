// Times one build of `@dynsrv/etf`, in a process of its own: a line `decode|small_tuple` is answered by
// nanoseconds of processor time a call.
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { termsOf } from './etf-terms.mjs'
import { job } from './timing.mjs'

const etf = createRequire(import.meta.url)(resolve(process.argv[2]))
const { ByteWriter, decode, encode, encodeInto } = etf
const writer = new ByteWriter(1 << 20)

const ENCODERS = {
  encode: (term) => encode(term),
  'encode, into a writer': (term) => {
    writer.reset()
    encodeInto(writer, term)
  },
  'encode, options': (term) => encode(term, { keys: 'atom' }),
}
const VIEWS = { binary: 'view' }
const DECODERS = {
  decode: (bytes) => decode(bytes),
  'decode, views': (bytes) => decode(bytes, VIEWS),
  'decode, text': (bytes) => decode(bytes, { binary: 'text' }),
}

const jobs = new Map()
for (const [name, term] of Object.entries(termsOf(etf))) {
  const bytes = encode(term)
  for (const [way, run] of Object.entries(ENCODERS)) jobs.set(`${way}|${name}`, job(run, term))
  for (const [way, run] of Object.entries(DECODERS)) jobs.set(`${way}|${name}`, job(run, bytes))
}
console.log('ready')
for await (const line of createInterface({ input: process.stdin })) {
  const { run, value, times } = jobs.get(line)
  const from = process.cpuUsage()
  for (let call = 0; call < times; call++) run(value)
  const { user, system } = process.cpuUsage(from)
  console.log((1000 * (user + system)) / times)
}
