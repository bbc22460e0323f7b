import { setTimeout as pause } from 'node:timers/promises'
import type { OurMember } from './our-member.ts'
import type { Seat, Soak } from './soak.ts'

/** What a disturbance did, in a line. */
export type Disturbance = (soak: Soak, random: () => number) => Promise<string>

const between = (random: () => number, fromMs: number, toMs: number) => Math.round(fromMs + random() * (toMs - fromMs))

function pick(seats: readonly Seat[], random: () => number): Seat {
  return seats[Math.floor(random() * seats.length)]!
}

/**
 * How long after a partition or a freeze a link may still be lost: TCP's next try to send comes as late again as the network
 * was away, and a tick time without a byte ends the link.
 */
const SETTLE_MS = 12_000
/** How long the mesh may take to come back from losses that late. */
const PATIENCE_MS = 60_000

/** Nothing that is done here may cost a link. */
async function nobodyLoses(soak: Soak, doing: () => Promise<void>): Promise<void> {
  await pause(Math.max(0, soak.disturbedAt + SETTLE_MS - performance.now()))
  await soak.whole(PATIENCE_MS)
  const lost = async () =>
    [...(await soak.states())].map(([label, { own }]) => `${label} ${own?.lost ?? 0} ${own?.lastLost.join('; ') ?? ''}`)
  const before = await lost()
  await doing()
  const after = await lost()
  if (before.join() !== after.join())
    throw new Error(`links were lost: before\n${before.join('\n')}\nafter\n${after.join('\n')}`)
}

/** Kills a member and starts it anew after a while. */
export const crash: Disturbance = async (soak, random) => {
  const seat = pick(soak.seats, random)
  const ms = between(random, 0, 3_000)
  await seat.member?.kill()
  seat.member = undefined
  await pause(ms)
  await soak.startMember(seat)
  return `${seat.label} was killed and came back after ${ms} ms`
}

/** One of ours leaves in order, without its record, and comes back. */
export const drain: Disturbance = async (soak, random) => {
  const seat = pick(
    soak.seats.filter(({ kind }) => kind === 'dynsrv'),
    random,
  )
  seat.registered = false
  await soak.writeRecords()
  await (seat.member as OurMember).leave()
  seat.member = undefined
  await pause(between(random, 0, 2_000))
  seat.registered = true
  await soak.writeRecords()
  await soak.startMember(seat)
  return `${seat.label} left in order and came back`
}

/**
 * Shorter than the tick time, so that no link is lost, or longer, so that all are. Between these some links are lost and
 * others are not: parts of a cluster that overlap, in which `global` may stay without names that one of them has.
 */
const awayMs = (random: () => number) => (random() < 0.5 ? between(random, 300, 1_500) : between(random, 7_000, 10_000))

/** Freezes a process, for less or for more than the tick time. */
export const freeze: Disturbance = async (soak, random) => {
  const seat = pick(soak.seats, random)
  const ms = awayMs(random)
  seat.member?.signal('SIGSTOP')
  await pause(ms)
  seat.member?.signal('SIGCONT')
  soak.disturbedAt = performance.now()
  return `${seat.label} was frozen for ${ms} ms`
}

/** Takes the cable of up to three machines out, for less or for more than the tick time. */
export const partition: Disturbance = async (soak, random) => {
  const seats = new Set(Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(soak.seats, random)))
  const ms = awayMs(random)
  await Promise.all([...seats].map(({ place }) => place.machine.cut()))
  await pause(ms)
  await Promise.all([...seats].map(({ place }) => place.machine.heal()))
  soak.disturbedAt = performance.now()
  return `${[...seats].map(({ label }) => label).join(', ')} had no network for ${ms} ms`
}

/** Ends the DNS server, and starts it again: no link is lost. */
export const dnsOutage: Disturbance = async (soak, random) => {
  const ms = between(random, 2_000, 6_000)
  await nobodyLoses(soak, async () => {
    await soak.stopDns()
    await pause(ms)
    await soak.startDns()
    await pause(1_000)
  })
  return `DNS was gone for ${ms} ms`
}

export const DISTURBANCES: readonly Disturbance[] = [crash, crash, drain, freeze, partition, dnsOutage]
