import { readFile } from 'node:fs/promises'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { freePort } from '@dynsrv/tools/free-port'
import { commandOf, RUNTIMES } from '@dynsrv/tools/runtime'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBeamMember } from '../src/beam-member.ts'
import { startProgram } from '../src/in-runtime.ts'
import { publish } from '../src/publish.ts'
import { Undo } from '../src/undo.ts'

const SERVICE = 'runtimes.test'
const COOKIE = 'runtimes-test-cookie'

// Each is fetched once, some 40 MB.
beforeAll(() => RUNTIMES.forEach(commandOf), 600_000)

// One join for each; runtimes.all.test.ts has the rest.
describe('a member in another runtime', () => {
  const undo = new Undo()
  let zone: Awaited<ReturnType<typeof startZoneServer>>
  let beam: Awaited<ReturnType<typeof startBeamMember>>
  beforeAll(async () => {
    zone = undo.use(await startZoneServer({}))
    const port = await freePort()
    const epmdPort = await freePort()
    publish(zone, SERVICE, 'erl-1', port)
    const options = { label: 'erl-1', service: SERVICE, cookie: COOKIE, port, dns: zone.address, epmdPort }
    beam = undo.use(await startBeamMember({ language: 'erlang', ...options }))
  })
  afterAll(() => undo[Symbol.asyncDispose]())

  it.each(RUNTIMES)('$name joins a real Erlang node, and each calls the other', async (runtime) => {
    const label = `js-${RUNTIMES.indexOf(runtime)}`
    const name = `${label}@${SERVICE}`
    const port = await freePort()
    publish(zone, SERVICE, label, port)
    await using program = startProgram(runtime, 'member.mjs', {
      ...{ NAME: name, SERVICE, DNS: zone.address, COOKIE, PEER: beam.name, PORT: String(port) },
    })
    expect(await program.next()).toEqual({ members: [beam.name] })
    expect(await program.next()).toEqual({ sum: 6 })
    expect(await beam.eval(`rpc:call('${name}', js, double, [21])`)).toBe('42')
    expect(await program.end()).toBe(0)
    expect(await program.next()).toEqual({ left: true })
    expect(await beam.eval(`lists:member('${name}', nodes(hidden))`)).toBe('false')
    zone.remove({ target: `${label}.${SERVICE}` })
  })
})

it('the table of the README has these runtimes, and no other', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const rows = [...readme.matchAll(/^\| ((?:Node\.js|Bun|Deno) [^|]+) \| ✓ \| ✓ \| ✓ \|$/gm)]
  const named = rows.flatMap(([, cell]) => {
    const [runtime, ...releases] = cell!.trim().split(/,? /)
    return releases.map((release) => `${runtime} ${release}`)
  })
  expect(named).toEqual(RUNTIMES.map(({ name }) => name))
})
