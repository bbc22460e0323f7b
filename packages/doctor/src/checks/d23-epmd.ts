import { ErlEpmd, type RegisteredName } from '@dynsrv/epmd-shim'
import { identifier } from '@dynsrv/kit'
import { attempt } from '../attempt.ts'
import { check, NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding } from '../finding.ts'
import { located } from '../probes/peers.ts'
import { type OwnAddress, ownAddresses } from '../probes/system.ts'
import { words } from '../words.ts'

const EPMD_DISAGREES = words('DOCTOR_EPMD_DISAGREES', {
  happened: 'epmd and the SRV record give different ports for one node.',
  why: 'The node that registered with epmd does not listen on the port that the orchestrator published.',
  hint: 'Start nodes with -start_epmd false -epmd_module dynsrv_epmd and ERL_DIST_PORT: then there is only one port.',
})

/** What the epmd of one machine says, and the records of the nodes there. */
export interface EpmdFacts {
  readonly ip: string
  readonly registered: readonly RegisteredName[]
  readonly published: readonly { readonly name: string; readonly port: number }[]
}

/** D23: an epmd that contradicts the records. */
export function judgeEpmd(machines: readonly EpmdFacts[]): Finding[] {
  return machines.flatMap(({ ip, registered, published }) =>
    published.flatMap(({ name, port }) => {
      const alive = name.slice(0, name.indexOf('@'))
      const there = registered.filter((one) => one.name === alive)
      if (there.length === 0 || there.some((one) => one.port === port)) return []
      const message = `epmd at ${ip} says that ${identifier(alive)} listens on ${there[0]!.port}, its SRV record says ${port}`
      return [finding('warning', EPMD_DISAGREES, message, { node: name })]
    }),
  )
}

/** Silence is not a finding, so it is not worth a long wait. Unit: milliseconds. */
const EPMD_PATIENCE_MS = 1_000

async function epmdFacts(context: DoctorContext): Promise<readonly EpmdFacts[]> {
  const all = await context.get(located)
  const own = await context.get(ownAddresses)
  const published = new Map<string, { readonly name: string; readonly port: number }[]>()
  for (const { name, addresses } of all) {
    for (const { ip, port } of addresses.ok ? addresses.value : []) {
      // The epmd of this machine may listen on loopback only.
      const asked = isOwn(ip, own) ? '127.0.0.1' : ip
      published.set(asked, [...(published.get(asked) ?? []), { name, port }])
    }
  }
  const { timeoutMs, env } = context.options
  const epmd = new ErlEpmd({ timeoutMs: Math.min(timeoutMs, EPMD_PATIENCE_MS), env, world: context.world })
  const answers = await Promise.all(
    [...published].map(async ([ip, nodes]) => ({ ip, nodes, registered: await attempt(epmd.names(ip)) })),
  ).finally(() => epmd.close())
  const there = answers.flatMap(({ ip, nodes, registered }) =>
    registered.ok ? [{ ip, registered: registered.value, published: nodes }] : [],
  )
  if (there.length === 0) throw new NotApplicable('no epmd answers, and none is needed')
  return there
}

function isOwn(ip: string, own: readonly OwnAddress[]): boolean {
  return ip.startsWith('127.') || own.some((one) => one.ip === ip)
}

export const D23 = check({
  id: 'D23',
  group: 'lookup',
  place: 4,
  title: 'epmd and the records agree',
  needs: ['D42'],
  words: [EPMD_DISAGREES],
  look: epmdFacts,
  judge: judgeEpmd,
})
