import { setTimeout as pause } from 'node:timers/promises'
import { type Check, check, NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding } from '../finding.ts'
import { type BeamFacts, beams, type EchoFacts, echoes, type Link, links } from '../probes/links.ts'

/** Our own tick time when nothing else is said. @see NodeOptions.netTickTimeMs */
const OUR_TICK_SECONDS = 60
const TICK_INTENSITY = 4

/** D06: nodes that build no mesh; an error as soon as one of them lacks a link. */
export function judgeConnectAll(all: readonly BeamFacts[]): Finding[] {
  return all.flatMap(({ name, visible, connectAllOff }) => {
    if (!connectAllOff || all.length < 2) return []
    const missing = all.map((one) => one.name).filter((other) => other !== name && !visible.includes(other))
    const evidence = missing.length === 0 ? [] : [`it is not connected to ${missing.join(', ')}`]
    const message = `${name} runs with connect_all false`
    return [
      finding(missing.length === 0 ? 'warning' : 'error', 'DOCTOR_CONNECT_ALL_OFF', message, { evidence, node: name }),
    ]
  })
}

/** D36: visible BEAM nodes that do not see each other. */
export function judgeMesh(all: readonly BeamFacts[]): Finding[] {
  const asked = new Set(all.map(({ name }) => name))
  const missing = new Set<string>()
  for (const { name, visible } of all) {
    for (const other of asked) {
      if (other !== name && !visible.includes(other)) missing.add([name, other].sort().join(' – '))
    }
  }
  if (missing.size === 0) return []
  const pairs = (all.length * (all.length - 1)) / 2
  // The message names one or two of them itself.
  const listed = missing.size > 2 ? [...missing].slice(0, MAX_PAIRS) : []
  const evidence = [`${pairs - missing.size} of ${pairs} links between BEAM nodes are up`, ...listed]
  const message = `no full mesh: ${[...missing].slice(0, 2).join(', ')}${missing.size > 2 ? ', …' : ''} not connected`
  return [finding('error', 'DOCTOR_MESH_BROKEN', message, { evidence })]
}

const MAX_PAIRS = 10

/** Who is visible, and whom `global` of each BEAM node has taken in. */
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
      'DOCTOR_GLOBAL_BLOCKED',
      `${peer} is visible but takes no part in global: global:sync/0 waits for it`,
      {
        node: peer,
        evidence: [`seen at ${at.join(', ')}`],
      },
    ),
  )
}

/** D39: tick times that do not go together. */
export function judgeTicks(all: readonly Pick<BeamFacts, 'name' | 'tickSeconds'>[]): Finding[] {
  const times = [{ name: 'dynsrv', tickSeconds: OUR_TICK_SECONDS }, ...all].filter(({ tickSeconds }) => tickSeconds > 0)
  const sorted = times.toSorted((a, b) => a.tickSeconds - b.tickSeconds)
  const [shortest, longest] = [sorted[0], sorted.at(-1)]
  if (shortest === undefined || longest === undefined || shortest.tickSeconds === longest.tickSeconds) return []
  const drops = shortest.tickSeconds <= longest.tickSeconds / TICK_INTENSITY
  const message = drops
    ? `${shortest.name} drops ${longest.name} when the link is idle: it waits ${shortest.tickSeconds} s, and is ticked every ${longest.tickSeconds / TICK_INTENSITY} s`
    : `tick times differ: ${shortest.tickSeconds} s at ${shortest.name}, ${longest.tickSeconds} s at ${longest.name}`
  const evidence = times.map(({ name, tickSeconds }) => `${name}: ${tickSeconds} s`)
  return [finding(drops ? 'error' : 'warning', 'DOCTOR_TICK_DIFFERS', message, { evidence })]
}

/** D41: large messages that do not pass. */
export function judgeEchoes(all: readonly EchoFacts[]): Finding[] {
  return all.flatMap(({ name, passed, stalledAt }) => {
    const largest = passed.at(-1)
    if (stalledAt === undefined || largest === undefined) return []
    const message = `messages to ${name} stall above ${largest} bytes`
    return [
      finding('error', 'DOCTOR_LARGE_STALLS', message, { node: name, evidence: [`${stalledAt} bytes did not pass`] }),
    ]
  })
}

/** How often a node that was connected just now is looked at again, and how long it is given. */
const GLOBAL_LOOKS = 10
const GLOBAL_PAUSE_MS = 500

/** `global` needs a moment for a node that came just now: only who is still waited for after that is told. */
async function globalFacts(context: DoctorContext): Promise<GlobalFacts> {
  let all = await context.get(beams)
  const connected = await context.get(links)
  let suspects = waitingFor(all)
  for (let look = 0; suspects.length > 0 && look < GLOBAL_LOOKS; look++) {
    await pause(GLOBAL_PAUSE_MS)
    all = await beams(context)
    const again = waitingFor(all)
    suspects = suspects.filter(({ at, peer }) => again.some((one) => one.at === at && one.peer === peer))
  }
  const still = new Set(suspects.map(({ at, peer }) => `${at} ${peer}`))
  const settled = all.map((one) => ({
    ...one,
    globalKnows: one.globalKnows && one.visible.filter((peer) => !still.has(`${one.name} ${peer}`)),
  }))
  return { beams: settled, links: connected }
}

async function several(context: DoctorContext): Promise<readonly BeamFacts[]> {
  const all = await context.get(beams)
  if (all.length < 2) throw new NotApplicable('fewer than two BEAM nodes')
  return all
}

/** Hidden nodes are in no mesh. */
async function visibleBeams(context: DoctorContext): Promise<readonly BeamFacts[]> {
  const visible = new Set(
    (await context.get(links)).filter((one) => one.visibility === 'visible').map(({ name }) => name),
  )
  const all = (await several(context)).filter(({ name }) => visible.has(name))
  if (all.length < 2) throw new NotApplicable('fewer than two visible BEAM nodes')
  return all
}

export const MESH_CHECKS: readonly Check[] = [
  check({ id: 'D06', group: 'mesh', title: 'nodes build a mesh', look: several, judge: judgeConnectAll }),
  check({
    id: 'D36',
    group: 'mesh',
    title: 'everybody sees everybody',
    needs: ['D06', 'D16'],
    look: visibleBeams,
    judge: judgeMesh,
  }),
  check({ id: 'D37', group: 'mesh', title: 'global waits for nobody', look: globalFacts, judge: judgeGlobal }),
  check({ id: 'D39', group: 'mesh', title: 'tick times', look: (context) => context.get(beams), judge: judgeTicks }),
  check({
    id: 'D41',
    group: 'mesh',
    title: 'large messages pass',
    look: (context) => context.get(echoes),
    judge: judgeEchoes,
  }),
]
