import type { HostAddress, NodeAddressCandidate } from '@dynsrv/epmd-shim'
import type { Atom, Pid, Reference, Term } from '@dynsrv/etf'
import type { NodeError } from './error.ts'
import type { Schema } from './schema/schema.ts'

/** A process: its pid, or what has one, such as a mailbox or a server. */
export type ProcessRef = Pid | { readonly pid: Pid }

/** Where a message goes: a pid, a name registered on this node, or a name on another node. */
export type Destination = Pid | string | Atom | { readonly name: string | Atom; readonly node: string }

/** Where `send` brings a message: a destination, or an alias that a process has made (`erlang:alias/0`, `Node.alias`). */
export type Recipient = Destination | Reference

/** What `send` does when more than the busy limit waits for the peer. */
export type BusyPolicy = 'queue' | 'drop' | 'fail'

/** What happens to a message whose peer does not keep up. */
export interface SendOptions {
  /**
   * `queue` (the default) takes the message and answers false, until the hard limit; `drop` forgets it and answers
   * false; `fail` throws `NODE_PEER_BUSY`.
   */
  readonly whenBusy?: BusyPolicy
}

/** What makes `Node.send` wait for a busy peer. */
export interface SendWaitOptions {
  readonly whenBusy: 'wait'
  /** Gives up waiting; the message is not sent then. */
  readonly signal?: AbortSignal
}

/** How long a call may take. */
export interface CallOptions {
  /** In milliseconds; default 5000 as in OTP. `Infinity` waits as long as the process and the link live. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** What a call takes whose reply is checked and typed. */
export interface TypedCallOptions<S extends Schema = Schema> extends CallOptions {
  /**
   * What the reply must be: a `t`, or any Standard Schema. The call gives what the schema reads; a reply that does not fit
   * rejects with `NODE_REPLY_MISMATCH`.
   */
  readonly reply: S
}

/** What `multiCall` takes. */
export interface MultiCallOptions extends CallOptions {
  /** The nodes that are called; default: those that are connected, and this one. */
  readonly nodes?: readonly string[]
}

/** What `erpcMany` takes: the options of each call, and how many run. */
export interface ErpcManyOptions extends CallOptions {
  /** How many calls are under way at once; default 64. */
  readonly concurrency?: number
}

/** Where a peer is dialled, and what ends the dial early. */
export interface ConnectOptions {
  /**
   * Where the peer listens, in the order in which to dial; what `@dynsrv/strategy` found, for instance. The address lookup of
   * the node is asked only when these lead to nobody; at once when the list is empty. Left out, `NodeOptions.locate` is asked
   * for them.
   */
  readonly endpoints?: readonly NodeAddressCandidate[] | undefined
  /** More of them, which are still being looked up; they join the race. */
  readonly later?: Promise<readonly NodeAddressCandidate[]> | undefined
  /** The addresses of the peer's host, where only the port is not known: the address lookup takes them, and looks no host up. */
  readonly addresses?: readonly HostAddress[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** What ends a stream of events. */
export interface EventsOptions {
  /** Ends the stream without an error. */
  readonly signal?: AbortSignal
}

/** What an alias is for. */
export interface AliasOptions {
  /** Whether it ends with the first message that comes by it; default false. */
  readonly once?: boolean
}

/** What `multiCall` gathered. */
export interface MultiCallResult<T = Term> {
  readonly replies: ReadonlyMap<string, T>
  /** Why there is no reply, by node. */
  readonly failures: ReadonlyMap<string, NodeError>
}
