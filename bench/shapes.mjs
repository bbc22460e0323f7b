// The seven terms read as typed values: decoded, decoded and matched, and straight from the bytes, in turns in one process.
// The fastest round of processor time of each; node shapes.mjs [rounds = 25] [other build of @dynsrv/etf, to match with]
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import * as etf from '@dynsrv/etf'
import { termsOf } from './etf-terms.mjs'

const [rounds = 25, other] = process.argv.slice(2)
const before = other === undefined ? etf : createRequire(import.meta.url)(resolve(other))
const ROUND_NS = 4e6

const shapesOf = ({ t }) => ({
  small_tuple: t.tuple(t.atom('hello'), t.int(), t.text()),
  gen_call: t.tuple(t.atom('$gen_call'), t.tuple(t.pid(), t.reference()), t.tuple(t.atom('get'), t.text(), t.int())),
  ints_1000: t.list(t.int()),
  map_100: t.map(t.atom(), t.text()),
  doc_10k: t.list(
    t.fields({
      id: t.int(),
      name: t.text(),
      price: t.number(),
      tags: t.list(t.text()),
      size: t.fields({ w: t.int(), h: t.int() }),
    }),
  ),
  bin_64k: t.bytes(),
  floats_1000: t.list(t.number()),
})

function nanoseconds(run, times) {
  const from = process.cpuUsage()
  for (let call = 0; call < times; call++) run()
  const { user, system } = process.cpuUsage(from)
  return ((user + system) * 1000) / times
}

const terms = termsOf(etf)
const [shapes, shapesBefore] = [shapesOf(etf), shapesOf(before)]
console.log('| term | decode | and match | straight | exact | plain |\n|---|---:|---:|---:|---:|---:|')
for (const name of Object.keys(shapes)) {
  const bytes = etf.encode(terms[name])
  const [shape, shapeBefore] = [shapes[name], shapesBefore[name]]
  const plain = { values: 'plain' }
  const ways = [
    () => etf.decode(bytes),
    () => shapeBefore.parse(before.decode(bytes)),
    () => shape.decode(bytes),
    () => shapeBefore.parse(before.decode(bytes, plain)),
    () => shape.decode(bytes, plain),
  ]
  const fastest = ways.map(() => Number.POSITIVE_INFINITY)
  let times = 1
  while (nanoseconds(ways[1], times) * times < ROUND_NS) times *= 2
  for (let round = 0; round < Number(rounds); round++) {
    for (const [way, run] of ways.entries()) fastest[way] = Math.min(fastest[way], nanoseconds(run, times))
  }
  const [decoded, matched, straight, matchedPlain, straightPlain] = fastest
  const cells = [decoded, matched, straight].map((ns) => `${Math.round(ns).toLocaleString('en')} ns`)
  const ratios = [matched / straight, matchedPlain / straightPlain].map((ratio) => ratio.toFixed(2))
  console.log(`| ${[name, ...cells, ...ratios].join(' | ')} |`)
}
