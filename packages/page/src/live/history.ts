import type { Cluster, ClusterEvent } from '@dynsrv/cluster'
import type { Clock } from '@dynsrv/kit'
import type { PeerState } from '@dynsrv/node'
import type { Latency } from './latency.ts'
import type { PageMemberSample, PageSample } from './page-state.ts'

/** How many samples are kept: at one every five seconds, half an hour. */
const MAX_SAMPLES = 360
/** Of how many members samples are kept, at some 4 kB each: peers choose their names. */
const MAX_MEMBERS = 2_000

type Connected = Extract<PeerState, { state: 'connected' }>

/** What was measured of one member. The slot of a sample is its number modulo how many are kept; NaN where there is none. */
interface Track {
  readonly latency: Float32Array
  readonly received: Float32Array
  readonly sent: Float32Array
  /** The number of its newest sample. */
  newest: number
  /** The counters at that sample, if it was connected. */
  before: Connected | undefined
}

/** How the cluster and each member stood over the last half hour. It holds a bounded number of samples of each. */
export class History {
  readonly #cluster: Cluster
  readonly #latency: Latency
  readonly #clock: Clock
  readonly #samples: PageSample[] = []
  readonly #tracks = new Map<string, Track>()
  /** How many samples were ever taken. */
  #taken = 0
  #sampledAt: number
  #dnsMs: number | null = null
  #dnsFailures = 0

  constructor(cluster: Cluster, latency: Latency, clock: Clock) {
    this.#cluster = cluster
    this.#latency = latency
    this.#clock = clock
    this.#sampledAt = clock.monotonic()
  }

  /** Counts DNS answers and failures for the next sample. */
  notice(event: ClusterEvent): void {
    if (event.type === 'discoveryFailed') this.#dnsFailures++
    if (event.type !== 'polled') return
    const { elapsedMs } = this.#cluster.lookups().get(event.topology) ?? {}
    if (elapsedMs !== undefined) this.#dnsMs = Math.max(this.#dnsMs ?? 0, tenths(elapsedMs))
  }

  /** Takes a sample. */
  sample(): PageSample {
    const now = this.#clock.monotonic()
    const seconds = Math.max(0.001, (now - this.#sampledAt) / 1_000)
    this.#sampledAt = now
    const total = { connected: 0, received: 0, sent: 0, bytes: 0 }
    const latencies: number[] = []
    for (const peer of this.#cluster.node.peers()) {
      if (peer.state !== 'connected') continue
      total.connected++
      const track = this.#track(peer.peer)
      const { before } = track
      const grown = before?.since === peer.since && before.creation === peer.creation ? before : undefined
      const received = grown === undefined ? 0 : peer.receivedMessages - grown.receivedMessages
      const sent = grown === undefined ? 0 : peer.sentMessages - grown.sentMessages
      if (grown !== undefined)
        total.bytes += peer.receivedBytes + peer.sentBytes - grown.receivedBytes - grown.sentBytes
      total.received += received
      total.sent += sent
      const latencyMs = this.#latency.of(peer.peer)
      if (latencyMs !== null) latencies.push(latencyMs)
      put(track, this.#taken, { latencyMs, received: received / seconds, sent: sent / seconds })
      track.before = peer
    }
    latencies.sort((a, b) => a - b)
    const missing = this.#cluster.missing().size
    const sample: PageSample = {
      ...{ at: this.#clock.now(), connected: total.connected, missing },
      ...{ latencyMs: latencies[Math.floor(latencies.length / 2)] ?? null, slowestMs: latencies.at(-1) ?? null },
      ...{ receivedPerSecond: tenths(total.received / seconds), sentPerSecond: tenths(total.sent / seconds) },
      ...{ bytesPerSecond: Math.round(total.bytes / seconds), dnsMs: this.#dnsMs, dnsFailures: this.#dnsFailures },
    }
    this.#dnsMs = null
    this.#dnsFailures = 0
    this.#taken++
    this.#samples.push(sample)
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift()
    return sample
  }

  /** All samples, oldest first. */
  samples(): PageSample[] {
    return [...this.#samples]
  }

  /** The samples of one member, oldest first: as many as of the cluster, or none when it was never connected. */
  of(name: string): PageMemberSample[] {
    const track = this.#tracks.get(name)
    if (track === undefined) return []
    const first = this.#taken - this.#samples.length
    return this.#samples.map(({ at }, index) => {
      const number = first + index
      // Slots behind its newest sample still hold what was there a round ago.
      const slot = number > track.newest ? -1 : number % MAX_SAMPLES
      return {
        at,
        latencyMs: numberAt(track.latency, slot),
        receivedPerSecond: numberAt(track.received, slot),
        sentPerSecond: numberAt(track.sent, slot),
      }
    })
  }

  #track(name: string): Track {
    const track = this.#tracks.get(name) ?? {
      ...{ latency: nothing(), received: nothing(), sent: nothing() },
      ...{ newest: this.#taken - 1, before: undefined },
    }
    // Those that were not connected for longest come first.
    this.#tracks.delete(name)
    this.#tracks.set(name, track)
    if (this.#tracks.size > MAX_MEMBERS) this.#tracks.delete(this.#tracks.keys().next().value!)
    return track
  }
}

function put(
  track: Track,
  number: number,
  { latencyMs, received, sent }: { latencyMs: number | null; received: number; sent: number },
): void {
  const gap = Math.min(number - track.newest - 1, MAX_SAMPLES)
  for (let missed = 1; missed <= gap; missed++) {
    const slot = (number - missed) % MAX_SAMPLES
    for (const kept of [track.latency, track.received, track.sent]) kept[slot] = Number.NaN
  }
  const slot = number % MAX_SAMPLES
  track.latency[slot] = latencyMs ?? Number.NaN
  track.received[slot] = received
  track.sent[slot] = sent
  track.newest = number
}

function nothing(): Float32Array {
  return new Float32Array(MAX_SAMPLES).fill(Number.NaN)
}

function numberAt(kept: Float32Array, slot: number): number | null {
  const number = kept[slot]
  return number === undefined || Number.isNaN(number) ? null : Math.round(number * 100) / 100
}

function tenths(number: number): number {
  return Math.round(number * 10) / 10
}
