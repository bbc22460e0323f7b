import { type Check, check, NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { isShort } from '../judge-introduction.ts'
import { type OwnName, ownName } from '../probes/own.ts'

/** D13: what no node could be called. */
export function judgeGrammar({ parsed, source }: Pick<OwnName, 'parsed' | 'source'>): Finding[] {
  return parsed.ok ? [] : [findingOf(parsed.error, 'error', { evidence: [`it comes from ${source}`] })]
}

/** What decides between short and long names. */
export interface NamingFacts {
  readonly text: string
  readonly source: string
  readonly host: string
  /** `RELEASE_DISTRIBUTION`. */
  readonly distribution?: string | undefined
  readonly services: readonly string[]
  /** Peers that were asked for by name. */
  readonly peers?: readonly string[]
}

/** D11: a long name whose host has no dot. */
export function judgeDotless({ text, source, host, distribution, services, peers = [] }: NamingFacts): Finding[] {
  if (!isShort(host) || distribution === 'sname') return []
  // Among short names it is one of them.
  const short = peers.length > 0 && peers.every((peer) => isShort(hostOf(peer)))
  if (short && services.length === 0 && distribution === undefined) return []
  const evidence = [`${source}=${text}`, ...(distribution ? [`RELEASE_DISTRIBUTION=${distribution}`] : [])]
  const hint = `Give the host a dot, such as ${host}.internal, and the same name in DNS: RELEASE_NODE=${text}.internal`
  return [finding('error', 'NODE_NAME_SHORT_HOST', `${text} is not a legal long name`, { evidence, hint })]
}

/** D10: short names asked for where long ones are needed, or the other way round. */
export function judgeMixing({ text, source, host, distribution, services }: NamingFacts): Finding[] {
  if (distribution !== 'sname') return []
  const dotted = services.filter((service) => service.includes('.'))
  if (isShort(host) && dotted.length === 0) return []
  const evidence = [
    'RELEASE_DISTRIBUTION=sname',
    `${source}=${text}`,
    ...dotted.map((service) => `the members are named …@${service}`),
  ]
  return [
    finding('error', 'DOCTOR_SHORT_AND_LONG', 'short names are switched on, but the cluster uses long ones', {
      evidence,
    }),
  ]
}

const CONTAINER_ID = /^[0-9a-f]{12}$/

/** D03: a host that Docker made up. */
export function judgeRandomHost({ text, host }: Pick<NamingFacts, 'text' | 'host'>): Finding[] {
  const [label = ''] = host.split('.')
  if (!CONTAINER_ID.test(label) || /^\d+$/.test(label)) return []
  const message = `the host part of ${text} is a container id; nobody else can resolve it`
  return [finding('error', 'DOCTOR_HOST_RANDOM', message)]
}

function judgeUnderscore({ host, tls }: { readonly host: string; readonly tls: boolean }): Finding[] {
  if (!tls || !host.includes('_')) return []
  return [finding('warning', 'DOCTOR_TLS_UNDERSCORE', `the host ${host} has an underscore, and TLS is used`)]
}

async function soundName(context: DoctorContext): Promise<NamingFacts> {
  const { text, source, parsed } = await context.get(ownName)
  if (!parsed.ok) throw new NotApplicable('our own name cannot be read')
  const { host } = parsed.value
  const { options } = context
  const { env, services, peers } = options
  return { text, source, host, distribution: env.RELEASE_DISTRIBUTION, services, peers }
}

export const OWN_NAME_CHECKS: readonly Check[] = [
  check({
    id: 'D13',
    group: 'self',
    title: 'our name follows the grammar',
    look: async (context) => ({ own: await context.get(ownName), tls: context.options.tls !== undefined }),
    judge: ({ own, tls }) => [...judgeGrammar(own), ...judgeUnderscore({ host: hostOf(own.text), tls })],
  }),
  check({ id: 'D10', group: 'self', title: 'short and long names', look: soundName, judge: judgeMixing }),
  check({
    id: 'D11',
    group: 'self',
    title: 'the host has a dot',
    needs: ['D10'],
    look: soundName,
    judge: judgeDotless,
  }),
  check({ id: 'D03', group: 'self', title: 'the host is no container id', look: soundName, judge: judgeRandomHost }),
]

function hostOf(name: string): string {
  return name.slice(name.lastIndexOf('@') + 1)
}
