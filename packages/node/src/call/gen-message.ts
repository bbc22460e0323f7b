import { atom, ImproperList, Pid, Reference, type Term, Tuple, tuple } from '@dynsrv/etf'
import { type Rule, rule } from '@dynsrv/kit'

export const GEN_CALL = atom('$gen_call')
export const GEN_CAST = atom('$gen_cast')
export const ALIAS = atom('alias')
const SYSTEM = atom('system')

/** Who called, and the tag that the reply must bear, exactly as it came. */
export interface GenFrom {
  readonly pid: Pid
  readonly tag: Term
}

/** What a handler of calls got, and gives back to answer. */
export const genFrom: Rule = rule(
  'the `from` that a call handler got',
  (value) => (value as { pid?: unknown } | null | undefined)?.pid instanceof Pid && 'tag' in (value as object),
)

/** A message as OTP's `gen` behaviours see it. */
export type GenMessage =
  | { readonly type: 'call'; readonly from: GenFrom; readonly request: Term }
  | { readonly type: 'cast'; readonly request: Term }
  | { readonly type: 'info'; readonly message: Term }

/** Tells calls and casts from plain messages. */
export function readGenMessage(message: Term): GenMessage {
  if (message instanceof Tuple) {
    const [label, second, third] = message.elements
    if (label === GEN_CAST && message.length === 2) return { type: 'cast', request: second }
    if (label === GEN_CALL && message.length === 3 && second instanceof Tuple && second.length === 2) {
      const [pid, tag] = second.elements
      if (pid instanceof Pid) return { type: 'call', from: { pid, tag }, request: third }
    }
  }
  return { type: 'info', message }
}

/** A message of OTP's `sys` module. */
export interface SystemMessage {
  readonly from: GenFrom
  readonly request: Term
}

/** What OTP's `sys` module sends: `{system, From, Request}`; undefined for every other message. */
export function readSystemMessage(message: Term): SystemMessage | undefined {
  if (!(message instanceof Tuple) || message.length !== 3) return undefined
  const [label, from, request] = message.elements
  if (label !== SYSTEM || !(from instanceof Tuple) || from.length !== 2) return undefined
  const [pid, tag] = from.elements
  return pid instanceof Pid ? { from: { pid, tag }, request } : undefined
}

/**
 * The alias in the tag of a call: `[alias | Ref]`, or `[[alias | Ref] | Ref2]` from `multi_call`.
 *
 * @see OTP `gen:call/4`, since OTP 24
 */
export function aliasOf(tag: Term): Reference | undefined {
  if (!(tag instanceof ImproperList) || tag.elements.length !== 1) return undefined
  const [head] = tag.elements
  if (head === ALIAS) return tag.tail instanceof Reference ? tag.tail : undefined
  return head instanceof ImproperList ? aliasOf(head) : undefined
}

/** The reference that names a call: its alias, or the plain reference that OTP 23 has as tag. */
export function callReference(tag: Term): Reference | undefined {
  return tag instanceof Reference ? tag : aliasOf(tag)
}

/** Whether a call has a tag that may not be the same term once it is decoded and encoded again; those of OTP always are. */
export function hasOddTag(message: Term): message is Tuple {
  if (!(message instanceof Tuple) || message.elements[0] !== GEN_CALL || message.length !== 3) return false
  const from = message.elements[1]
  return from instanceof Tuple && from.length === 2 && callReference(from.elements[1]) === undefined
}

/** The same call with the `From` of another reading of it. */
export function withFrom(call: Tuple, other: Term): Tuple {
  return other instanceof Tuple ? tuple(GEN_CALL, other.elements[1], call.elements[2]) : call
}

/** The tag of a call of ours. */
export function aliasTag(ref: Reference): ImproperList {
  return new ImproperList([ALIAS], ref)
}

/** What travels as an answer. */
export function replyMessage({ tag }: GenFrom, reply: Term): Tuple {
  return tuple(tag, reply)
}
