import type { DistErrorCode } from '@dynsrv/dist-protocol'
import { Atom, atom, inspect, type Term, Tuple } from '@dynsrv/etf'

/** What can go wrong here, apart from the handshake, whose codes (`DIST_…`) are passed on as they are. */
export type OwnNodeErrorCode =
  | 'NODE_ALREADY_LISTENING'
  | 'NODE_BAD_OPTION'
  | 'NODE_CLOSED'
  | 'NODE_CLOSED_BY_PEER'
  | 'NODE_CONNECTION_LOST'
  | 'NODE_CONNECT_TIMEOUT'
  | 'NODE_DISCONNECTED'
  | 'NODE_EXITED'
  | 'NODE_LISTEN_FAILED'
  | 'NODE_LOOKUP_FAILED'
  | 'NODE_MESSAGE_INVALID'
  | 'NODE_NAME_TAKEN'
  | 'NODE_NOT_CONNECTED'
  | 'NODE_NO_PROCESS'
  | 'NODE_PANG'
  | 'NODE_PARTITION_PREVENTED'
  | 'NODE_PEER_BUSY'
  | 'NODE_PEER_NEVER_CAME'
  | 'NODE_PORT_IN_USE'
  | 'NODE_REFUSED'
  | 'NODE_REMOTE_ERROR'
  | 'NODE_REPLACED'
  | 'NODE_SELF'
  | 'NODE_TICK_TIMEOUT'
  | 'NODE_TIMEOUT'
  | 'NODE_TLS'
  | 'NODE_TOO_MANY_PROCESSES'
  | 'NODE_UNREACHABLE'

/** Every code that a {@link NodeError} can bear. Stable: handlers may switch on it. */
export type NodeErrorCode = OwnNodeErrorCode | DistErrorCode

/** What a handler needs beside the code and the text. */
export interface NodeErrorOptions extends ErrorOptions {
  readonly hint?: string
  readonly peer?: string | undefined
  readonly retryable?: boolean
  /** The Erlang exit reason, where a process ended. */
  readonly reason?: Term
}

const FACTS: Readonly<Record<OwnNodeErrorCode, { readonly retryable: boolean; readonly hint: string }>> = {
  NODE_ALREADY_LISTENING: { retryable: false, hint: 'Close the first node before starting another with its parts.' },
  NODE_BAD_OPTION: { retryable: false, hint: 'Correct the option and start again.' },
  NODE_CLOSED: { retryable: false, hint: 'The node was closed; start a new one.' },
  NODE_CLOSED_BY_PEER: { retryable: true, hint: 'The peer stopped, or dropped us; its own log may say why.' },
  NODE_CONNECTION_LOST: { retryable: true, hint: 'The connection broke without a farewell: crash, reset or network.' },
  NODE_CONNECT_TIMEOUT: {
    retryable: true,
    hint: 'Nothing answers at this address: a firewall, a network policy, or a wrong address.',
  },
  NODE_DISCONNECTED: { retryable: true, hint: 'This side ended the connection.' },
  NODE_EXITED: { retryable: false, hint: 'The process ended; see the reason.' },
  NODE_LISTEN_FAILED: { retryable: false, hint: 'Check the address and the port to listen on.' },
  NODE_LOOKUP_FAILED: { retryable: true, hint: 'Check the records of this name; see the cause.' },
  NODE_MESSAGE_INVALID: { retryable: false, hint: 'Send terms that have an external form; see the cause.' },
  NODE_NAME_TAKEN: { retryable: false, hint: 'Choose another name, or end the process that holds it.' },
  NODE_NOT_CONNECTED: { retryable: true, hint: 'Connect to the peer first, or let the node connect by itself.' },
  NODE_NO_PROCESS: { retryable: false, hint: 'No process of that pid or name lives there.' },
  NODE_PANG: { retryable: true, hint: 'The peer is connected but did not confirm; it may be stopping.' },
  NODE_PARTITION_PREVENTED: {
    retryable: true,
    hint: 'Find out why the two lost each other: the network between them, or a node that hung. The next poll connects again.',
  },
  NODE_PEER_BUSY: { retryable: true, hint: 'The peer reads slower than we send: await drained(), or send less.' },
  NODE_PEER_NEVER_CAME: {
    retryable: true,
    hint: 'The peer cannot reach us: check what it finds under our name, and that it can reach the port we listen on.',
  },
  NODE_PORT_IN_USE: {
    retryable: false,
    hint: 'Another program, perhaps an earlier start of this one, listens there; end it or choose another port.',
  },
  NODE_REFUSED: { retryable: true, hint: 'The machine answers but nobody listens on this port: is the peer running?' },
  NODE_REMOTE_ERROR: { retryable: false, hint: 'The called function raised; see class, reason and stack.' },
  NODE_REPLACED: {
    retryable: true,
    hint: 'The peer connected anew and its new connection took over; if this repeats, two nodes share one name.',
  },
  NODE_SELF: { retryable: false, hint: 'A node does not connect to itself.' },
  NODE_TICK_TIMEOUT: {
    retryable: true,
    hint: 'Nothing came for the tick time: the peer hangs, the network is cut, or its net_ticktime is longer.',
  },
  NODE_TIMEOUT: { retryable: true, hint: 'Nothing came in time; a late answer is dropped.' },
  NODE_TLS: { retryable: false, hint: 'The TLS handshake failed; see the cause.' },
  NODE_TOO_MANY_PROCESSES: { retryable: true, hint: 'Close mailboxes that are not needed, or raise the limit.' },
  NODE_UNREACHABLE: { retryable: true, hint: 'There is no way to this address from here.' },
}

/** The one error of this package. The message, the hint and the code never hold a cookie. */
export class NodeError extends Error {
  override readonly name: string = 'NodeError'
  readonly code: NodeErrorCode
  /** What a person can do about it. */
  readonly hint: string
  /** The other node, as far as it is known. */
  readonly peer?: string
  /** Whether the same attempt can succeed later with nothing changed by a person. */
  readonly retryable: boolean
  /** The Erlang exit reason, where a process ended. */
  readonly reason?: Term

  constructor(code: NodeErrorCode, message: string, options: NodeErrorOptions = {}) {
    const { hint, peer, retryable, reason, ...rest } = options
    super(message, rest)
    const facts = code in FACTS ? FACTS[code as OwnNodeErrorCode] : { retryable: false, hint: '' }
    this.code = code
    this.hint = hint ?? facts.hint
    this.retryable = retryable ?? facts.retryable
    if (peer !== undefined) this.peer = peer
    if ('reason' in options) this.reason = reason
  }
}

/** How a function ended that did not return, in Erlang's three classes. */
export type ExceptionClass = 'error' | 'exit' | 'throw'

/** What a remote error has beside class and reason. */
export interface RemoteErrorOptions extends NodeErrorOptions {
  readonly stacktrace?: Term
  /** The call that raised it, as `lists:nth/2 on a@host`. */
  readonly call?: string
}

/**
 * An Erlang exception, in both directions: what a function that we called on another node raised, and what an exposed
 * function or a server of ours may throw to choose class and reason itself.
 */
export class RemoteError extends NodeError {
  override readonly name = 'RemoteError'
  readonly class: ExceptionClass
  override readonly reason: Term
  /** The Erlang stack trace, a list of `{Module, Function, Arity, Location}`; empty when there is none. */
  readonly stacktrace: Term

  constructor(kind: ExceptionClass, reason: Term, options: RemoteErrorOptions = {}) {
    const { stacktrace = [], call, ...rest } = options
    const said = `${kind}: ${inspect(reason)}${raisedIn(stacktrace)}`
    super('NODE_REMOTE_ERROR', call === undefined ? said : `${call} raised ${said}`, { ...rest, reason })
    this.class = kind
    this.reason = reason
    this.stacktrace = stacktrace
  }
}

const LINE = atom('line')

/** Where it was raised, as far as the stack tells; calls of a shell or of `erpc` have none. */
function raisedIn(stacktrace: Term): string {
  const [first] = Array.isArray(stacktrace) ? stacktrace : []
  const [module, name, arity, location] = first instanceof Tuple ? first.elements : []
  if (!(module instanceof Atom && name instanceof Atom)) return ''
  const args = Array.isArray(arity) ? arity.length : arity
  const line = (Array.isArray(location) ? location : []).find(
    (entry): entry is Tuple => entry instanceof Tuple && entry.elements[0] === LINE,
  )
  return ` in ${inspect(module)}:${inspect(name)}/${args}${line === undefined ? '' : `, line ${line.elements[1]}`}`
}

/** The message of anything that was thrown. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
