import { identifier, sleep } from '@dynsrv/kit'
import { check } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding } from '../finding.ts'
import { type BeamFacts, beams, beamsNow, type Link, links } from '../probes/links.ts'
import { words } from '../words.ts'

const GLOBAL_BLOCKED = words('DOCTOR_GLOBAL_BLOCKED', {
  happened: 'A visible node takes no part in global, so global:sync waits for it.',
  why: 'It is not a BEAM node, or it hangs: nodes() lists it, but it does not answer global_name_server.',
  hint: 'Start it as a hidden node, which is the default of dynsrv.',
})

/** Who is visible, and which nodes `global` of each BEAM node knows. */
export interface GlobalFacts {
  readonly beams: readonly BeamFacts[]
  readonly links: readonly Pick<Link, 'name' | 'visibility'>[]
}

/** Pairs of a BEAM node and a visible peer that its `global` waits for. */
export function waitingFor(all: readonly BeamFacts[]): { readonly at: string; readonly peer: string }[] {
  return all.flatMap(({ name, visible, globalKnows }) =>
    globalKnows === undefined
      ? []
      : visible.filter((peer) => !globalKnows.includes(peer)).map((peer) => ({ at: name, peer })),
  )
}

/** D37: visible nodes that never take part in `global`. */
export function judgeGlobal({ beams: all }: GlobalFacts): Finding[] {
  const blocked = new Map<string, string[]>()
  for (const { at, peer } of waitingFor(all)) blocked.set(peer, [...(blocked.get(peer) ?? []), at])
  return [...blocked].map(([peer, at]) =>
    finding(
      'error',
      GLOBAL_BLOCKED,
      `${identifier(peer)} is visible but takes no part in global: global:sync/0 waits for it`,
      {
        node: peer,
        evidence: [`seen at ${at.map(identifier).join(', ')}`],
      },
    ),
  )
}

/** How often a node that has just connected is looked at again. */
const GLOBAL_LOOKS = 10

const GLOBAL_PAUSE_MS = 500

/** `global` needs a moment for a node that has just connected: only a node that it still waits for then is reported. */
async function globalFacts(context: DoctorContext): Promise<GlobalFacts> {
  const all = await context.get(beams)
  const connected = await context.get(links)
  let suspects = waitingFor(all)
  for (let look = 0; suspects.length > 0 && look < GLOBAL_LOOKS; look++) {
    await sleep(context.world.clock, GLOBAL_PAUSE_MS)
    // Only those that wait: one that does not answer costs its whole time limit at each look.
    const again = waitingFor(await beamsNow(context, new Set(suspects.map(({ at }) => at))))
    suspects = suspects.filter(({ at, peer }) => again.some((one) => one.at === at && one.peer === peer))
  }
  const still = new Set(suspects.map(({ at, peer }) => `${at} ${peer}`))
  const settled = all.map((one) => ({
    ...one,
    globalKnows: one.globalKnows && one.visible.filter((peer) => !still.has(`${one.name} ${peer}`)),
  }))
  return { beams: settled, links: connected }
}

export const D37 = check({
  id: 'D37',
  group: 'mesh',
  place: 3,
  title: 'global does not wait',
  words: [GLOBAL_BLOCKED],
  look: globalFacts,
  judge: judgeGlobal,
})
