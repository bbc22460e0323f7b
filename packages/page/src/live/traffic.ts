import type { PeerState } from '@dynsrv/node'

/** What went over a link in a second. */
export interface Rates {
  readonly receivedPerSecond: number
  readonly sentPerSecond: number
  readonly bytesPerSecond: number
}

type Connected = Extract<PeerState, { state: 'connected' }>
type Counted = Rates & { readonly link: string; readonly at: number; readonly counters: Connected }

const STILL: Rates = { receivedPerSecond: 0, sentPerSecond: 0, bytesPerSecond: 0 }

/** Least time between two readings that are compared, in milliseconds: over less a single message looks like a flood. */
const LEAST_MS = 900

/** Makes rates of counters that only grow. */
export class Traffic {
  readonly #counted = new Map<string, Counted>()

  /** Reads the counters of all links. `now` is the time of a clock that never goes back, in milliseconds. */
  count(peers: readonly PeerState[], now: number): void {
    const there = new Set<string>()
    for (const peer of peers) {
      if (peer.state !== 'connected') continue
      there.add(peer.peer)
      const before = this.#counted.get(peer.peer)
      const link = `${peer.creation} ${peer.since}`
      if (before === undefined || before.link !== link) {
        this.#counted.set(peer.peer, { ...STILL, link, at: now, counters: peer })
      } else if (now - before.at >= LEAST_MS) {
        this.#counted.set(peer.peer, {
          ...rates(before.counters, peer, now - before.at),
          link,
          at: now,
          counters: peer,
        })
      }
    }
    for (const name of this.#counted.keys()) if (!there.has(name)) this.#counted.delete(name)
  }

  /** The rates of a peer, all zero when there is no link. */
  of(peer: string): Rates {
    return this.#counted.get(peer) ?? STILL
  }
}

function rates(before: Connected, after: Connected, elapsedMs: number): Rates {
  const perSecond = (difference: number) => Math.round((difference * 10_000) / elapsedMs) / 10
  return {
    receivedPerSecond: perSecond(after.receivedMessages - before.receivedMessages),
    sentPerSecond: perSecond(after.sentMessages - before.sentMessages),
    bytesPerSecond: Math.round(
      perSecond(after.receivedBytes + after.sentBytes - before.receivedBytes - before.sentBytes),
    ),
  }
}
