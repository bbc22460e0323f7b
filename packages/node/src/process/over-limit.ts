import type { EncodedTerm } from '@dynsrv/dist-protocol'
import {
  type AtomShare,
  atom,
  DEFAULT_DECODE_LIMITS,
  type DecodeOptions,
  type EtfError,
  ImproperList,
  isEtfError,
  Reference,
  Tag,
  type Term,
  TermDecoder,
  Tuple,
} from '@dynsrv/etf'
import { NodeError } from '../error.ts'

const SYSTEM_LIMIT = atom('system_limit')

/**
 * What stands in for a term that is over a limit: the exit reason `{system_limit, Text}`.
 *
 * Calls of ours that get it as their answer, or as the end of the other process, reject with its error.
 */
export class OverLimit extends Tuple {
  readonly error: NodeError

  constructor(error: NodeError) {
    super([SYSTEM_LIMIT, error.message])
    this.error = error
  }
}

/**
 * The term that a peer has sent, or what stands in for it when it is over a limit.
 *
 * @param what names it in messages: `SEND`
 * @param decode how the receiver wants it; default: as the node decodes
 * @throws {NodeError} `DIST_MALFORMED` for what is no term: BEAM drops the connection then
 */
export function readPayload(
  peer: string,
  what: string,
  payload: EncodedTerm,
  decode?: DecodeOptions,
): Term | OverLimit {
  try {
    return payload.decode(decode)
  } catch (cause) {
    if (!isEtfError(cause)) throw cause
    if (cause.category !== 'limit') {
      throw new NodeError('DIST_MALFORMED', `a term of ${peer} (${what}) does not decode: ${cause.message}`, {
        peer,
        cause,
      })
    }
    return new OverLimit(overLimitError(peer, what, cause))
  }
}

function overLimitError(peer: string, what: string, cause: EtfError): NodeError {
  const { limit = 'a limit', message } = cause
  const option = optionOf(limit)
  const text = `a term of ${peer} (${what}) is over ${option}: ${message.replace(limit, option)}`
  return new NodeError('NODE_OVER_LIMIT', text, { peer, cause, limit: option })
}

/** The option of `start` that raises a limit of `etf`, or of `dist-protocol`. */
export function optionOf(limit: string): string {
  const name = /^limits\.(\w+)$/.exec(limit)?.[1]
  return name !== undefined && Object.hasOwn(DEFAULT_DECODE_LIMITS, name) ? `decode.${limit}` : limit
}

/**
 * The references at the beginning of a message that cannot be read as a whole, in the first two elements of a tuple: those
 * by which OTP tells calls and replies apart.
 */
export function firstReferences({ bytes, start, end, atoms }: EncodedTerm, share: AtomShare): Reference[] {
  const found: Reference[] = []
  try {
    const [tag, arity = 0] = bytes.subarray(start, end)
    if (tag !== Tag.SMALL_TUPLE_EXT) return found
    const decoder = new TermDecoder(undefined, share)
    for (let index = 0, at = start + 2; index < Math.min(arity, 2); index++) {
      collect(decoder.decode(bytes, at, end, atoms), found)
      at = decoder.end
    }
  } catch (cause) {
    // What is too large may be the beginning itself.
    if (!isEtfError(cause)) throw cause
  }
  return found
}

function collect(term: Term, found: Reference[]): void {
  if (term instanceof Reference) found.push(term)
  else if (term instanceof Tuple) for (const element of term.elements) collect(element, found)
  else if (term instanceof ImproperList) for (const element of [...term.elements, term.tail]) collect(element, found)
}
