import type { NodeName } from '@dynsrv/epmd-shim'
import type { Pid } from '@dynsrv/etf'
import type { NodeErrorCode } from './error.ts'

/** Why a link went down: a stable code, a text, what to do, and what lies behind it. */
export interface NodeDownReason {
  readonly code: NodeErrorCode
  readonly message: string
  readonly hint: string
  readonly cause?: unknown
}

/** A link to a peer is up: both sides have proved that they know the cookie. */
export interface NodeUp {
  readonly type: 'nodeup'
  readonly node: NodeName
  /** Whether either side is hidden, so that the link counts for no mesh. */
  readonly hidden: boolean
  /** Which side dialled. */
  readonly direction: 'incoming' | 'outgoing'
  readonly creation: number
}

/** What went over a link so far. */
export interface ConnectionCounters {
  readonly sentMessages: number
  readonly receivedMessages: number
  readonly sentBytes: number
  readonly receivedBytes: number
}

/** A link that was up is down. */
export interface NodeDown {
  readonly type: 'nodedown'
  readonly node: NodeName
  readonly reason: NodeDownReason
  /** What went over it from its beginning to its end. */
  readonly counters: ConnectionCounters
}

/** Somebody dialled us and was not let in: wrong cookie, no Erlang node, too slow. */
export interface Refused {
  readonly type: 'refused'
  /** Where it came from, `ip:port`. */
  readonly address: string
  /** What it called itself, if it came that far; not proved. */
  readonly peer?: string
  readonly reason: NodeDownReason
}

/** Something that works, but that somebody should look at. */
export interface Warning {
  readonly type: 'warning'
  readonly code:
    | 'CREATION_SMALL'
    | 'HANDLER_THREW'
    | 'LOOP_BLOCKED'
    | 'MAILBOX_FULL'
    | 'MESSAGE_DROPPED'
    | 'MISMATCH'
    | 'NOT_EXPOSED'
    | 'OVER_LIMIT'
    | 'UNKNOWN_SIGNAL'
  readonly message: string
  /** With `OVER_LIMIT`, the option to raise: `decode.limits.depth`. */
  readonly limit?: string
  readonly peer?: string
  readonly pid?: Pid
  readonly cause?: unknown
}

/** Everything that a node reports; `type` tells the kinds apart. */
export type NodeEvent = NodeUp | NodeDown | Refused | Warning

/** The same as an emitter's map. */
export interface NodeEvents {
  nodeup: [NodeUp]
  nodedown: [NodeDown]
  refused: [Refused]
  warning: [Warning]
  /** Each of the above. */
  event: [NodeEvent]
}
