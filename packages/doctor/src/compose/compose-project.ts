import { identifier, ipText } from '@dynsrv/kit'
import { type Fields, fieldsOf } from './compose-yaml.ts'
import type { Configuration } from './own-reader.ts'
import { composeWords } from './shell-words.ts'
import { withNames, withoutMarks } from './variables.ts'

/** A service, as far as a cluster is concerned. */
export interface ComposeService {
  readonly name: string
  readonly image: string
  readonly hostname?: string
  readonly domainname?: string
  /** Under which Docker knows its containers: `container_name`, or what Compose makes of project and service. */
  readonly containers: readonly string[]
  /** The networks that it is on, by their real names; none with a `network_mode` that has none. */
  readonly networks: ReadonlyMap<string, Attachment>
  readonly networkMode?: string
  readonly environment: ReadonlyMap<string, string>
  /** What it runs in place of what the image says: entrypoint and command, word by word. */
  readonly runs: readonly string[]
  /** Services that it waits for, and for what. */
  readonly dependsOn: ReadonlyMap<string, string>
  /** Names that only this service has for others: of `links` to services, of `external_links` to nobody of the file. */
  readonly links: ReadonlyMap<string, string | undefined>
  /** Lines of its own hosts file: `extra_hosts`. */
  readonly hosts: ReadonlyMap<string, readonly string[]>
  readonly replicas: number
  /** Whether a secret, or a file that is called so, may bring the cookie. */
  readonly bringsCookie: boolean
}

/** How a service is on a network. */
export interface Attachment {
  /** The key that the file has for the network. */
  readonly key: string
  readonly aliases: readonly string[]
  readonly addresses: readonly string[]
  /** Those that the file gives the network. */
  readonly subnets: readonly Subnet[]
}

/** What the file says of the addresses of a network. */
export interface Subnet {
  /** Such as `172.28.0.0/16`. */
  readonly range: string
  /** The address of the machine itself; undefined when Docker takes the first one. */
  readonly gateway?: string
}

/** All that Compose would start. */
export interface ComposeProject {
  readonly name: string
  readonly services: readonly ComposeService[]
}

/** The project of a configuration. */
export function projectOf({ name, services, networks }: Configuration): ComposeProject {
  const subnetsOf = (key: string) => {
    const { config } = fieldsOf(fieldsOf(networks[key]).ipam)
    return (Array.isArray(config) ? config : []).flatMap((one): Subnet[] => {
      const [range, gateway] = [textOf(fieldsOf(one).subnet), textOf(fieldsOf(one).gateway)]
      return range === undefined ? [] : [{ range, ...(gateway !== undefined && { gateway: ipText(gateway) }) }]
    })
  }
  const realName = (key: string) => String(fieldsOf(networks[key]).name ?? `${name}_${key}`)
  return {
    name,
    services: Object.entries(services).map(([key, given]) =>
      serviceOf(key, fieldsOf(given), { project: name, realName, subnetsOf }),
    ),
  }
}

interface Around {
  readonly project: string
  realName(key: string): string
  subnetsOf(key: string): readonly Subnet[]
}

function serviceOf(name: string, given: Fields, { project, realName, subnetsOf }: Around): ComposeService {
  const one = (key: string) => textOf(given[key])
  const [hostname, domainname, networkMode] = [one('hostname'), one('domainname'), one('network_mode')]
  const deployed = Number(fieldsOf(given.deploy).replicas ?? given.scale ?? 1)
  const replicas = Number.isFinite(deployed) ? deployed : 1
  const container = one('container_name')
  const first = `${project}-${name}-1`
  return {
    name,
    image: one('image') ?? '',
    containers: container === undefined ? [first, first.replaceAll('-', '_')] : [container],
    networks: new Map(
      Object.entries(fieldsOf(given.networks)).map(([key, settings]) => [
        realName(key),
        attachment(key, fieldsOf(settings), subnetsOf(key)),
      ]),
    ),
    environment: new Map(
      Object.entries(fieldsOf(given.environment)).flatMap(([key, value]) =>
        value === null || value === undefined ? [] : [[key, String(value)] as const],
      ),
    ),
    // A variable that nobody sets leaves no word behind.
    runs: [...wordsOf(given.entrypoint), ...wordsOf(given.command)].filter((word) => withoutMarks(word) !== ''),
    dependsOn: new Map(
      Object.entries(fieldsOf(given.depends_on)).map(([other, how]) => [
        other,
        String(fieldsOf(how).condition ?? 'service_started'),
      ]),
    ),
    links: new Map([...linksOf(given.links, true), ...linksOf(given.external_links, false)]),
    hosts: hostsOf(given.extra_hosts),
    replicas,
    bringsCookie: listLength(given.secrets) > 0 || /cookie/i.test(JSON.stringify([given.volumes, given.configs])),
    ...(hostname !== undefined && { hostname }),
    ...(domainname !== undefined && { domainname }),
    ...(networkMode !== undefined && { networkMode }),
  }
}

function textOf(value: unknown): string | undefined {
  return value === null || value === undefined || value === '' ? undefined : String(value)
}

function attachment(key: string, given: Fields, subnets: readonly Subnet[]): Attachment {
  const addresses = [given.ipv4_address, given.ipv6_address].flatMap((one) => textOf(one) ?? []).map(ipText)
  return { key, aliases: textsOf(given.aliases), addresses, subnets }
}

function listLength(value: unknown): number {
  return Array.isArray(value) ? value.length : 0
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function wordsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(String)
  return value === null || value === undefined ? [] : composeWords(String(value)).words
}

function linksOf(value: unknown, isService: boolean): [string, string | undefined][] {
  return textsOf(value).flatMap((link) => {
    const [target = '', alias = target] = link.split(':')
    return [...new Set([target, alias])].map((name): [string, string | undefined] => [
      name,
      isService ? target : undefined,
    ])
  })
}

function hostsOf(value: unknown): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  const add = (host: string, addresses: readonly string[]) =>
    found.set(host, [...(found.get(host) ?? []), ...addresses.map(addressText)].sort())
  for (const line of textsOf(value)) {
    const [, host = '', address = ''] = /^([^:=]+)[:=](.*)$/s.exec(line) ?? []
    add(host, [address])
  }
  for (const [host, given] of Object.entries(fieldsOf(value)))
    add(host, textsOf(Array.isArray(given) ? given : [given]))
  return found
}

/** An address of `extra_hosts`, where one of IPv6 may have brackets. */
function addressText(text: string): string {
  return ipText(text.replace(/^\[(.*)\]$/, '$1'))
}

/** A name of the file for a message. */
export function shownName(name: string): string {
  const text = withNames(name)
  // `${NAME}` reads better bare.
  return /^(?:[\w@.:+-]|\$\{\w+\})+$/.test(text) ? text : identifier(text)
}
