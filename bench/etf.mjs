// Times the codecs on seven terms and prints ratios to BEAM's own, all taken in one run.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hrtime } from 'node:process'
import { fileURLToPath } from 'node:url'
import { deserialize, serialize } from 'node:v8'
import { atom, ByteWriter, decode, encode, encodeInto, tuple } from '@dynsrv/etf'
import { PLAIN, TERMS } from './etf-terms.mjs'

const require = createRequire(import.meta.url)
const NAMES = Object.keys(TERMS)
const ROUNDS = 41
const ROUND_NS = 4e6

/**
 * Nanoseconds per call: the fastest of 41 rounds of about 4 ms each, after a warm-up.
 *
 * The fastest, since other programs on the machine can make a round slower but never faster; BEAM is timed alike.
 */
function timeOf(run) {
  const start = hrtime.bigint()
  let calls = 0
  while (Number(hrtime.bigint() - start) < 8 * ROUND_NS) {
    run()
    calls += 1
  }
  const times = Math.max(20, Math.round(calls / 8))
  const rounds = []
  for (let round = 0; round < ROUNDS; round++) {
    const from = hrtime.bigint()
    for (let call = 0; call < times; call++) run()
    rounds.push(Number(hrtime.bigint() - from) / times)
  }
  return Math.min(...rounds)
}

function beamTimes() {
  const folder = mkdtempSync(join(tmpdir(), 'dynsrv-bench-'))
  try {
    execFileSync('erlc', ['-o', folder, fileURLToPath(new URL('etf_bench.erl', import.meta.url))])
    const file = join(folder, 'terms')
    writeFileSync(file, encode(Object.entries(TERMS).map(([name, term]) => tuple(atom(name), term))))
    const run = `etf_bench:main([${JSON.stringify(file)}])`
    const lines = execFileSync('erl', ['-noshell', '-pa', folder, '-eval', `${run}.`], { encoding: 'utf8' })
    return new Map(
      lines
        .trim()
        .split('\n')
        .map((line) => {
          const [name, encodeNs, decodeNs] = line.split(' ')
          return [name, { encode: Number(encodeNs), decode: Number(decodeNs) }]
        }),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** One rival: how it encodes a value and decodes what it encoded. */
function rival(title, encodeOne, decodeOne, values = PLAIN) {
  return { title, encodeOne, decodeOne, values }
}

function optional(load) {
  try {
    return [load()]
  } catch (error) {
    console.error(`left out: ${String(error.message).split('\n')[0]}`)
    return []
  }
}

const writer = new ByteWriter(1 << 20)
/** As a sender does: the same memory for every message. */
function encodeAgain(term) {
  writer.reset()
  encodeInto(writer, term)
  return writer
}

const RIVALS = [
  rival('@dynsrv/etf, into a writer', encodeAgain, undefined, TERMS),
  rival('@dynsrv/etf, bytes', encode, (bytes) => decode(bytes), TERMS),
  rival('@dynsrv/etf, views', undefined, (bytes) => decode(bytes, VIEWS), TERMS),
  rival('@dynsrv/etf, text', undefined, (bytes) => decode(bytes, TEXT), TERMS),
  ...optional(() => {
    const { pack, unpack } = require('erlpack')
    return rival('erlpack (native) ~', pack, unpack)
  }),
  ...optional(() => {
    const { Erlang } = require('erlang_js')
    return rival('erlang_js', ...erlangJs(Erlang))
  }),
  ...optional(() => {
    const { Packr } = require('msgpackr')
    const packr = new Packr({ useRecords: false })
    return rival(
      'msgpackr ~',
      (value) => packr.pack(value),
      (bytes) => packr.unpack(bytes),
    )
  }),
  rival(
    'JSON ~',
    (value) => JSON.stringify(value),
    (text) => JSON.parse(text),
  ),
  rival('v8.serialize ~', serialize, deserialize),
]
const VIEWS = { binary: 'view' }
const TEXT = { binary: 'text' }

/** It takes and gives results by a callback that it calls at once; atoms are strings, binaries are text, as `~`. */
function erlangJs(Erlang) {
  const result = (call) => (value) => {
    let given
    call(value, (error, answer) => {
      if (error) throw error
      given = answer
    })
    return given
  }
  return [
    result((value, done) => Erlang.term_to_binary(value, done)),
    result((bytes, done) => Erlang.binary_to_term(bytes, done)),
  ]
}

function measure({ encodeOne, decodeOne, values, title }, name) {
  const value = values[name]
  const times = { encode: undefined, decode: undefined }
  try {
    if (encodeOne !== undefined) times.encode = timeOf(() => encodeOne(value))
    if (decodeOne !== undefined) {
      // erlang_js reads what BEAM would send it: our encoding, tuples and atoms included.
      const bytes = title === 'erlang_js' ? Buffer.from(encode(TERMS[name])) : (encodeOne ?? encode)(value)
      times.decode = timeOf(() => decodeOne(bytes))
    }
  } catch (error) {
    console.error(`${title} fails on ${name}: ${String(error?.message ?? error).split('\n')[0]}`)
  }
  return times
}

function nanoseconds(ns) {
  return ns < 1000 ? `${ns.toFixed(0)} ns` : `${(ns / 1000).toFixed(1)} µs`
}

const beam = beamTimes()
const results = RIVALS.map((one) => ({
  title: one.title,
  times: new Map(NAMES.map((name) => [name, measure(one, name)])),
}))
for (const way of ['encode', 'decode']) {
  console.log(`\n| ${way} | ${NAMES.join(' | ')} |\n|---|${NAMES.map(() => '---:').join('|')}|`)
  console.log(`| BEAM | ${NAMES.map((name) => nanoseconds(beam.get(name)[way])).join(' | ')} |`)
  for (const { title, times } of results) {
    const cells = NAMES.map((name) => times.get(name)[way])
    if (cells.every((ns) => ns === undefined)) continue
    const ratios = cells.map((ns, index) => (ns === undefined ? '–' : (ns / beam.get(NAMES[index])[way]).toFixed(2)))
    console.log(`| ${title} | ${ratios.join(' | ')} |`)
  }
}
