import { startZoneServer, type ZoneFault, type ZoneServer } from '@dynsrv/srv-resolver'
import { startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { COOKIE, compile, type Member, records, SERVICE, startMember } from './application.ts'

// A real DNS server and real nodes. Polls come quickly, and a dead server is given up soon.
const FAST = '{polling_interval, 50}, {discover_timeout_ms, 400}, {retry_base_ms, 50}'
/** One link that is cut is one: else `global` cuts more, so that partitions do not overlap. */
const ALONE = ['-kernel', 'prevent_overlapping_partitions', 'false']
const LABELS = ['a1', 'b-2', 'c_3']

let zone: ZoneServer
let members: Member[]

beforeAll(async () => {
  zone = await startZoneServer({ records: [] })
  members = await Promise.all(
    LABELS.map((label) => startMember({ label, dns: zone.address, options: FAST, args: ALONE })),
  )
  for (const [at, { port }] of members.entries()) zone.add(...records(LABELS[at]!, port))
  await Promise.all(members.map((member) => member.ready(2)))
})
afterAll(async () => {
  await Promise.all(members.map((member) => member[Symbol.asyncDispose]()))
  await zone.close()
})
afterEach(async () => {
  zone.setFault()
  await zone.resume()
})

const each = <T>(does: (member: Member) => Promise<T>) => Promise.all(members.map(does))
const lost = async () => (await each((member) => member.events('lost'))).flat()

async function wholeMesh(): Promise<void> {
  for (const member of members) {
    const others = members.map(({ name }) => name).filter((name) => name !== member.name)
    expect(await member.links()).toEqual(others.sort())
  }
}

const FAILURES: Record<string, ZoneFault[]> = {
  SERVFAIL: ['servfail'],
  REFUSED: ['refused'],
  FORMERR: ['formerr'],
  silence: ['silence'],
  garbage: ['garbage'],
  'an answer to another question': ['foreignName'],
  'compression loops': ['loop'],
  'slow answers': [{ type: 'delay', ms: 600 }],
}

describe('nobody alive and registered is lost through', () => {
  it('a DNS server that is dead for five polls, and they go on when it is back', async () => {
    await zone.pause()
    await each((member) => member.more('discovery_failed', 5))
    await wholeMesh()
    await zone.resume()
    await each((member) => member.more('polled', 3))
    await wholeMesh()
    expect(await lost()).toEqual([])
  })

  it.each(Object.entries(FAILURES))('%s', async (_name, faults) => {
    zone.setFault(...faults)
    await each((member) => member.more('discovery_failed', 3))
    await wholeMesh()
    zone.setFault()
    await each((member) => member.more('polled', 3))
    await wholeMesh()
    expect(await lost()).toEqual([])
  })

  it.each(['nxdomain', 'nodata'] as const)('%s for one poll of each', async (type) => {
    zone.setFault({ type, times: 3 })
    await each((member) => member.more('polled', 5))
    await wholeMesh()
    expect(await lost()).toEqual([])
  })

  it.each(['nxdomain', 'nodata'] as const)('%s for thirty polls, as of a registry that forgot all', async (type) => {
    zone.setFault(type)
    await each((member) => member.more('polled', 30))
    await wholeMesh()
    expect(await lost()).toEqual([])
    expect((await each((member) => member.events('held'))).flat().join('')).toContain('=> empty')
  })
})

describe('nobody is lost through answers that show six of twelve', () => {
  // With three records a part that is drawn three times in a row may well be the same.
  const GHOSTS = Array.from({ length: 9 }, (_, at) => `ghost-${at}`)
  beforeAll(() => zone.add(...GHOSTS.flatMap((label) => records(label, 1))))
  afterAll(() => GHOSTS.map((label) => zone.remove({ type: 'SRV', target: `${label}.${SERVICE}` })))

  it.each<ZoneFault>([
    { type: 'trim', records: 6, pick: 'random', transport: 'both' },
    { type: 'trim', records: 6, pick: 'first', transport: 'udp' },
    { type: 'rotate', records: 6 },
  ])('$type over $transport', async (fault) => {
    await each((member) => member.more('polled', 2))
    zone.setFault(fault)
    await each((member) => member.more('polled', 40))
    await wholeMesh()
    expect(await lost()).toEqual([])
    const left = (await each((member) => member.events('left'))).flat()
    expect(left.filter((event) => !event.includes('ghost'))).toEqual([])
  })
})

describe('while DNS is down', () => {
  it('a link that is lost is dialled where the peer was', async () => {
    await zone.pause()
    await members[0]!.more('discovery_failed', 1)
    const down = await members[0]!.from('lost')
    await members[1]!.beam.eval(`erlang:disconnect_node('${members[0]!.name}')`)
    await down(1)
    await each((member) => member.ready(2))
    await wholeMesh()
  })
})

describe('and the truth still arrives', () => {
  it('a new record is a node that joins, and a removed one a node that leaves, and no other', async () => {
    await using extra = await startMember({ label: 'extra', dns: zone.address, options: FAST })
    zone.add(...records('extra', extra.port))
    await extra.ready(3)
    await each((member) => member.ready(3))
    const left = await each((member) => member.from('left'))
    zone.remove({ type: 'SRV', port: extra.port })
    await Promise.all(left.map((wait) => wait(1)))
    await each((member) => member.more('polled', 2))
    await wholeMesh()
    expect(await extra.events('deregistered')).toHaveLength(1)
    const gone = (await each((member) => member.events('left'))).flat()
    expect(gone.filter((event) => !event.includes('extra@') && !event.includes('ghost'))).toEqual([])
  })

  it('a node that is not registered any more and dials back is dropped again', async () => {
    const args = ['-pa', await compile(), '-start_epmd', 'false', '-epmd_module', 'dynsrv_epmd', ...ALONE]
    const port = await freePort()
    const env = { ERL_DIST_PORT: String(port), DYNSRV_DNS: zone.address }
    await using stubborn = await startErl({ name: `stubborn@${SERVICE}`, cookie: COOKIE, env, args })
    zone.add(...records('stubborn', port))
    await each((member) => member.ready(3))
    const left = await members[0]!.from('left')
    zone.remove({ type: 'SRV', port })
    await left(1)
    await stubborn.eval('net_kernel:monitor_nodes(true)')
    const back = `
      true = net_kernel:connect_node('${members[0]!.name}'),
      receive {nodedown, '${members[0]!.name}'} -> dropped after 10000 -> stays end`
    expect(await stubborn.eval(back)).toBe('dropped')
    await wholeMesh()
  })

  it('a target that is no member is reported once, in words', async () => {
    zone.add({ type: 'SRV', name: SERVICE, target: 'agent.node.dc1.consul', port: 1 })
    await each((member) => member.more('polled', 3))
    for (const events of await each((member) => member.events('ignored'))) {
      expect(events).toEqual([expect.stringContaining('it is not <label>.svc.test')])
    }
    zone.remove({ type: 'SRV', target: 'agent.node.dc1.consul' })
  })

  it('a member that refuses is said to, where, and is dialled again and again', async () => {
    zone.add(...records('ghost', 1))
    await members[0]!.more('connect_failed', 3)
    const events = await members[0]!.events('connect_failed')
    expect(events.at(-1)).toContain('{refused,"127.0.0.1:1"}')
    const info = await members[0]!.beam.eval('dynsrv_cluster:info(members)')
    expect(info).toContain('nothing listens at 127.0.0.1:1')
    zone.remove({ type: 'SRV', port: 1 })
  })
})

it('a wrong option is refused in words, with the nearest that there is', async () => {
  const { beam } = members[0]!
  const start = (options: string) => beam.eval(`element(2, element(2, dynsrv_test_events:start_cluster(${options})))`)
  expect(await start(`[{service, "${SERVICE}"}, {poll_interval, 5}]`)).toContain('did you mean polling_interval?')
  expect(await start('[]')).toContain('service is missing')
  expect(await start('[{service, "no dots"}]')).toContain('service has to be a domain name')
  expect(await start(`[{service, "${SERVICE}"}, {leave, {leave_after, 0}}]`)).toContain('leave has to be')
})
