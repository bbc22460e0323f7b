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

/** What a handler needs beside the code and the text. */
export interface DistErrorOptions extends ErrorOptions {
  /** What a person can do about it; one sentence or two. */
  readonly hint?: string
  /** Who broke the rules: `peer` closes the link, `local` is a bug or a wrong setting of our side. */
  readonly fault?: 'local' | 'peer'
  /** The name of the other node, as far as it is known. */
  readonly peer?: string | undefined
}

interface CodeFacts {
  readonly fault: 'local' | 'peer'
  readonly retryable: boolean
  readonly hint: string
}

const FACTS: Readonly<Record<DistErrorCode, CodeFacts>> = {
  DIST_ALIVE: {
    fault: 'peer',
    retryable: true,
    hint: 'A connection between the two nodes is up already, or half dead; try again when it has been given up.',
  },
  DIST_BAD_CONTROL: { fault: 'local', retryable: false, hint: 'Sending it would make the peer drop the connection.' },
  DIST_BAD_OPTION: { fault: 'local', retryable: false, hint: 'Correct the option and start again.' },
  DIST_BAD_STATE: { fault: 'local', retryable: false, hint: 'Make a new machine for each connection.' },
  DIST_CLOSED_BY_PEER: { fault: 'peer', retryable: true, hint: "The peer's own log may say why it closed." },
  DIST_COOKIE_MISMATCH: {
    fault: 'peer',
    retryable: false,
    hint: 'Give both nodes the same cookie: the peer proved another one than ours.',
  },
  DIST_COOKIE_REJECTED: {
    fault: 'peer',
    retryable: false,
    hint: "Give both nodes the same cookie; the peer logs 'Invalid challenge reply'.",
  },
  DIST_FLAGS_MISSING: {
    fault: 'peer',
    retryable: false,
    hint: 'The peer is too old or announces too little: let it announce every flag named here, or upgrade it.',
  },
  DIST_FRAGMENT_LIMIT: {
    fault: 'peer',
    retryable: true,
    hint: 'Raise the limit when such messages are wanted; partial messages are held in memory until they are whole.',
  },
  DIST_FRAME_TOO_LARGE: {
    fault: 'peer',
    retryable: false,
    hint: 'Raise maxFrameBytes when such messages are wanted; otherwise this is no Erlang distribution peer.',
  },
  DIST_MALFORMED: { fault: 'peer', retryable: false, hint: 'The peer sent bytes that break the protocol.' },
  DIST_NAME_INVALID: {
    fault: 'peer',
    retryable: false,
    hint: "A node name is 'alive@host': one '@', both parts, ASCII, at most 255 bytes.",
  },
  DIST_NAME_MISMATCH: {
    fault: 'peer',
    retryable: false,
    hint: 'Dial the peer by the name it calls itself, or start it under the dialled name.',
  },
  DIST_NOK: {
    fault: 'peer',
    retryable: true,
    hint: 'Both nodes dialled at the same moment and the other attempt goes on; wait for that connection.',
  },
  DIST_NOT_ALLOWED: {
    fault: 'peer',
    retryable: false,
    hint: 'The refusing node has an allow-list (net_kernel:allow/1) without this node, or requires flags it lacks.',
  },
  DIST_NOT_DISTRIBUTION: {
    fault: 'peer',
    retryable: false,
    hint: 'Something else than an Erlang node speaks on this port; check the port.',
  },
  DIST_REFLECTED: {
    fault: 'peer',
    retryable: false,
    hint: 'Somebody in the way hands us our own words: find out what listens there, and use TLS with certificates on both sides.',
  },
  DIST_TIMEOUT: {
    fault: 'peer',
    retryable: true,
    hint: 'The peer accepts connections but does not answer: it may be overloaded, frozen, or no Erlang node.',
  },
  DIST_UNEXPECTED_MESSAGE: { fault: 'peer', retryable: false, hint: 'The peer does not follow the handshake.' },
}

/**
 * The one error of this package.
 *
 * A machine hands it out in `{ type: 'failed' }` when the peer is at fault, and throws it only at a caller who misuses it.
 */
export class DistError extends Error {
  override readonly name = 'DistError'
  readonly code: DistErrorCode
  readonly fault: 'local' | 'peer'
  /** What a person can do about it. */
  readonly hint: string
  /** The name of the other node, as far as it is known. */
  readonly peer?: string
  /** Whether the same attempt can succeed later with nothing changed by a person. */
  readonly retryable: boolean

  constructor(code: DistErrorCode, message: string, { hint, fault, peer, ...options }: DistErrorOptions = {}) {
    super(message, options)
    const facts = FACTS[code]
    this.code = code
    this.fault = fault ?? facts.fault
    this.hint = hint ?? facts.hint
    this.retryable = facts.retryable
    if (peer !== undefined) this.peer = peer
  }
}
