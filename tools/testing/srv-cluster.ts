import { type Beam, companionArgs, startErl } from './beam.ts'
import { freePort } from './free-port.ts'

/** A zone to put members into; a zone server of @dynsrv/srv-resolver is one. */
export interface Zone {
  readonly address: string
  add(...records: readonly object[]): void
  remove(which: { readonly type: 'SRV'; readonly port: number }): unknown
}

/** The service of all members. */
export const SERVICE = 'my-service.test'
/** Long and mixed, so that nothing is said of it. */
export const COOKIE = 'k3Yd8-Vq71-xRm2-Zt94-Lw06'

/** A real cluster. */
export interface SrvCluster extends AsyncDisposable {
  readonly members: readonly {
    readonly label: string
    readonly name: string
    readonly port: number
    readonly beam: Beam
  }[]
  /** The environment of a doctor in which nothing is wrong, and no epmd of the machine is asked. */
  readonly env: Readonly<Record<string, string>>
}

export interface MemberOptions {
  readonly label: string
  readonly name?: string
  readonly port?: number
  readonly cookie?: string
  readonly args?: readonly string[]
  /** The arguments that load the companion; default: ours as it is. */
  readonly companion?: readonly string[]
}

/** Puts a member on loopback into the zone. */
export function register(zone: Zone, label: string, port: number): void {
  zone.add({ type: 'SRV', name: SERVICE, target: `${label}.${SERVICE}`, port, ttlSeconds: 0 })
  zone.add({ type: 'A', name: `${label}.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 0 })
}

/** Starts one more real Erlang node for a zone; its record is the caller's to add. */
export async function startMember(zone: Zone, options: MemberOptions): Promise<{ port: number; beam: Beam }> {
  const { label, name = `${label}@${SERVICE}`, cookie = COOKIE, args = [], companion = companionArgs() } = options
  const port = options.port ?? (await freePort())
  const beam = await startErl({
    name,
    cookie,
    args: [...companion, '-kernel', 'inet_dist_use_interface', '{127,0,0,1}', ...args],
    env: { ERL_DIST_PORT: String(port), DYNSRV_DNS: zone.address },
  })
  return { port, beam }
}

/** Real Erlang nodes in a full mesh, with their records in the zone. */
export async function startSrvCluster(zone: Zone, labels: readonly string[]): Promise<SrvCluster> {
  const members = await Promise.all(
    labels.map(async (label) => {
      const { port, beam } = await startMember(zone, { label })
      register(zone, label, port)
      return { label, name: beam.name, port, beam }
    }),
  )
  for (const { beam } of members) {
    for (const { name } of members) if (name !== beam.name) await beam.eval(`net_kernel:connect_node('${name}')`)
  }
  return {
    members,
    env: { RELEASE_COOKIE: COOKIE, ERL_EPMD_PORT: String(await freePort()) },
    async [Symbol.asyncDispose]() {
      await Promise.all(members.map(({ beam }) => beam[Symbol.asyncDispose]()))
    },
  }
}

export type Started = Awaited<ReturnType<typeof startMember>>

export function disposable(member: Started): Started & AsyncDisposable {
  return { ...member, [Symbol.asyncDispose]: () => member.beam[Symbol.asyncDispose]() }
}

/** A node of its own with its record; both are gone when the scope ends. */
export async function oneNode(
  zone: Zone,
  label: string,
  more: Partial<MemberOptions> = {},
): Promise<Started & AsyncDisposable> {
  const member = await startMember(zone, { label, cookie: COOKIE, ...more })
  register(zone, label, member.port)
  return {
    ...member,
    async [Symbol.asyncDispose]() {
      zone.remove({ type: 'SRV', port: member.port })
      await member.beam[Symbol.asyncDispose]()
    },
  }
}
