import { startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { type SrvCluster, startSrvCluster } from '@dynsrv/tools/srv-cluster'
import { runDynsrv } from './run-dynsrv.ts'

export interface DoctorCluster extends SrvCluster {
  readonly zone: ZoneServer
}

/** Real Erlang nodes in a full mesh, with their records in a zone of their own. */
export async function startDoctorCluster(labels: readonly string[]): Promise<DoctorCluster> {
  const zone = await startZoneServer()
  const cluster = await startSrvCluster(zone, labels)
  return {
    ...cluster,
    zone,
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]()
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
