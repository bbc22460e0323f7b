import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { byTag, byTxt, type ConsulOptions, consul, consulNodes, type Discovery } from '../../src/index.ts'
import { FakeMembership, node } from '../fake-membership.ts'

// Entries as /v1/health/service answers them.
const entry = (id: string, address: string, more: object = {}) => ({
  Node: { ID: '40e4a748', Node: 'foobar', Address: '10.1.10.12', Datacenter: 'dc1' },
  Service: {
    ID: id,
    Service: 'svc',
    Tags: [id],
    Address: address,
    Meta: { node: `${id}@svc.test` },
    Port: 9101,
    ...more,
  },
  Checks: [{ CheckID: 'service:svc', Status: 'passing' }],
})

let server: Server
let address: string
let entries: object[]
let index: number
const asked: { url: URL; token: string | undefined }[] = []
const waiting: ServerResponse[] = []
const { signal } = new AbortController()

const answer = (response: ServerResponse) =>
  void response.writeHead(200, { 'x-consul-index': String(index) }).end(JSON.stringify(entries))

beforeEach(async () => {
  entries = [entry('a', 'a.svc.service.consul'), entry('b', '10.0.0.2')]
  index = 7
  asked.length = 0
  waiting.length = 0
  server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://consul')
    asked.push({ url, token: request.headers['x-consul-token']?.toString() })
    if (url.searchParams.get('index') === String(index)) {
      waiting.push(response)
      server.emit('waiting')
    } else answer(response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const found = async (more: Partial<ConsulOptions>) => consulNodes({ service: 'svc', url: address, ...more })({ signal })

describe('priority and weight', () => {
  it('are those of DNS: 1, and the weight of the status', async () => {
    entries = [
      entry('a', 'a.svc.service.consul', { Weights: { Passing: 10, Warning: 1 } }),
      entry('b', 'b.svc.service.consul'),
    ]
    const answer = (await found({})) as Discovery
    expect([...answer.nodes].map((name) => answer.preferences?.get(name))).toStrictEqual([
      { priority: 1, weight: 10 },
      { priority: 1, weight: 1 },
    ])
  })
})

describe('names', () => {
  it('by the address, as DynamicSrv needs it', async () => {
    expect(await found({})).toMatchObject({
      nodes: new Set(['a@svc.service.consul']),
      ignored: [{ target: 'b', reason: expect.stringContaining('<label>.svc.service.consul') }],
    })
  })

  it('by the basename: the instance address, else that of its node', async () => {
    expect(await found({ nodeBasename: 'app' })).toMatchObject({ nodes: new Set(['app@10.1.10.12', 'app@10.0.0.2']) })
  })

  it('by tag and by metadata', async () => {
    expect(await found({ name: byTag({ host: 'svc.test' }) })).toMatchObject({ nodes: new Set([node('a'), node('b')]) })
    expect(await found({ name: byTxt() })).toMatchObject({ nodes: new Set([node('a'), node('b')]) })
  })
})

it('asks as consulHttp does: passing instances, datacenter, tag, and the token in the header only', async () => {
  await found({ datacenter: 'dc2', tag: 'blue', passing: true, stale: false, token: 's3cret' })
  expect(asked[0]!.url.href).toBe('http://consul/v1/health/service/svc?tag=blue&dc=dc2&passing=1')
  expect(asked[0]!.token).toBe('s3cret')
})

it('no leader is a failure, not an empty list', async () => {
  entries = []
  server.removeAllListeners('request')
  server.on('request', (_request, response) => response.writeHead(500).end('No cluster leader'))
  await expect(found({})).rejects.toMatchObject({ code: 'DNS_SERVFAIL', retryable: true })
})

it.each(['warning', 'critical'])('takes an instance whose check is %s as DNS does', async (Status) => {
  entries = [{ ...entry('a', 'a.svc.service.consul'), Checks: [{ Status }] }]
  expect(await found({})).toMatchObject({ nodes: new Set(Status === 'warning' ? ['a@svc.service.consul'] : []) })
})

it('keeps members when the server that answers has no leader', async () => {
  server.removeAllListeners('request')
  server.on('request', (_request, response) =>
    response.writeHead(200, { 'x-consul-knownleader': 'false' }).end(JSON.stringify(entries)),
  )
  expect(await found({})).toMatchObject({ stale: true })
})

describe('what the catalog may hold', () => {
  const FAULTS = [0, -1, 65_536, 99_999, '4370x', null].map((Port) => entry('x', 'x.svc.service.consul', { Port }))
  FAULTS.push(entry('x', 'no name.test'), entry('x', 'x.svc.service.consul', { Weights: { Passing: 'heavy' } }))

  it.each(FAULTS)('%j costs itself only', async (fault) => {
    entries.push(fault, { Node: null })
    expect(await found({})).toMatchObject({
      nodes: new Set(['a@svc.service.consul']),
      ignored: [
        { target: 'instance 3', reason: expect.stringContaining('node') },
        { target: 'x', reason: expect.stringMatching(/its (port|target|weight) is/) },
        { target: 'b' },
      ],
    })
  })

  it('no port at all does not matter where another lookup finds the port', async () => {
    entries = [entry('a', '10.0.0.2', { Port: 0 }), entry('b', '10.0.0.3', { Port: 99_999 })]
    expect(await found({ nodeBasename: 'app' })).toMatchObject({
      nodes: new Set(['app@10.0.0.2']),
      ignored: [{ target: 'b', reason: expect.stringContaining('99999') }],
    })
    expect(await found({ name: byTxt() })).toMatchObject({ nodes: new Set([node('a')]) })
  })
})

it('learns of a change by a blocking query', async () => {
  const membership = new FakeMembership()
  const options = { service: 'svc', url: address, name: byTxt(), pollingInterval: 3_600_000 }
  await using strategy = consul(membership, options)
  const blocked = once(server, 'waiting')
  strategy.start()
  await strategy.ready({ minPeers: 2 })
  await blocked
  entries = [...entries, entry('c', '10.0.0.3')]
  index = 8
  answer(waiting[0]!)
  await strategy.ready({ minPeers: 3 })
  expect(membership.connected()).toContain(node('c'))
})
