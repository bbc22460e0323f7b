import { isIP } from 'node:net'
import { hostOf } from '../host.ts'
import type { ComposeProject, ComposeService } from './compose-project.ts'
import { isAmong, meaningOf, sharedNetworks, stackOf } from './docker-dns.ts'
import { unsetIn } from './variables.ts'
import { whatItRuns } from './what-it-runs.ts'

/** Settings of a release: a service that has one is a node, unless what it runs is none. */
const MEMBER_SETTINGS = ['RELEASE_NODE', 'RELEASE_COOKIE', 'RELEASE_DISTRIBUTION', 'ERL_DIST_PORT', 'RELEASE_NAME']

/** A service that is a node of the cluster. */
export interface Member {
  readonly service: ComposeService
  /** `sname` unless something says otherwise, as a release has it. */
  readonly distribution: 'name' | 'sname'
  /** What says so, as the file has it; undefined when nothing does. */
  readonly distributionSetting?: string
  /** The name of its node; undefined when the image makes it. */
  readonly node?: NodeName
  /** The secret, which is compared and never shown; undefined when the file has none. */
  readonly cookie?: string
  /** Whether it looks up nodes in its own way, where a host may stand for several. */
  readonly bringsLookup: boolean
}

/** A node name as the file has it. */
export interface NodeName {
  readonly text: string
  readonly alive: string
  /** What peers look up; undefined when it is not known: a container's id, or what the container's shell makes. */
  readonly host?: string
  /** Docker makes up the host: the container's id. */
  readonly isContainerId: boolean
}

/** The services that are nodes of the cluster. */
export function membersOf(project: ComposeProject): Member[] {
  return project.services.flatMap((service) => memberOf(project, service) ?? [])
}

function memberOf(project: ComposeProject, service: ComposeService): Member | undefined {
  const { kind, flags } = whatItRuns(project, service)
  const { environment } = service
  const setting = flags.distribution ?? (environment.get('RELEASE_DISTRIBUTION') || undefined)
  if (kind === 'none' || setting === 'none') return undefined
  if (flags.node === undefined && !hasReleaseSettings(service)) return undefined
  const distribution = setting === 'name' ? 'name' : 'sname'
  const text = flags.node ?? environment.get('RELEASE_NODE') ?? ''
  const cookie = flags.cookie ?? environment.get('RELEASE_COOKIE') ?? ''
  return {
    service,
    distribution,
    bringsLookup: OWN_LOOKUP.test([...service.runs, ...environment.values()].join(' ')),
    ...(setting !== undefined && { distributionSetting: setting }),
    ...(text !== '' && { node: nodeName(text, distribution, service) }),
    ...(cookie !== '' && { cookie }),
  }
}

/** Erlang's flag for a module that takes the place of epmd's, and dynsrv, which has its own. */
const OWN_LOOKUP = /-epmd_module\b|(?:^|[\s/])dynsrv\s/

/** Whether a service has a setting of a release. */
export function hasReleaseSettings({ environment }: ComposeService): boolean {
  return MEMBER_SETTINGS.some((name) => environment.has(name))
}

/** What the shell of a container makes of its own host. */
const OWN_HOST = /^(?:\$\{?HOSTNAME\}?|\$\(hostname(?: -[fs])?\)|`hostname(?: -[fs])?`)$/

function nodeName(text: string, distribution: Member['distribution'], service: ComposeService): NodeName {
  const hasHost = text.includes('@')
  const [alive, written] = hasHost ? [text.slice(0, text.lastIndexOf('@')), hostOf(text)] : [text, undefined]
  if (written !== undefined && !OWN_HOST.test(written)) {
    // A template of Swarm is filled in for each container.
    const isMade = /[$`]|\{\{/.test(written)
    return { text, alive, isContainerId: false, ...(!isMade && { host: written }) }
  }
  const { hostname, domainname, networkMode } = service
  const isOwn = networkMode === undefined || !/^(?:host|service:|container:)/.test(networkMode)
  if (hostname === undefined) return { text, alive, isContainerId: isOwn }
  // Erlang takes the whole name for long ones, and the first label for short ones.
  const whole = domainname === undefined ? hostname : `${hostname}.${domainname}`
  return { text, alive, isContainerId: false, host: distribution === 'name' ? whole : hostname.split('.')[0]! }
}

/** Whether a host makes a long name: one with a dot, or an address. */
export function isLongName(host: string): boolean {
  return host.includes('.') || isIP(host) !== 0
}

/** Whether a host waits for a variable that nobody sets here. */
export function isOpen(host: string): boolean {
  return unsetIn(host).length > 0
}

/** Whether a node can be judged by its name: it is known as far as it goes. */
export function knownHost({ node }: Member): string | undefined {
  return node?.host === undefined || isOpen(node.host) ? undefined : node.host
}

/** Whether one finds the other by the name of its node; undefined when that cannot be known here. */
export function finds(project: ComposeProject, from: Member, to: Member): boolean | undefined {
  const host = knownHost(to)
  if (host === undefined) return undefined
  const meaning = meaningOf(project, from.service, host)
  return meaning === 'elsewhere' ? undefined : isAmong(to.service, meaning)
}

/** Whether it has no part in Docker's networks: `network_mode: host`, `none` or `bridge`. */
export function isOffNetworks(project: ComposeProject, { service }: Member): boolean {
  return stackOf(project, service).networks.size === 0
}

/**
 * The clusters that a file describes: nodes that are on no common network and have different cookies are meant to be apart.
 */
export function clustersOf(project: ComposeProject, members: readonly Member[]): Member[][] {
  const clusters: Member[][] = []
  for (const member of members) {
    const joined = clusters.filter((cluster) => cluster.some((other) => !areApart(project, member, other)))
    for (const one of joined) clusters.splice(clusters.indexOf(one), 1)
    clusters.push([...joined.flat(), member])
  }
  return clusters
}

function areApart(project: ComposeProject, one: Member, other: Member): boolean {
  if (isOffNetworks(project, one) || isOffNetworks(project, other)) return false
  if (sharedNetworks(project, one.service, other.service).length > 0) return false
  return one.cookie !== undefined && other.cookie !== undefined && one.cookie !== other.cookie
}

/** Whether the name of its node holds the `HOSTNAME` of the shell that runs Compose, and not that of the container. */
export function takesShellHostname(written: ComposeProject | undefined, { service }: Member): boolean {
  const node = written?.services.find(({ name }) => name === service.name)?.environment.get('RELEASE_NODE')
  return node !== undefined && unsetIn(node).includes('HOSTNAME')
}

/** A variable that has a name to ask for, and that name. */
export type DnsQuery = readonly [variable: string, query: string]

/** What DNSCluster is told to ask for, such as `DNS_CLUSTER_QUERY`; `ignore` turns it off. */
export function queriesOf({ environment }: ComposeService): DnsQuery[] {
  return [...environment].filter(
    ([name, value]) => /DNS\w*QUERY$/.test(name) && value !== '' && value !== 'ignore' && unsetIn(value).length === 0,
  )
}
