// Times the codecs on seven terms, round by round against BEAM's own, and prints the ratios.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { atom, encode, tuple } from '@dynsrv/etf'
import { CODECS, TERMS } from './etf-codecs.mjs'

const ROUNDS = 41
const NAMES = Object.keys(TERMS)

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'dynsrv-bench-'))

/** A process that answers a line with a line; `undefined` when it does not get ready. */
async function start(command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => (await lines.next()).value
  if ((await next()) !== 'ready') return undefined
  return {
    async ask(line) {
      child.stdin.write(`${line}\n`)
      const answer = await next()
      return answer === 'none' ? undefined : Number(answer)
    },
    end: () => child.stdin.end(),
  }
}

async function startBeam() {
  execFileSync('erlc', ['-o', folder, here('etf_bench.erl')])
  const file = join(folder, 'terms')
  writeFileSync(file, encode(Object.entries(TERMS).map(([name, term]) => tuple(atom(name), term))))
  const run = `etf_bench:main([${JSON.stringify(file)}]).`
  // One scheduler that does not spin while it has nothing to do, for the processes may share a core.
  return start('erl', ['+S', '1:1', '+sbwt', 'none', '-noshell', '-pa', folder, '-eval', run])
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
}

function nanoseconds(ns) {
  return ns < 1000 ? `${ns.toFixed(0)} ns` : `${(ns / 1000).toFixed(1)} µs`
}

/** Per codec the median of its rounds' ratios to BEAM's round next to it. */
async function measure(beam, codecs, line) {
  const beams = []
  const ratios = new Map([...codecs.keys()].map((title) => [title, []]))
  for (let round = 0; round < ROUNDS; round++) {
    const own = await beam.ask(line)
    beams.push(own)
    for (const [title, codec] of codecs) {
      const ns = await codec.ask(line)
      if (ns !== undefined) ratios.get(title).push(ns / own)
    }
  }
  return { beam: median(beams), ratios: new Map([...ratios].map(([title, each]) => [title, median(each)])) }
}

try {
  const beam = await startBeam()
  const codecs = new Map()
  for (const title of Object.keys(CODECS)) {
    const codec = await start(process.execPath, [here('etf-worker.mjs'), title])
    if (codec === undefined) console.error(`left out: ${title}`)
    else codecs.set(title, codec)
  }
  for (const way of ['encode', 'decode']) {
    const cells = []
    for (const name of NAMES) cells.push(await measure(beam, codecs, `${way} ${name}`))
    console.log(`\n| ${way} | ${NAMES.join(' | ')} |\n|---|${NAMES.map(() => '---:').join('|')}|`)
    console.log(`| BEAM | ${cells.map((cell) => nanoseconds(cell.beam)).join(' | ')} |`)
    for (const title of codecs.keys()) {
      const ratios = cells.map((cell) => cell.ratios.get(title))
      if (ratios.every((ratio) => ratio === undefined)) continue
      console.log(`| ${title} | ${ratios.map((ratio) => ratio?.toFixed(2) ?? '–').join(' | ')} |`)
    }
  }
  for (const one of [beam, ...codecs.values()]) one.end()
} finally {
  rmSync(folder, { recursive: true })
}
