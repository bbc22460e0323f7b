import { startNetwork } from '@dynsrv/tools/network'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { expect, it } from 'vitest'
import { crash, DISTURBANCES, type Disturbance, dnsOutage, drain, partition } from './disturbances.ts'
import type { OurMember } from './our-member.ts'
import { seededRandom } from './random.ts'
import { Soak } from './soak.ts'
import type { MemberState, OwnState, SoakMember } from './soak-member.ts'

// Short in the regular run; SOAK_MINUTES=60 makes it the long one, SOAK_SEED another story.
const MINUTES = Number(process.env.SOAK_MINUTES ?? 0)
const SEED = Number(process.env.SOAK_SEED ?? 1)
/** How long the whole mesh may take to come back; a node that died silently is noticed after the tick time of 4 s. */
const PATIENCE_MS = 60_000
const SHORT: readonly Disturbance[] = [dnsOutage, crash, partition, drain]

const MIB = 1024 * 1024
/** A heap after a full collection, once everything is warm, may differ by so much. */
const HEAP_ROOM = 12 * MIB

function expectHealthy(label: string, { wrong, own }: MemberState): void {
  expect(wrong, `${label}: calls that got a wrong answer`).toBe(0)
  expect(own?.faults ?? [], `${label}: rejections and exceptions that nobody caught`).toStrictEqual([])
}

/** A process that lived through it all holds no more than when the mesh was first whole with it. */
function expectNoGrowth(label: string, before: OwnState, after: OwnState): void {
  // A meeting of two parts of the cluster may still be about to end.
  expect(after.processes, `${label}: processes`).toBeLessThanOrEqual(before.processes + 2)
  expect(after.heapBytes, `${label}: heap`).toBeLessThan(before.heapBytes + HEAP_ROOM)
  expect(after.files, `${label}: files`).toBeLessThanOrEqual(before.files + 2)
  expect(after.sockets, `${label}: sockets`).toBeLessThanOrEqual(before.sockets + 2)
}

/**
 * Ten nodes live through disturbances. Slow, about a minute: a node that dies in silence is noticed after the tick time only,
 * and the mesh has to be whole again each time.
 */
export function testSoak(over: 'TCP' | 'TLS'): void {
  it(
    `five Erlang nodes and five of ours are whole again after every disturbance, over ${over} (seed ${SEED})`,
    async () => {
      await using network = await startNetwork()
      await using soak = await Soak.start(network, temporaryFolder('soak'), 5, over)
      const random = seededRandom(SEED)
      const log = (line: string) => MINUTES > 0 && process.stdout.write(`${new Date().toISOString()} ${line}\n`)
      const first = new Map<SoakMember, OwnState>()
      const begun = performance.now()
      const goesOn = (round: number) =>
        MINUTES > 0 ? performance.now() - begun < MINUTES * 60_000 : round < SHORT.length
      for (let round = 0, what = 'start'; ; round++) {
        const { elapsedMs, states } = await soak.whole(PATIENCE_MS).catch((cause: Error) => {
          throw new Error(`after “${what}”: ${cause.message}`, { cause })
        })
        log(`${what}; whole after ${elapsedMs} ms`)
        for (const { label, member } of soak.running()) {
          const state = states.get(label)!
          expectHealthy(label, state)
          if (state.own !== undefined && !first.has(member)) first.set(member, state.own)
        }
        if (!goesOn(round)) break
        const disturb = MINUTES > 0 ? DISTURBANCES[Math.floor(random() * DISTURBANCES.length)]! : SHORT[round]!
        what = await disturb(soak, random)
      }

      await Promise.all(
        soak.running().map(({ member }) => (member.kind === 'dynsrv' ? (member as OurMember).quiet() : undefined)),
      )
      const { states } = await soak.whole(PATIENCE_MS)
      for (const { label, member } of soak.running()) {
        const { own, calls, unanswered } = states.get(label)!
        const mib = (bytes = 0) => `${(bytes / MIB).toFixed(1)} MiB`
        log(
          `${label}: ${calls} calls answered, ${unanswered} not; heap ${mib(own?.heapBytes)}, RSS ${mib(own?.rssBytes)}, ${own?.files} files`,
        )
        expect(calls, `${label}: calls that were answered`).toBeGreaterThan(0)
        const before = first.get(member)
        if (before !== undefined && own !== undefined) expectNoGrowth(label, before, own)
      }
    },
    MINUTES * 60_000 + 240_000,
  )
}
