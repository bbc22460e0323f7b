import { isIP } from 'node:net'
import { ErlEpmd, type RegisteredName } from '@dynsrv/epmd-shim'
import type { AddressRecord, DnsAnswer } from '@dynsrv/srv-resolver'
import { type Attempt, attempt, codeOf } from '../attempt.ts'
import { type Check, check, NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding, findingOf } from '../finding.ts'
import { isShort } from '../judge-introduction.ts'
import { resolver } from '../probes/dns.ts'
import { members } from '../probes/members.ts'
import { ownName } from '../probes/own.ts'
import { addressText, type KnockedPeer, knocked, type LocatedPeer, located } from '../probes/peers.ts'
import { type OwnAddress, ownAddresses } from '../probes/system.ts'

/** D04, the part about others: peers that have no address at all. */
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

/** What DNS says of our own name, and what this machine has. */
export interface OwnHostFacts {
  readonly host: string
  readonly answer: Attempt<DnsAnswer<AddressRecord>>
  readonly own: readonly OwnAddress[]
  /** Whether the service names us, so that the others will dial. */
  readonly registered: boolean
}

/** D04: whether the others can dial us back. */
export function judgeOwnHost({ host, answer, own, registered }: OwnHostFacts): Finding[] {
  if (!answer.ok) return []
  const addresses = answer.value.records.map(({ address }) => address)
  if (addresses.length === 0) {
    return [
      finding(registered ? 'error' : 'warning', 'DOCTOR_HOST_UNKNOWN', `${host} of our own name has no address`, {
        evidence: [`${answer.value.server}: ${answer.value.empty ?? 'no records'}`],
      }),
    ]
  }
  if (addresses.some((address) => own.some(({ ip }) => ip === address) || address.startsWith('127.'))) return []
  const here = own.filter(({ internal }) => !internal).map(({ ip }) => ip)
  const message = `${host} leads to ${addresses.join(', ')}, but this machine has ${here.join(', ') || 'no address outside'}`
  return [finding('warning', 'DOCTOR_OWN_ADDRESS', message)]
}

/** One host name, asked with and without the dot that ends it. */
export interface RelativeFacts {
  readonly host: string
  readonly relative: readonly string[]
  readonly absolute: readonly string[]
  /** The families of which this machine has addresses, all of them private. */
  readonly privateHere: readonly number[]
}

/** D02: answers that come from somewhere else than the cluster. */
export function judgeRelative(facts: readonly RelativeFacts[]): Finding[] {
  return facts.flatMap(({ host, relative, absolute, privateHere }) => {
    if (absolute.length === 0 && relative.length > 0) {
      const message = `${host} was answered only with a search domain behind it: ${relative.join(', ')}`
      return [finding('warning', 'DOCTOR_ADDRESS_FOREIGN', message, { evidence: [`${host}. has no address`] })]
    }
    const outside = absolute.filter((ip) => privateHere.includes(isIP(ip)) && !isPrivate(ip))
    if (outside.length === 0) return []
    const message = `${host} has the public address ${outside.join(', ')}, while this machine is on private networks`
    return [finding('warning', 'DOCTOR_ADDRESS_FOREIGN', message)]
  })
}

/**
 * Whether an address is of a network that is not routed on the Internet.
 *
 * @see RFC 1918, RFC 6598, RFC 3927; RFC 4193, RFC 4291
 */
export function isPrivate(ip: string): boolean {
  if (isIP(ip) === 6) return /^(::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/i.test(ip)
  return /^(127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(
    ip,
  )
}

/** D22: peers that answer on one family only. */
export function judgeFamilies(peers: readonly KnockedPeer[]): Finding[] {
  return peers.flatMap(({ name, knocks }) => {
    const alive = knocks.filter(({ answer }) => answer.ok || !codeOf(answer.error).startsWith('NODE_'))
    const dead = knocks.filter((one) => !alive.includes(one) && !alive.some(({ family }) => family === one.family))
    if (alive.length === 0 || dead.length === 0) return []
    const [works, fails] = alive[0]!.family === 4 ? ['IPv4', 'IPv6'] : ['IPv6', 'IPv4']
    const evidence = dead.map((one) => `${addressText(one)}: ${one.answer.ok ? '' : codeOf(one.answer.error)}`)
    const message = `${name} answers on ${works} only, but DNS gives ${fails} as well`
    return [finding('warning', 'DOCTOR_FAMILY_DEAD', message, { evidence, node: name })]
  })
}

/** What the epmd of one machine says, and the records of the nodes there. */
export interface EpmdFacts {
  readonly ip: string
  readonly registered: readonly RegisteredName[]
  readonly published: readonly { readonly name: string; readonly port: number }[]
}

/** D23: an epmd that contradicts the records. */
export function judgeEpmd(machines: readonly EpmdFacts[]): Finding[] {
  return machines.flatMap(({ ip, registered, published }) =>
    published.flatMap(({ name, port }) => {
      const alive = name.slice(0, name.indexOf('@'))
      const there = registered.filter((one) => one.name === alive)
      if (there.length === 0 || there.some((one) => one.port === port)) return []
      const message = `epmd at ${ip} says that ${alive} listens on ${there[0]!.port}, its SRV record says ${port}`
      return [finding('warning', 'DOCTOR_EPMD_DISAGREES', message, { node: name })]
    }),
  )
}

/** Silence is no finding, so nobody waits long for it. Unit: milliseconds. */
const EPMD_PATIENCE_MS = 1_000

async function epmdFacts(context: DoctorContext): Promise<readonly EpmdFacts[]> {
  const all = await context.get(located)
  const own = await context.get(ownAddresses)
  const published = new Map<string, { readonly name: string; readonly port: number }[]>()
  for (const { name, addresses } of all) {
    for (const { ip, port } of addresses.ok ? addresses.value : []) {
      // An epmd that keeps to loopback speaks for this machine all the same.
      const asked = isOwn(ip, own) ? '127.0.0.1' : ip
      published.set(asked, [...(published.get(asked) ?? []), { name, port }])
    }
  }
  const { timeoutMs, env } = context.options
  const epmd = new ErlEpmd({ timeoutMs: Math.min(timeoutMs, EPMD_PATIENCE_MS), env })
  const answers = await Promise.all(
    [...published].map(async ([ip, nodes]) => ({ ip, nodes, registered: await attempt(epmd.names(ip)) })),
  ).finally(() => epmd.close())
  const there = answers.flatMap(({ ip, nodes, registered }) =>
    registered.ok ? [{ ip, registered: registered.value, published: nodes }] : [],
  )
  if (there.length === 0) throw new NotApplicable('no epmd answers, and none is needed')
  return there
}

async function ownHost(context: DoctorContext): Promise<OwnHostFacts> {
  const { parsed } = await context.get(ownName)
  if (!parsed.ok || isShort(parsed.value.host)) throw new NotApplicable('no long name')
  const { name, alive, host: own } = parsed.value
  if (isIP(own) !== 0) throw new NotApplicable('the host is an address')
  const isService = context.options.services.some((service) => service.toLowerCase() === own.toLowerCase())
  const registered = (await context.get(members)).some((one) => one.name.toLowerCase() === name.toLowerCase())
  if (isService && !registered) throw new NotApplicable('we are not registered')
  const host = isService ? `${alive}.${own}` : own
  const answer = await attempt((await context.get(resolver)).resolveAddresses(host))
  return { host, answer, own: await context.get(ownAddresses), registered }
}

async function relativeFacts(context: DoctorContext): Promise<readonly RelativeFacts[]> {
  const asked = await context.get(resolver)
  const own = (await context.get(ownAddresses)).filter(({ internal }) => !internal)
  const privateHere = [4, 6].filter((family) => {
    const some = own.filter((one) => one.family === family)
    return some.length > 0 && some.every(({ ip }) => isPrivate(ip))
  })
  const hosts = [...new Set((await context.get(members)).flatMap(({ records }) => records.map(({ target }) => target)))]
  if (hosts.length === 0) throw new NotApplicable('no members')
  const ask = async (name: string) => {
    const answer = await attempt(asked.resolveAddresses(name))
    return answer.ok ? answer.value.records.map(({ address }) => address) : []
  }
  return Promise.all(
    hosts.map(async (host) => ({
      host,
      relative: await ask(host),
      absolute: await ask(`${host}.`),
      privateHere,
    })),
  )
}

export const LOOKUP_CHECKS: readonly Check[] = [
  check({
    id: 'D04',
    group: 'lookup',
    title: 'hosts have addresses',
    needs: ['D42', 'D03', 'D11', 'D13'],
    look: async (context) => {
      const own = await attempt(ownHost(context))
      const peers = await attempt(context.get(located))
      if (!own.ok && !peers.ok) throw peers.error
      return { own: own.ok ? own.value : undefined, peers: peers.ok ? peers.value : [] }
    },
    judge: ({ own, peers }) => [...(own === undefined ? [] : judgeOwnHost(own)), ...judgeLocated(peers)],
  }),
  check({
    id: 'D02',
    group: 'lookup',
    title: 'addresses of our own networks',
    needs: ['D42'],
    look: relativeFacts,
    judge: judgeRelative,
  }),
  check({
    id: 'D23',
    group: 'lookup',
    title: 'epmd and the records agree',
    needs: ['D42'],
    look: epmdFacts,
    judge: judgeEpmd,
  }),
  check({
    id: 'D22',
    group: 'port',
    title: 'IPv4 and IPv6',
    look: async (context) => {
      const peers = await context.get(knocked)
      if (!peers.some(({ knocks }) => new Set(knocks.map(({ family }) => family)).size > 1)) {
        throw new NotApplicable('one family only')
      }
      return peers
    },
    judge: judgeFamilies,
  }),
]

function isOwn(ip: string, own: readonly OwnAddress[]): boolean {
  return ip.startsWith('127.') || own.some((one) => one.ip === ip)
}
