import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CONTRACT_RECORDS, CONTRACT_UNUSABLE_RECORDS, type ResolverSubject } from '../../src/contract.ts'
import {
  cached,
  dnsClient,
  envResolver,
  failover,
  fileResolver,
  metered,
  nodeDns,
  racing,
  type SrvResolver,
  sameDomain,
  staleOnError,
  startZoneServer,
  staticResolver,
  trimDetecting,
} from '../../src/index.ts'
import { itIsAResolver } from '../contract.ts'

const RECORDS = [...CONTRACT_RECORDS, ...CONTRACT_UNUSABLE_RECORDS]
const LINES = RECORDS.map((record) =>
  record.type === 'SRV'
    ? `${record.name} ${record.ttlSeconds} IN SRV ${record.priority} ${record.weight} ${record.port} ${record.target}.`
    : record.type === 'A'
      ? `${record.name} 7 IN A ${record.address}`
      : '',
)
const QUICK = { timeoutMs: 300, tries: 1 }

function overZone(make: (server: string) => SrvResolver, zone: Parameters<typeof startZoneServer>[0] = {}) {
  return async (): Promise<ResolverSubject> => {
    const server = await startZoneServer({ ...zone, records: RECORDS })
    const resolver = make(server.address)
    return {
      resolver,
      breakDown: () => server.pause(),
      async [Symbol.asyncDispose]() {
        resolver.close?.()
        await server.close()
      },
    }
  }
}

const udp = (server: string) => dnsClient({ servers: [server], ...QUICK })
const tcp = (server: string) => dnsClient({ servers: [server], transport: 'tcp', ...QUICK })

itIsAResolver('dnsClient over UDP', overZone(udp))
itIsAResolver('dnsClient over TCP', overZone(tcp))
itIsAResolver('dnsClient with compressed targets', overZone(udp, { compressTargets: true }))
itIsAResolver('dnsClient over IPv6', overZone(udp, { host: '::1' }))
itIsAResolver(
  'nodeDns',
  overZone((server) => nodeDns({ servers: [server], ...QUICK })),
  { ttl: false, addresses: false },
)
itIsAResolver(
  'cached',
  overZone((server) => cached(udp(server))),
)
itIsAResolver(
  'staleOnError',
  overZone((server) => staleOnError(udp(server))),
)
itIsAResolver(
  'failover',
  overZone((server) => failover([dnsClient({ servers: ['127.0.0.1:1'], ...QUICK }), udp(server)])),
)
itIsAResolver(
  'racing',
  overZone((server) => racing([udp(server), tcp(server)])),
)
itIsAResolver(
  'metered',
  overZone((server) => metered(udp(server))),
)
itIsAResolver(
  'sameDomain',
  overZone((server) => sameDomain(udp(server))),
)
itIsAResolver(
  'trimDetecting',
  overZone((server) => trimDetecting(udp(server), { tcp: tcp(server) })),
)
itIsAResolver('staticResolver', async () => {
  const resolver = staticResolver(RECORDS)
  return { resolver, breakDown: () => resolver.close(), [Symbol.asyncDispose]: () => Promise.resolve() }
})
itIsAResolver('fileResolver', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'records-'))
  const path = join(folder, 'records')
  await writeFile(path, `# members\n${LINES.join('\n')}\n`)
  return {
    resolver: fileResolver(path),
    breakDown: () => rm(path),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
})
itIsAResolver('envResolver', async () => {
  const env: Record<string, string | undefined> = { DYNSRV_RECORDS: LINES.join(', ') }
  return {
    resolver: envResolver(undefined, { env }),
    breakDown() {
      env.DYNSRV_RECORDS = undefined
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
})
