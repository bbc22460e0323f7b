import type { NodeName } from '@dynsrv/epmd-shim'

/** Every {@link HoldReason}. */
export const HOLD_REASONS = [
  'empty',
  'policy',
  'rotating',
  'share',
  'stale',
  'trimmed',
  'unconfirmed',
  'unmapped',
  'unusable',
] as const

/**
 * Why a member that an answer lacks is kept. `unmapped`: the answer has records, and none of them names a node, as after
 * an orchestrator began to publish other targets. `unusable`: its link lives, and its record may be there, but it cannot be
 * used; `ignored` said which one and why.
 */
export type HoldReason = (typeof HOLD_REASONS)[number]

/** There was a good answer. */
export interface Polled {
  readonly type: 'polled'
  /** The nodes that the answer names, without ourselves. */
  readonly nodes: ReadonlySet<NodeName>
  /** Members that should be connected: named now, or held by the leave policy. */
  readonly expected: number
  /** How many of these are. */
  readonly connected: number
  /** How long the answer took, in milliseconds. */
  readonly elapsedMs: number
  readonly stale: boolean
  readonly trimmed: boolean
  /** Why it names nobody: the name does not exist, or it has no such records. */
  readonly empty?: 'nxdomain' | 'nodata'
  readonly server?: string
}

/** There was no answer. The members stay as they are. */
export interface DiscoveryFailed {
  readonly type: 'discoveryFailed'
  /** How many times in a row. */
  readonly failures: number
  readonly cause: unknown
  /** Age of the last good answer in milliseconds; undefined when there was none. */
  readonly lastGoodAgeMs: number | undefined
}

/** A member is connected, whichever side dialled. */
export interface Joined {
  readonly type: 'joined'
  readonly node: NodeName
}

/** Dialling a member failed; it is tried again. */
export interface ConnectFailed {
  readonly type: 'connectFailed'
  readonly node: NodeName
  readonly cause: unknown
  /** Failures in a row. */
  readonly attempts: number
  /** When it is tried again, in milliseconds from now. */
  readonly retryMs: number
}

/** The link to a member went down; it is dialled again. */
export interface Lost {
  readonly type: 'lost'
  readonly node: NodeName
  readonly reason: unknown
}

/** A node is not a member any more, by the leave policy. A live link is being taken down. */
export interface Left {
  readonly type: 'left'
  readonly node: NodeName
  readonly reason: 'deregistered'
  /** Whether it was still connected. */
  readonly connected: boolean
  /** How long it had been missing from the answers, in milliseconds. */
  readonly missingMs: number
}

/**
 * Our own record was there, and whole, confirmed answers lack it as often as the leave policy asks of a member. When the
 * policy takes links down, so do the others by now: no peer is dialled until the record is back.
 */
export interface Deregistered {
  readonly type: 'deregistered'
}

/** The answer lacks members, and they are kept. Reported when that begins or its reasons change. */
export interface Held {
  readonly type: 'held'
  readonly nodes: ReadonlyMap<NodeName, HoldReason>
}

/** Taking a link down failed; it is tried again at the next poll. */
export interface DisconnectFailed {
  readonly type: 'disconnectFailed'
  readonly node: NodeName
  readonly cause: unknown
}

/** Something was found that is not a member. Reported once for each target and reason. */
export interface Ignored {
  readonly type: 'ignored'
  readonly target: string
  readonly reason: string
}

/** A function that was passed in threw, or one of several sources failed. The loop goes on without its answer. */
export interface PartFailed {
  readonly type: 'partFailed'
  readonly part: 'interval' | 'leave' | 'membership' | 'retry' | 'source' | 'subscribe'
  readonly cause: unknown
}

/** All that a loop reports; `type` says which it is. */
export type MembershipChange =
  | Polled
  | DiscoveryFailed
  | Joined
  | ConnectFailed
  | Lost
  | Left
  | Deregistered
  | Held
  | DisconnectFailed
  | Ignored
  | PartFailed
