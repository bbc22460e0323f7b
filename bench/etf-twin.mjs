// Times two builds of `@dynsrv/etf` on the seven terms, in turns, and prints the ratio of the second to the first: of the
// processor time of the fastest round of each, which other programs on the machine disturb least. What is slower by more than a fifth of what it was able to do is marked.
// node etf-twin.mjs FIRST/index.cjs SECOND/index.cjs [rounds = 41]
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { TERM_NAMES } from './etf-terms.mjs'

const [first, second, rounds = 41] = process.argv.slice(2)
const WAYS = ['encode', 'encode, into a writer', 'encode, options', 'decode', 'decode, views', 'decode, text']

async function start(file) {
  const worker = fileURLToPath(new URL('etf-twin-worker.mjs', import.meta.url))
  const child = spawn(process.execPath, [worker, file], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => (await lines.next()).value
  await next()
  return {
    async ask(line) {
      child.stdin.write(`${line}\n`)
      return Number(await next())
    },
    end: () => child.stdin.end(),
  }
}

const twins = [await start(first), await start(second)]
console.log(`| | ${TERM_NAMES.join(' | ')} |\n|---|${TERM_NAMES.map(() => '---:').join('|')}|`)
for (const way of WAYS) {
  const cells = []
  for (const name of TERM_NAMES) {
    const fastest = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
    for (let round = 0; round < Number(rounds); round++) {
      for (const [index, twin] of twins.entries()) {
        fastest[index] = Math.min(fastest[index], await twin.ask(`${way}|${name}`))
      }
    }
    const ratio = fastest[1] / fastest[0]
    cells.push(ratio > 1.25 ? `${ratio.toFixed(2)} FELL` : ratio.toFixed(2))
  }
  console.log(`| ${way} | ${cells.join(' | ')} |`)
}
for (const twin of twins) twin.end()
