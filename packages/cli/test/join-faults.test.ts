import { EventEmitter } from 'node:events'
import { Static } from '@dynsrv/epmd-shim'
import { type Node, startNode } from '@dynsrv/node'
import { startZoneServer, type ZoneFault, type ZoneServer } from '@dynsrv/srv-resolver'
import { freePort } from '@dynsrv/tools/free-port'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Dynsrv } from './run-dynsrv.ts'

// What happens to a registry now and then, and the command as it comes: nothing but the time between polls is given.
const SERVICE = 'my-service.test'
const COOKIE = 'join-faults-cookie'
const PEERS = ['api-1', 'api-2', 'api-3', 'api-4']
const POLLS = 4
/** Of those that take the time that a server has to answer. */
const SLOW_POLLS = 2

const asked = new EventEmitter()
let zone: ZoneServer
let peers: Node[] = []
let dynsrv: Dynsrv | undefined

function register(label: string, port: number): void {
  const target = `${label}.${SERVICE}`
  zone.add({ type: 'SRV', name: SERVICE, target, port, ttlSeconds: 0 })
  zone.add({ type: 'A', name: target, address: '127.0.0.1', ttlSeconds: 0 })
}

/** Waits until the service was asked for so many more times: as many polls at most. */
async function polled(count: number): Promise<void> {
  await new Promise<void>((resolve) => {
    let left = count
    asked.on('srv', function heard() {
      if (--left > 0) return
      asked.off('srv', heard)
      resolve()
    })
  })
}

beforeAll(async () => {
  zone = await startZoneServer({ onQuery: ({ type }) => type === 'SRV' && asked.emit('srv') })
  peers = await Promise.all(
    PEERS.map((label) =>
      startNode({ name: `${label}@${SERVICE}`, cookie: COOKIE, epmd: new Static({}), listen: { host: '127.0.0.1' } }),
    ),
  )
  for (const [at, { port }] of peers.entries()) register(PEERS[at]!, port!)
  const port = await freePort()
  register('joins', port)
  dynsrv = new Dynsrv(
    [
      ...['join', '--name', `joins@${SERVICE}`, '--service', SERVICE, '--dns', zone.address, '--json'],
      ...['--port', String(port), '--host', '127.0.0.1', '--interval', '100ms'],
    ],
    { env: { RELEASE_COOKIE: COOKIE } },
  )
  for (const { self } of peers) await dynsrv!.event('nodeup', self)
})
afterAll(async () => {
  await dynsrv?.[Symbol.asyncDispose]()
  await Promise.all(peers.map((peer) => peer.close()))
  await zone.close()
})

const FAULTS: [what: string, fault: ZoneFault, polls?: number][] = [
  ['SERVFAIL', 'servfail'],
  ['REFUSED', 'refused'],
  ['FORMERR', 'formerr'],
  ['NOTIMP', 'notimp'],
  ['silence', 'silence', SLOW_POLLS],
  ['garbage', 'garbage'],
  ['answers with another id', 'wrongId', SLOW_POLLS],
  ['an answer to another question', 'foreignName', SLOW_POLLS],
  ['a compression loop', 'loop'],
  ['counts that cannot be', 'hugeCounts'],
  ['a truncated answer', 'truncate'],
  ['a trimmed answer that does not say so', { type: 'trim', records: 2 }],
  ['a trimmed answer, another part each time', { type: 'trim', records: 2, pick: 'random' }],
  ['parts in turn', { type: 'rotate', records: 3 }],
  ['NXDOMAIN', 'nxdomain'],
  ['NODATA', 'nodata'],
]

it.each(FAULTS)('dynsrv join, as it comes, loses nobody through %s', async (_what, fault, polls = POLLS) => {
  zone.setFault(fault)
  await polled(polls)
  zone.setFault()
  await polled(POLLS)
  const lost = dynsrv!.events.filter(({ type }) => /^(nodedown|deregistered|left|lost)$/.test(String(type)))
  expect(lost).toEqual([])
  expect(peers.map((peer) => peer.connected())).toEqual(peers.map(() => [`joins@${SERVICE}`]))
})

it.each<[string, (port: number) => { readonly target?: string; readonly port: number }]>([
  ['the port 0', () => ({ port: 0 })],
  ['an address for a target', (port) => ({ port, target: '127.0.0.1' })],
  ['a label that no node has', (port) => ({ port, target: `api!3.${SERVICE}` })],
])('dynsrv join, as it comes, keeps the link to a node whose record gets %s', async (_what, wrong) => {
  const { self, port } = peers[2]!
  const target = `api-3.${SERVICE}`
  const said = dynsrv!.events.length
  zone.remove({ type: 'SRV', target })
  zone.add({ type: 'SRV', name: SERVICE, target, ttlSeconds: 0, ...wrong(port!) })
  await polled(4 * POLLS)
  const events = dynsrv!.events.slice(said)
  expect(events.filter(({ type }) => /^(nodedown|deregistered|left|lost)$/.test(String(type)))).toEqual([])
  expect(events.filter(({ type }) => type === 'held').map(({ nodes }) => nodes)).toEqual([{ [self]: 'unusable' }])
  expect(events.filter(({ type }) => type === 'ignored')).toHaveLength(1)
  expect(peers[2]!.connected()).toEqual([`joins@${SERVICE}`])
  zone.remove({ type: 'SRV', target: wrong(port!).target ?? target })
  zone.add({ type: 'SRV', name: SERVICE, target, port: port!, ttlSeconds: 0 })
  await polled(POLLS)
})

it('one record that is removed costs that node alone', async () => {
  zone.remove({ target: `api-4.${SERVICE}` })
  const { members } = await dynsrv!.event('nodedown', `api-4@${SERVICE}`)
  expect(new Set(members as string[])).toEqual(new Set(peers.slice(0, 3).map(({ self }) => self)))
  expect(dynsrv!.events.filter(({ type }) => type === 'nodedown')).toHaveLength(1)
})
