import type { ResolverConfig } from '@dynsrv/srv-resolver'
import { type Attempt, attempt, codeOf } from '../attempt.ts'
import { check, NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { answers, type ServiceAnswer } from '../probes/dns.ts'
import { searched } from '../probes/searched.ts'
import { resolvConf } from '../probes/system.ts'
import { words } from '../words.ts'

const RESOLV_CONF = words('DOCTOR_RESOLV_CONF', {
  happened: 'There is no DNS server to ask.',
  why: 'No --dns is given, and /etc/resolv.conf is missing or names no server.',
  hint: 'Give a server with --dns HOST:PORT, or correct /etc/resolv.conf.',
})

const RESOLV_CONF_CHANGED = words('DOCTOR_RESOLV_CONF_CHANGED', {
  happened: '/etc/resolv.conf changed while the doctor watched.',
  why: 'The machine moved to another network, or its DNS servers were replaced.',
  hint: 'dynsrv reads the file again by itself. Restart programs that do not, Erlang nodes among them.',
})

const NODE_DNS = words('DOCTOR_NODE_DNS', {
  happened: "Node.js's own DNS functions do not understand this server.",
  why: 'It compresses SRV targets, which newer versions of Node.js refuse (EBADRESP).',
  hint: 'Nothing to do: dynsrv has its own resolver, which reads such answers. Do not use dns.resolveSrv here.',
})

/** Which server is asked, and what it answers. */
export interface ServerFacts {
  readonly dns: readonly string[]
  readonly resolvConf: Attempt<ResolverConfig & { readonly text: string }>
  readonly answers: readonly ServiceAnswer[]
  /** Services that are answered when no search domain is asked. */
  readonly answered: readonly string[]
}

/** D42: whether there is a server, and whether it answers. */
export function judgeServer({ dns, resolvConf: file, answers: all, answered }: ServerFacts): Finding[] {
  if (dns.length === 0) {
    if (!file.ok) {
      return [finding('error', RESOLV_CONF, 'there is no DNS server to ask: /etc/resolv.conf cannot be read')]
    }
    if (!/^\s*nameserver\s/m.test(file.value.text) && all.some(({ answer }) => !answer.ok)) {
      return [finding('error', RESOLV_CONF, '/etc/resolv.conf names no DNS server')]
    }
  }
  return all.flatMap(({ service, answer }) =>
    answer.ok || answered.includes(service)
      ? []
      : [findingOf(answer.error, 'error', { evidence: [`asked: SRV ${service}`] })],
  )
}

/** D42, the part about a file that changes under programs that read it once. */
export function judgeResolvConfChange(first: string | undefined, now: string | undefined): Finding[] {
  if (first === undefined || now === undefined || first === now) return []
  return [finding('info', RESOLV_CONF_CHANGED, '/etc/resolv.conf changed since the doctor began to watch')]
}

/** D42, the part about Node.js's own functions. */
export function judgeNodeDns(service: string, asked: Attempt<unknown>): Finding[] {
  if (asked.ok || codeOf(asked.error) !== 'EBADRESP') return []
  return [finding('info', NODE_DNS, `dns.resolveSrv of this Node.js cannot read the answer about ${service}`)]
}

/** How Node.js's own DNS functions answer the same question. */
async function nodeDns({ options, world }: DoctorContext, service: string): Promise<Attempt<unknown>> {
  const resolver = world.network.createResolver({ timeout: Math.min(options.timeoutMs, MAX_NODE_DNS_MS), tries: 1 })
  if (options.dns.length > 0) resolver.setServers(options.dns)
  return attempt(resolver.resolveSrv(service))
}

const MAX_NODE_DNS_MS = 1_000

export const D42 = check({
  id: 'D42',
  group: 'dns',
  place: 1,
  title: 'the DNS server answers',
  words: [RESOLV_CONF, RESOLV_CONF_CHANGED, NODE_DNS],
  look: async (context) => {
    const { dns, services } = context.options
    if (services.length === 0) throw new NotApplicable('no service to ask for: --service')
    const all = await context.get(answers)
    const byNode = all
      .filter(({ answer }) => answer.ok && answer.value.records.length > 0)
      .map(async ({ service }) => ({ service, asked: await nodeDns(context, service) }))
    const file = await context.get(resolvConf)
    const list = await attempt(context.get(searched))
    const answered = list.ok ? list.value.filter(({ absolute }) => absolute.ok).map(({ service }) => service) : []
    return {
      server: { dns, resolvConf: file, answers: all, answered },
      nodeDns: await Promise.all(byNode),
      first: context.options.firstResolvConf,
    }
  },
  judge: ({ server, nodeDns: all, first }) => [
    ...judgeServer(server),
    ...judgeResolvConfChange(first, server.resolvConf.ok ? server.resolvConf.value.text : undefined),
    ...all.flatMap(({ service, asked }) => judgeNodeDns(service, asked)),
  ],
})
