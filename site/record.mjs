// Records a real run of the demo as docs/images/demo.svg: what a terminal shows, as text that moves. It needs `script` of
// util-linux, which gives the demo a terminal, and the built command line.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { recordingSvg } from './recording.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const [COLUMNS, ROWS] = [96, 24]
const command = `stty cols ${COLUMNS} rows ${ROWS}; exec node packages/dynsrv/bin/dynsrv.js demo`

const child = spawn('script', ['-qefc', command, '/dev/null'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
const start = performance.now()
const chunks = []
child.stdout.setEncoding('utf8').on('data', (text) => chunks.push({ atMs: performance.now() - start, text }))
const [code] = await once(child, 'close')
if (code !== 0) {
  console.error(`The demo ended with ${code}:\n${chunks.map(({ text }) => text).join('')}`)
  process.exit(1)
}
const svg = recordingSvg(chunks, { title: 'npm run demo', rows: ROWS, columns: COLUMNS })
writeFileSync(new URL('../docs/images/demo.svg', import.meta.url), svg)
console.log(`docs/images/demo.svg: ${Math.round(svg.length / 1024)} KB`)
