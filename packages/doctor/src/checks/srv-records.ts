import { type Attempt, attempt } from '../attempt.ts'
import { type Check, check, NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding } from '../finding.ts'
import { resolver } from '../probes/dns.ts'
import { type Member, members, type Unmapped, unmapped } from '../probes/members.ts'
import { type OwnListener, ownListener } from '../probes/own.ts'

/** The targets of a service: those that name members, and those that do not. */
export interface TargetFacts {
  readonly members: readonly Pick<Member, 'name' | 'service'>[]
  readonly unmapped: readonly Unmapped[]
}

const SHOWN = 5
const CONSUL_OWN = /\.(node|addr)\.[^.]+\.[^.]+$/i

/** Whether a target lies in another domain than the service; what Consul calls its machines does not. */
function isForeign({ target, service }: Pick<Unmapped, 'target' | 'service'>): boolean {
  const end = (name: string) => name.toLowerCase().replace(/\.$/, '').split('.').slice(-2).join('.')
  return end(target) !== end(service) && !CONSUL_OWN.test(target.replace(/\.$/, ''))
}

/** D26: targets in domains of others. */
export function judgeForeign({ unmapped: rest }: TargetFacts): Finding[] {
  const foreign = rest.filter(isForeign)
  if (foreign.length === 0) return []
  const evidence = foreign.slice(0, SHOWN).map(({ target, service }) => `${service} names ${target}`)
  const message = `${count(foreign.length, 'target')} outside the domain of the service; not dialled`
  return [finding('warning', 'DNS_FOREIGN_TARGETS', message, { evidence })]
}

/** D25: targets that make no node names. */
export function judgeIgnored({ members: named, unmapped: rest }: TargetFacts): Finding[] {
  const ignored = rest.filter((one) => !isForeign(one))
  if (ignored.length === 0) return []
  const all = named.length + ignored.length
  const consul = ignored.some(({ target }) => CONSUL_OWN.test(target.replace(/\.$/, '')))
  const { service } = ignored[0]!
  const shape = `<label>.${service}`
  return [
    finding(
      named.length === 0 ? 'error' : 'warning',
      'DOCTOR_TARGETS_IGNORED',
      `${ignored.length} of ${count(all, 'target')} of ${service} name no node: ${ignored[0]!.target} is not ${shape}`,
      {
        evidence: ignored.slice(0, SHOWN).map(({ target, port }) => `${target} port ${port}`),
        ...(consul && {
          hint: `Consul answers with names of its machines: register each instance with the address ${shape}.`,
        }),
      },
    ),
  ]
}

/** What a BEAM node of libcluster_dynamic_srv asks for one member. */
export interface TagFacts {
  readonly name: string
  readonly instance: string
  /** Whether SRV of `label.service` has records; fails when it was not answered. */
  readonly srv: Attempt<boolean>
}

/** D27: members without a record of their own. */
export function judgeTags(facts: readonly TagFacts[]): Finding[] {
  const without = facts.filter(({ srv }) => srv.ok && !srv.value)
  if (without.length === 0) return []
  const some = without.length < facts.length
  // Only where tags are usual is their absence worth a word.
  if (!some && !without.every(({ instance }) => /\.consul$/i.test(instance))) return []
  const evidence = without.slice(0, SHOWN).map(({ instance }) => `${instance} has no SRV record`)
  const message = some
    ? `${without.length} of ${count(facts.length, 'member')} lack the SRV record (the tag) that the others have`
    : 'members have no SRV records of their own (no tags)'
  return [finding(some ? 'warning' : 'info', 'DOCTOR_TAG_MISSING', message, { evidence })]
}

/** D24 and D33: our own record against what runs here. */
export function judgeOwnRecord({ name, port, local, member, services }: OwnListener): Finding[] {
  const service = services.find((one) => one.toLowerCase() === name.host.toLowerCase())
  if (service === undefined) return []
  if (member === undefined) {
    if (!local.ok) return []
    const evidence = [
      `127.0.0.1:${port} answers as ${local.value.name}`,
      `${service} has no target ${name.alive}.${service}`,
    ]
    return [
      finding('error', 'DOCTOR_NOT_REGISTERED', `${name.name} runs here, but ${service} does not name it`, {
        evidence,
      }),
    ]
  }
  const ports = member.records.map((record) => record.port)
  if (ports.includes(port)) return []
  const message = `this node listens on ${port}, its SRV record says ${ports.join(', ')}`
  return [finding('error', 'DOCTOR_PORT_DIFFERS', message, { node: name.name })]
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

async function targets(context: DoctorContext): Promise<TargetFacts> {
  const facts = { members: await context.get(members), unmapped: await context.get(unmapped) }
  if (facts.members.length + facts.unmapped.length === 0) throw new NotApplicable('no records')
  return facts
}

export const SRV_RECORD_CHECKS: readonly Check[] = [
  check({
    id: 'D26',
    group: 'dns',
    title: 'targets in domains of others',
    needs: ['D42'],
    look: targets,
    judge: judgeForeign,
  }),
  check({
    id: 'D25',
    group: 'dns',
    title: 'targets name nodes',
    needs: ['D42'],
    look: targets,
    judge: judgeIgnored,
  }),
  check({
    id: 'D27',
    group: 'lookup',
    title: 'records that BEAM nodes ask for',
    needs: ['D42'],
    look: async (context) => {
      const all = await context.get(members)
      if (all.length === 0) throw new NotApplicable('no members')
      const asked = await context.get(resolver)
      return Promise.all(
        all.map(async ({ name, service }): Promise<TagFacts> => {
          const instance = `${name.slice(0, name.indexOf('@'))}.${service}`
          const srv = await attempt(asked.resolveSrv(instance).then(({ records }) => records.length > 0))
          return { name, instance, srv }
        }),
      )
    },
    judge: judgeTags,
  }),
  check({
    id: 'D33',
    group: 'membership',
    title: 'our own record',
    needs: ['D42', 'D24'],
    look: (context) => context.get(ownListener),
    judge: judgeOwnRecord,
  }),
]
