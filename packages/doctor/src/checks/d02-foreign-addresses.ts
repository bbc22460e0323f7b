import { isIP } from 'node:net'
import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding } from '../finding.ts'
import { type HostAnswer, hostAnswers } from '../probes/host-answers.ts'
import { ownAddresses } from '../probes/system.ts'
import { words } from '../words.ts'

const ADDRESS_FOREIGN = words('DOCTOR_ADDRESS_FOREIGN', {
  happened: 'A name of the cluster has an address outside its networks.',
  why: 'The container asked the DNS of its host, which knows another machine of that name.',
  hint: 'Use a name with a dot that the cluster itself resolves: an alias or a hostname.',
})

/** One host name, and where we are. */
export interface PlacedHost extends Pick<HostAnswer, 'host' | 'absolute'> {
  /** The families of which this machine has addresses, all of them private. */
  readonly privateHere: readonly number[]
}

/** D02: answers that do not come from the cluster. */
export function judgeForeign(hosts: readonly PlacedHost[]): Finding[] {
  return hosts.flatMap(({ host, absolute, privateHere }) => {
    const outside = absolute.filter((ip) => privateHere.includes(isIP(ip)) && !isPrivate(ip))
    if (outside.length === 0) return []
    const message = `${identifier(host)} has the public address ${outside.join(', ')}, while this machine is on private networks`
    return [finding('warning', ADDRESS_FOREIGN, message)]
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

async function placedHosts(context: DoctorContext): Promise<readonly PlacedHost[]> {
  const own = (await context.get(ownAddresses)).filter(({ internal }) => !internal)
  const privateHere = [4, 6].filter((family) => {
    const some = own.filter((one) => one.family === family)
    return some.length > 0 && some.every(({ ip }) => isPrivate(ip))
  })
  return (await context.get(hostAnswers)).map(({ host, absolute }) => ({ host, absolute, privateHere }))
}

export const D02 = check({
  id: 'D02',
  group: 'lookup',
  place: 3,
  title: 'addresses of our own networks',
  needs: ['D42'],
  words: [ADDRESS_FOREIGN],
  look: placedHosts,
  judge: judgeForeign,
})
