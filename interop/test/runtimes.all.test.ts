import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { makeCertificate, tlsDistArgs } from '@dynsrv/tools/certificates'
import { freePort } from '@dynsrv/tools/free-port'
import { commandOf, RUNTIMES } from '@dynsrv/tools/runtime'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startBeamMember } from '../src/beam-member.ts'
import { startProgram } from '../src/in-runtime.ts'
import { publish } from '../src/publish.ts'
import { Undo } from '../src/undo.ts'

const SERVICE = 'runtimes.test'
const COOKIE = 'runtimes-test-cookie'
const BIN = fileURLToPath(new URL('../../packages/dynsrv/bin/dynsrv.js', import.meta.url))

// Each is fetched once, some 40 MB.
beforeAll(() => RUNTIMES.forEach(commandOf), 600_000)

async function scene(args: readonly string[] = []) {
  const undo = new Undo()
  const zone = undo.use(await startZoneServer({}))
  const port = await freePort()
  const epmdPort = await freePort()
  publish(zone, SERVICE, 'erl-1', port)
  const options = { label: 'erl-1', service: SERVICE, cookie: COOKIE, port, dns: zone.address, epmdPort, args }
  const beam = undo.use(await startBeamMember({ language: 'erlang', ...options }))
  return { zone, beam, [Symbol.asyncDispose]: () => undo[Symbol.asyncDispose]() }
}

describe('over TLS', () => {
  const certificate = makeCertificate(SERVICE)
  let s: Awaited<ReturnType<typeof scene>>
  beforeAll(async () => {
    s = await scene(tlsDistArgs(certificate))
  })
  afterAll(() => s[Symbol.asyncDispose]())

  it.each(RUNTIMES)('$name joins a real Erlang node, and each calls the other', async (runtime) => {
    const label = `js-${RUNTIMES.indexOf(runtime)}`
    const name = `${label}@${SERVICE}`
    const port = await freePort()
    publish(s.zone, SERVICE, label, port)
    const file = (of: string) => join(certificate.folder, of)
    await using program = startProgram(runtime, 'member.mjs', {
      ...{ NAME: name, SERVICE, DNS: s.zone.address, COOKIE, PEER: s.beam.name, PORT: String(port) },
      ...{ TLS_CA: file('ca.pem'), TLS_CERT: file('node.pem'), TLS_KEY: file('node.key') },
    })
    expect(await program.next()).toEqual({ members: [s.beam.name] })
    expect(await program.next()).toEqual({ sum: 6 })
    expect(await s.beam.eval(`rpc:call('${name}', js, double, [21])`)).toBe('42')
    expect(await program.end()).toBe(0)
    s.zone.remove({ target: `${label}.${SERVICE}` })
  })
})

describe('the command line', () => {
  let s: Awaited<ReturnType<typeof scene>>
  beforeAll(async () => {
    s = await scene()
  })
  afterAll(() => s[Symbol.asyncDispose]())

  describe.each(RUNTIMES)('in $name', (runtime) => {
    const dynsrv = async (...args: string[]) => {
      const [program, ...before] = commandOf(runtime)
      const { stdout } = await promisify(execFile)(program, [...before, BIN, ...args], {
        env: { PATH: process.env.PATH, HOME: temporaryFolder('home'), RELEASE_COOKIE: COOKIE, NO_COLOR: '1' },
      })
      return stdout
    }

    it('prints its version', async () => expect(await dynsrv('--version')).toMatch(/^\d+\.\d+\.\d+\n$/))

    it.each([
      ['resolve', (name: string) => ['resolve', name], /127\.0\.0\.1/],
      ['ping', (name: string) => ['ping', name], /✓ ping/],
      ['call', (name: string) => ['call', name, 'lists', 'sum', '[1,2,3]'], /^6\n$/],
      ['eval', (name: string) => ['eval', name, 'node().'], /^'erl-1@runtimes\.test'\n$/],
      ['nodes', (_name: string) => ['nodes', '--plain', '--service', SERVICE], /erl-1@runtimes\.test/],
    ])('%s works', async (_what, args, expected) => {
      expect(await dynsrv(...args(s.beam.name), '--dns', s.zone.address)).toMatch(expected)
    })
  })
})
