import { isIP } from 'node:net'
import { identifier } from '@dynsrv/kit'
import { attempt } from '../attempt.ts'
import { check, NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding } from '../finding.ts'
import { resolver } from '../probes/dns.ts'
import { members } from '../probes/members.ts'
import { ownAddresses } from '../probes/system.ts'
import { words } from '../words.ts'

const ADDRESS_FOREIGN = words('DOCTOR_ADDRESS_FOREIGN', {
  happened: 'A name of the cluster has an address outside its networks.',
  why: 'The container asked the DNS of its host, or the resolver appended a search domain to the name.',
  hint: 'Use a name with a dot that the cluster itself resolves (an alias or a hostname), and lower ndots.',
})

/** One host name, asked with and without the dot that ends it. */
export interface RelativeFacts {
  readonly host: string
  readonly relative: readonly string[]
  readonly absolute: readonly string[]
  /** The families of which this machine has addresses, all of them private. */
  readonly privateHere: readonly number[]
}

/** D02: answers that do not come from the cluster. */
export function judgeRelative(facts: readonly RelativeFacts[]): Finding[] {
  return facts.flatMap(({ host, relative, absolute, privateHere }) => {
    if (absolute.length === 0 && relative.length > 0) {
      const message = `${identifier(host)} has an address only with a search domain appended: ${relative.join(', ')}`
      return [finding('warning', ADDRESS_FOREIGN, message, { evidence: [`${identifier(host)}. has no address`] })]
    }
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

export const D02 = check({
  id: 'D02',
  group: 'lookup',
  place: 3,
  title: 'addresses of our own networks',
  needs: ['D42'],
  words: [ADDRESS_FOREIGN],
  look: relativeFacts,
  judge: judgeRelative,
})
