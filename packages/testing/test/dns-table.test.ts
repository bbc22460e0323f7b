import { once } from 'node:events'
import { realWorld, type World } from '@dynsrv/kit'
import { dnsClient, isResolverError, type SrvResolver } from '@dynsrv/srv-resolver'
import { startDnsmasq } from '@dynsrv/tools/dnsmasq'
import { startNamed } from '@dynsrv/tools/named'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { simulate } from '../src/index.ts'

// Each row is asked of the DNS of the simulator, of BIND and of dnsmasq, and all say the same.

const FEW = 'few.test'
const MANY = 'many.test'
const MEMBERS: Readonly<Record<string, number>> = { [FEW]: 3, [MANY]: 100 }
const labelsOf = (service: string) => Array.from({ length: MEMBERS[service]! }, (_, index) => `node-${index}`)

/** What a row asks with. */
interface Stage {
  readonly dns: SrvResolver
  /** Sends a datagram, and gives the one that comes back. */
  readonly datagram: (bytes: Uint8Array) => Promise<Buffer>
}

/** What is known of an answer, whoever gave it, or how it failed. */
async function told(answer: ReturnType<SrvResolver['resolveSrv']>): Promise<object> {
  try {
    const { records, addresses, empty, transport, truncated } = await answer
    const lines = records.map(({ target, port, priority, weight }) => `${target}:${port} ${priority} ${weight}`).sort()
    return { lines, addresses: addresses.size, empty, transport, truncated }
  } catch (error) {
    if (isResolverError(error)) return { code: error.code }
    throw error
  }
}

/** A question for SRV records, with no word of how long the answer may be. */
function question(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]))
  const header = Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, 33, 0, 1])])
}

interface Row {
  /** Of which zone it asks. */
  readonly zone: string
  readonly ask: (stage: Stage) => Promise<unknown>
}

const ROWS: Readonly<Record<string, Row>> = {
  'members, over UDP': { zone: FEW, ask: ({ dns }) => told(dns.resolveSrv(FEW)) },
  'a name in other letters': { zone: FEW, ask: ({ dns }) => told(dns.resolveSrv(FEW.toUpperCase())) },
  'a hundred members, over TCP': {
    zone: MANY,
    // BIND sends no addresses along with so long an answer, which every server may do.
    ask: async ({ dns }) => ({ ...(await told(dns.resolveSrv(MANY))), addresses: undefined }),
  },
  'a name that is not there': { zone: FEW, ask: ({ dns }) => told(dns.resolveSrv(`no.${FEW}`)) },
  'a name that has other records': { zone: FEW, ask: ({ dns }) => told(dns.resolveSrv(`node-0.${FEW}`)) },
  'the address of a member': {
    zone: FEW,
    ask: async ({ dns }) => (await dns.resolveAddresses(`node-1.${FEW}`)).records.map(({ address }) => address),
  },
  'a name without addresses': { zone: FEW, ask: async ({ dns }) => (await dns.resolveAddresses(`no.${FEW}`)).empty },
  'an answer that does not fit into 512 bytes': {
    zone: MANY,
    ask: async ({ datagram }) => {
      const bytes = await datagram(question(MANY))
      const flags = bytes.readUInt16BE(2)
      return {
        id: bytes.readUInt16BE(0),
        isAnswer: (flags & 0x8000) !== 0,
        isCut: (flags & 0x0200) !== 0,
        rcode: flags & 0xf,
        isShort: bytes.length <= 512,
        lacksSome: bytes.readUInt16BE(6) < MEMBERS[MANY]!,
      }
    },
  },
  'an answer that fits': {
    zone: FEW,
    ask: async ({ datagram }) => {
      const bytes = await datagram(question(FEW))
      return { isCut: (bytes.readUInt16BE(2) & 0x0200) !== 0, answers: bytes.readUInt16BE(6) }
    },
  },
}

async function play(row: string, world: World, server: string): Promise<unknown> {
  const datagram = async (bytes: Uint8Array): Promise<Buffer> => {
    const [host, port] = server.split(':')
    const socket = world.network.createUdpSocket({ type: 'udp4' })
    try {
      socket.send(bytes, Number(port), host)
      const [answer] = (await once(socket, 'message')) as [Buffer]
      return answer
    } finally {
      socket.close()
    }
  }
  return ROWS[row]!.ask({ dns: dnsClient({ servers: [server], world, tries: 1 }), datagram })
}

describe.each(['BIND', 'dnsmasq'] as const)('DNS as %s and the simulator answer it', (kind) => {
  const open: AsyncDisposable[] = []
  const servers = new Map<string, string>()
  beforeAll(async () => {
    for (const service of [FEW, MANY]) {
      const labels = labelsOf(service)
      const lines = labels.flatMap((label, index) => [
        `@ IN SRV 0 0 ${9_000 + index} ${label}`,
        `${label} IN A 127.0.0.1`,
      ])
      const members = labels.map((label, index) => ({ label, port: 9_000 + index }))
      const server = kind === 'BIND' ? await startNamed(service, lines) : await startDnsmasq({ service, members })
      open.push(server)
      servers.set(service, server.address)
    }
  })
  afterAll(async () => {
    for (const server of open) await server[Symbol.asyncDispose]()
  })

  it.each(Object.keys(ROWS))('%s', async (row) => {
    const { zone: service } = ROWS[row]!
    const real = await play(row, realWorld, servers.get(service)!)
    const simulated = await simulate({}, async (sim) => {
      const [{ world }] = await sim.members('asker.test', 1, (options) => options)
      for (const [index, label] of labelsOf(service).entries()) {
        sim.dns.add(
          { type: 'SRV', name: service, target: `${label}.${service}`, port: 9_000 + index, weight: 0 },
          { type: 'A', name: `${label}.${service}`, address: '127.0.0.1' },
        )
      }
      return play(row, world, sim.dns.address)
    })
    expect(simulated).toEqual(real)
  })
})
