import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { startZoneServer, type ZoneRecord, type ZoneServer } from '@dynsrv/srv-resolver'
import { type Beam, companionArgs, compileCompanion, startElixir, startErl } from '@dynsrv/tools/beam'
import { startDnsmasq } from '@dynsrv/tools/dnsmasq'
import { freePort } from '@dynsrv/tools/free-port'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { companionPath, startEpmdServer } from '../../src/index.ts'

const run = promisify(execFile)
const COOKIE = 'companion'
const SERVICE = 'my-service.internal'

const member = (label: string, port: number, service = SERVICE): ZoneRecord[] => [
  { type: 'SRV', name: service, target: `${label}.${service}`, port },
  { type: 'A', name: `${label}.${service}`, address: '127.0.0.1' },
]

/** A node that asks this DNS server, on a port of its own. */
async function startMember(start: typeof startErl, label: string, dns: string, port: number): Promise<Beam> {
  const env = { ERL_DIST_PORT: String(port), DYNSRV_DNS: dns }
  return start({ name: `${label}@${SERVICE}`, cookie: COOKIE, env, args: companionArgs() })
}

it('is shipped with the package', () => {
  expect(existsSync(companionPath())).toBe(true)
  expect(companionPath()).toMatch(/dynsrv_epmd\.erl$/)
})

describe('a mesh with no epmd', { timeout: 60_000 }, () => {
  it('forms among three Erlang nodes and an Elixir node, over dnsmasq', async () => {
    const labels = ['a1', 'B-2', 'c_3', 'ex4']
    const ports = await Promise.all(labels.map(() => freePort()))
    const members = labels.map((label, at) => ({ label, port: ports[at]! }))
    await using dns = await startDnsmasq({ service: SERVICE, members })
    const starting = labels.map((label, at) =>
      startMember(label === 'ex4' ? startElixir : startErl, label, dns.address, ports[at]!),
    )
    const nodes = await Promise.all(starting)
    try {
      for (const [at, node] of nodes.entries()) {
        for (const other of nodes.slice(0, at)) {
          const erlang = `net_adm:ping('${other.name}')`
          const elixir = `:net_adm.ping(:"${other.name}")`
          expect(await node.eval(node.name.startsWith('ex4') ? elixir : erlang)).toMatch(/^:?pong$/)
        }
      }
      const [first] = nodes
      expect(await first!.eval('lists:sort(nodes())')).toBe(`['B-2@${SERVICE}','c_3@${SERVICE}','ex4@${SERVICE}']`)
      expect(await first!.eval(`lists:sort(element(2, net_adm:names("${SERVICE}"))) =/= []`)).toBe('true')
      expect(await first!.eval(`element(1, net_adm:names())`)).toBe('ok')
      // No epmd took part: the module in use is ours, and a creation of the new kind came from the VM itself.
      expect(await first!.eval('{net_kernel:epmd_module(), erlang:system_info(creation) > 3}')).toBe(
        '{dynsrv_epmd,true}',
      )
    } finally {
      await Promise.all(nodes.map((node) => node.stop()))
    }
  })
})

it('finds the nodes of a service with two ports by the name of the port', async () => {
  const target = `web-1.${SERVICE}`
  const both = (port: number, name: string): ZoneRecord[] => [
    { type: 'SRV', name: SERVICE, target, port, priority: name === 'http' ? 0 : 1 },
    { type: 'SRV', name: `_${name}._tcp.${SERVICE}`, target, port },
  ]
  const records: ZoneRecord[] = [...both(8080, 'http'), ...both(4370, 'dist')]
  await using zone = await startZoneServer({ records: [...records, { type: 'A', name: target, address: '10.0.0.1' }] })
  const env = { ERL_DIST_PORT: String(await freePort()), DYNSRV_DNS: zone.address, DYNSRV_PORT_NAME: 'dist' }
  await using erl = await startErl({ name: `self@${SERVICE}`, cookie: COOKIE, env, args: companionArgs() })
  expect(await erl.eval(`dynsrv_epmd:address_please("web-1", "${SERVICE}", inet)`)).toBe('{ok,{10,0,0,1},4370,6}')
  expect(await erl.eval(`net_adm:names("${SERVICE}")`)).toBe('{ok,[{"web-1",4370}]}')
})

describe('a lookup', { timeout: 60_000 }, () => {
  let zone: ZoneServer
  let erl: Beam
  let port: number
  const ask = (alive: string, family = 'inet', host = SERVICE) =>
    erl.eval(`dynsrv_epmd:address_please("${alive}", "${host}", ${family})`)

  beforeAll(async () => {
    port = await freePort()
    zone = await startZoneServer({
      records: [
        ...member('Self', port),
        ...member('Web-1', 4001),
        { type: 'AAAA', name: `web-1.${SERVICE}`, address: 'fd00::1' },
        { type: 'SRV', name: SERVICE, target: `bare.${SERVICE}`, port: 4002 },
        { type: 'SRV', name: SERVICE, target: 'a.b.else.where', port: 4003 },
        { type: 'SRV', name: `tagged.${SERVICE}`, target: 'far.node.internal', port: 4005, priority: 2 },
        { type: 'SRV', name: `tagged.${SERVICE}`, target: 'near.node.internal', port: 4004, priority: 1 },
        { type: 'A', name: 'near.node.internal', address: '10.0.0.4' },
        { type: 'A', name: 'far.node.internal', address: '10.0.0.5' },
        ...Array.from({ length: 200 }, (_, at) => member(`m${at}`, 5000 + at, 'big.internal')).flat(),
      ],
    })
    erl = await startMember(startErl, 'Self', zone.address, port)
  }, 60_000)
  afterAll(async () => {
    await erl?.stop()
    await zone?.close()
  })

  it('takes the record whose target is the node, in any case of letters', async () => {
    expect(await ask('Web-1')).toBe('{ok,{127,0,0,1},4001,6}')
    expect(await ask('wEB-1', 'inet', 'MY-SERVICE.internal')).toBe('{ok,{127,0,0,1},4001,6}')
    expect(await ask('web-1', 'inet6')).toBe('{ok,{64768,0,0,0,0,0,0,1},4001,6}')
  })

  it('asks for the records of the node itself when the service has none', async () => {
    expect(await ask('tagged')).toBe('{ok,{10,0,0,4},4004,6}')
  })

  it('reads an answer that does not fit into a datagram', async () => {
    expect(await ask('m199', 'inet', 'big.internal')).toBe('{ok,{127,0,0,1},5199,6}')
    expect(await erl.eval('length(element(2, dynsrv_epmd:names("big.internal")))')).toBe('200')
  })

  it('finds itself on the loopback', async () => {
    expect(await ask('Self')).toBe(`{ok,{127,0,0,1},${port},6}`)
    expect(await ask('Self', 'inet6', SERVICE.toUpperCase())).toBe(`{ok,{0,0,0,0,0,0,0,1},${port},6}`)
  })

  it('does not confuse what is not there and what could not be asked', async () => {
    expect(await ask('nobody')).toBe(`{error,{not_found,"nobody.${SERVICE}"}}`)
    expect(await ask('bare')).toBe(`{error,{no_address,"bare.${SERVICE}"}}`)
    expect(await ask('web-1', 'inet', '10.0.0.1')).toBe('{error,{not_found,"web-1.10.0.0.1"}}')
    await zone.pause()
    expect(await ask('other')).toMatch(/^\{error,\{lookup_failed,"my-service\.internal",\w+\}\}$/)
    expect(await erl.eval(`net_adm:ping('other@${SERVICE}')`)).toBe('pang')
    expect(await erl.eval(`net_adm:names("${SERVICE}")`)).toBe('{error,address}')
    await zone.resume()
    expect(await ask('Web-1')).toBe('{ok,{127,0,0,1},4001,6}')
    await erl.eval('os:putenv("DYNSRV_DNS", "127.0.0.1:none")')
    expect(await ask('other')).toBe('{error,{bad_dynsrv_dns,"127.0.0.1:none"}}')
    await erl.eval(`os:putenv("DYNSRV_DNS", "${zone.address}")`)
  })

  it('answers the older callbacks', async () => {
    expect(await erl.eval(`dynsrv_epmd:port_please("web-1", "${SERVICE}")`)).toBe('{port,4001,6}')
    expect(await erl.eval('dynsrv_epmd:port_please("web-1", {127,0,0,1}, 1000)')).toBe('{port,4001,6}')
    expect(await erl.eval('dynsrv_epmd:port_please("nobody", {127,0,0,1})')).toBe('noport')
    expect(await erl.eval('dynsrv_epmd:register_node(self, 1, inet)')).toBe('{ok,-1}')
    await erl.eval(`dynsrv_epmd:register_node(self, ${port})`)
    expect(await erl.eval('{net_adm:names() =:= dynsrv_epmd:names(), element(1, dynsrv_epmd:names())}')).toBe(
      '{true,ok}',
    )
  })

  it('answers the helpers of a release, which need no port of their own', async () => {
    const env = { ERL_DIST_PORT: String(port), DYNSRV_DNS: '127.0.0.1:1' }
    for (const prefix of ['rpc', 'rem']) {
      const name = `${prefix}-12ab-Self@${SERVICE}`
      await using helper = await startErl({ name, cookie: COOKIE, env, args: ['-hidden', ...companionArgs()] })
      expect(await helper.eval(`rpc:call('Self@${SERVICE}', erlang, node, [])`)).toBe(`'Self@${SERVICE}'`)
    }
    const bare = { ERL_DIST_PORT: '', DYNSRV_DNS: zone.address }
    const name = `rpc-34cd-Self@${SERVICE}`
    await using helper = await startErl({ name, cookie: COOKIE, env: bare, args: ['-hidden', ...companionArgs()] })
    expect(await helper.eval(`net_adm:ping('Self@${SERVICE}')`)).toBe('pong')
  })
})

describe('a start', { timeout: 60_000 }, () => {
  it.each([
    ['', 'ERL_DIST_PORT is not set'],
    ['auto', 'ERL_DIST_PORT is not a number: auto'],
    ['70000', 'ERL_DIST_PORT is out of range: 70000'],
    ['+4370', 'ERL_DIST_PORT is not a number: +4370'],
  ])('stops with one clear line when ERL_DIST_PORT is %j', async (value, reason) => {
    const args = ['-noinput', '-name', `web@${SERVICE}`, ...companionArgs(), '-s', 'init', 'stop']
    const env = { ...process.env, ERL_DIST_PORT: value }
    const failure = await run('erl', args, { env }).then(
      () => undefined,
      (error: { code: number; stdout: string; stderr: string }) => error,
    )
    expect(failure).toMatchObject({ code: 1, stdout: '' })
    expect(failure?.stderr).toBe(
      `dynsrv_epmd: this node cannot start: ${reason}: set it to the port of this node's SRV record (1 to 65535), such as 4370.\n`,
    )
  })

  it.each([
    'garbage:',
    '::1',
    '127.0.0.1:99999',
    '127.0.0.1:53,',
  ])('stops with one clear line when DYNSRV_DNS is %j', async (servers) => {
    const args = ['-noinput', '-name', `web@${SERVICE}`, ...companionArgs(), '-s', 'init', 'stop']
    const env = { ...process.env, ERL_DIST_PORT: '4370', DYNSRV_DNS: servers }
    const failure = await run('erl', args, { env }).then(
      () => undefined,
      (error: { code: number; stderr: string }) => error,
    )
    expect(failure).toMatchObject({ code: 1, stdout: '' })
    expect(failure?.stderr).toMatch(
      /^dynsrv_epmd: this node cannot start: DYNSRV_DNS names no DNS server: ".*": write host:port, .*\.\n$/,
    )
  })

  it('needs no port when the node does not listen', async () => {
    const args = ['-noinput', '-name', `web@${SERVICE}`, '-dist_listen', 'false', ...companionArgs()]
    const { stdout } = await run('erl', [...args, '-eval', 'io:format("~p", [node()]), halt()'], {
      env: { ...process.env, ERL_DIST_PORT: '' },
    })
    expect(stdout).toBe(`'web@${SERVICE}'`)
  })

  it('in a running VM fails with the reason and leaves the VM alone', async () => {
    await using server = await startEpmdServer({ port: 0 })
    const env = { ERL_EPMD_PORT: String(server.port) }
    const args = ['-start_epmd', 'false', '-pa', compileCompanion()]
    await using erl = await startErl({ name: 'other@127.0.0.1', cookie: COOKIE, env, args })
    await erl.eval('os:unsetenv("ERL_DIST_PORT")')
    expect(await erl.eval('dynsrv_epmd:listen_port_please(web, "svc.internal")')).toBe(
      '{error,"ERL_DIST_PORT is not set"}',
    )
    expect(await erl.eval('dynsrv_epmd:names()')).toBe('{error,address}')
  })
})
