import type { Term } from '@dynsrv/etf'
import type { KnownOp, MessageOf } from './opcodes.ts'

/**
 * A sequential trace token, `{Flags, Label, Serial, From, LastCount}`.
 *
 * The `_TT` opcodes have it, the plain ones have not. A node that does not trace may ignore it.
 */
export interface Traceable {
  readonly token?: Term
}

/** Sets up a link from one process to another. */
export type Link = MessageOf<'LINK'>
/** A message that does not name its sender. The payload is the message. */
export type Send = MessageOf<'SEND'>
/** A message to a pid. Sent as SEND to a peer without the flag. The payload is the message. */
export type SendSender = MessageOf<'SEND_SENDER'>
/** A message to a registered name. The payload is the message. */
export type RegSend = MessageOf<'REG_SEND'>
/** A message to an alias that the receiver made. The payload is the message. */
export type AliasSend = MessageOf<'ALIAS_SEND'>
/** A link broke because `from` ended. The payload is the reason. */
export type Exit = MessageOf<'EXIT'>
/** `exit/2`. The payload is the reason. */
export type Exit2 = MessageOf<'EXIT2'>
/** Removes a link without acknowledgement: only peers without `UNLINK_ID` know it, OTP 26 and later close on it. */
export type Unlink = MessageOf<'UNLINK'>
/** Removes a link; must be acknowledged with the same `id`, from 1 to 2^64 - 1, before any later signal to `from`. */
export type UnlinkId = MessageOf<'UNLINK_ID'>
/** Acknowledges {@link UnlinkId}; `from` is the process that received it. */
export type UnlinkIdAck = MessageOf<'UNLINK_ID_ACK'>
/** Sets the group leader of `to`. */
export type GroupLeader = MessageOf<'GROUP_LEADER'>
/** Monitors a process by pid or by registered name. */
export type MonitorP = MessageOf<'MONITOR_P'>
/** Ends a monitor; `to` as in {@link MonitorP}. */
export type DemonitorP = MessageOf<'DEMONITOR_P'>
/** A monitored process ended. `from` is the pid, or the name if it was monitored by name. The payload is the reason. */
export type MonitorPExit = MessageOf<'MONITOR_P_EXIT'>
/**
 * Starts a process. Must be answered exactly once. The payload is the argument list.
 *
 * `ref` names the request, and is the monitor's reference when one is asked for; `options` is the option list as it came.
 */
export type SpawnRequest = MessageOf<'SPAWN_REQUEST'>
/**
 * Answers {@link SpawnRequest}.
 *
 * `flags`: 1 a link was made, 2 a monitor was made. `result`: the new process, or an error such as `notsup`.
 */
export type SpawnReply = MessageOf<'SPAWN_REPLY'>
/**
 * A priority message or exit signal, or one to an alias (OTP 28). The payload is the message or the reason.
 *
 * `flags`: see {@link ALTACT}.
 */
export type AltactSigSend = MessageOf<'ALTACT_SIG_SEND'>
/** An opcode that this library does not know; the peer is newer. Received only. */
export interface UnknownControl {
  readonly op: 'UNKNOWN'
  readonly opcode: number
  /** The whole control tuple, the opcode first. */
  readonly elements: readonly Term[]
}

/** Everything that can be said between two connected nodes. `op` says which it is. */
export type ControlMessage = { [Op in KnownOp]: MessageOf<Op> }[KnownOp] | UnknownControl
