import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { type BeamFacts, beams } from '../probes/links.ts'
import { words } from '../words.ts'

const TICK_DIFFERS = words('DOCTOR_TICK_DIFFERS', {
  happened: 'Nodes have different tick times.',
  why: 'A node with a short net_ticktime drops a node that ticks rarely as soon as the link is idle.',
  hint: 'Give all nodes the same net_ticktime and net_tickintensity.',
})

/** Our own default. @see NodeOptions.netTickTimeMs */
const OUR_TICK_SECONDS = 60

const TICK_INTENSITY = 4

/** D39: tick times that do not fit together. */
export function judgeTicks(all: readonly Pick<BeamFacts, 'name' | 'tickSeconds'>[]): Finding[] {
  const times = [{ name: 'dynsrv', tickSeconds: OUR_TICK_SECONDS }, ...all].filter(({ tickSeconds }) => tickSeconds > 0)
  const sorted = times.toSorted((a, b) => a.tickSeconds - b.tickSeconds)
  const [shortest, longest] = [sorted[0], sorted.at(-1)]
  if (shortest === undefined || longest === undefined || shortest.tickSeconds === longest.tickSeconds) return []
  const drops = shortest.tickSeconds <= longest.tickSeconds / TICK_INTENSITY
  const message = drops
    ? `${identifier(shortest.name)} drops ${identifier(longest.name)} when the link is idle: it waits ${shortest.tickSeconds} s, but a tick comes only every ${longest.tickSeconds / TICK_INTENSITY} s`
    : `tick times differ: ${shortest.tickSeconds} s at ${identifier(shortest.name)}, ${longest.tickSeconds} s at ${identifier(longest.name)}`
  const evidence = times.map(({ name, tickSeconds }) => `${identifier(name)}: ${tickSeconds} s`)
  return [finding(drops ? 'error' : 'warning', TICK_DIFFERS, message, { evidence })]
}

export const D39 = check({
  id: 'D39',
  group: 'mesh',
  place: 4,
  title: 'tick times',
  words: [TICK_DIFFERS],
  look: (context) => context.get(beams),
  judge: judgeTicks,
})
