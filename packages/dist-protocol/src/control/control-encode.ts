import { Atom, atom, Pid, Reference, type Term, Tuple, tuple } from '@dynsrv/etf'
import { DistError } from '../error.ts'
import {
  DFLAG_ALIAS,
  DFLAG_ALTACT_SIG,
  DFLAG_DIST_MONITOR,
  DFLAG_DIST_MONITOR_NAME,
  DFLAG_EXIT_PAYLOAD,
  DFLAG_SEND_SENDER,
  DFLAG_SPAWN,
  DFLAG_UNLINK_ID,
  flagNames,
} from '../flags.ts'
import { ALTACT, type ControlMessage } from './control-message.ts'

/** What a control message needs to know of the link it goes out on. */
export interface ControlContext {
  /** The negotiated flags. */
  readonly flags: bigint
  /** Our own node name, and the peer's. */
  readonly self: string
  readonly peer: string
}

const COOKIE = atom('')
const MAX_UNLINK_ID = (1n << 64n) - 1n
const MONITOR_FLAGS = DFLAG_DIST_MONITOR | DFLAG_DIST_MONITOR_NAME

/** Whether a payload goes with a message of this kind: the message itself, a reason, or an argument list. */
export function takesPayload(control: ControlMessage): boolean {
  switch (control.op) {
    case 'SEND':
    case 'SEND_SENDER':
    case 'REG_SEND':
    case 'ALIAS_SEND':
    case 'EXIT':
    case 'EXIT2':
    case 'MONITOR_P_EXIT':
    case 'SPAWN_REQUEST':
    case 'ALTACT_SIG_SEND':
      return true
    default:
      return false
  }
}

/** Whether the payload of this message goes inside its control tuple, because the peer is too old for the other form. */
export function inlinesReason({ op }: ControlMessage, flags: bigint): boolean {
  return (flags & DFLAG_EXIT_PAYLOAD) === 0n && (op === 'EXIT' || op === 'EXIT2' || op === 'MONITOR_P_EXIT')
}

/**
 * The control tuple for a message, with the opcode that the negotiated flags ask for.
 *
 * @param reason the exit reason, used only when {@link inlinesReason}
 * @throws {DistError} `DIST_BAD_CONTROL` when the peer would drop the connection over it
 */
export function encodeControl(control: ControlMessage, context: ControlContext, reason?: Term): Tuple {
  const { flags } = context
  switch (control.op) {
    case 'LINK':
      requireLocal(control, control.from, context)
      requirePeer(control, control.to, context)
      return tuple(1, control.from, control.to)
    case 'SEND':
      return withToken(control, [2, COOKIE, control.to], 12)
    case 'SEND_SENDER':
      if ((flags & DFLAG_SEND_SENDER) === 0n) return withToken(control, [2, COOKIE, control.to], 12)
      return withToken(control, [22, control.from, control.to], 23)
    case 'REG_SEND':
      return withToken(control, [6, control.from, COOKIE, control.toName], 16)
    case 'ALIAS_SEND':
      requireFlag(control, flags, DFLAG_ALIAS)
      return withToken(control, [33, control.from, control.to], 34)
    case 'EXIT':
    case 'EXIT2': {
      const exit = control.op === 'EXIT'
      if (!inlinesReason(control, flags))
        return withToken(control, [exit ? 24 : 26, control.from, control.to], exit ? 25 : 27)
      const traced = withToken(control, [exit ? 3 : 8, control.from, control.to], exit ? 13 : 18)
      return new Tuple([...traced.elements, reason])
    }
    case 'UNLINK':
      if ((flags & DFLAG_UNLINK_ID) !== 0n) throw bad(control, 'the peer speaks UNLINK_ID and closes on UNLINK')
      return tuple(4, control.from, control.to)
    case 'UNLINK_ID':
    case 'UNLINK_ID_ACK':
      requireFlag(control, flags, DFLAG_UNLINK_ID)
      if (control.id < 1n || control.id > MAX_UNLINK_ID)
        throw bad(control, `its id ${control.id} is not from 1 to 2^64 - 1`)
      return tuple(control.op === 'UNLINK_ID' ? 35 : 36, control.id, control.from, control.to)
    case 'GROUP_LEADER':
      return tuple(7, control.leader, control.to)
    case 'MONITOR_P':
      requireLocal(control, control.from, context)
      if (control.to instanceof Pid) requirePeer(control, control.to, context)
      requireFlag(control, flags, MONITOR_FLAGS)
      return tuple(19, control.from, control.to, control.ref)
    case 'DEMONITOR_P':
      requireFlag(control, flags, MONITOR_FLAGS)
      return tuple(20, control.from, control.to, control.ref)
    case 'MONITOR_P_EXIT':
      requireFlag(control, flags, MONITOR_FLAGS)
      return inlinesReason(control, flags)
        ? tuple(21, control.from, control.to, control.ref, reason)
        : tuple(28, control.from, control.to, control.ref)
    case 'SPAWN_REQUEST': {
      requireFlag(control, flags, DFLAG_SPAWN)
      if (!Number.isInteger(control.arity) || control.arity < 0) throw bad(control, `its arity is ${control.arity}`)
      requireLocal(control, control.ref, context)
      const mfa = tuple(control.module, control.function, control.arity)
      return withToken(control, [29, control.ref, control.from, control.groupLeader, mfa, control.options], 30)
    }
    case 'SPAWN_REPLY':
      requireFlag(control, flags, DFLAG_SPAWN)
      if (!Number.isInteger(control.flags) || control.flags < 0 || control.flags >= 1 << 27) {
        throw bad(control, `its flags are ${control.flags}`)
      }
      return withToken(control, [31, control.ref, control.to, control.flags, control.result], 32)
    case 'ALTACT_SIG_SEND':
      return altactSigSend(control, flags)
    case 'UNKNOWN':
      throw bad(control, 'its meaning is not known')
  }
}

function altactSigSend(control: ControlMessage & { op: 'ALTACT_SIG_SEND' }, flags: bigint): Tuple {
  requireFlag(control, flags, DFLAG_ALTACT_SIG)
  const { from, to, token } = control
  if (!Number.isInteger(control.flags) || control.flags < 0 || control.flags > 31)
    throw bad(control, `its flags are ${control.flags}`)
  const addressing = to instanceof Reference ? ALTACT.ALIAS : to instanceof Atom ? ALTACT.NAME : 0
  if ((control.flags & (ALTACT.ALIAS | ALTACT.NAME)) !== addressing)
    throw bad(control, 'its flags do not fit its target')
  const traced = token === undefined ? control.flags & ~ALTACT.TOKEN : control.flags | ALTACT.TOKEN
  return token === undefined ? tuple(37, traced, from, to) : tuple(37, traced, from, to, token)
}

/** The tuple as it is, or with the token at its end and the opcode that says so. */
function withToken({ token }: { readonly token?: Term }, plain: readonly Term[], tracedOpcode: number): Tuple {
  return token === undefined ? new Tuple(plain) : new Tuple([tracedOpcode, ...plain.slice(1), token])
}

function requireFlag(control: ControlMessage, flags: bigint, needed: bigint): void {
  const missing = needed & ~flags
  if (missing !== 0n) throw bad(control, `${flagNames(missing).join(' and ')} was not announced by both sides`)
}

function requireLocal(control: ControlMessage, { node }: Pid | Reference, { self }: ControlContext): void {
  if (node.name !== self) throw bad(control, `it must come from ${self}, not from ${node.name}`)
}

function requirePeer(control: ControlMessage, { node }: Pid, { peer }: ControlContext): void {
  if (node.name !== peer) throw bad(control, `its target lives on ${node.name}, this link leads to ${peer}`)
}

function bad({ op }: ControlMessage, why: string): DistError {
  return new DistError('DIST_BAD_CONTROL', `${op} cannot be sent: ${why}`)
}
