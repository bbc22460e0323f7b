import { type Cluster, type StartOptions, start } from 'dynsrv'

export interface OurMemberOptions extends Pick<StartOptions, 'cookie' | 'hidden' | 'pollingInterval'> {
  readonly label: string
  readonly service: string
  readonly port: number
  /** The DNS server, `host:port`. */
  readonly dns: string
}

/** A member of ours on loopback that polls often. */
export function startOurMember({ label, service, ...options }: OurMemberOptions): Promise<Cluster> {
  return start({ name: `${label}@${service}`, service, host: '127.0.0.1', pollingInterval: 200, ...options })
}
