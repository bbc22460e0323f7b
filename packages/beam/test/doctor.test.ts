import { readFileSync } from 'node:fs'
import { startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { type Beam, startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { compile, records, SERVICE } from './application.ts'

const COOKIE = 'a-cookie-that-nobody-may-see'
const FLAGS = ['-start_epmd', 'false', '-epmd_module', 'dynsrv_epmd']

let zone: ZoneServer
let beam: Beam
let peer: Beam
let port: number
let peerPort: number

async function start(label: string, own: number, cookie = COOKIE): Promise<Beam> {
  const env = { ERL_DIST_PORT: String(own), DYNSRV_DNS: zone.address, RELEASE_COOKIE: '' }
  return startErl({ name: `${label}@${SERVICE}`, cookie, env, args: ['-pa', await compile(), ...FLAGS] })
}

/** What it finds, by code; what is well and notes are by their text. */
async function findings(options = '[]'): Promise<string[]> {
  const said = await beam.eval(`
    [base64:encode_to_string(unicode:characters_to_binary(case F of
       #{code := Code, verdict := Verdict, text := Text} -> io_lib:format("~s ~s: ~ts", [Verdict, Code, Text]);
       #{verdict := Verdict, text := Text} -> io_lib:format("~s: ~ts", [Verdict, Text])
     end)) || F <- dynsrv_doctor:check(${options})]`)
  return (JSON.parse(said) as string[]).map((text) => Buffer.from(text, 'base64').toString())
}

beforeAll(async () => {
  zone = await startZoneServer({ records: [] })
  port = await freePort()
  peerPort = await freePort()
  beam = await start('self', port)
  peer = await start('peer', peerPort)
})
afterAll(async () => {
  await beam?.stop()
  await peer?.stop()
  await zone?.close()
})
beforeEach(() => {
  zone.setFault()
  zone.remove({ name: SERVICE })
  zone.add(...records('self', port), ...records('peer', peerPort))
})

it('says what is well, and never the cookie', async () => {
  expect(await beam.eval(`net_kernel:connect_node('peer@${SERVICE}')`)).toBe('true')
  const all = await findings()
  expect(all.filter((each) => !/^(ok|note):/.test(each))).toEqual([])
  expect(all).toContain('ok: cookie from the flag -setcookie')
  expect(all).toContain(`ok: peer@${SERVICE} is connected`)
  expect(all).toContain('ok: our own record')
  expect(all.join('\n')).not.toContain(COOKIE)
})

it.each<[string, () => unknown, string]>([
  [
    'a peer that does not run',
    () => zone.add(...records('gone', 1)),
    'error NODE_REFUSED: gone@svc.test is not connected',
  ],
  [
    'a peer that is there and not connected',
    () => peer.eval('ok').then(() => beam.eval(`erlang:disconnect_node('peer@${SERVICE}')`)),
    'error NODE_NOT_CONNECTED: peer@svc.test is not connected',
  ],
  [
    'a target without an address',
    () => zone.add({ type: 'SRV', name: SERVICE, target: `bare.${SERVICE}`, port: 4370 }),
    'error EPMD_NO_ADDRESS: bare@svc.test',
  ],
  [
    'a target that is no member',
    () => zone.add({ type: 'SRV', name: SERVICE, target: 'agent.node.dc1.consul', port: 1 }),
    'warning DOCTOR_TARGETS_IGNORED: agent.node.dc1.consul',
  ],
  [
    'no record of ours',
    () => zone.remove({ type: 'SRV', port }),
    'error DOCTOR_NOT_REGISTERED: self@svc.test runs here',
  ],
  [
    'a record of ours with another port',
    () => {
      zone.remove({ type: 'SRV', port })
      zone.add({ type: 'SRV', name: SERVICE, target: `self.${SERVICE}`, port: 4999 })
    },
    `error DOCTOR_PORT_DIFFERS: this node listens on`,
  ],
  ['no members', () => zone.setFault('nodata'), 'error DOCTOR_NO_MEMBERS: svc.test has no members'],
  ['no such name', () => zone.setFault('nxdomain'), 'error DOCTOR_SERVICE_UNKNOWN: svc.test does not exist in DNS'],
  [
    'a server that fails',
    () => zone.setFault('servfail'),
    'error EPMD_LOOKUP_FAILED: SRV svc.test: the server could not answer',
  ],
  [
    'a weak cookie',
    () => beam.eval('erlang:set_cookie(node(), short)'),
    'warning DOCTOR_COOKIE_WEAK: the cookie, from the flag -setcookie, has fewer than 16 characters',
  ],
  [
    'a port that is none',
    () => beam.eval('os:putenv("ERL_DIST_PORT", "x")'),
    'error EPMD_DIST_PORT_NOT_A_NUMBER: ERL_DIST_PORT is no port: x',
  ],
  [
    'no port',
    () => beam.eval('os:unsetenv("ERL_DIST_PORT")'),
    'error EPMD_DIST_PORT_MISSING: ERL_DIST_PORT is not set',
  ],
])('names %s', async (_name, spoil, expected) => {
  await spoil()
  expect((await findings()).filter((each) => each.startsWith(expected))).toHaveLength(1)
})

it('has no code that docs/errors.md does not explain, and gives no code that it does not list', async () => {
  const codes = (await beam.eval('dynsrv_doctor:codes()')).replaceAll(/[[\]']/g, '').split(',')
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  expect(codes.filter((code) => !page.includes(`<a id="${code}"></a>`))).toEqual([])
  const source = readFileSync(new URL('../src/dynsrv_doctor.erl', import.meta.url), 'utf8')
  const given = [...source.matchAll(/(?:error|warning)\('(\w+)'/g)].map(([, code]) => code!)
  expect(given.filter((code) => !codes.includes(code))).toEqual([])
})
