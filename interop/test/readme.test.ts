import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { freePort } from '@dynsrv/tools/free-port'
import { codeBlocks } from '@dynsrv/tools/readme-blocks'
import { expect, it } from 'vitest'
import { startBeamMember } from '../src/beam-member.ts'

const SERVICE = 'my-service.service.consul'
const COOKIE = 'readme-cookie'
const FOLDER = new URL('.readme/', import.meta.url)
const DYNSRV = fileURLToPath(new URL('../../packages/dynsrv/bin/dynsrv.js', import.meta.url))
const RUNS_TYPESCRIPT = new URL('../src/runs-typescript.mjs', import.meta.url).href

/** It answers with what the exposed function gives, so the program prints that only when both ways work. */
const STOCK = `defmodule MyApp.Stock do
  @spec count(String.t()) :: non_neg_integer()
  def count("apple"), do: :erpc.call(hd(Node.list(:hidden)), MyApp.Js, :double, [21])
end`

it('the program of the README joins a cluster, calls an Elixir module by its types, and is called like a module', async () => {
  const folder = fileURLToPath(FOLDER)
  await mkdir(`${folder}ebin`, { recursive: true })
  await rm(`${folder}stock.ts`, { force: true })
  await using zone = await startZoneServer()
  const port = await freePort()
  zone.add({ type: 'SRV', name: SERVICE, target: `db-1.${SERVICE}`, port })
  zone.add({ type: 'A', name: `db-1.${SERVICE}`, address: '127.0.0.1' })
  await using beam = await startBeamMember({
    language: 'elixir',
    label: 'db-1',
    service: SERVICE,
    cookie: COOKIE,
    port,
    dns: zone.address,
    epmdPort: await freePort(),
  })
  await beam.eval(`
    [{module, binary}] = Code.compile_string(${JSON.stringify(STOCK)})
    File.write!(${JSON.stringify(`${folder}ebin`)} <> "/#{module}.beam", binary)
    :code.add_patha(${JSON.stringify(`${folder}ebin`)} |> String.to_charlist())`)

  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const blocks = codeBlocks(readme)
  const program = blocks.find(({ language }) => language === 'js')!
  const types = blocks.find(({ code }) => code.startsWith('dynsrv types'))!
  const here = (code: string) => code.replace('127.0.0.1:8600', zone.address)
  const env = { ...process.env, RELEASE_COOKIE: COOKIE }
  const run = (...args: readonly string[]) =>
    promisify(execFile)(process.execPath, ['--import', RUNS_TYPESCRIPT, ...args], { cwd: folder, env })

  expect((await run(DYNSRV, ...here(types.code).split(' ').slice(1))).stdout).toBe('wrote stock.ts\n')
  await writeFile(`${folder}program.ts`, here(program.code).replace('port: 9100', `port: ${await freePort()}`))
  expect((await run('program.ts')).stdout.trim()).toBe('43')
  // The compiler knows what the module takes and gives.
  const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url))
  const options =
    '--noEmit --strict --target es2023 --module nodenext --allowImportingTsExtensions --skipLibCheck --types node --ignoreConfig'
  await promisify(execFile)(tsc, [...options.split(' '), 'program.ts'], { cwd: folder })
})
