import { parseResolvConf, type ResolverConfig } from '@dynsrv/srv-resolver'
import { type Attempt, attempt } from '../attempt.ts'
import type { DoctorContext } from '../context.ts'

/** An address of this machine. */
export interface OwnAddress {
  readonly ip: string
  readonly family: 4 | 6
  /** With the length of its network: `172.20.0.5/16`. */
  readonly cidr: string
  readonly internal: boolean
}

/** The addresses of this machine, loopback included; link-local ones are left out. */
export async function ownAddresses({ world }: DoctorContext): Promise<readonly OwnAddress[]> {
  return Object.values(world.network.interfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ address }) => !address.toLowerCase().startsWith('fe80:'))
    .map(({ address, family, cidr, internal }) => ({
      ip: address,
      family: family === 'IPv6' ? 6 : 4,
      cidr: cidr ?? address,
      internal,
    }))
}

/** What `resolv.conf` says, together with what else counts. */
export async function resolvConf({
  options,
  world,
}: DoctorContext): Promise<Attempt<ResolverConfig & { text: string }>> {
  const read = async () => {
    const text = Buffer.from(await world.files.read(options.resolvConf)).toString()
    return { ...parseResolvConf(text, { env: world.system.env, hostName: world.system.hostName() }), text }
  }
  return attempt(read())
}

/** The DNS server of Docker's own networks. */
export const DOCKER_DNS = '127.0.0.11'
