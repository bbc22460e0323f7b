import { isIP } from 'node:net'
import { identifier } from '@dynsrv/kit'
import { type AddressRecord, absoluteName, type DnsAnswer } from '@dynsrv/srv-resolver'
import { type Attempt, attempt, codeOf } from '../attempt.ts'
import { check, NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { isShort, serviceOfHost } from '../host.ts'
import { resolver } from '../probes/dns.ts'
import { members } from '../probes/members.ts'
import { ownName } from '../probes/own.ts'
import { type LocatedPeer, located } from '../probes/peers.ts'
import { type OwnAddress, ownAddresses } from '../probes/system.ts'
import { words } from '../words.ts'

const HOST_UNKNOWN = words('DOCTOR_HOST_UNKNOWN', {
  happened: 'The host of our own name has no address, so peers cannot dial us.',
  why: 'The DNS server that peers ask has no record for it.',
  hint: 'Register an address for it: a hostname, a network alias, or the address of the service in Consul.',
})

const OWN_ADDRESS = words('DOCTOR_OWN_ADDRESS', {
  happened: 'DNS gives our own name an address that this machine does not have.',
  why: 'The record is old, or it holds the address of the host that maps the port.',
  hint: 'Register the address at which peers reach this machine.',
})

/** D04, the part about peers: those that have no address at all. */
export function judgeLocated(peers: readonly LocatedPeer[]): Finding[] {
  const missing = peers.filter(({ addresses }) => !addresses.ok && codeOf(addresses.error) === 'EPMD_NO_ADDRESS')
  return peers.flatMap(({ name, addresses }) => {
    if (addresses.ok) return []
    const { hint, ...found } = findingOf(addresses.error, 'error', { node: name })
    const several = missing.length > 1 && found.code === 'EPMD_NO_ADDRESS'
    // One hint makes one verdict of them.
    return [{ ...found, hint: several ? 'Add an A or AAAA record for each of these targets.' : hint }]
  })
}

/** What DNS says about our own name, and what this machine has. */
export interface OwnHostFacts {
  readonly host: string
  readonly answer: Attempt<DnsAnswer<AddressRecord>>
  readonly own: readonly OwnAddress[]
  /** Whether the service lists us, so that peers will dial us. */
  readonly registered: boolean
}

/** D04: whether peers can dial us. */
export function judgeOwnHost({ host, answer, own, registered }: OwnHostFacts): Finding[] {
  if (!answer.ok) return []
  const addresses = answer.value.records.map(({ address }) => address)
  if (addresses.length === 0) {
    return [
      finding(registered ? 'error' : 'warning', HOST_UNKNOWN, `our own host ${identifier(host)} has no address`, {
        evidence: [`${answer.value.server}: ${answer.value.empty ?? 'no records'}`],
      }),
    ]
  }
  if (addresses.some((address) => own.some(({ ip }) => ip === address) || address.startsWith('127.'))) return []
  const here = own.filter(({ internal }) => !internal).map(({ ip }) => ip)
  const message = `${identifier(host)} leads to ${addresses.join(', ')}, but this machine has ${here.join(', ') || 'only loopback addresses'}`
  return [finding('warning', OWN_ADDRESS, message)]
}

async function ownHost(context: DoctorContext): Promise<OwnHostFacts> {
  const { parsed } = await context.get(ownName)
  if (!parsed.ok || isShort(parsed.value.host)) throw new NotApplicable('our name is not a long one')
  const { name, alive, host: own } = parsed.value
  if (isIP(own) !== 0) throw new NotApplicable('our host is an address')
  const isService = serviceOfHost(context.options.services, own) !== undefined
  const registered = (await context.get(members)).some((one) => one.name.toLowerCase() === name.toLowerCase())
  if (isService && !registered) throw new NotApplicable('we are not registered')
  const host = isService ? `${alive}.${own}` : own
  // What peers look up is whole; the host of a name of our own may not be.
  const asked = isService ? absoluteName(host) : host
  const answer = await attempt((await context.get(resolver)).resolveAddresses(asked))
  return { host, answer, own: await context.get(ownAddresses), registered }
}

export const D04 = check({
  id: 'D04',
  group: 'lookup',
  place: 2,
  title: 'hosts have addresses',
  needs: ['D42', 'D03', 'D11', 'D13', 'D27', 'D45'],
  words: [HOST_UNKNOWN, OWN_ADDRESS],
  look: async (context) => {
    const own = await attempt(ownHost(context))
    const peers = await attempt(context.get(located))
    if (!own.ok && !peers.ok) throw peers.error
    return { own: own.ok ? own.value : undefined, peers: peers.ok ? peers.value : [] }
  },
  judge: ({ own, peers }) => [...(own === undefined ? [] : judgeOwnHost(own)), ...judgeLocated(peers)],
})
