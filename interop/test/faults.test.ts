import { startZoneServer } from '@dynsrv/srv-resolver'
import { startDnsmasq } from '@dynsrv/tools/dnsmasq'
import { freePort } from '@dynsrv/tools/free-port'
import { describe, expect, it } from 'vitest'
import { startBeamMember } from '../src/beam-member.ts'
import { EventsOf } from '../src/events-of.ts'
import { eventually } from '../src/eventually.ts'
import { startOurMember } from '../src/our-member.ts'
import { publish } from '../src/publish.ts'
import { Undo } from '../src/undo.ts'

const COOKIE = 'fault-tests-cookie'
const POLL_MS = 100

/** A service with a DNS server of its own, one BEAM member and one of ours. */
async function scene(service: string, { beamCookie = COOKIE }: { beamCookie?: string } = {}) {
  const undo = new Undo()
  const zone = undo.use(await startZoneServer({}))
  const epmdPort = await freePort()
  const beamPort = await freePort()
  const ourPort = await freePort()
  publish(zone, service, 'db-1', beamPort)
  publish(zone, service, 'api-1', ourPort)
  const startBeam = () =>
    startBeamMember({
      language: 'erlang',
      label: 'db-1',
      service,
      cookie: beamCookie,
      port: beamPort,
      dns: zone.address,
      epmdPort,
    })
  const beam = undo.use(await startBeam())
  const ours = undo.use(
    await startOurMember({
      label: 'api-1',
      service,
      cookie: COOKIE,
      dns: zone.address,
      port: ourPort,
      pollingInterval: POLL_MS,
    }),
  )
  return {
    zone,
    beam,
    beamPort,
    startBeam,
    ours,
    events: new EventsOf(ours),
    [Symbol.asyncDispose]: () => undo[Symbol.asyncDispose](),
  }
}

describe('a BEAM member and one of ours', () => {
  it('survive a DNS server that is dead for ten polls, and find each other again after it', async () => {
    await using s = await scene('outage.service.consul')
    await s.ours.ready({ minPeers: 1 })
    await s.zone.pause()
    await s.events.count('discoveryFailed', 10)
    expect(s.ours.members()).toStrictEqual([s.beam.name])
    expect(await s.beam.eval('nodes(hidden)')).toBe(`['${s.ours.self}']`)
    expect(s.events.types()).not.toContain('nodedown')
    await s.zone.resume()
    await s.events.count('polled', 2)
    expect(s.ours.members()).toStrictEqual([s.beam.name])
    expect(s.events.types()).not.toContain('nodedown')
  })

  it('part when the record is removed, and meet again when it is back', async () => {
    await using s = await scene('records.service.consul')
    await s.ours.ready({ minPeers: 1 })
    s.zone.remove({ type: 'SRV', target: 'db-1.records.service.consul' })
    await s.events.next('nodedown', ({ node }) => node === s.beam.name)
    await eventually(() => s.beam.eval('nodes(hidden)'), '[]')
    const from = s.events.seen.length
    s.zone.add({ type: 'SRV', name: 'records.service.consul', target: 'db-1.records.service.consul', port: s.beamPort })
    await s.events.next('nodeup', ({ node }) => node === s.beam.name, { from })
    await eventually(() => s.beam.eval('nodes(hidden)'), `['${s.ours.self}']`)
  })

  it('see a killed node go with a reason, and join the one restarted under its name', async () => {
    await using s = await scene('restart.service.consul')
    await s.ours.ready({ minPeers: 1 })
    await s.beam.kill()
    const down = await s.events.next('nodedown', ({ node }) => node === s.beam.name)
    expect(down.reason.code).toMatch(/^[A-Z_]+$/)
    expect(down.reason.message.length).toBeGreaterThan(10)
    // The kernel may still take a connection or two for the dying VM; then its port is closed.
    await s.events.next('connectFailed', ({ cause }) => /nobody listens on 127.0.0.1/.test(String(cause)))
    const from = s.events.seen.length
    await using again = await s.startBeam()
    await s.events.next('nodeup', ({ node }) => node === again.name, { from })
    expect(await again.eval(`net_adm:ping('${s.ours.self}')`)).toBe('pong')
  })

  it('tell who refused whose cookie, dialling and dialled', async () => {
    await using s = await scene('cookie.service.consul', { beamCookie: 'another-cookie' })
    const { cause } = await s.events.next('connectFailed', ({ node }) => node === s.beam.name)
    expect(cause).toMatchObject({ code: 'DIST_COOKIE_REJECTED' })
    expect(String(cause)).toMatch(/name, port and flags were right/)
    expect(await s.beam.eval(`net_kernel:connect_node('${s.ours.self}')`)).toBe('false')
    expect(s.ours.members()).toStrictEqual([])
  })
})

describe('a real dnsmasq', () => {
  it('may be killed without anybody leaving', async () => {
    const service = 'dnsmasq.service.consul'
    const [beamPort, ourPort, epmdPort] = [await freePort(), await freePort(), await freePort()]
    const members = [
      { label: 'db-1', port: beamPort },
      { label: 'api-1', port: ourPort },
    ]
    await using dnsmasq = await startDnsmasq({ service, members })
    const dns = dnsmasq.address
    await using beam = await startBeamMember({
      language: 'elixir',
      label: 'db-1',
      service,
      cookie: COOKIE,
      port: beamPort,
      dns,
      epmdPort,
    })
    await using ours = await startOurMember({
      label: 'api-1',
      service,
      cookie: COOKIE,
      dns,
      port: ourPort,
      pollingInterval: POLL_MS,
    })
    const events = new EventsOf(ours)
    await ours.ready({ minPeers: 1 })
    await dnsmasq.stop()
    await events.count('discoveryFailed', 10)
    await using _again = await startDnsmasq({ service, members, port: dnsmasq.port })
    await events.count('polled', 3)
    expect(events.types()).not.toContain('nodedown')
    expect(ours.members()).toStrictEqual([beam.name])
  })
})
