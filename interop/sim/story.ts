import type { ZoneFault } from '@dynsrv/srv-resolver'
import type { PathOptions } from '@dynsrv/testing'

/** Something that is done to the world, and undone after a while. */
export type Act =
  /** Between `side` and all others, or only those of `other`: what is in neither then reaches both. */
  | {
      readonly do: 'partition'
      readonly side: readonly number[]
      readonly other?: readonly number[]
      readonly oneWay: boolean
    }
  /** A network that is cut, whole, and cut again, each for so long. */
  | { readonly do: 'flap'; readonly side: readonly number[]; readonly everyMs: number }
  /** With `deaf` DNS does not answer it for a while when it is back. */
  | {
      readonly do: 'crash'
      readonly who: number
      readonly silent: boolean
      readonly port: 'new' | 'same'
      readonly deaf?: boolean
    }
  | { readonly do: 'leave'; readonly who: number }
  | { readonly do: 'freeze'; readonly who: number }
  | { readonly do: 'slow'; readonly who: number; readonly turnMs: number }
  | { readonly do: 'jump'; readonly who: number; readonly ms: number }
  /** With `deafMs` DNS does not answer it for so long, so that it is late to hear of it. */
  | { readonly do: 'deregister'; readonly who: number; readonly deafMs?: number }
  /** DNS does not answer one member. */
  | { readonly do: 'deaf'; readonly who: number }
  | { readonly do: 'dns'; readonly fault: ZoneFault }
  | { readonly do: 'path'; readonly path: PathOptions }
  | { readonly do: 'disconnect'; readonly who: number; readonly peer: number }
  | { readonly do: 'name'; readonly who: number; readonly key: string }

/** When it begins, and how long it lasts. Unit: milliseconds. */
export type Scene = Act & { readonly atMs: number; readonly forMs: number }

/** Everything that a run is made of: the same story plays alike each time. */
export interface Story {
  readonly seed: number
  readonly members: number
  readonly visible: boolean
  readonly netTickTimeMs: number
  readonly pollingMs: number
  /** Whether members ask DNS with a client that does not look behind answers that may be parts. Default false. */
  readonly plainDns?: boolean
  /** Records in the zone that name no member: they make answers long. Default 0. */
  readonly strangers?: number
  /** So many records DNS sends over UDP, and says that it cut the answer; left out: it sends what fits. */
  readonly cutTo?: number
  /** Whether members poll less often while polls fail. Default false. */
  readonly backsOff?: boolean
  readonly scenes: readonly Scene[]
}

/** A rule that a run has broken: which one, and how. */
export interface Broken {
  readonly rule: string
  readonly how: string
}

/** Whether links may be lost through this, and for how long after its end. Undefined when it may cost none. */
export function costMs({ forMs, ...act }: Scene, { netTickTimeMs }: Story): number | undefined {
  switch (act.do) {
    case 'deaf':
    case 'dns':
    case 'jump':
    case 'name':
      return undefined
    case 'freeze':
      // A peer hears ticks before and after, and has patience for a tick time.
      return forMs < netTickTimeMs / 2 ? undefined : settleMs(forMs, netTickTimeMs)
    case 'partition':
      // TCP sends again at the latest when as much time has passed as the network was away.
      return forMs < netTickTimeMs / 5 ? undefined : settleMs(forMs, netTickTimeMs)
    default:
      return settleMs(forMs, netTickTimeMs)
  }
}

/** Says of two seats whether a scene is about the link between them. */
export function touching(scene: Scene, seats: number): (one: number, other: number) => boolean {
  switch (scene.do) {
    case 'path':
      return () => true
    case 'partition':
    case 'flap': {
      const { side } = scene
      const isOther = (seat: number) =>
        !side.includes(seat) && (scene.do === 'flap' || (scene.other?.includes(seat) ?? true))
      return (one, other) => (side.includes(one) && isOther(other)) || (side.includes(other) && isOther(one))
    }
    case 'disconnect': {
      const [who, peer] = [scene.who % seats, scene.peer % seats]
      return (one, other) => (one === who && other === peer) || (one === peer && other === who)
    }
    case 'dns':
      return () => false
    default: {
      const who = scene.who % seats
      return (one, other) => one === who || other === who
    }
  }
}

/** Whether nothing else is done to the world from long before a scene until it is over. */
export function isAlone(scene: Scene, { scenes }: Story): boolean {
  const end = scene.atMs + scene.forMs
  return scenes.every(
    (other) => other === scene || other.atMs > end || other.atMs + other.forMs + SETTLED_MS < scene.atMs,
  )
}

/** What was done so long ago has no effect any more. */
const SETTLED_MS = 240_000

/** As long as a link may be lost after a disturbance: until TCP sends again, and then a tick time. */
function settleMs(forMs: number, netTickTimeMs: number): number {
  return Math.min(forMs, 120_000) + 2 * netTickTimeMs + 10_000
}
