import { startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { type Beam, companionArgs, startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { register } from './peer.ts'
import { runDynsrv } from './run-dynsrv.ts'

export const SERVICE = 'my-service.test'
/** Long and mixed, so that nothing is said of it. */
export const COOKIE = 'k3Yd8-Vq71-xRm2-Zt94-Lw06'

/** A real cluster to be broken. */
export interface DoctorCluster extends AsyncDisposable {
  readonly zone: ZoneServer
  readonly members: readonly {
    readonly label: string
    readonly name: string
    readonly port: number
    readonly beam: Beam
  }[]
  /** An environment in which nothing is wrong, and no epmd of the machine is asked. */
  readonly env: Readonly<Record<string, string>>
}

export interface MemberOptions {
  readonly label: string
  readonly name?: string
  readonly port?: number
  readonly cookie?: string
  readonly args?: readonly string[]
}

/** Starts one more real Erlang node for a zone; its record is the caller's to add. */
export async function startMember(zone: ZoneServer, options: MemberOptions): Promise<{ port: number; beam: Beam }> {
  const { label, name = `${label}@${SERVICE}`, cookie = COOKIE, args = [] } = options
  const port = options.port ?? (await freePort())
  const beam = await startErl({
    name,
    cookie,
    args: [...companionArgs(), '-kernel', 'inet_dist_use_interface', '{127,0,0,1}', ...args],
    env: { ERL_DIST_PORT: String(port), DYNSRV_DNS: zone.address },
  })
  return { port, beam }
}

/** Real Erlang nodes in a full mesh, with their records in a zone of their own. */
export async function startDoctorCluster(labels: readonly string[]): Promise<DoctorCluster> {
  const zone = await startZoneServer()
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
    zone,
    members,
    env: { RELEASE_COOKIE: COOKIE, ERL_EPMD_PORT: String(await freePort()) },
    async [Symbol.asyncDispose]() {
      await Promise.all(members.map(({ beam }) => beam[Symbol.asyncDispose]()))
      await zone.close()
    },
  }
}

/** A verdict as `--json` prints it. */
export interface PrintedVerdict {
  readonly check: string
  readonly code: string
  readonly severity: string
  readonly message: string
  readonly evidence: readonly string[]
  readonly hint: string
  readonly nodes: readonly string[]
}

/** What `dynsrv doctor --json` printed. */
export interface Examination {
  readonly code: number | null
  readonly verdicts: readonly PrintedVerdict[]
  readonly checks: readonly { readonly id: string; readonly status: string; readonly reason?: string }[]
  readonly ms: number
  readonly text: string
}

/** Runs the doctor as a user does. */
export async function examineAs(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  namespace?: string,
): Promise<Examination> {
  const { code, stdout, stderr } = await runDynsrv(['doctor', ...args, '--json'], {
    env,
    ...(namespace !== undefined && { namespace }),
  })
  if (stderr !== '') throw new Error(stderr)
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; ms: number })
  const of = (type: string) => lines.filter((line) => line.type === type)
  return {
    code,
    verdicts: of('verdict') as unknown as PrintedVerdict[],
    checks: of('check') as unknown as Examination['checks'],
    ms: of('summary')[0]?.ms ?? Number.NaN,
    text: stdout,
  }
}

/** The errors in their order: what a person reads first must be the cause. */
export function errorsOf({ verdicts }: Examination): string[] {
  return verdicts.filter(({ severity }) => severity === 'error').map(({ check, code }) => `${check} ${code}`)
}

/** The warnings in their order. */
export function warningsOf({ verdicts }: Examination): string[] {
  return verdicts.filter(({ severity }) => severity === 'warning').map(({ check, code }) => `${check} ${code}`)
}

export type Started = Awaited<ReturnType<typeof startMember>>

export function disposable(member: Started): Started & AsyncDisposable {
  return { ...member, [Symbol.asyncDispose]: () => member.beam[Symbol.asyncDispose]() }
}

/** A node of its own with its record; both are gone when the scope ends. */
export async function oneNode(
  zone: ZoneServer,
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
