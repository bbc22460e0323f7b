import { DIST_ERRORS, type DistErrorCode } from '@dynsrv/dist-protocol'
import { EPMD_ERRORS, type EpmdErrorCode } from '@dynsrv/epmd-shim'
import { inspect, type Term } from '@dynsrv/etf'
import { CodedError, type CodedErrorOptions, type ErrorTable, given, isCoded, shown, visibleLines } from '@dynsrv/kit'
import { exceptionText, stackLines } from './call/exception-text.ts'

/** What can go wrong here. Codes of the handshake (`DIST_…`) and of node names are passed on as they are. */
export type OwnNodeErrorCode =
  | 'NODE_BAD_OPTION'
  | 'NODE_CLOSED'
  | 'NODE_CLOSED_BY_PEER'
  | 'NODE_CONNECTION_LOST'
  | 'NODE_CONNECT_TIMEOUT'
  | 'NODE_DISCONNECTED'
  | 'NODE_EXITED'
  | 'NODE_LISTEN_FAILED'
  | 'NODE_LOOKUP_FAILED'
  | 'NODE_LOOP_BLOCKED'
  | 'NODE_MESSAGE_INVALID'
  | 'NODE_NAME_TAKEN'
  | 'NODE_NOT_CONNECTED'
  | 'NODE_NO_PROCESS'
  | 'NODE_OVER_LIMIT'
  | 'NODE_PANG'
  | 'NODE_PARTITION_PREVENTED'
  | 'NODE_PEER_BUSY'
  | 'NODE_PEER_NEVER_CAME'
  | 'NODE_PORT_IN_USE'
  | 'NODE_REFUSED'
  | 'NODE_REMOTE_ERROR'
  | 'NODE_REPLACED'
  | 'NODE_REPLY_MISMATCH'
  | 'NODE_SELF'
  | 'NODE_TICK_TIMEOUT'
  | 'NODE_TIMEOUT'
  | 'NODE_TLS'
  | 'NODE_TOO_MANY_PROCESSES'
  | 'NODE_UNREACHABLE'

/** What can be wrong with the name of a node. */
export type NodeNameErrorCode = Extract<EpmdErrorCode, `NODE_NAME_${string}`>

/** Every code that a {@link NodeError} can bear. Stable: handlers may switch on it. */
export type NodeErrorCode = OwnNodeErrorCode | NodeNameErrorCode | DistErrorCode

/**
 * What each code of this package means. Codes of the handshake (`DIST_…`) have their words in `@dynsrv/dist-protocol`, those
 * of node names in `@dynsrv/epmd-shim`.
 */
export const NODE_ERRORS: ErrorTable<OwnNodeErrorCode> = {
  NODE_BAD_OPTION: {
    happened: 'The node got an option or an argument that cannot work.',
    why: 'It is misspelled, has the wrong type, or is out of range.',
    hint: 'Correct what the message names.',
    category: 'option',
  },
  NODE_CLOSED: {
    happened: 'A closed node was used, or the node was closed during a call.',
    why: 'The program called close() or drain().',
    hint: 'Start a new node, or close this one later.',
    category: 'closed',
  },
  NODE_CLOSED_BY_PEER: {
    happened: 'The peer ended the link.',
    why: 'It stopped, or it disconnected this node.',
    hint: 'Read the log of the peer: it may say why.',
    category: 'link',
    retryable: true,
    fault: 'peer',
  },
  NODE_CONNECTION_LOST: {
    happened: 'The link broke.',
    why: 'The peer crashed, the connection was reset, or the network failed.',
    hint: 'Check that the peer runs, and the network between the two.',
    category: 'link',
    retryable: true,
    fault: 'peer',
  },
  NODE_CONNECT_TIMEOUT: {
    happened: 'An address does not answer.',
    why: 'A firewall or a network policy drops the packets, or the address is wrong.',
    hint: 'Check the address, and that the network lets the port through.',
    category: 'connect',
    retryable: true,
    fault: 'peer',
  },
  NODE_DISCONNECTED: {
    happened: 'This side ended the link.',
    why: 'The program or a strategy called disconnect().',
    hint: 'Connect again if the peer is still wanted.',
    category: 'link',
    retryable: true,
  },
  NODE_EXITED: {
    happened: 'A process ended during a call, or before it was used.',
    why: 'It crashed or was stopped; the reason is in the error.',
    hint: 'Read the reason, and the log of the node on which the process ran.',
    category: 'call',
    fault: 'peer',
  },
  NODE_LISTEN_FAILED: {
    happened: 'The node cannot listen.',
    why: 'The address is not one of this machine, or the port needs root.',
    hint: 'Check the address and the port to listen on.',
    category: 'listen',
  },
  NODE_LOOKUP_FAILED: {
    happened: 'A peer has no address.',
    why: 'DNS or epmd failed, or does not know the name.',
    hint: 'Check the records of this name. The cause says what failed.',
    category: 'lookup',
    retryable: true,
    fault: 'peer',
  },
  NODE_LOOP_BLOCKED: {
    happened: 'A link was lost because this program stood still.',
    why: 'Its event loop was blocked for about as long as the tick time: it sent nothing, and the peer took it for dead.',
    hint: 'Find what blocks the event loop (node --cpu-prof), and move it to a worker or cut it into parts.',
    category: 'link',
    retryable: true,
  },
  NODE_MESSAGE_INVALID: {
    happened: 'A message cannot be sent.',
    why: 'It holds a value that has no Erlang term, such as NaN, a function or a symbol.',
    hint: 'Send values that have an Erlang term. The cause says which value has none.',
    category: 'term',
  },
  NODE_NAME_TAKEN: {
    happened: 'A name is registered already.',
    why: 'Another process has it.',
    hint: 'Choose another name, or end the process that has it.',
    category: 'option',
  },
  NODE_NOT_CONNECTED: {
    happened: 'The peer is not connected.',
    why: 'No link was made, or the link went down.',
    hint: 'Connect to the peer first, or let the node connect by itself.',
    category: 'connect',
    retryable: true,
  },
  NODE_NO_PROCESS: {
    happened: 'There is no such process.',
    why: 'It ended, or it never ran (noproc).',
    hint: 'Check the name or the pid, and that the process runs.',
    category: 'call',
    fault: 'peer',
  },
  NODE_OVER_LIMIT: {
    happened: 'A message of a peer is larger than this node reads.',
    why: 'Its term is over a limit of this node, which the message names. The message is lost, and the link stays.',
    hint: 'Raise the limit that the message names, or have the peer send less at once.',
    category: 'limit',
    fault: 'peer',
  },
  NODE_PANG: {
    happened: 'A connected peer did not confirm a ping.',
    why: 'Its net_kernel is busy or is stopping.',
    hint: 'Ping again. If it does not help, check whether the peer is stopping.',
    category: 'call',
    retryable: true,
    fault: 'peer',
  },
  NODE_PARTITION_PREVENTED: {
    happened: 'A visible peer was dropped, or dropped this node, to prevent overlapping partitions.',
    why: 'Two nodes of the cluster lost their link to each other; all others then drop one of them, as OTP 25 and later do.',
    hint: 'Find out why the two lost each other: the network between them, or a node that hung. The next poll connects again.',
    category: 'link',
    retryable: true,
    fault: 'peer',
  },
  NODE_PEER_BUSY: {
    happened: 'Too much waits to be sent to a peer.',
    why: 'The peer reads more slowly than this node sends.',
    hint: 'Await drained() before more is sent, or send less.',
    category: 'limit',
    retryable: true,
    fault: 'peer',
  },
  NODE_PEER_NEVER_CAME: {
    happened: 'The peer said that it dials this node itself, and did not come.',
    why: 'Both dialled at once, and the dial of the peer hangs: it has a wrong address of this node, or a firewall drops its packets.',
    hint: 'Check the address that the peer finds under the name of this node, and that it can reach the port.',
    category: 'connect',
    retryable: true,
    fault: 'peer',
  },
  NODE_PORT_IN_USE: {
    happened: 'The port to listen on is taken.',
    why: 'Another program listens on it, perhaps an earlier start of this one.',
    hint: 'End the other program, or choose another port.',
    category: 'listen',
  },
  NODE_REFUSED: {
    happened: 'The connection was refused.',
    why: 'The machine answers, but no program listens on the port.',
    hint: 'Check that the peer runs, and that the port is right.',
    category: 'connect',
    retryable: true,
    fault: 'peer',
  },
  NODE_REMOTE_ERROR: {
    happened: 'A function on another node raised an exception.',
    why: 'Class, reason and stack trace of the exception are in the error.',
    hint: 'Read class, reason and stack trace.',
    category: 'call',
    fault: 'peer',
  },
  NODE_REPLACED: {
    happened: 'A new connection of the same peer took over.',
    why: 'The peer restarted, or two nodes have one name.',
    hint: 'If this repeats, give each node a name of its own.',
    category: 'link',
    retryable: true,
    fault: 'peer',
  },
  NODE_REPLY_MISMATCH: {
    happened: 'A reply is not what its schema says.',
    why: 'The other side returns another shape than this program expects. The message names the place and what came.',
    hint: 'Correct the schema, or what the other side returns. The call itself ran: calling again runs it again.',
    category: 'term',
    fault: 'peer',
  },
  NODE_SELF: {
    happened: 'A node was asked to connect to itself.',
    why: 'Its own name was dialled.',
    hint: 'Leave the own name out.',
    category: 'option',
  },
  NODE_TICK_TIMEOUT: {
    happened: 'Nothing came from a peer for the tick time.',
    why: 'The peer hangs, the network is cut, or the net_ticktime of the peer is longer.',
    hint: 'Check that the peer runs, and use the same tick time on all nodes.',
    category: 'link',
    retryable: true,
    fault: 'peer',
  },
  NODE_TIMEOUT: {
    happened: 'An answer did not come in time.',
    why: 'The other side is slow, or does not answer at all.',
    hint: 'Raise timeoutMs, or find out what keeps the other side busy. A late answer is dropped.',
    category: 'call',
    retryable: true,
    fault: 'peer',
  },
  NODE_TLS: {
    happened: 'TLS with a peer failed.',
    why: 'A certificate does not fit, or one side does not speak TLS.',
    hint: 'Read the cause; then compare the certificates of both sides.',
    category: 'connect',
  },
  NODE_TOO_MANY_PROCESSES: {
    happened: 'The limit of processes is reached.',
    why: 'The program opens mailboxes and does not close them.',
    hint: 'Close mailboxes that are not needed, or raise limits.maxProcesses.',
    category: 'limit',
    retryable: true,
  },
  NODE_UNREACHABLE: {
    happened: 'There is no way to an address.',
    why: 'This machine has no route to that network.',
    hint: 'Check the address and the routes of this machine.',
    category: 'connect',
    retryable: true,
  },
}

/** What a handler needs beside the code and the text. */
export interface NodeErrorOptions extends CodedErrorOptions {
  /** The other node, as far as it is known. */
  readonly peer?: string | undefined
  /** The Erlang exit reason, where a process ended. */
  readonly reason?: Term
  /** The option to raise, when something was over a limit. */
  readonly limit?: string
  /** Where in a reply its schema found something else, or what cannot be sent is, such as `[1].qty`. */
  readonly path?: string | undefined
  /** See {@link NodeError.didNotRun}. */
  readonly didNotRun?: boolean
}

const WORDS: ErrorTable<NodeErrorCode> = { ...EPMD_ERRORS, ...DIST_ERRORS, ...NODE_ERRORS }

const NAME_CODES: Readonly<Record<NodeNameErrorCode, true>> = {
  NODE_NAME_NO_AT: true,
  NODE_NAME_MANY_AT: true,
  NODE_NAME_EMPTY_PART: true,
  NODE_NAME_TOO_LONG: true,
  NODE_NAME_ILLEGAL_CHARACTER: true,
  NODE_NAME_SHORT_HOST: true,
  NODE_NAME_LONG_HOST: true,
}
const CODES = [NODE_ERRORS, DIST_ERRORS, NAME_CODES]

/** The one error of this package. The message, the hint and the code never hold a cookie. */
export class NodeError extends CodedError<NodeErrorCode> {
  override readonly name: string = 'NodeError'
  /** The other node, as far as it is known. */
  readonly peer?: string
  /** The Erlang exit reason, where a process ended. */
  readonly reason?: Term
  /** The option to raise, when something was over a limit: `decode.limits.depth`. */
  readonly limit?: string
  /**
   * With `NODE_REPLY_MISMATCH`, where in the reply, and with `NODE_MESSAGE_INVALID`, where in what was to be sent: such as
   * `[1].qty`; empty for the whole of it.
   */
  readonly path?: string
  /**
   * True for a call that surely did not run: it was never sent, or the other node had nobody to run it. It can be made again,
   * there or elsewhere, even when it must not happen twice. Left out where it may have run.
   */
  readonly didNotRun?: boolean

  constructor(code: NodeErrorCode, message: string, options?: NodeErrorOptions) {
    super(WORDS, code, message, options)
    const { peer, limit, path, didNotRun, ...rest } = given(options)
    if (peer !== undefined) this.peer = peer
    if (limit !== undefined) this.limit = limit
    if (path !== undefined) this.path = path
    if (didNotRun === true) this.didNotRun = true
    if ('reason' in rest) this.reason = rest.reason
  }
}

/** Whether something that was thrown is an error of this package, whichever copy of it is in use. */
export function isNodeError(error: unknown): error is NodeError {
  return isCoded(error) && CODES.some((table) => Object.hasOwn(table, error.code))
}

/** How a function ended that did not return, in Erlang's three classes. */
export type ExceptionClass = 'error' | 'exit' | 'throw'

/** What a remote error has beside class and reason. */
export interface RemoteErrorOptions extends NodeErrorOptions {
  readonly stacktrace?: Term
  /** The call that raised it, as `lists:nth/2 on a@host`. */
  readonly call?: string
  /** The reason as it came, for the message, where `reason` has another form. */
  readonly exactReason?: Term
}

const CLASSES: readonly ExceptionClass[] = ['error', 'exit', 'throw']

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
  /** What was raised and where, as the other node's shell says it: `(ArgumentError) boom in Shop.buy/1, line 4`. */
  readonly said: string

  /** @param kind anything else than the three classes counts as `error` */
  constructor(kind: ExceptionClass, reason: Term, options?: RemoteErrorOptions) {
    const { stacktrace = [], call, exactReason = reason, ...rest } = given(options)
    const known = CLASSES.includes(kind) ? kind : 'error'
    const said = saidOf(known, exactReason, stacktrace)
    super(
      'NODE_REMOTE_ERROR',
      call === undefined ? said : `${typeof call === 'string' ? call : shown(call)} raised ${said}`,
      { ...rest, reason },
    )
    this.class = known
    this.said = said
    this.reason = reason
    this.stacktrace = stacktrace
  }

  /** The stack trace as the other node's shell prints it, a line for each function, the innermost first; 8 at most. */
  get remoteStack(): readonly string[] {
    return stackLines(this.stacktrace)
  }
}

/** Of a reason that cannot be said in fewer words, the beginning. Unit: characters */
const MAX_SAID = 10_000

/** What was raised; what a program gives as reason and stack trace may be anything. */
function saidOf(kind: ExceptionClass, reason: Term, stacktrace: Term): string {
  try {
    // The other node chose it, and a program prints it.
    return visibleLines(exceptionText(kind, reason, stacktrace))
  } catch {
    return `${kind}: ${shownTerm(reason).slice(0, MAX_SAID)}`
  }
}

/** Whether it is a {@link RemoteError}, whichever copy of this package made it. */
export function isRemoteError(error: unknown): error is RemoteError {
  if (!isNodeError(error) || error.code !== 'NODE_REMOTE_ERROR') return false
  return 'reason' in error && CLASSES.includes((error as RemoteError).class)
}

/** A term as Erlang writes it; anything else as JavaScript does. */
export function shownTerm(term: unknown): string {
  try {
    return inspect(term as Term)
  } catch {
    return shown(term)
  }
}
