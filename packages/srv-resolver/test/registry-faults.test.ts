import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { decodeMessage } from '../src/client/dns-message.ts'
import {
  consulHttp,
  dnsClient,
  envResolver,
  nodeDns,
  type SrvResolver,
  staticResolver,
  usableSrvRecords,
  type ZoneRecord,
} from '../src/index.ts'
import { ResponseWriter } from '../src/zone/response-writer.ts'

const SERVICE = 'svc.service.consul'

/** A record as a registry may hold it. */
interface Found {
  readonly target: string
  readonly port: unknown
  readonly weight?: unknown
}

const GOOD: Found = { target: `good.${SERVICE}`, port: 4370 }
const bad = (more: Partial<Found>): Found => ({ target: `bad.${SERVICE}`, port: 4370, ...more })

const PORT_0 = [bad({ port: 0 })]
const PORTS = [0, -1, 65_536, 99_999, '4370x', 1.5].map((port) => bad({ port }))
const ODD_TARGETS = ['with space.test', 'a\\.b.test', 'bücher.test', 'a\u0007.test'].map((target) => bad({ target }))
const TARGETS = ['a..b', `${'x'.repeat(64)}.test`].map((target) => bad({ target })).concat(ODD_TARGETS)
const WEIGHTS = ['heavy', -1, 1.5].map((weight) => bad({ weight }))

interface Registry extends AsyncDisposable {
  readonly resolver: SrvResolver
}

interface Kind {
  readonly open: (records: readonly Found[]) => Promise<Registry>
  /** What such a registry can hold and must not. */
  readonly faults: readonly Found[]
}

const KINDS: Readonly<Record<string, Kind>> = {
  'a list': {
    faults: [...PORTS, ...TARGETS, ...WEIGHTS, bad({ port: '4370' }), bad({ port: null })],
    async open(records) {
      const list = records.map((record) => ({ type: 'SRV', name: SERVICE, ...record }) as ZoneRecord)
      return registry(staticResolver(list, { strict: false }))
    },
  },
  'a text': {
    faults: [...PORTS, ...TARGETS, ...WEIGHTS],
    async open(records) {
      const lines = records.map(({ target, port, weight = 0 }) => `${SERVICE} SRV 0 ${weight} ${port} ${target}`)
      return registry(envResolver('X', { env: { X: lines.join('\n') } }))
    },
  },
  Consul: {
    faults: [
      ...PORTS,
      ...TARGETS,
      ...WEIGHTS,
      bad({ port: '4370' }),
      bad({ port: null }),
      bad({ port: { toString: 1 } }),
    ],
    async open(records) {
      const instances = records.map(({ target, port, weight }) => ({
        Node: { Node: 'n1', Address: '192.0.2.1', Datacenter: 'dc1' },
        Service: {
          ID: 'i',
          Address: target,
          Port: port,
          ...(weight !== undefined && { Weights: { Passing: weight } }),
        },
        Checks: [],
      }))
      const server = createServer((_request, response) => response.end(JSON.stringify(instances)))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const resolver = consulHttp({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
      return registry(resolver, async () => {
        server.closeAllConnections()
        server.close()
        await once(server, 'close')
      })
    },
  },
  'a DNS server': {
    faults: [...PORT_0, ...ODD_TARGETS],
    open: (records) => dnsServer(records, (server) => dnsClient({ servers: [server], tries: 1 })),
  },
  'a DNS server, asked by node:dns': {
    faults: PORT_0,
    open: (records) => dnsServer(records, (server) => nodeDns({ servers: [server], tries: 1 })),
  },
}

function registry(resolver: SrvResolver, end: () => Promise<void> = async () => undefined): Registry {
  return { resolver, [Symbol.asyncDispose]: end }
}

/** A DNS server that answers every question with these records, unchecked. */
async function dnsServer(records: readonly Found[], make: (server: string) => SrvResolver): Promise<Registry> {
  const socket = createSocket('udp4')
  socket.on('message', (bytes, { port, address }) => {
    const { id, questions } = decodeMessage(bytes)
    const { name } = questions[0]!
    const writer = new ResponseWriter()
    writer.question(bytes.subarray(12, 12 + name.length + 6), name)
    for (const record of records) writer.record({ type: 'SRV', name, ...record } as ZoneRecord)
    socket.send(writer.finish({ id, flags: 0x8400, counts: [1, records.length, 0, 0] }), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return registry(make(`127.0.0.1:${socket.address().port}`), async () => void socket.close())
}

describe.each(Object.entries(KINDS))('%s', (_name, { open, faults }) => {
  it.each(faults)('loses %j, and no other record', async (fault) => {
    await using found = await open([fault, GOOD])
    const { records, ignored = [] } = await found.resolver.resolveSrv(SERVICE)
    expect(records.map(({ target, port }) => [target, port])).toStrictEqual([[GOOD.target, GOOD.port]])
    expect(ignored).toHaveLength(1)
    const field = fault.weight !== undefined ? /weight/ : fault.target.startsWith('bad.') ? /port/ : /target|SRV has/
    expect(ignored[0]?.reason).toMatch(field)
  })

  it.each(faults.slice(0, 2))('rejects when there is only %j: that is not an empty zone', async (fault) => {
    await using found = await open([fault])
    await expect(found.resolver.resolveSrv(SERVICE)).rejects.toMatchObject({
      code: 'DNS_NO_USABLE_RECORD',
      retryable: true,
      message: expect.stringContaining(SERVICE),
    })
  })
})

describe('usableSrvRecords', () => {
  it('shows what a registry wrote, and no control characters', () => {
    const { ignored } = usableSrvRecords([{ target: 'a\u001b[31m\u202e.test', port: 4370 }, {}, { target: 'a.test' }])
    expect(ignored).toStrictEqual([
      { target: "'a\\x1B[31m\\u{202e}.test'", reason: expect.stringContaining('spaces or characters outside ASCII') },
      { target: 'undefined', reason: 'it has no port' },
      { target: 'a.test', reason: 'it has no port' },
    ])
  })

  it('takes left out fields for 0, and a strange TTL too', () => {
    const { records } = usableSrvRecords([{ target: 'a.test.', port: 1, ttlSeconds: -5 }])
    expect(records).toStrictEqual([{ target: 'a.test', port: 1, priority: 0, weight: 0, ttlSeconds: 0 }])
  })
})
