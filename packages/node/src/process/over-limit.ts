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

const IO_REQUEST = atom('io_request')

/**
 * The references at the beginning of a message that cannot be read as a whole, in the first two elements of a tuple, or the
 * first three of an `io_request`: those by which OTP tells calls and replies apart.
 */
export function firstReferences({ bytes, start, end, atoms }: EncodedTerm, share: AtomShare): Reference[] {
  const found: Reference[] = []
  try {
    const [tag, arity = 0] = bytes.subarray(start, end)
    if (tag !== Tag.SMALL_TUPLE_EXT) return found
    const decoder = new TermDecoder(undefined, share)
    let looked = 2
    for (let index = 0, at = start + 2; index < Math.min(arity, looked); index++) {
      const element = decoder.decode(bytes, at, end, atoms)
      if (index === 0 && element === IO_REQUEST) looked = 3
      collect(element, found)
      at = decoder.end
    }
  } catch (cause) {
    // What is too large may be the beginning itself.
    if (!isEtfError(cause)) throw cause
  }
  return found
}

/** Terms may nest deeper than calls do. */
function collect(root: Term, found: Reference[]): void {
  const open: Term[] = [root]
  while (open.length > 0) {
    const term = open.pop()
    if (term instanceof Reference) found.push(term)
    else if (term instanceof Tuple) for (const element of term.elements) open.push(element)
    else if (term instanceof ImproperList) {
      for (const element of term.elements) open.push(element)
      open.push(term.tail)
    }
  }
}
