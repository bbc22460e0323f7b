import type { Term } from '@dynsrv/etf'
import {
  DFLAG_ALIAS,
  DFLAG_ALTACT_SIG,
  DFLAG_DIST_MONITOR,
  DFLAG_DIST_MONITOR_NAME,
  DFLAG_EXIT_PAYLOAD,
  DFLAG_SEND_SENDER,
  DFLAG_SPAWN,
  DFLAG_UNLINK_ID,
} from '../flags.ts'
import {
  ALTACT,
  ALTACT_FLAGS,
  ALTACT_TARGET,
  ARITY,
  ATOM,
  COOKIE,
  type Field,
  type Fields,
  FLAGS,
  type Kinds,
  OWN_PID,
  OWN_PID_OR_ATOM,
  OWN_REFERENCE,
  PEER_PID,
  PEER_PID_OR_ATOM,
  PEER_REFERENCE,
  PID,
  REASON,
  REFERENCE,
  TERM,
  TOKEN,
  type TokenField,
  type TupleField,
  UNLINK_ID,
} from './field.ts'

/** One opcode: what its control tuple holds, what it means here, and when it may be sent. */
export interface OpcodeEntry {
  readonly opcode: number
  /** The spec's name. */
  readonly name: string
  /** The `op` of the message that it is here. */
  readonly op: string
  /** The elements behind the opcode, in order. */
  readonly fields: Fields
  /** What the term behind the control tuple is; absent when none follows. */
  readonly payload?: 'message' | 'reason' | 'arguments'
  /** The capability flags that both sides must have announced before it is sent. */
  readonly needs?: bigint
  /** A capability flag over which the peer closes the link when this opcode comes. */
  readonly refusedWith?: bigint
  /** Another `op` that is sent with this opcode to peers that know no better one. */
  readonly standsInFor?: string
  /** The first element is a set of flags, of which this bit says that the last one, the token, is there. */
  readonly tokenBit?: number
}

/** One without the other makes BEAM neither send nor answer any monitor. */
const MONITORS = DFLAG_DIST_MONITOR | DFLAG_DIST_MONITOR_NAME

const MFA = { role: 'tuple', fields: { module: ATOM, function: ATOM, arity: ARITY } } as const
const SPAWN_REQUEST = { ref: OWN_REFERENCE, from: OWN_PID, groupLeader: PID, mfa: MFA, options: TERM } as const
const SPAWN_REPLY = { ref: PEER_REFERENCE, to: PEER_PID, flags: FLAGS, result: OWN_PID_OR_ATOM } as const

const ROWS = [
  { opcode: 1, name: 'LINK', op: 'LINK', fields: { from: OWN_PID, to: PEER_PID } },
  {
    opcode: 2,
    name: 'SEND',
    op: 'SEND',
    fields: { cookie: COOKIE, to: PID },
    payload: 'message',
    standsInFor: 'SEND_SENDER',
  },
  { opcode: 3, name: 'EXIT', op: 'EXIT', fields: { from: OWN_PID, to: PEER_PID, reason: REASON } },
  { opcode: 4, name: 'UNLINK', op: 'UNLINK', fields: { from: OWN_PID, to: PEER_PID }, refusedWith: DFLAG_UNLINK_ID },
  {
    opcode: 6,
    name: 'REG_SEND',
    op: 'REG_SEND',
    fields: { from: PID, cookie: COOKIE, toName: ATOM },
    payload: 'message',
  },
  { opcode: 7, name: 'GROUP_LEADER', op: 'GROUP_LEADER', fields: { leader: PID, to: PID } },
  { opcode: 8, name: 'EXIT2', op: 'EXIT2', fields: { from: OWN_PID, to: PEER_PID, reason: REASON } },
  {
    opcode: 12,
    name: 'SEND_TT',
    op: 'SEND',
    fields: { cookie: COOKIE, to: PID, token: TOKEN },
    payload: 'message',
    standsInFor: 'SEND_SENDER',
  },
  { opcode: 13, name: 'EXIT_TT', op: 'EXIT', fields: { from: OWN_PID, to: PEER_PID, token: TOKEN, reason: REASON } },
  {
    opcode: 16,
    name: 'REG_SEND_TT',
    op: 'REG_SEND',
    fields: { from: PID, cookie: COOKIE, toName: ATOM, token: TOKEN },
    payload: 'message',
  },
  { opcode: 18, name: 'EXIT2_TT', op: 'EXIT2', fields: { from: OWN_PID, to: PEER_PID, token: TOKEN, reason: REASON } },
  {
    opcode: 19,
    name: 'MONITOR_P',
    op: 'MONITOR_P',
    fields: { from: OWN_PID, to: PEER_PID_OR_ATOM, ref: REFERENCE },
    needs: MONITORS,
  },
  {
    opcode: 20,
    name: 'DEMONITOR_P',
    op: 'DEMONITOR_P',
    fields: { from: OWN_PID, to: PEER_PID_OR_ATOM, ref: REFERENCE },
    needs: MONITORS,
  },
  {
    opcode: 21,
    name: 'MONITOR_P_EXIT',
    op: 'MONITOR_P_EXIT',
    fields: { from: OWN_PID_OR_ATOM, to: PEER_PID, ref: REFERENCE, reason: REASON },
    needs: MONITORS,
  },
  {
    opcode: 22,
    name: 'SEND_SENDER',
    op: 'SEND_SENDER',
    fields: { from: PID, to: PID },
    payload: 'message',
    needs: DFLAG_SEND_SENDER,
  },
  {
    opcode: 23,
    name: 'SEND_SENDER_TT',
    op: 'SEND_SENDER',
    fields: { from: PID, to: PID, token: TOKEN },
    payload: 'message',
    needs: DFLAG_SEND_SENDER,
  },
  {
    opcode: 24,
    name: 'PAYLOAD_EXIT',
    op: 'EXIT',
    fields: { from: OWN_PID, to: PEER_PID },
    payload: 'reason',
    needs: DFLAG_EXIT_PAYLOAD,
  },
  {
    opcode: 25,
    name: 'PAYLOAD_EXIT_TT',
    op: 'EXIT',
    fields: { from: OWN_PID, to: PEER_PID, token: TOKEN },
    payload: 'reason',
    needs: DFLAG_EXIT_PAYLOAD,
  },
  {
    opcode: 26,
    name: 'PAYLOAD_EXIT2',
    op: 'EXIT2',
    fields: { from: OWN_PID, to: PEER_PID },
    payload: 'reason',
    needs: DFLAG_EXIT_PAYLOAD,
  },
  {
    opcode: 27,
    name: 'PAYLOAD_EXIT2_TT',
    op: 'EXIT2',
    fields: { from: OWN_PID, to: PEER_PID, token: TOKEN },
    payload: 'reason',
    needs: DFLAG_EXIT_PAYLOAD,
  },
  {
    opcode: 28,
    name: 'PAYLOAD_MONITOR_P_EXIT',
    op: 'MONITOR_P_EXIT',
    fields: { from: OWN_PID_OR_ATOM, to: PEER_PID, ref: REFERENCE },
    payload: 'reason',
    needs: MONITORS | DFLAG_EXIT_PAYLOAD,
  },
  {
    opcode: 29,
    name: 'SPAWN_REQUEST',
    op: 'SPAWN_REQUEST',
    fields: SPAWN_REQUEST,
    payload: 'arguments',
    needs: DFLAG_SPAWN,
  },
  {
    opcode: 30,
    name: 'SPAWN_REQUEST_TT',
    op: 'SPAWN_REQUEST',
    fields: { ...SPAWN_REQUEST, token: TOKEN },
    payload: 'arguments',
    needs: DFLAG_SPAWN,
  },
  { opcode: 31, name: 'SPAWN_REPLY', op: 'SPAWN_REPLY', fields: SPAWN_REPLY, needs: DFLAG_SPAWN },
  {
    opcode: 32,
    name: 'SPAWN_REPLY_TT',
    op: 'SPAWN_REPLY',
    fields: { ...SPAWN_REPLY, token: TOKEN },
    needs: DFLAG_SPAWN,
  },
  {
    opcode: 33,
    name: 'ALIAS_SEND',
    op: 'ALIAS_SEND',
    fields: { from: PID, to: REFERENCE },
    payload: 'message',
    needs: DFLAG_ALIAS,
  },
  {
    opcode: 34,
    name: 'ALIAS_SEND_TT',
    op: 'ALIAS_SEND',
    fields: { from: PID, to: REFERENCE, token: TOKEN },
    payload: 'message',
    needs: DFLAG_ALIAS,
  },
  {
    opcode: 35,
    name: 'UNLINK_ID',
    op: 'UNLINK_ID',
    fields: { id: UNLINK_ID, from: OWN_PID, to: PEER_PID },
    needs: DFLAG_UNLINK_ID,
  },
  {
    opcode: 36,
    name: 'UNLINK_ID_ACK',
    op: 'UNLINK_ID_ACK',
    fields: { id: UNLINK_ID, from: OWN_PID, to: PEER_PID },
    needs: DFLAG_UNLINK_ID,
  },
  {
    opcode: 37,
    name: 'ALTACT_SIG_SEND',
    op: 'ALTACT_SIG_SEND',
    fields: { flags: ALTACT_FLAGS, from: OWN_PID, to: ALTACT_TARGET, token: TOKEN },
    payload: 'message',
    needs: DFLAG_ALTACT_SIG,
    tokenBit: ALTACT.TOKEN,
  },
] as const satisfies readonly OpcodeEntry[]

/**
 * Every opcode: reading, writing, the types of {@link ControlMessage} and docs/protocol.md all follow from it.
 *
 * The order of an opcode's fields is that of the wire. Of the opcodes that say the same thing, the highest is sent whose
 * flags both sides have announced.
 *
 * @see OTP `erl_dist_protocol`, "Protocol between Connected Nodes"
 */
export const OPCODE_TABLE: readonly OpcodeEntry[] = ROWS

/** Opcodes on which BEAM closes the link, with what they were. */
export const REFUSED_OPCODES: ReadonlyMap<number, string> = new Map([[5, 'NODE_LINK']])

type Row = (typeof ROWS)[number]

/** The `op` of every message that can be sent. */
export type KnownOp = Row['op']

/** `Extract` keeps the rows of one `op` from becoming a union: what they share is the message. */
type Properties<F> = {
  readonly [Name in Extract<keyof F, string> as F[Name] extends Field ? Name : never]: F[Name] extends Field
    ? Kinds[F[Name]['kind']]
    : never
}

type InTuples<F> = {
  [Name in Extract<keyof F, string>]: F[Name] extends TupleField<infer Inner> ? Properties<Inner> : never
}[Extract<keyof F, string>]

type Nested<F> = [InTuples<F>] extends [never] ? unknown : InTuples<F>

type Traced<Op extends KnownOp> = Extract<Row, { readonly op: Op; readonly fields: { readonly token: TokenField } }>

type Token<Op extends KnownOp> = [Traced<Op>] extends [never] ? unknown : { readonly token?: Term }

type FieldsOf<Op extends KnownOp> = Extract<Row, { readonly op: Op }>['fields']

type Flat<T> = { [Name in keyof T]: T[Name] } & {}

/** The message of an `op`, as the table's fields make it. */
export type MessageOf<Op extends KnownOp> = Flat<
  { readonly op: Op } & Properties<FieldsOf<Op>> & Nested<FieldsOf<Op>> & Token<Op>
>
