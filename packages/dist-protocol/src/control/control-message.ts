import type { Atom, Pid, Reference, Term } from '@dynsrv/etf'

/**
 * A sequential trace token, `{Flags, Label, Serial, From, LastCount}`.
 *
 * Its presence is what tells the `_TT` opcodes from the plain ones. A node that does not trace may ignore it.
 */
export interface Traceable {
  readonly token?: Term
}

/** Sets up a link from one process to another. */
export interface Link {
  readonly op: 'LINK'
  readonly from: Pid
  readonly to: Pid
}
/** A message whose sender is not told; opcodes 2 and 12. The payload is the message. */
export interface Send extends Traceable {
  readonly op: 'SEND'
  readonly to: Pid
}
/** A message to a pid; opcodes 22 and 23. Sent as SEND to a peer without the flag. The payload is the message. */
export interface SendSender extends Traceable {
  readonly op: 'SEND_SENDER'
  readonly from: Pid
  readonly to: Pid
}
/** A message to a registered name; opcodes 6 and 16. The payload is the message. */
export interface RegSend extends Traceable {
  readonly op: 'REG_SEND'
  readonly from: Pid
  readonly toName: Atom
}
/** A message to an alias that the receiver made; opcodes 33 and 34. The payload is the message. */
export interface AliasSend extends Traceable {
  readonly op: 'ALIAS_SEND'
  readonly from: Pid
  readonly to: Reference
}
/** A link broke because `from` ended; opcodes 3, 13, 24 and 25. The payload is the reason. */
export interface Exit extends Traceable {
  readonly op: 'EXIT'
  readonly from: Pid
  readonly to: Pid
}
/** `exit/2`; opcodes 8, 18, 26 and 27. The payload is the reason. */
export interface Exit2 extends Traceable {
  readonly op: 'EXIT2'
  readonly from: Pid
  readonly to: Pid
}
/** Removes a link without acknowledgement: only peers without `UNLINK_ID` know it, OTP 26 and later close on it. */
export interface Unlink {
  readonly op: 'UNLINK'
  readonly from: Pid
  readonly to: Pid
}
/** Removes a link; must be acknowledged with the same id before any later signal to `from`. */
export interface UnlinkId {
  readonly op: 'UNLINK_ID'
  /** From 1 to 2^64 - 1. */
  readonly id: bigint
  readonly from: Pid
  readonly to: Pid
}
/** Acknowledges {@link UnlinkId}; `from` is the process that received it. */
export interface UnlinkIdAck {
  readonly op: 'UNLINK_ID_ACK'
  readonly id: bigint
  readonly from: Pid
  readonly to: Pid
}
/** Sets the group leader of `to`. */
export interface GroupLeader {
  readonly op: 'GROUP_LEADER'
  readonly leader: Pid
  readonly to: Pid
}
/** Monitors a process by pid or by registered name. */
export interface MonitorP {
  readonly op: 'MONITOR_P'
  readonly from: Pid
  readonly to: Pid | Atom
  readonly ref: Reference
}
/** Ends a monitor; `to` as in {@link MonitorP}. */
export interface DemonitorP {
  readonly op: 'DEMONITOR_P'
  readonly from: Pid
  readonly to: Pid | Atom
  readonly ref: Reference
}
/** A monitored process ended; opcodes 21 and 28. `from` is the pid, or the name if it was monitored by name. The payload is the reason. */
export interface MonitorPExit {
  readonly op: 'MONITOR_P_EXIT'
  readonly from: Pid | Atom
  readonly to: Pid
  readonly ref: Reference
}
/** Starts a process; opcodes 29 and 30. Must be answered exactly once. The payload is the argument list. */
export interface SpawnRequest extends Traceable {
  readonly op: 'SPAWN_REQUEST'
  /** Names the request, and is the monitor's reference when one is asked for. */
  readonly ref: Reference
  readonly from: Pid
  readonly groupLeader: Pid
  readonly module: Atom
  readonly function: Atom
  readonly arity: number
  /** The option list as it came. */
  readonly options: Term
}
/** Answers {@link SpawnRequest}; opcodes 31 and 32. */
export interface SpawnReply extends Traceable {
  readonly op: 'SPAWN_REPLY'
  readonly ref: Reference
  readonly to: Pid
  /** 1: a link was made, 2: a monitor was made. */
  readonly flags: number
  /** The new process, or an error such as `notsup`. */
  readonly result: Pid | Atom
}
/** A priority message or exit signal, or one to an alias (OTP 28). The payload is the message or the reason. */
export interface AltactSigSend extends Traceable {
  readonly op: 'ALTACT_SIG_SEND'
  /** See {@link ALTACT}. */
  readonly flags: number
  readonly from: Pid
  readonly to: Pid | Atom | Reference
}
/** An opcode that this library does not know; the peer is newer. Received only. */
export interface UnknownControl {
  readonly op: 'UNKNOWN'
  readonly opcode: number
  /** The whole control tuple, the opcode first. */
  readonly elements: readonly Term[]
}

/** Everything that can be said between two connected nodes, told apart by `op`. */
export type ControlMessage =
  | Link
  | Send
  | SendSender
  | RegSend
  | AliasSend
  | Exit
  | Exit2
  | Unlink
  | UnlinkId
  | UnlinkIdAck
  | GroupLeader
  | MonitorP
  | DemonitorP
  | MonitorPExit
  | SpawnRequest
  | SpawnReply
  | AltactSigSend
  | UnknownControl

/** The bits of {@link AltactSigSend} flags. */
export const ALTACT = {
  /** A priority signal. */
  PRIO: 1,
  /** A trace token follows. */
  TOKEN: 2,
  /** `to` is an alias. */
  ALIAS: 4,
  /** `to` is a registered name. */
  NAME: 8,
  /** The payload is an exit reason, else a message. */
  EXIT: 16,
} as const

/** One opcode, as it stands in the protocol's table. */
export interface OpcodeEntry {
  readonly opcode: number
  /** The spec's name. */
  readonly name: string
  /** The `op` of the message that it is here. */
  readonly op: ControlMessage['op']
  /** How many elements its tuple has, the opcode included; ALTACT_SIG_SEND may have one more, its token. */
  readonly arity: number
  /** A term follows the control tuple. */
  readonly payload: boolean
  /** The capability flags that both sides must have announced. */
  readonly flags?: readonly string[]
}

/** One without the other makes BEAM neither send nor answer any monitor. */
const MONITORS = ['DIST_MONITOR', 'DIST_MONITOR_NAME']

/**
 * Every opcode.
 *
 * @see OTP `erl_dist_protocol`, "Protocol between Connected Nodes"
 */
export const OPCODE_TABLE: readonly OpcodeEntry[] = [
  { opcode: 1, name: 'LINK', op: 'LINK', arity: 3, payload: false },
  { opcode: 2, name: 'SEND', op: 'SEND', arity: 3, payload: true },
  { opcode: 3, name: 'EXIT', op: 'EXIT', arity: 4, payload: false },
  { opcode: 4, name: 'UNLINK', op: 'UNLINK', arity: 3, payload: false },
  { opcode: 6, name: 'REG_SEND', op: 'REG_SEND', arity: 4, payload: true },
  { opcode: 7, name: 'GROUP_LEADER', op: 'GROUP_LEADER', arity: 3, payload: false },
  { opcode: 8, name: 'EXIT2', op: 'EXIT2', arity: 4, payload: false },
  { opcode: 12, name: 'SEND_TT', op: 'SEND', arity: 4, payload: true },
  { opcode: 13, name: 'EXIT_TT', op: 'EXIT', arity: 5, payload: false },
  { opcode: 16, name: 'REG_SEND_TT', op: 'REG_SEND', arity: 5, payload: true },
  { opcode: 18, name: 'EXIT2_TT', op: 'EXIT2', arity: 5, payload: false },
  { opcode: 19, name: 'MONITOR_P', op: 'MONITOR_P', arity: 4, payload: false, flags: MONITORS },
  { opcode: 20, name: 'DEMONITOR_P', op: 'DEMONITOR_P', arity: 4, payload: false, flags: MONITORS },
  { opcode: 21, name: 'MONITOR_P_EXIT', op: 'MONITOR_P_EXIT', arity: 5, payload: false, flags: MONITORS },
  { opcode: 22, name: 'SEND_SENDER', op: 'SEND_SENDER', arity: 3, payload: true, flags: ['SEND_SENDER'] },
  { opcode: 23, name: 'SEND_SENDER_TT', op: 'SEND_SENDER', arity: 4, payload: true, flags: ['SEND_SENDER'] },
  { opcode: 24, name: 'PAYLOAD_EXIT', op: 'EXIT', arity: 3, payload: true, flags: ['EXIT_PAYLOAD'] },
  { opcode: 25, name: 'PAYLOAD_EXIT_TT', op: 'EXIT', arity: 4, payload: true, flags: ['EXIT_PAYLOAD'] },
  { opcode: 26, name: 'PAYLOAD_EXIT2', op: 'EXIT2', arity: 3, payload: true, flags: ['EXIT_PAYLOAD'] },
  { opcode: 27, name: 'PAYLOAD_EXIT2_TT', op: 'EXIT2', arity: 4, payload: true, flags: ['EXIT_PAYLOAD'] },
  {
    opcode: 28,
    name: 'PAYLOAD_MONITOR_P_EXIT',
    op: 'MONITOR_P_EXIT',
    arity: 4,
    payload: true,
    flags: [...MONITORS, 'EXIT_PAYLOAD'],
  },
  { opcode: 29, name: 'SPAWN_REQUEST', op: 'SPAWN_REQUEST', arity: 6, payload: true, flags: ['SPAWN'] },
  { opcode: 30, name: 'SPAWN_REQUEST_TT', op: 'SPAWN_REQUEST', arity: 7, payload: true, flags: ['SPAWN'] },
  { opcode: 31, name: 'SPAWN_REPLY', op: 'SPAWN_REPLY', arity: 5, payload: false, flags: ['SPAWN'] },
  { opcode: 32, name: 'SPAWN_REPLY_TT', op: 'SPAWN_REPLY', arity: 6, payload: false, flags: ['SPAWN'] },
  { opcode: 33, name: 'ALIAS_SEND', op: 'ALIAS_SEND', arity: 3, payload: true, flags: ['ALIAS'] },
  { opcode: 34, name: 'ALIAS_SEND_TT', op: 'ALIAS_SEND', arity: 4, payload: true, flags: ['ALIAS'] },
  { opcode: 35, name: 'UNLINK_ID', op: 'UNLINK_ID', arity: 4, payload: false, flags: ['UNLINK_ID'] },
  { opcode: 36, name: 'UNLINK_ID_ACK', op: 'UNLINK_ID_ACK', arity: 4, payload: false, flags: ['UNLINK_ID'] },
  { opcode: 37, name: 'ALTACT_SIG_SEND', op: 'ALTACT_SIG_SEND', arity: 4, payload: true, flags: ['ALTACT_SIG'] },
]
