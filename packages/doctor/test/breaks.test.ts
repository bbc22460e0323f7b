import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { encodeHandshakeMessage, framePacket, HIDDEN_FLAGS } from '@dynsrv/dist-protocol'
import { ErlEpmd, startEpmdServer } from '@dynsrv/epmd-shim'
import { startZoneServer, type ZoneFault, type ZoneServer } from '@dynsrv/srv-resolver'
import { companionArgs, ERLC } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import {
  disposable,
  oneNode,
  register,
  SERVICE,
  type SrvCluster,
  startMember,
  startSrvCluster,
} from '@dynsrv/tools/srv-cluster'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DoctorOptions } from '../src/context.ts'
import { diagnose, type Report } from '../src/report.ts'
import { errorsOf, examineAs, warningsOf } from './examination.ts'

describe('a real cluster that was broken', () => {
  let own: ZoneServer
  let cluster: SrvCluster
  beforeAll(async () => {
    own = await startZoneServer()
    cluster = await startSrvCluster(own, ['erl-1', 'erl-2', 'erl-3'])
  })
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]()
    await own.close()
  })

  const examine = (env: Record<string, string> = {}, more: Partial<DoctorOptions> = {}) =>
    examineAs({ services: [SERVICE], dns: [own.address], ...more, env: { ...cluster.env, ...env } })
  const examineZone = ({ address }: ZoneServer) => examine({}, { dns: [address] })

  /** Adds a record that leads to a port, for as long as the scope lasts. */
  function record(label: string, port: number, address: string | null = '127.0.0.1'): Disposable {
    const target = `${label}.${SERVICE}`
    own.add({ type: 'SRV', name: SERVICE, target, port, ttlSeconds: 0 })
    if (address !== null) own.add({ type: 'A', name: target, address, ttlSeconds: 0 })
    return {
      [Symbol.dispose]() {
        own.remove({ type: 'SRV', target, port })
        own.remove({ name: target })
      },
    }
  }

  function fault(...faults: readonly ZoneFault[]): Disposable {
    own.setFault(...faults)
    return { [Symbol.dispose]: () => own.setFault() }
  }

  describe('by its names', () => {
    it.each([
      ['D03', { RELEASE_NODE: 'api@3f2a9c1b7d04.internal' }, ['D03 DOCTOR_HOST_RANDOM']],
      ['D10', { RELEASE_NODE: `api@${SERVICE}`, RELEASE_DISTRIBUTION: 'sname' }, ['D10 DOCTOR_SHORT_AND_LONG']],
      ['D11', { RELEASE_NODE: 'svc@user_svc' }, ['D11 NODE_NAME_SHORT_HOST']],
      ['D13', { RELEASE_NODE: 'api@one@two.test' }, ['D13 NODE_NAME_MANY_AT']],
      ['D13', { RELEASE_NODE: 'äpi@two.test' }, ['D13 NODE_NAME_ILLEGAL_CHARACTER']],
    ])('%s: %j', async (_id, env, expected) => {
      const found = await examine({ ERL_DIST_PORT: String(await freePort()), ...env })
      expect(errorsOf(found)).toEqual(expected)
      expect(found.gravest).toBe('error')
    })

    it('D12: other letters in the record', async () => {
      const { port } = cluster.members[0]!
      own.remove({ type: 'SRV', port })
      own.add({ type: 'SRV', name: SERVICE, target: `Erl-1.${SERVICE}`, port, ttlSeconds: 0 })
      const found = await examine()
      own.remove({ type: 'SRV', port })
      register(own, 'erl-1', port)
      expect(errorsOf(found)).toEqual(['D12 DIST_NAME_MISMATCH'])
      expect(found.verdicts[0]?.hint).toMatch(/Only the case of letters differs/)
    })

    it('D05: a record that leads to another node, and a node that is named by its address', async () => {
      using _wrong = record('ghost', cluster.members[1]!.port)
      const found = await examine()
      expect(errorsOf(found)).toEqual(['D05 DIST_NAME_MISMATCH'])
      expect(found.verdicts[0]?.message).toBe(`we dialled ghost@${SERVICE}, but it calls itself erl-2@${SERVICE}`)
      await using epmd = await startEpmdServer({ port: 0 })
      const registered = new ErlEpmd({ epmdPort: epmd.port })
      await registered.registerNode('erl-1', cluster.members[0]!.port)
      const byIp = await examineAs({
        peers: ['erl-1@127.0.0.1'],
        env: { ...cluster.env, ERL_EPMD_PORT: String(epmd.port) },
      })
      registered.close()
      expect(errorsOf(byIp)).toEqual(['D05 DIST_NAME_MISMATCH'])
      expect(byIp.verdicts[0]?.hint).toMatch(/Name nodes by their address/)
    })

    it('D14: two live nodes under one name', async () => {
      await using zone = await startZoneServer()
      await using one = await oneNode(zone, 'twin')
      await using two = await oneNode(zone, 'twin')
      const found = await examineZone(zone)
      expect(one.port).not.toBe(two.port)
      expect(errorsOf(found)).toEqual(['D14 DOCTOR_DUPLICATE_NAME'])
      expect(found.verdicts[0]?.evidence).toHaveLength(2)
    })
  })

  describe('by its environment', () => {
    it.each([
      [{ RELEASE_COOKIE: 'secret' }, ['D07 DIST_COOKIE_REJECTED'], ['D08 DOCTOR_COOKIE_WEAK']],
      [{ RELEASE_COOKIE: 'ABCDEFGHIJKLMNOPQRST' }, ['D07 DIST_COOKIE_REJECTED'], ['D08 DOCTOR_COOKIE_WEAK']],
      [{ RELEASE_COOKIE: '' }, ['D08 DYNSRV_COOKIE_EMPTY'], []],
      [{ RELEASE_COOKIE: 'line\nbreak' }, ['D08 DYNSRV_COOKIE_INVALID'], []],
      [{ RELEASE_NOD: 'x' }, [], ['D44 DOCTOR_SETTING_UNKNOWN']],
      [{ ERL_DISTPORT: '4370' }, [], ['D44 DOCTOR_SETTING_UNKNOWN']],
      [{ RELEASE_NODE: `erl-1@${SERVICE}` }, ['D24 EPMD_DIST_PORT_MISSING'], []],
      [{ RELEASE_NODE: `erl-1@${SERVICE}`, ERL_DIST_PORT: 'web' }, ['D24 DYNSRV_PORT_INVALID'], []],
    ])('%j', async (env, errors, warnings) => {
      const found = await examine(env as Record<string, string>)
      expect(errorsOf(found)).toEqual(errors)
      expect(warningsOf(found)).toEqual(warnings)
      expect(found.gravest).toBe(errors.length > 0 ? 'error' : 'warning')
      if ('RELEASE_COOKIE' in env && env.RELEASE_COOKIE !== '') expect(found.text).not.toContain(env.RELEASE_COOKIE)
    })

    it('D07: one member has another cookie', async () => {
      await using _odd = await oneNode(own, 'odd', { cookie: 'Another-cookie-0123456789' })
      const found = await examine()
      expect(errorsOf(found)).toEqual(['D07 DIST_COOKIE_REJECTED'])
      expect(found.verdicts[0]).toMatchObject({
        message: `odd@${SERVICE} refuses our cookie`,
        nodes: [`odd@${SERVICE}`],
      })
      expect(found.verdicts[0]?.evidence).toContain('3 of 4 peers agree with it')
    })

    it('D09: what runs on our port goes by another name', async () => {
      const port = String(cluster.members[0]!.port)
      const found = await examine({ RELEASE_NODE: `api@${SERVICE}`, ERL_DIST_PORT: port })
      expect(errorsOf(found)[0]).toBe('D09 DOCTOR_NAME_OVERRIDDEN')
    })

    it('D24, D33: our record names another port, or is not there', async () => {
      await using member = await startMember(own, { label: 'own' }).then(disposable)
      const env = { RELEASE_NODE: `own@${SERVICE}`, ERL_DIST_PORT: String(member.port) }
      expect(errorsOf(await examine(env)).filter((one) => !one.startsWith('D21'))).toEqual([
        'D33 DOCTOR_NOT_REGISTERED',
      ])
      using _wrong = record('own', await freePort())
      const found = await examine(env)
      expect(errorsOf(found).filter((one) => !one.startsWith('D21'))).toEqual(['D33 DOCTOR_PORT_DIFFERS'])
    })

    it('shows a fingerprint of the cookie only when asked', async () => {
      const env = { RELEASE_COOKIE: 'Another-cookie-0123456789' }
      expect((await examine(env)).text).not.toMatch(/fingerprint/)
      const found = await examine(env, { fingerprint: true })
      expect(found.verdicts[0]?.evidence.join()).toMatch(/RELEASE_COOKIE, fingerprint [0-9a-f]{8}/)
      expect(found.text).not.toContain('Another-cookie')
    })
  })

  describe('by its DNS', () => {
    it.each([
      ['servfail', 'D42 DNS_SERVFAIL'],
      ['refused', 'D42 DNS_REFUSED'],
      ['formerr', 'D42 DNS_FORMERR'],
      ['silence', 'D42 DNS_TIMEOUT'],
      ['garbage', 'D42 DNS_MALFORMED'],
      ['nxdomain', 'D35 DOCTOR_SERVICE_UNKNOWN'],
      ['nodata', 'D35 DOCTOR_NO_MEMBERS'],
    ] as const)('that answers %s', async (name, expected) => {
      using _fault = fault(name)
      const found = await examine({}, { timeoutMs: 4_000 })
      expect(errorsOf(found)).toEqual([expected])
      expect(found.gravest).toBe('error')
    })

    it('that was stopped', async () => {
      await using zone = await startZoneServer()
      const { address } = zone
      await zone.close()
      const found = await examine({}, { dns: [address] })
      expect(errorsOf(found)).toEqual(['D42 DNS_UNREACHABLE'])
      expect(found.verdicts[0]?.hint).toMatch(/Check that the server runs/)
    })

    it('D28: that leaves members out of UDP answers', async () => {
      using _fault = fault({ type: 'trim', records: 2 })
      const found = await examine()
      expect(errorsOf(found)).toEqual(['D28 DOCTOR_DNS_TRIMS'])
      expect(found.verdicts[0]?.message).toMatch(/shows 2 of 3 records/)
    })

    it('D29: that shows another part each time', async () => {
      using _fault = fault({ type: 'rotate', records: 2 })
      expect(errorsOf(await examine())).toEqual(['D29 DOCTOR_DNS_ROTATES'])
    })

    it('D25, D26: whose targets name no nodes', async () => {
      const service = 'consul.service.consul'
      await using zone = await startZoneServer({
        records: [
          { type: 'SRV', name: service, target: 'ip-10-0-0-5.node.dc1.consul', port: 4370, ttlSeconds: 0 },
          { type: 'SRV', name: service, target: '7f000001.addr.dc1.consul', port: 4371, ttlSeconds: 0 },
        ],
      })
      const found = await examine({}, { services: [service], dns: [zone.address] })
      expect(errorsOf(found)).toEqual(['D25 DOCTOR_TARGETS_IGNORED'])
      expect(found.verdicts[0]?.hint).toMatch(/Consul answers with names of its machines/)
      own.add({ type: 'SRV', name: SERVICE, target: 'evil.example.com', port: 1, ttlSeconds: 0 })
      const foreign = await examine()
      own.remove({ target: 'evil.example.com' })
      expect([errorsOf(foreign), warningsOf(foreign)]).toEqual([[], ['D26 DNS_FOREIGN_TARGETS']])
    })

    it('D47: with a record that nobody can dial', async () => {
      own.add({ type: 'SRV', name: SERVICE, target: `ghost.${SERVICE}`, port: 0, ttlSeconds: 0 })
      const found = await examine()
      own.remove({ type: 'SRV', port: 0 })
      expect(errorsOf(found)).toEqual(['D47 DOCTOR_RECORD_UNUSABLE'])
      expect(found.verdicts[0]?.message).toBe(
        `1 of 4 records of ${SERVICE} cannot be used: ghost.${SERVICE}: its port is 0, not a whole number from 1 to 65535`,
      )
      expect(errorsOf(await examine())).toEqual([])
    })

    it('D27: where one member lacks the record that the others have', async () => {
      for (const label of ['erl-1', 'erl-2']) {
        const name = `${label}.${SERVICE}`
        own.add({ type: 'SRV', name, target: name, port: 1, ttlSeconds: 0 })
      }
      const found = await examine()
      own.remove({ type: 'SRV', port: 1 })
      expect([errorsOf(found), warningsOf(found)]).toEqual([[], ['D27 DOCTOR_TAG_MISSING']])
      expect(found.verdicts[0]?.evidence).toEqual([`erl-3.${SERVICE} has no SRV record`])
    })

    it('D30, D31: whose answers may be kept too long, or not at all', async () => {
      await using zone = await startZoneServer()
      zone.add(...own.records().map((one) => ({ ...one, ttlSeconds: 600 })))
      expect(warningsOf(await examineZone(zone))).toEqual(['D30 DOCTOR_TTL_LONG'])
      expect(warningsOf(await examine({}, { intervalMs: 100 }))).toEqual(['D31 DOCTOR_TTL_ZERO'])
    })

    it('D32: that lets everybody remember that there is nothing', async () => {
      await using zone = await startZoneServer({ negativeTtlSeconds: 900 })
      const found = await examineZone(zone)
      expect([errorsOf(found), warningsOf(found)]).toEqual([
        ['D35 DOCTOR_SERVICE_UNKNOWN'],
        ['D32 DOCTOR_NEGATIVE_CACHE'],
      ])
    })

    it('D35: that names nobody but ourselves', async () => {
      await using zone = await startZoneServer()
      register(zone, 'api', await freePort())
      const env = { RELEASE_NODE: `api@${SERVICE}`, ERL_DIST_PORT: String(await freePort()) }
      const found = await examine(env, { dns: [zone.address] })
      expect(warningsOf(found)).toEqual(['D35 DOCTOR_ALONE'])
      expect(found.verdicts.find(({ check }) => check === 'D35')?.evidence).toEqual([
        `${zone.address} answers with one record`,
      ])
    })
  })

  describe('by addresses and ports', () => {
    it('D04: a target without an address', async () => {
      using _record = record('lost', 4370, null)
      const found = await examine()
      expect(errorsOf(found)).toEqual(['D04 EPMD_NO_ADDRESS'])
    })

    it('D20: a member that is stopped', async () => {
      using _record = record('stopped', await freePort())
      const found = await examine()
      expect(errorsOf(found)).toEqual(['D20 NODE_REFUSED'])
      expect(found.verdicts[0]?.evidence).toEqual([
        '127.0.0.1 is loopback: on every machine it leads to that machine itself',
      ])
      expect(found.verdicts[0]?.message).toMatch(/^stopped@my-service\.test at 127\.0\.0\.1:\d+ refused the connection/)
    })

    it('D22: an IPv6 address where nobody listens', async () => {
      own.add({ type: 'AAAA', name: `erl-1.${SERVICE}`, address: '::1', ttlSeconds: 0 })
      const found = await examine()
      own.remove({ type: 'AAAA' })
      expect([errorsOf(found), warningsOf(found)]).toEqual([[], ['D22 DOCTOR_FAMILY_DEAD']])
    })

    it('D23: an epmd that says something else', async () => {
      await using epmd = await startEpmdServer({ port: 0 })
      const registered = new ErlEpmd({ epmdPort: epmd.port })
      await registered.registerNode('erl-1', 41_233)
      const found = await examine({ ERL_EPMD_PORT: String(epmd.port) })
      registered.close()
      expect([errorsOf(found), warningsOf(found)]).toEqual([[], ['D23 DOCTOR_EPMD_DISAGREES']])
    })
  })

  describe('by who answers', () => {
    it('D15, D16: a node with a small creation, and one that is too old', async () => {
      const answer = (name: string, flags: bigint, creation: number) =>
        createServer((socket) => {
          socket
            .on('error', () => undefined)
            .once('data', () => {
              socket.write(framePacket(2, encodeHandshakeMessage({ kind: 'status', status: 'ok' })))
              const challenge = { kind: 'challenge', version: 6, name, flags, creation, challenge: 1 } as const
              socket.write(framePacket(2, encodeHandshakeMessage(challenge)))
            })
        }).listen(0, '127.0.0.1')
      const old = HIDDEN_FLAGS & ~((1n << 24n) | (1n << 26n) | (1n << 18n))
      await using server = answer(`old@${SERVICE}`, old, 2)
      await once(server, 'listening')
      using _record = record('old', (server.address() as AddressInfo).port)
      const found = await examine()
      expect([errorsOf(found), warningsOf(found)]).toEqual([['D16 DIST_FLAGS_MISSING'], ['D15 DYNSRV_SMALL_CREATION']])
      expect(found.verdicts[0]?.hint).toMatch(/OTP 22 or older/)
    })
  })

  describe('by its creation', () => {
    /** The companion, but for the creation that it chooses. */
    function companionThatChooses(creation: number): readonly string[] {
      const folder = temporaryFolder('creation')
      const source = readFileSync(new URL('../../epmd-shim/beam/dynsrv_epmd.erl', import.meta.url), 'utf8')
      writeFileSync(join(folder, 'dynsrv_epmd.erl'), source.replace('{ok, -1}', `{ok, ${creation}}`))
      execFileSync(ERLC, ['-o', folder, join(folder, 'dynsrv_epmd.erl')])
      return companionArgs(folder)
    }
    const examineLives = ({ address }: ZoneServer, before: Report['incarnations'] = new Map()) =>
      diagnose({
        services: [SERVICE],
        dns: [address],
        env: { HOME: '/nonexistent', ...cluster.env },
        incarnations: before,
      })
    const creationsOf = ({ verdicts }: Report) => verdicts.filter(({ check }) => check === 'D15')

    it.each(['restarted on its port', 'restarted on another port'])('D15: a node that is %s', async (how) => {
      await using zone = await startZoneServer()
      const companion = companionThatChooses(4711)
      const port = await freePort()
      const start = (at: number) => oneNode(zone, 'again', { port: at, companion })
      let report: Report
      {
        await using _first = await start(port)
        report = await examineLives(zone)
        expect(creationsOf(report)).toEqual([])
        report = await examineLives(zone, report.incarnations)
        expect(creationsOf(report)).toEqual([])
      }
      await using second = await start(how === 'restarted on its port' ? port : await freePort())
      report = await examineLives(zone, report.incarnations)
      const again = [{ code: 'DOCTOR_CREATION_REPEATED', severity: 'warning', nodes: [second.beam.name] }]
      expect(creationsOf(report)).toMatchObject(again)
      expect(creationsOf(report)[0]?.message).toMatch(/was restarted and has creation 4711 again/)
      // It stays so until the node has another one.
      report = await examineLives(zone, report.incarnations)
      expect(creationsOf(report)).toMatchObject(again)
    })

    it('D15: a restart with a creation that Erlang draws is nothing', async () => {
      await using zone = await startZoneServer()
      const port = await freePort()
      const start = () => oneNode(zone, 'again', { port })
      let report: Report
      {
        await using _first = await start()
        report = await examineLives(zone)
      }
      await using _second = await start()
      report = await examineLives(zone, report.incarnations)
      expect(creationsOf(report)).toEqual([])
    })
  })

  describe('by its membership and mesh', () => {
    it('D38: a member that was deregistered stays connected', async () => {
      const { port } = cluster.members[2]!
      own.remove({ type: 'SRV', port })
      const found = await examine()
      register(own, 'erl-3', port)
      expect([errorsOf(found), warningsOf(found)]).toEqual([[], ['D38 DOCTOR_LEAVER_CONNECTED']])
      expect(found.verdicts[0]?.nodes).toEqual([`erl-3@${SERVICE}`])
    })

    it('D06, D36: nodes that never met, and one that builds no mesh', async () => {
      await using zone = await startZoneServer()
      await using _one = await oneNode(zone, 'one')
      await using _two = await oneNode(zone, 'two')
      const found = await examineZone(zone)
      expect(errorsOf(found)).toEqual(['D36 DOCTOR_MESH_BROKEN'])
      expect(found.verdicts[0]?.message).toContain(`one@${SERVICE} – two@${SERVICE}`)
      await using _three = await oneNode(zone, 'three', { args: ['-connect_all', 'false'] })
      expect(errorsOf(await examineZone(zone))).toEqual(['D06 DOCTOR_CONNECT_ALL_OFF'])
    })

    // Over 10 s: the doctor looks ten times, half a second apart, and a node whose global hangs has to be killed after 5 s.
    it('D37: a visible node that takes no part in global', async () => {
      await using zone = await startZoneServer()
      await using _one = await oneNode(zone, 'one')
      await using mute = await oneNode(zone, 'mute')
      await mute.beam.eval('sys:suspend(global_name_server)')
      expect(await mute.beam.eval(`net_kernel:connect_node('one@${SERVICE}')`)).toBe('true')
      const found = await examineZone(zone)
      expect(errorsOf(found)).toEqual(['D37 DOCTOR_GLOBAL_BLOCKED'])
      expect(found.verdicts[0]?.nodes).toEqual([`mute@${SERVICE}`])
    })

    it('D39: a node with a shorter tick time', async () => {
      await using quick = await oneNode(own, 'quick', { args: ['-kernel', 'net_ticktime', '15'] })
      for (const { name } of cluster.members) await quick.beam.eval(`net_kernel:connect_node('${name}')`)
      const found = await examine()
      expect(errorsOf(found)).toEqual(['D39 DOCTOR_TICK_DIFFERS'])
    })
  })
})
