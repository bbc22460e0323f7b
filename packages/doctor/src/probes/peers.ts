import { isIP } from 'node:net'
import type { DistErrorCode } from '@dynsrv/dist-protocol'
import { DynamicSrv, type EpmdModule, ErlEpmd, type NodeAddressCandidate, parseNodeName } from '@dynsrv/epmd-shim'
import { sameDomainName } from '@dynsrv/kit'
import type { NodeErrorCode } from '@dynsrv/node'
import { parsePortService, type SrvResolver } from '@dynsrv/srv-resolver'
import { type Attempt, attempt, codeOf } from '../attempt.ts'
import { NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { hostOf, isShort, serviceOfHost } from '../host.ts'
import { judgeIntroduction } from '../judge-introduction.ts'
import { throwAwayName } from '../throw-away-name.ts'
import { resolver, varieties } from './dns.ts'
import { type Introduction, overTls, probeHandshake } from './handshake.ts'
import { allRecords, members } from './members.ts'
import { ownName } from './own.ts'
import { lookThroughTls, type TlsLook } from './tls.ts'
import { type Speaker, whoSpeaks } from './who-speaks.ts'

/** A peer and the addresses that the lookup has for it. */
export interface LocatedPeer {
  readonly name: string
  readonly addresses: Attempt<readonly NodeAddressCandidate[]>
}

/** What one address of a peer said to our knock. */
export interface Knock extends NodeAddressCandidate {
  readonly answer: Attempt<Introduction>
  /** What TLS finds there, when plain distribution failed or TLS is wanted. */
  readonly tls?: TlsLook
  /** Which other program speaks there, when no node answered and it did. */
  readonly speaker?: Speaker
}

/** A peer with what was heard at each of its addresses. */
export interface KnockedPeer {
  readonly name: string
  readonly knocks: readonly Knock[]
  /** The first address where the peer itself answers and nothing is wrong with it. */
  readonly good?: Knock
}

/**
 * The peers to look at: those that were asked for, else all members but ourselves.
 *
 * @throws {NotApplicable} when there is none
 */
export async function peerNames(context: DoctorContext): Promise<readonly string[]> {
  const { peers } = context.options
  if (peers.length > 0) return peers
  const own = await attempt(context.get(ownName))
  const self = own.ok && own.value.parsed.ok ? own.value.parsed.value.name.toLowerCase() : ''
  const names = (await context.get(members)).map(({ name }) => name).filter((name) => name.toLowerCase() !== self)
  if (names.length === 0) throw new NotApplicable('no peer is known')
  return names
}

/** The resolver, with all that any answer about a service showed: a trimmed one must not hide a peer from the rest. */
async function wholeResolver(context: DoctorContext): Promise<Pick<SrvResolver, 'resolveSrv' | 'resolveAddresses'>> {
  const asked = await context.get(resolver)
  const all = await context.get(varieties)
  return {
    resolveAddresses: (name, options) => asked.resolveAddresses(name, options),
    async resolveSrv(name, options) {
      const known = all.find(({ service }) => sameDomainName(service, name))
      if (known === undefined || known.edns.records.length === 0) return asked.resolveSrv(name, options)
      return { ...known.edns, records: allRecords(known) }
    },
  }
}

/** Looks all peers up: by the SRV records of the service that their host is, else by epmd. */
export async function located(context: DoctorContext): Promise<readonly LocatedPeer[]> {
  const names = await context.get(peerNames)
  const { services, timeoutMs, env, dns } = context.options
  const bySrv = new DynamicSrv({
    resolver: await context.get(wholeResolver),
    portName: (host) => parsePortService(serviceOfHost(services, host) ?? host).portName,
    listenPort: 0,
    retries: 0,
    world: context.world,
  })
  const byEpmd = new ErlEpmd({ timeoutMs, env, world: context.world })
  context.defer(() => byEpmd.close())
  const lookUp = async (name: string) => {
    const { alive, host } = parseNodeName(name, { short: isShort(hostOf(name)) })
    const ask = async (module: EpmdModule) => {
      const { candidates, later } = await module.addressPlease(alive, host, 'any', { signal: context.step() })
      // A dialler begins with those that came first; here all are looked at.
      return [...candidates, ...((await later) ?? [])]
    }
    const isService = serviceOfHost(services, host) !== undefined
    if (isService) return ask(bySrv)
    if (isShort(host) || isIP(host) !== 0) return ask(byEpmd)
    // It is not known how this one is found: both ways at once, and records go before epmd.
    const [srv, epmd] = await Promise.all([attempt(ask(bySrv)), attempt(ask(byEpmd))])
    const found = srv.ok ? srv : epmd
    if (!found.ok) throw dns.length > 0 && !srv.ok ? srv.error : found.error
    return found.value
  }
  return Promise.all(names.map(async (name) => ({ name, addresses: await attempt(lookUp(name)) })))
}

/** Knocks at every address of every peer: no cookie is shown, and nothing is logged there. */
export async function knocked(context: DoctorContext): Promise<readonly KnockedPeer[]> {
  const peers = await context.get(located)
  return Promise.all(
    peers.map(async ({ name, addresses }) => {
      const knocks = await Promise.all((addresses.ok ? addresses.value : []).map((at) => knock(context, name, at)))
      const good = knocks.find(({ answer }) => answer.ok && !hasError(name, answer.value))
      return { name, knocks, ...(good !== undefined && { good }) }
    }),
  )
}

async function knock(context: DoctorContext, name: string, at: NodeAddressCandidate): Promise<Knock> {
  const { world, options } = context
  const { timeoutMs, tls } = options
  const { ip, port } = at
  const host = hostOf(name)
  const self = throwAwayName(undefined, isShort(host), world)
  const probe = (over: object) => attempt(probeHandshake({ ip, port, self, timeoutMs, world, ...over }))
  const answer = await probe(overTls(tls, name))
  const absent = answer.ok || ABSENT.has(codeOf(answer.error))
  if (tls === undefined && absent) return { ...at, answer }
  const look = lookThroughTls({ ip, port, host, timeoutMs, tls, world })
  if (tls === undefined && !answer.ok && UNHEARD.has(codeOf(answer.error))) {
    const [found, speaker] = await Promise.all([look, whoSpeaks({ ip, port, timeoutMs, world })])
    return { ...at, answer, tls: found, ...(speaker !== undefined && { speaker }) }
  }
  if (tls === undefined || answer.ok) return { ...at, answer, tls: await look }
  // TLS is wanted and fails: does the peer answer without it?
  const [found, plain] = await Promise.all([look, probe({})])
  return { ...at, answer, tls: { ...found, plainAnswers: plain.ok } }
}

/** How a knock ends where nothing listens. */
const ABSENT: ReadonlySet<string> = new Set<NodeErrorCode>(['NODE_REFUSED', 'NODE_CONNECT_TIMEOUT'])

/** How a handshake ends where another program listens that does not say what it is. */
const UNHEARD: ReadonlySet<string> = new Set<DistErrorCode>([
  'DIST_TIMEOUT',
  'DIST_CLOSED_BY_PEER',
  'DIST_FRAME_TOO_LARGE',
  'DIST_MALFORMED',
])

function hasError(name: string, peer: Introduction): boolean {
  return judgeIntroduction(name, peer).some(({ severity }) => severity === 'error')
}
