// Decodes maps by the kind of their keys, and fills a plain `Map` with the same keys; prints processor time, in all and a key.
// node keys.mjs [rounds = 5] [sizes = 5000,40000,400000]
import { createHash } from 'node:crypto'
import { decode, encode, SeededMap } from '@dynsrv/etf'

const ROUNDS = Number(process.argv[2] ?? 5)
const SIZES = process.argv[3]?.split(',').map(Number) ?? [5_000, 40_000, 400_000]
/** A plain `Map` of keys that fall together is not filled with more: it would take minutes. */
const MOST_FALLING = 40_000
const BUCKETS = 512

/** V8's hash of a small integer. */
function hashOf(key) {
  let hash = (~key + (key << 15)) >>> 0
  hash ^= hash >>> 12
  hash = (hash + (hash << 2)) >>> 0
  hash ^= hash >>> 4
  hash = Math.imul(hash, 2057) >>> 0
  return hash ^ (hash >>> 16)
}

function chosen(count) {
  const keys = []
  for (let key = 0; keys.length < count; key++) if (hashOf(key) % BUCKETS === 7) keys.push(key)
  return keys
}

const row = (keyAt) => (count) => Array.from({ length: count }, (_, index) => keyAt(index))
const long = 'x'.repeat(16_400)

const KINDS = {
  'integers in a row': row((index) => index),
  'random integers': row((index) => Math.imul(index, 0x9e3779b1)),
  'UUIDs of version 4': row((index) => BigInt(`0x${createHash('md5').update(String(index)).digest('hex')}`)),
  texts: row((index) => `user:${index}`),
  'UUIDs of version 1': row((index) => (BigInt(0x1000_0000 + index * 977) << 96n) | 0x11ef_8000_0242_ac12_0002n),
  'IPv6 prefixes': row((index) => (0x2001_0db8n << 96n) | (BigInt(index) << 64n)),
  'chosen integers': chosen,
  'texts of digits': row((index) => String(index * 65_536)),
  'long texts': (count) => (count > 5_000 ? [] : row((index) => long + String(index).padStart(6, '0'))(count / 5)),
}
const FALLING = new Set(Object.keys(KINDS).slice(4))

/** Milliseconds of processor time, which other programs on the machine disturb least. */
function timeOf(run) {
  const start = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

function fastest(run) {
  return Math.min(...Array.from({ length: ROUNDS }, () => timeOf(run)))
}

console.log('| keys | pairs | becomes | decode | a key | plain Map alone | a key |\n|---|---:|---|---:|---:|---:|---:|')
for (const [kind, make] of Object.entries(KINDS)) {
  for (const size of SIZES) {
    const keys = make(size)
    if (keys.length === 0) continue
    const bytes = encode(new SeededMap(keys.map((key) => [key, 1])))
    const read = decode(bytes, { binary: 'text' })
    if (read.size !== keys.length) throw new Error(`${kind}: ${read.size} of ${keys.length} keys`)
    const decoding = fastest(() => decode(bytes, { binary: 'text' }))
    const isFeasible = !FALLING.has(kind) || size <= MOST_FALLING
    let filling = '–'
    let filled = '–'
    if (isFeasible) {
      const fill = () => new Map(keys.map((key) => [key, 1]))
      const ms = FALLING.has(kind) ? timeOf(fill) : fastest(fill)
      filling = `${ms.toFixed(1)} ms`
      filled = `${((ms * 1e6) / keys.length).toFixed(0)} ns`
    }
    const each = ((decoding * 1e6) / keys.length).toFixed(0)
    const cells = [kind, keys.length, read.constructor.name, `${decoding.toFixed(1)} ms`, `${each} ns`, filling, filled]
    console.log(`| ${cells.join(' | ')} |`)
  }
}
