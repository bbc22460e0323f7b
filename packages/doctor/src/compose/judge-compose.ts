import { isIP } from 'node:net'
import { type Finding, finding } from '../finding.ts'
import type { ComposeFile, ComposeService } from './compose-file.ts'

/** What makes a service a node of the cluster. */
const MEMBER_SETTINGS = ['RELEASE_NODE', 'RELEASE_COOKIE', 'RELEASE_DISTRIBUTION', 'ERL_DIST_PORT', 'RELEASE_NAME']

/** The services that are nodes of the cluster. */
export function membersOf({ services }: ComposeFile): ComposeService[] {
  return services.filter(({ environment }) => MEMBER_SETTINGS.some((name) => environment.has(name)))
}

/** Lesson D01: services that need each other and share no network. */
export function judgeNetworks(file: ComposeFile): Finding[] {
  const members = membersOf(file)
  const apart = new Map<string, string[]>()
  const note = (one: ComposeService, other: ComposeService) => {
    if (one.networks.length === 0 || other.networks.length === 0 || share(one, other)) return
    const who = `${one.name} (${one.networks.join(', ')}) and ${other.name} (${other.networks.join(', ')})`
    apart.set([one.name, other.name].sort().join(), [who])
  }
  for (const [at, one] of members.entries()) {
    for (const other of members.slice(at + 1)) note(one, other)
    for (const other of file.services) if (other !== one && needs(one, other)) note(one, other)
  }
  const pairs = [...apart.values()].flat()
  if (pairs.length === 0) return []
  return [finding('error', 'DOCTOR_COMPOSE_NETWORK', `${pairs[0]} share no network`, { evidence: pairs.slice(1) })]
}

function share(one: ComposeService, other: ComposeService): boolean {
  return one.networks.some((network) => other.networks.includes(network))
}

/** Whether a service names another one: in `depends_on`, or as a host in one of its variables. */
function needs({ dependsOn, environment }: ComposeService, other: ComposeService): boolean {
  if (dependsOn.includes(other.name)) return true
  const host = new RegExp(`(?:^|//|@)${other.name.replace(/\W/g, '\\$&')}(?:[:/.]|$)`)
  return [...environment].some(([name, value]) => name !== 'RELEASE_NODE' && host.test(value))
}

interface NodeName {
  readonly text: string
  readonly host: string
}

/** `RELEASE_NODE` as it is known before anything runs; undefined when it is missing or the container fills it in. */
function nodeOf({ environment }: ComposeService): NodeName | undefined {
  const text = environment.get('RELEASE_NODE')
  if (text === undefined || text.includes('$')) return undefined
  return { text, host: text.slice(text.lastIndexOf('@') + 1) }
}

/** Lessons D03 and D11: a host that Docker makes up, or one without a dot. */
export function judgeHostnames(file: ComposeFile): Finding[] {
  return membersOf(file).flatMap((one) => {
    const { name, hostname, names } = one
    const node = nodeOf(one)
    const host = node?.host ?? hostname
    if (
      host === undefined ||
      (hostname === undefined && node !== undefined && !names.has(node.host) && !isLongName(node.host))
    ) {
      const message = `${name} has no hostname: Docker makes up a container id, which nobody can look up`
      return [finding('error', 'DOCTOR_COMPOSE_HOSTNAME', message, { node: name })]
    }
    if (isLongName(host) || one.environment.get('RELEASE_DISTRIBUTION') === 'sname') return []
    const message = `the host ${host} of ${name} has no dot, which a long node name needs`
    return [finding('error', 'DOCTOR_COMPOSE_HOSTNAME', message, { node: name })]
  })
}

function isLongName(host: string): boolean {
  return host.includes('.') || isIP(host) !== 0
}

/** RELEASE_NODE names another host than that of its own service. */
export function judgeNodeNames(file: ComposeFile): Finding[] {
  return membersOf(file).flatMap((one) => {
    const node = nodeOf(one)
    const { name, hostname, names } = one
    if (node === undefined || !isLongName(node.host) || isIP(node.host) !== 0) return []
    if (node.host === hostname || names.has(node.host)) return []
    const evidence = [`hostname: ${hostname ?? 'none'}`, `RELEASE_NODE: ${node.text}`]
    const message = `RELEASE_NODE of ${name} ends with ${node.host}, which is not its host`
    return [finding('error', 'DOCTOR_COMPOSE_NAME', message, { evidence, node: name })]
  })
}

/** Lesson D10: services that would use short names. */
export function judgeDistribution(file: ComposeFile): Finding[] {
  return membersOf(file).flatMap(({ name, environment, hasEnvironmentFile }) => {
    const distribution = environment.get('RELEASE_DISTRIBUTION')
    if (distribution === 'name' || (distribution === undefined && hasEnvironmentFile)) return []
    if (distribution?.includes('$') === true) return []
    const said = distribution === undefined ? 'is not set, which means short names' : `is ${distribution}`
    return [finding('error', 'DOCTOR_COMPOSE_DISTRIBUTION', `RELEASE_DISTRIBUTION of ${name} ${said}`, { node: name })]
  })
}

/** Lesson D07: cookies that differ. A cookie is compared and never told. */
export function judgeComposeCookies(file: ComposeFile): Finding[] {
  const members = membersOf(file)
  const groups = new Map<string, string[]>()
  const without: string[] = []
  for (const { name, environment, hasEnvironmentFile } of members) {
    const cookie = environment.get('RELEASE_COOKIE')
    if (cookie !== undefined) groups.set(cookie, [...(groups.get(cookie) ?? []), name])
    else if (!hasEnvironmentFile) without.push(name)
  }
  const evidence = [
    ...[...groups.values()].map((names) => `one cookie: ${names.join(', ')}`),
    ...(without.length > 0 ? [`none: ${without.join(', ')}`] : []),
  ]
  if (groups.size > 1)
    return [finding('error', 'DOCTOR_COMPOSE_COOKIE', `${groups.size} different cookies`, { evidence })]
  if (groups.size === 1 && without.length > 0) {
    return [finding('error', 'DOCTOR_COMPOSE_COOKIE', `${without.join(', ')} without RELEASE_COOKIE`, { evidence })]
  }
  if (without.length < 2) return []
  const message = 'no service has RELEASE_COOKIE: each release brings the cookie that was made when it was built'
  return [finding('warning', 'DOCTOR_COMPOSE_COOKIE', message, { evidence })]
}

/** A cookie in clear text. */
export function judgeLiteralCookies(file: ComposeFile, raw: string): Finding[] {
  const written = new Set([...raw.matchAll(/RELEASE_COOKIE\s*[:=]\s*["']?([^\s"'#]+)/g)].map(([, cookie]) => cookie))
  const named = membersOf(file).flatMap(({ name, environment }) => {
    const cookie = environment.get('RELEASE_COOKIE') ?? ''
    // What the shell filled in is not in the file.
    return cookie !== '' && !cookie.includes('$') && written.has(cookie) ? [name] : []
  })
  if (named.length === 0) return []
  const message = `the cookie of ${named.join(', ')} is written into the file`
  return [finding('warning', 'DOCTOR_COMPOSE_LITERAL_COOKIE', message)]
}

/** Lesson D14: one name for several containers. */
export function judgeComposeDuplicates(file: ComposeFile): Finding[] {
  const byName = new Map<string, string[]>()
  for (const one of membersOf(file)) {
    const node = nodeOf(one)
    if (node === undefined) continue
    const copies = Array.from({ length: Math.min(one.replicas, 2) }, () => one.name)
    byName.set(node.text, [...(byName.get(node.text) ?? []), ...copies])
  }
  return [...byName].flatMap(([text, names]) =>
    names.length < 2
      ? []
      : [
          finding(
            'error',
            'DOCTOR_DUPLICATE_NAME',
            `${text} is the name of several containers: ${[...new Set(names)].join(', ')}`,
          ),
        ],
  )
}
