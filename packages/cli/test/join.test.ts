import { startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { companionArgs, startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { describe, expect, it } from 'vitest'
import { Dynsrv } from './run-dynsrv.ts'

const SERVICE = 'my-service.test'
const COOKIE = 'join-test-cookie'
const ENV = { RELEASE_COOKIE: COOKIE }

function register(zone: ZoneServer, label: string, port: number): void {
  zone.add({ type: 'SRV', name: SERVICE, target: `${label}.${SERVICE}`, port, ttlSeconds: 0 })
  zone.add({ type: 'A', name: `${label}.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 0 })
}

function deregister(zone: ZoneServer, label: string): void {
  const target = `${label}.${SERVICE}`
  zone.remove({ name: target })
  zone.remove({ target })
}

async function startRegisteredErl(zone: ZoneServer, label: string, cookie = COOKIE) {
  const port = await freePort()
  const beam = await startErl({
    name: `${label}@${SERVICE}`,
    cookie,
    args: [...companionArgs(), '-kernel', 'inet_dist_use_interface', '{127,0,0,1}'],
    env: { ERL_DIST_PORT: String(port), DYNSRV_DNS: zone.address },
  })
  register(zone, label, port)
  return beam
}

function joinArgs(zone: ZoneServer, label: string, port: number): string[] {
  return [
    ...['join', '--name', `${label}@${SERVICE}`, '--service', SERVICE, '--dns', zone.address],
    ...['--port', String(port), '--host', '127.0.0.1', '--interval', '200ms'],
  ]
}

describe('dynsrv join', () => {
  it.each([
    'SIGINT',
    'SIGTERM',
  ] as const)('joins a real Erlang node and leaves it on %s with exit code 0', async (signal) => {
    await using zone = await startZoneServer()
    await using erl = await startRegisteredErl(zone, 'erl-1')
    const port = await freePort()
    register(zone, 'api-1', port)
    await using dynsrv = new Dynsrv([...joinArgs(zone, 'api-1', port), '--json'], { env: ENV })

    expect(await dynsrv.event('nodeup', erl.name)).toMatchObject({ members: [erl.name] })
    expect(await erl.eval('nodes(hidden)')).toBe(`['api-1@${SERVICE}']`)
    expect(await erl.eval('nodes()')).toBe('[]')

    await erl.eval('net_kernel:monitor_nodes(true, [{node_type, all}])')
    dynsrv.signal(signal)
    const { code, stderr } = await dynsrv.ended
    expect(await erl.eval('receive {nodedown, Node, _} -> Node after 5000 -> nodes(hidden) end')).toBe(
      `'api-1@${SERVICE}'`,
    )
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(dynsrv.events.at(0)).toMatchObject({ type: 'started', name: `api-1@${SERVICE}`, port, hidden: true })
    expect(dynsrv.events.at(-2)).toMatchObject({ type: 'leaving', signal, members: [erl.name] })
    expect(dynsrv.events.at(-1)).toMatchObject({ type: 'left' })
  })

  it('gives a silent Erlang node up after --net-tick-time, and says why', async () => {
    await using zone = await startZoneServer()
    await using erl = await startRegisteredErl(zone, 'erl-1')
    // Erlang's own net_ticktime of 60 s keeps it silent for 15 s.
    const args = [...joinArgs(zone, 'api-1', await freePort()), '--net-tick-time', '1s', '--json']
    await using dynsrv = new Dynsrv(args, { env: ENV })
    await dynsrv.event('nodeup', erl.name)
    expect(JSON.stringify(await dynsrv.event('nodedown', erl.name))).toMatch(/tick/i)
  })

  it('tells a name with a short host the name that works', async () => {
    await using dynsrv = new Dynsrv(['join', '--name', 'api-1@short', '--service', SERVICE, '--port', '0'], {
      env: ENV,
    })
    const { code, stderr } = await dynsrv.ended
    expect(stderr).toContain('api-1@my-service.service.consul')
    expect(stderr).not.toContain('-sname')
    expect(code).toBe(2)
  })

  it('is dialled by a real Erlang node, whose companion finds it in the same records', async () => {
    await using zone = await startZoneServer()
    const port = await freePort()
    register(zone, 'api-1', port)
    await using dynsrv = new Dynsrv([...joinArgs(zone, 'api-1', port), '--json'], { env: ENV })
    await dynsrv.event('started')
    // Its own record is not in the zone, so that only it can have dialled.
    await using erl = await startRegisteredErl(zone, 'erl-1')
    deregister(zone, 'erl-1')
    expect(await erl.eval(`net_adm:ping('api-1@${SERVICE}')`)).toBe('pong')
    await dynsrv.event('nodeup', erl.name)
  })

  it('is seen among the visible nodes with --visible', async () => {
    await using zone = await startZoneServer()
    await using erl = await startRegisteredErl(zone, 'erl-1')
    await using dynsrv = new Dynsrv([...joinArgs(zone, 'api-1', 0), '--visible', '--json'], { env: ENV })
    await dynsrv.event('nodeup', erl.name)
    expect(await erl.eval('nodes()')).toBe(`['api-1@${SERVICE}']`)
  })

  it('tells who goes when a record is removed, and who comes when it is back', async () => {
    await using zone = await startZoneServer()
    await using erl = await startRegisteredErl(zone, 'erl-1')
    const record = zone.records().find((each) => each.type === 'SRV')
    // A zone that is suddenly empty would take no live link down.
    register(zone, 'api-1', 1)
    await using dynsrv = new Dynsrv([...joinArgs(zone, 'api-1', 0), '--json'], { env: ENV })
    await dynsrv.event('nodeup', erl.name)
    deregister(zone, 'erl-1')
    expect(await dynsrv.event('nodedown', erl.name)).toMatchObject({ members: [] })
    expect(await erl.eval('nodes(hidden)')).toBe('[]')
    register(zone, 'erl-1', record?.type === 'SRV' ? record.port : 0)
    await dynsrv.line(() => dynsrv.events.filter(({ type }) => type === 'nodeup').length === 2)
  })

  it('says which side refused the cookie, with code and hint, and never the cookie', async () => {
    await using zone = await startZoneServer()
    await using erl = await startRegisteredErl(zone, 'erl-1', 'another-cookie')
    await using dynsrv = new Dynsrv(joinArgs(zone, 'api-1', 0), { env: ENV })
    const line = await dynsrv.line((text) => text.includes(erl.name) && text.includes('not reached'))
    expect(line).toMatch(/DIST_COOKIE_REJECTED/)
    expect(await dynsrv.line((text) => text.includes('→'))).toMatch(/cookie/)
    dynsrv.signal('SIGTERM')
    const { code, stdout } = await dynsrv.ended
    expect(stdout).not.toContain(COOKIE)
    expect(stdout).not.toContain('another-cookie')
    expect(code).toBe(0)
  })

  it('keeps all members while DNS is gone, and says so once', async () => {
    await using zone = await startZoneServer()
    await using erl = await startRegisteredErl(zone, 'erl-1')
    await using dynsrv = new Dynsrv([...joinArgs(zone, 'api-1', 0), '--json'], { env: ENV })
    await dynsrv.event('nodeup', erl.name)
    await zone.pause()
    const failed = () => dynsrv.events.filter(({ type }) => type === 'discoveryFailed')
    await dynsrv.line(() => failed().length === 3)
    expect(failed().at(-1)).toMatchObject({ failures: 3, members: [erl.name] })
    expect(dynsrv.events.some(({ type }) => type === 'nodedown')).toBe(false)
    expect(await erl.eval('nodes(hidden)')).toBe(`['api-1@${SERVICE}']`)
  })

  it('prints aligned lines for people', async () => {
    await using zone = await startZoneServer()
    await using erl = await startRegisteredErl(zone, 'erl-1')
    await using dynsrv = new Dynsrv(joinArgs(zone, 'api-1', 0), { env: ENV })
    const line = await dynsrv.line((text) => text.includes('joined'))
    expect(line).toMatch(new RegExp(`^\\d\\d:\\d\\d:\\d\\d {2}\\+ {2}${erl.name} +joined +1 member$`))
    expect(dynsrv.lines[0]).toMatch(new RegExp(`^api-1@${SERVICE} listens on port \\d+, hidden$`))
    expect(dynsrv.lines[1]).toContain(`SRV ${SERVICE} at ${zone.address} every 0.2 s`)
  })
})
