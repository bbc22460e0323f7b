import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { freePort } from '@dynsrv/tools/free-port'
import { codeBlocks } from '@dynsrv/tools/readme-blocks'
import { expect, it } from 'vitest'
import { startBeamMember } from '../src/beam-member.ts'

const SERVICE = 'my-service.service.consul'
const COOKIE = 'readme-cookie'

it('the program of the README joins a cluster, calls a GenServer, and is called like a module', async () => {
  await using zone = await startZoneServer()
  const port = await freePort()
  zone.add({ type: 'SRV', name: SERVICE, target: `db-1.${SERVICE}`, port })
  zone.add({ type: 'A', name: `db-1.${SERVICE}`, address: '127.0.0.1' })
  await using beam = await startBeamMember({
    language: 'erlang',
    label: 'db-1',
    service: SERVICE,
    cookie: COOKIE,
    port,
    dns: zone.address,
    epmdPort: await freePort(),
  })
  // It answers with what the exposed function gives, so the program prints that only when both ways work.
  await beam.eval(`register('Elixir.MyApp.Stock', spawn(fun() ->
    receive
      {'$gen_call', {Pid, _} = From, count} ->
        gen:reply(From, {count, erpc:call(node(Pid), 'Elixir.MyApp.Js', double, [21])})
    end
  end))`)

  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const [program] = codeBlocks(readme).filter(({ language }) => language === 'js')
  const file = new URL('.readme/program.mjs', import.meta.url)
  await mkdir(new URL('.', file), { recursive: true })
  const code = program!.code.replace('127.0.0.1:8600', zone.address).replace('port: 9100', `port: ${await freePort()}`)
  await writeFile(file, code)
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(file)], {
    env: { ...process.env, RELEASE_COOKIE: COOKIE },
  })
  expect(stdout.trim()).toBe('{count,42}')
})
