// Decodes corrupted valid encodings; every outcome but a term or an EtfError ends the run with the bytes.
// node fuzz-etf.mjs [count = 10000000] [seed = 1]
import { readFileSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import { decode, EtfError, encode, inspect } from '@dynsrv/etf'

const [count = 10_000_000, seed = 1] = process.argv.slice(2).map(Number)
const vectors = JSON.parse(readFileSync(new URL('../fixtures/etf/vectors.json', import.meta.url), 'utf8'))
const seeds = vectors.filter(({ hex }) => hex.length <= 2000).map(({ hex }) => Buffer.from(hex, 'hex'))
const OPTIONS = ['bytes', 'text', 'view'].flatMap((binary) => ['map', 'object'].map((map) => ({ binary, map })))

let state = seed >>> 0 || 1
function below(limit) {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % limit
}

/** A valid encoding with some bytes changed, cut, repeated, or another one put into it. */
function corrupted() {
  let bytes = Buffer.from(seeds[below(seeds.length)])
  if (below(4) === 0) {
    const other = seeds[below(seeds.length)]
    const at = 1 + below(bytes.length)
    bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(1), bytes.subarray(at)])
  }
  if (below(8) === 0) bytes = bytes.subarray(0, below(bytes.length) + 1)
  for (let flips = below(4); flips > 0; flips--) if (bytes.length > 1) bytes[1 + below(bytes.length - 1)] = below(256)
  return bytes
}

const outcomes = { terms: 0, errors: 0 }
for (let run = 0; run < count; run++) {
  // Weak references and what zlib puts off live until the job at hand ends.
  if (run % 10_000 === 0) await breathe()
  const bytes = corrupted()
  try {
    const term = decode(bytes, OPTIONS[run % OPTIONS.length])
    outcomes.terms += 1
    encode(term)
    if (run % 16 === 0) inspect(term)
  } catch (error) {
    if (!(error instanceof EtfError)) {
      console.error(`input ${bytes.toString('hex')}`)
      throw error
    }
    outcomes.errors += 1
  }
}
console.log(`${count} inputs, seed ${seed}: ${outcomes.terms} terms, ${outcomes.errors} EtfErrors, nothing else`)
