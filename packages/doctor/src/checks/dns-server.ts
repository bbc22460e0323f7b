import { Resolver } from 'node:dns/promises'
import type { ResolverConfig, SrvAnswer } from '@dynsrv/srv-resolver'
import { type Attempt, attempt, codeOf } from '../attempt.ts'
import { type Check, check, NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { answers, type ServiceAnswer } from '../probes/dns.ts'
import { DOCKER_DNS, type OwnAddress, ownAddresses, resolvConf } from '../probes/system.ts'

/** Who is asked, and what came. */
export interface ServerFacts {
  readonly dns: readonly string[]
  readonly resolvConf: Attempt<ResolverConfig & { readonly text: string }>
  readonly answers: readonly ServiceAnswer[]
}

/** D42: whether there is a server, and whether it answers. */
export function judgeServer({ dns, resolvConf: file, answers: all }: ServerFacts): Finding[] {
  if (dns.length === 0) {
    if (!file.ok) {
      return [finding('error', 'DOCTOR_RESOLV_CONF', 'there is no DNS server to ask: /etc/resolv.conf cannot be read')]
    }
    if (!/^\s*nameserver\s/m.test(file.value.text) && all.some(({ answer }) => !answer.ok)) {
      return [finding('error', 'DOCTOR_RESOLV_CONF', '/etc/resolv.conf names no DNS server')]
    }
  }
  return all.flatMap(({ service, answer }) =>
    answer.ok ? [] : [findingOf(answer.error, 'error', { evidence: [`asked: SRV ${service}`] })],
  )
}

/** D42, the part about a file that changes under programs that read it once. */
export function judgeResolvConfChange(first: string | undefined, now: string | undefined): Finding[] {
  if (first === undefined || now === undefined || first === now) return []
  return [finding('info', 'DOCTOR_RESOLV_CONF_CHANGED', '/etc/resolv.conf changed since the doctor began to watch')]
}

/** D42, the part about Node's own functions. */
export function judgeNodeDns(service: string, told: Attempt<unknown>): Finding[] {
  if (told.ok || codeOf(told.error) !== 'EBADRESP') return []
  return [finding('info', 'DOCTOR_NODE_DNS', `dns.resolveSrv of this Node cannot read the answer about ${service}`)]
}

/** What a missing name is held against. */
export interface UnknownFacts {
  readonly services: readonly { readonly service: string; readonly answer: SrvAnswer }[]
  readonly dns: readonly string[]
  readonly servers: readonly string[]
  readonly search: readonly string[]
  readonly networks: readonly string[]
}

const KUBERNETES = /\.svc\.((?:[a-z0-9-]+\.)*[a-z0-9-]+)$/i

/** D34: a Kubernetes name under another cluster domain than the one of this cluster. */
export function judgeClusterDomain({ services, search }: UnknownFacts): Finding[] {
  const here = search.flatMap((domain) => /(?:^|\.)svc\.(.+)$/i.exec(domain)?.[1] ?? [])[0]?.toLowerCase()
  if (here === undefined) return []
  return services.flatMap(({ service, answer }) => {
    const asked = KUBERNETES.exec(service)?.[1]?.toLowerCase()
    if (asked === undefined || asked === here || answer.empty !== 'nxdomain') return []
    const right = service.replace(KUBERNETES, `.svc.${here}`)
    return [
      finding('error', 'DOCTOR_CLUSTER_DOMAIN', `the cluster domain is ${here}, not ${asked}`, {
        evidence: [`${service} does not exist`, `search list: ${search.join(' ')}`],
        hint: `Use ${right}.`,
      }),
    ]
  })
}

/** D01: a name that Docker's DNS does not know on the networks of this container. */
export function judgeDockerNetwork({ services, dns, servers, networks }: UnknownFacts): Finding[] {
  if (dns.length > 0 || !servers.some((server) => server.startsWith(DOCKER_DNS))) return []
  return services.flatMap(({ service, answer }) => {
    if (answer.empty !== 'nxdomain') return []
    const message = `${service} is unknown on the networks of this container (${networks.join(', ') || 'none'})`
    return [finding('error', 'DOCTOR_SERVICE_NETWORK', message, { evidence: [`asked: ${answer.server}`] })]
  })
}

/** D32: how long everybody may remember that there is nothing. */
export function judgeNegativeCache(services: UnknownFacts['services'], intervalMs: number): Finding[] {
  return services.flatMap(({ service, answer }) => {
    if (answer.records.length > 0 || answer.ttlSeconds * 1_000 <= intervalMs) return []
    const message = `that ${service} has no records may be remembered for ${answer.ttlSeconds} s`
    return [
      finding('warning', 'DOCTOR_NEGATIVE_CACHE', message, { evidence: [`${answer.empty} from ${answer.server}`] }),
    ]
  })
}

async function unknown(context: DoctorContext): Promise<UnknownFacts> {
  const config = await context.get(resolvConf)
  const all = (await context.get(answers)).flatMap(({ service, answer }) =>
    answer.ok ? [{ service, answer: answer.value }] : [],
  )
  if (all.length === 0) throw new NotApplicable('no service was answered')
  return {
    services: all,
    dns: context.options.dns,
    servers: config.ok ? config.value.servers.map(({ text }) => text) : [],
    search: config.ok ? config.value.search : [],
    networks: (await context.get(ownAddresses)).filter(isOutside).map(({ cidr }) => cidr),
  }
}

function isOutside({ internal }: OwnAddress): boolean {
  return !internal
}

/** What Node's own DNS functions make of the same question. */
async function nodeDns({ options }: DoctorContext, service: string): Promise<Attempt<unknown>> {
  const resolver = new Resolver({ timeout: Math.min(options.timeoutMs, MAX_NODE_DNS_MS), tries: 1 })
  if (options.dns.length > 0) resolver.setServers(options.dns)
  return attempt(resolver.resolveSrv(service))
}

const MAX_NODE_DNS_MS = 1_000

export const DNS_SERVER_CHECKS: readonly Check[] = [
  check({
    id: 'D42',
    group: 'dns',
    title: 'the DNS server answers',
    look: async (context) => {
      const { dns, services } = context.options
      if (services.length === 0) throw new NotApplicable('no service to ask for: --service')
      const all = await context.get(answers)
      const told = all
        .filter(({ answer }) => answer.ok && answer.value.records.length > 0)
        .map(async ({ service }) => ({ service, told: await nodeDns(context, service) }))
      const file = await context.get(resolvConf)
      return {
        server: { dns, resolvConf: file, answers: all },
        nodeDns: await Promise.all(told),
        first: context.options.firstResolvConf,
      }
    },
    judge: ({ server, nodeDns: all, first }) => [
      ...judgeServer(server),
      ...judgeResolvConfChange(first, server.resolvConf.ok ? server.resolvConf.value.text : undefined),
      ...all.flatMap(({ service, told }) => judgeNodeDns(service, told)),
    ],
  }),
  check({
    id: 'D34',
    group: 'dns',
    title: 'the cluster domain',
    needs: ['D42'],
    look: async (context) => {
      const facts = await context.get(unknown)
      if (!facts.services.some(({ service }) => KUBERNETES.test(service))) throw new NotApplicable('no Kubernetes name')
      return facts
    },
    judge: judgeClusterDomain,
  }),
  check({
    id: 'D01',
    group: 'dns',
    title: 'networks of the container',
    needs: ['D42', 'D34'],
    look: async (context) => {
      const facts = await context.get(unknown)
      if (!facts.servers.some((server) => server.startsWith(DOCKER_DNS))) throw new NotApplicable('not in Docker')
      return facts
    },
    judge: judgeDockerNetwork,
  }),
  check({
    id: 'D32',
    group: 'dns',
    title: 'how long "nobody" is remembered',
    needs: ['D42'],
    look: async (context) => ({ ...(await context.get(unknown)), intervalMs: context.options.intervalMs }),
    judge: ({ services, intervalMs }) => judgeNegativeCache(services, intervalMs),
  }),
]
