import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format } from 'node:util'
import type { Beam } from '@dynsrv/tools/beam'
import { codeBlocks, withExpectations } from '@dynsrv/tools/readme-blocks'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Node } from '../src/index.ts'
import { startOurs } from './support/nodes.ts'
import { startPhoenixPeer } from './support/phoenix-peer.ts'

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const FOLDER = new URL('.readme/ten-things/', import.meta.url)

/** The parts of "Ten things", the first of which prepares the Elixir node. */
const [opening, ...things] = /^## Ten things\n(.*?)^## /ms.exec(README)![1]!.split(/^### /m)

interface Stage {
  elixir(code: string): Promise<void>
  log(index: number, ...values: unknown[]): void
  readonly node: Node
  readonly beam: string
}

let beam: Beam
let node: Node
beforeAll(async () => {
  beam = await startPhoenixPeer('app')
  node = await startOurs('js', { values: 'plain' })
  await node.connect(beam.name)
  await beam.eval('{:ok, pid} = Phoenix.PubSub.start(MyApp.PubSub); Process.unlink(pid)')
  for (const { code } of codeBlocks(opening!)) await elixir(code)
  mkdirSync(FOLDER, { recursive: true })
})
afterAll(async () => {
  rmSync(FOLDER, { recursive: true, force: true })
  await node.close()
  await beam.stop()
})

/** Runs Elixir code; what `# => value` says must come out, at the latest when both nodes know each other's groups. */
async function elixir(code: string): Promise<void> {
  // What our side has sent is there by the time that this is answered.
  await node.ping(beam.name)
  const [source, wanted] = code.replaceAll('js@127.0.0.1', node.self).split(' # => ')
  if (wanted === undefined) await beam.eval(source!)
  else await expect.poll(() => beam.eval(source!), { timeout: 20_000, interval: 100 }).toBe(wanted)
}

it('are ten', () => expect(things).toHaveLength(10))

it.each(things.map((text) => ({ title: text.split('\n')[0]!, text })))('$title', async ({ title, text }) => {
  const blocks = codeBlocks(text)
  expect(blocks.length).toBeGreaterThan(0)
  const whole = blocks.map(({ language, code }) =>
    language === 'typescript' ? code : `await stage.elixir(${JSON.stringify(code)})`,
  )
  const { code, expected } = withExpectations(whole.join('\n'))
  const printed = new Map<number, string>()
  const stage: Stage = {
    elixir,
    log: (index, ...values) => printed.set(index, format(...values)),
    node,
    beam: beam.name,
  }
  const module = new URL(`${title.replaceAll(/\W+/g, '-')}.ts`, FOLDER)
  const opening = `import { atom, t, tuple } from '@dynsrv/etf'\nimport { fn } from '@dynsrv/node'\nexport async function run(stage) {\nconst { node, beam } = stage\n`
  writeFileSync(module, `${opening}${code.replaceAll('globalThis.readmeLog(', 'stage.log(')}\n}\n`)
  const { run } = (await import(/* @vite-ignore */ fileURLToPath(module))) as { run: (stage: Stage) => Promise<void> }
  await run(stage)
  expect(expected.map((_text, index) => printed.get(index) ?? '(not reached)')).toStrictEqual(expected)
})
