import { isIP } from 'node:net'
import { ipText } from '@dynsrv/kit'
import type { ComposeProject, ComposeService, Subnet } from './compose-project.ts'
import { isFirstIn, isInSubnet } from './subnet.ts'

/** A host that is always the one who asks. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost(?:\.localdomain)?|127(?:\.\d+){3}|::1|0\.0\.0\.0)$/i.test(host)
}

/** The service whose network stack it uses: its own, or with `network_mode: service:x` that of x. */
export function stackOf(project: ComposeProject, service: ComposeService): ComposeService {
  const [, shared, container] = /^(?:service:(.+)|container:(.+))$/.exec(service.networkMode ?? '') ?? []
  const owner = project.services.find(
    (one) =>
      one !== service && (one.name === shared || (container !== undefined && one.containers.includes(container))),
  )
  return owner === undefined ? service : stackOf({ ...project, services: without(project, service) }, owner)
}

function without({ services }: ComposeProject, service: ComposeService): ComposeService[] {
  return services.filter((one) => one !== service)
}

/** Whether both have the same network stack, and so the same addresses: a shared one, or that of the machine. */
export function sharesStack(project: ComposeProject, one: ComposeService, other: ComposeService): boolean {
  const [first, second] = [stackOf(project, one), stackOf(project, other)]
  return first === second || (first.networkMode === 'host' && second.networkMode === 'host')
}

/** The networks that both are on, by their real names. */
export function sharedNetworks(project: ComposeProject, one: ComposeService, other: ComposeService): string[] {
  const others = stackOf(project, other).networks
  return [...stackOf(project, one).networks.keys()].filter((name) => others.has(name))
}

/** The names that Docker's DNS has for a service on one of its networks; each also with that network behind it. */
export function namesOn(service: ComposeService, network: string): string[] {
  const aliases = service.networks.get(network)?.aliases ?? []
  const { name, containers, hostname } = service
  return [name, ...containers, ...aliases, ...(hostname === undefined ? [] : [hostname])]
}

/** Whom a host means to a service: services of the file, or `elsewhere` when somebody else answers for it. */
export type Meaning = readonly ComposeService[] | 'elsewhere'

/** Whether a service of the file is meant. */
export function isAmong(service: ComposeService, meaning: Meaning): boolean {
  return meaning !== 'elsewhere' && meaning.includes(service)
}

/** Whom a host means where a service looks it up, as Docker has it: its own hosts file, then the DNS of its networks. */
export function meaningOf(project: ComposeProject, from: ComposeService, host: string): Meaning {
  if (isLoopback(host)) return project.services.filter((one) => sharesStack(project, one, from))
  const stack = stackOf(project, from)
  const line = stack.hosts.get(host)
  if (line !== undefined) return meaningOfAddresses(project, stack, line)
  if (isIP(host) !== 0) return meaningOfAddresses(project, stack, [ipText(host)])
  if (stack.links.has(host)) {
    const target = stack.links.get(host)
    const linked = project.services.filter(({ name }) => name === target)
    return linked.length === 0 ? 'elsewhere' : linked
  }
  if (stack.networkMode === 'host') return host.includes('.') && namedBy(project, host).length === 0 ? 'elsewhere' : []
  const asked = host.toLowerCase().replace(/\.$/, '')
  return project.services.filter((one) => {
    const owner = stackOf(project, one)
    return [...owner.networks.keys()].some((network) => stack.networks.has(network) && answersTo(owner, network, asked))
  })
}

/** The services that have a name on any network. */
export function namedBy(project: ComposeProject, host: string): ComposeService[] {
  const asked = host.toLowerCase()
  return project.services.filter(
    (one) =>
      one.hostname?.toLowerCase() === asked ||
      one.name.toLowerCase() === asked ||
      [...one.networks.keys()].some((network) => answersTo(one, network, asked)),
  )
}

function answersTo(service: ComposeService, network: string, asked: string): boolean {
  return namesOn(service, network).some((name) => {
    const known = name.toLowerCase()
    return asked === known || asked === `${known}.${network.toLowerCase()}`
  })
}

function meaningOfAddresses(project: ComposeProject, from: ComposeService, addresses: readonly string[]): Meaning {
  const here = project.services.filter((one) =>
    [...stackOf(project, one).networks].some(
      ([network, attached]) => from.networks.has(network) && attached.addresses.some((ip) => addresses.includes(ip)),
    ),
  )
  if (here.length > 0) return here
  const subnets = [...from.networks.values()].flatMap((attached) => attached.subnets)
  return addresses.every((ip) => subnets.some((subnet) => isOfContainers(subnet, ip))) ? [] : 'elsewhere'
}

/** Whether only a container of a network can have an address. */
function isOfContainers({ range, gateway }: Subnet, ip: string): boolean {
  return isInSubnet(range, ip) && (gateway === undefined ? !isFirstIn(range, ip) : gateway !== ip)
}
