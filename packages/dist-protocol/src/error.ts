import { CodedError, type CodedErrorOptions, type ErrorTable, given, isCoded, messageOf } from '@dynsrv/kit'

/** Every reason for which this package refuses bytes or a call. Stable: handlers may switch on it. */
export type DistErrorCode =
  | 'DIST_ALIVE'
  | 'DIST_BAD_CONTROL'
  | 'DIST_BAD_OPTION'
  | 'DIST_BAD_STATE'
  | 'DIST_CLOSED_BY_PEER'
  | 'DIST_COOKIE_MISMATCH'
  | 'DIST_COOKIE_REJECTED'
  | 'DIST_FLAGS_MISSING'
  | 'DIST_FRAGMENT_LIMIT'
  | 'DIST_FRAME_TOO_LARGE'
  | 'DIST_MALFORMED'
  | 'DIST_NAME_INVALID'
  | 'DIST_NAME_MISMATCH'
  | 'DIST_NOK'
  | 'DIST_NOT_ALLOWED'
  | 'DIST_NOT_DISTRIBUTION'
  | 'DIST_REFLECTED'
  | 'DIST_TIMEOUT'
  | 'DIST_UNEXPECTED_MESSAGE'

/** What a node name looks like. */
export const NAME_HINT = "A node name is 'alive@host': one '@', both parts, printable ASCII, at most 255 bytes."

/** What each code of this package means. With `fault: 'peer'` the link is closed; `local` is a mistake of this side. */
export const DIST_ERRORS: ErrorTable<DistErrorCode> = {
  DIST_ALIVE: {
    happened: 'The peer holds a connection to this node already.',
    why: 'A link is up, or an old one is half dead and was not noticed yet.',
    hint: 'Use the link that is up. If there is none, try again when the peer has given the dead one up.',
    category: 'handshake',
    retryable: true,
    fault: 'peer',
  },
  DIST_BAD_CONTROL: {
    happened: 'A control message cannot be sent.',
    why: 'The peer would close the link over it: a field is wrong, or the peer did not announce the flag that it needs.',
    hint: 'Correct the field that the message names, or use what the peer understands.',
    category: 'option',
  },
  DIST_BAD_OPTION: {
    happened: 'The protocol got an option or an argument that cannot work.',
    why: 'It is misspelled, has the wrong type, or is out of range.',
    hint: 'Correct what the message names.',
    category: 'option',
  },
  DIST_BAD_STATE: {
    happened: 'A machine was used at a wrong moment.',
    why: 'It was not started, or it is over.',
    hint: 'Make a new machine for each connection.',
    category: 'closed',
  },
  DIST_CLOSED_BY_PEER: {
    happened: 'The peer closed the connection during the handshake.',
    why: 'It stopped, is no Erlang node, or did not like our name.',
    hint: 'Read the log of the peer: it may say why it closed.',
    category: 'handshake',
    retryable: true,
    fault: 'peer',
  },
  DIST_COOKIE_MISMATCH: {
    happened: 'The peer took our cookie and proved another one.',
    why: 'The two nodes have different cookies for each other.',
    hint: 'Give both nodes the same cookie: the peer proved another one than ours.',
    category: 'handshake',
    fault: 'peer',
  },
  DIST_COOKIE_REJECTED: {
    happened: 'The peer closed after we had proved our cookie.',
    why: 'Its cookie is another one. In Erlang the same shows as a bare false.',
    hint: "Give both nodes the same cookie; the peer logs 'Invalid challenge reply'.",
    category: 'handshake',
    fault: 'peer',
  },
  DIST_FLAGS_MISSING: {
    happened: 'The peer does not announce what every current node needs.',
    why: 'It runs OTP 22 or older, or is a library that knows too little.',
    hint: 'Upgrade the peer, or let it announce every flag that the message names.',
    category: 'handshake',
    fault: 'peer',
  },
  DIST_FRAGMENT_LIMIT: {
    happened: 'A peer has too many unfinished messages, or one that stands still.',
    why: 'It sends very large messages, many at once, or stopped in the middle of one.',
    hint: 'If such messages are wanted, raise the limit that the message names.',
    category: 'limit',
    retryable: true,
    fault: 'peer',
  },
  DIST_FRAME_TOO_LARGE: {
    happened: 'A frame is longer than allowed.',
    why: 'A message is huge, or something else than distribution is spoken.',
    hint: 'Raise maxFrameBytes when such messages are wanted; otherwise this is no Erlang distribution peer.',
    category: 'limit',
    fault: 'peer',
  },
  DIST_MALFORMED: {
    happened: 'The peer sent bytes that make no sense.',
    why: 'It breaks the protocol.',
    hint: 'Find out what runs there: BEAM nodes do not send this.',
    category: 'link',
    fault: 'peer',
  },
  DIST_NAME_INVALID: {
    happened: 'A peer has a name that no node can have.',
    why: 'It is no Erlang node, or was started with a broken name.',
    hint: NAME_HINT,
    category: 'handshake',
    fault: 'peer',
  },
  DIST_NAME_MISMATCH: {
    happened: 'The node that answered has another name than the one that was dialled.',
    why: 'The record leads to another node, or the same node is named by address here and by host there, in other letters, or short.',
    hint: 'Dial the peer by the name it calls itself, or start it under the dialled name.',
    category: 'handshake',
    fault: 'peer',
  },
  DIST_NOK: {
    happened: 'The peer gave this attempt up.',
    why: 'Both nodes dialled at once, and the other dial goes on.',
    hint: 'Wait for the other connection.',
    category: 'handshake',
    retryable: true,
    fault: 'peer',
  },
  DIST_NOT_ALLOWED: {
    happened: 'A node was refused before any cookie was shown.',
    why: 'The refusing node has an allow-list, or requires flags that the other one lacks.',
    hint: 'The refusing node has an allow-list (net_kernel:allow/1) without this node, or requires flags it lacks.',
    category: 'handshake',
    fault: 'peer',
  },
  DIST_NOT_DISTRIBUTION: {
    happened: 'Something else than an Erlang node listens there.',
    why: 'The SRV record names the web port, or a proxy or TLS is in front.',
    hint: 'Check the port: something else than an Erlang node speaks on it.',
    category: 'handshake',
    fault: 'peer',
  },
  DIST_REFLECTED: {
    happened: 'A peer showed us a challenge of our own.',
    why: 'Somebody who does not know the cookie lets us prove it to ourselves; or a TCP proxy lies between two nodes of one process.',
    hint: 'Somebody in the way hands us our own words: find out what listens there, and use TLS with certificates on both sides. Two nodes of one process dial each other without a proxy.',
    category: 'handshake',
    fault: 'peer',
  },
  DIST_TIMEOUT: {
    happened: 'The peer took the connection and then said nothing.',
    why: 'It hangs, is overloaded, or waits for TLS.',
    hint: 'Check that the peer runs and is an Erlang node. It may be overloaded or frozen.',
    category: 'handshake',
    retryable: true,
    fault: 'peer',
  },
  DIST_UNEXPECTED_MESSAGE: {
    happened: 'The peer answered out of turn.',
    why: 'It does not follow the handshake.',
    hint: 'Find out what runs there: BEAM nodes do not send this.',
    category: 'handshake',
    fault: 'peer',
  },
}

/** What a handler needs beside the code and the message. */
export interface DistErrorOptions extends CodedErrorOptions {
  /** The name of the other node, as far as it is known. */
  readonly peer?: string | undefined
}

/**
 * The one error of this package.
 *
 * A machine hands it out in `{ type: 'failed' }` when the peer is at fault, and throws it at a caller that misuses it.
 */
export class DistError extends CodedError<DistErrorCode> {
  override readonly name = 'DistError'
  /** The name of the other node, as far as it is known. */
  readonly peer?: string

  constructor(code: DistErrorCode, message: string, options?: DistErrorOptions) {
    super(DIST_ERRORS, code, message, options)
    const { peer } = given(options)
    if (peer !== undefined) this.peer = peer
  }
}

/** Whether something that was thrown is an error of this package, whichever copy of it is in use. */
export function isDistError(error: unknown): error is DistError {
  return isCoded(error) && Object.hasOwn(DIST_ERRORS, error.code)
}

/** What was thrown while a caller's message was read, as an error of ours; coded errors stay as they are. */
export function unsendable(cause: unknown): Error {
  if (isCoded(cause)) return cause
  return new DistError('DIST_BAD_CONTROL', `a control message cannot be read: ${messageOf(cause)}`, { cause })
}
