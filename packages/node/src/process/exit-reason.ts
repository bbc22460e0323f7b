import { toUSVString } from 'node:util'
import { atom, encodedLength, type Term, type Tuple, tuple } from '@dynsrv/etf'
import { messageOf } from '@dynsrv/kit'

const NORMAL = atom('normal')

/**
 * The reason that a program gives for the end of a process: `normal` when it gives none; `undefined` is a reason like any
 * other. An end must be told whatever its reason, so one that has no Erlang term is told as such.
 */
export function givenReason(given: readonly [reason?: Term]): Term {
  if (given.length === 0) return NORMAL
  try {
    encodedLength(given[0])
    return given[0]
  } catch (cause) {
    return withoutEncoding(cause)
  }
}

/** What is told in place of a reason that cannot be sent. */
export function withoutEncoding(cause: unknown): Tuple {
  return tuple(atom('reason_has_no_encoding'), toUSVString(messageOf(cause)))
}
