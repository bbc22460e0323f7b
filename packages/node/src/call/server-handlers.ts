import type { Pid, Sendable, Term } from '@dynsrv/etf'
import { bound, callable, flag, optionsOf } from '@dynsrv/kit'
import { checks, registeredName } from '../checks.ts'
import { type Read, type Returned, type Schema, schemaRule, type Written } from '../schema/schema.ts'
import type { GenFrom } from './gen-message.ts'

/** Returned by a `call` handler that answers later, with `server.reply`. */
export const NO_REPLY: unique symbol = Symbol('noreply')

/** What the messages of a server must be, and its replies; each part may be left out. */
export interface ServerSchemas {
  /** Requests of `GenServer.call`. One that does not fit ends the call with an `ArgumentError`; the server goes on. */
  readonly call?: Schema
  /** Replies to them are written by it. */
  readonly reply?: Schema
  /** What `GenServer.cast` sends. One that does not fit is dropped, with a warning `MISMATCH`. */
  readonly cast?: Schema
  /** Every other message, in the same way. */
  readonly info?: Schema
}

/** Where no schema is given, handlers get and return terms. */
export type NoSchemas = Readonly<Record<never, never>>

/** Handlers whose types nobody asks for any more. */
export type AnyHandlers<State> = Omit<ServerHandlers<State>, 'schema'> & { readonly schema?: ServerSchemas }

export type SchemaOf<S, Part extends string> = S extends { readonly [Name in Part]: infer Given extends Schema }
  ? Given
  : undefined

/** What a handler sees of its server. */
export interface ServerContext<State, Reply = Sendable> {
  readonly self: Pid
  /** Kept between messages; assign to it. */
  state: State
  /** Answers a call, now or later, once. It never throws: with a reply that has no Erlang term the call fails, and a warning `HANDLER_THREW` comes. */
  reply(from: GenFrom, reply: Reply): void
  /** Ends the server when this message is done; default reason: `normal`. */
  stop(...reason: [reason?: Term]): void
  /**
   * Sends the atom `timeout` to `info` when no message has come by then, as the timeout does that a GenServer returns. The
   * next message takes it back, and so does `Infinity`. It does not keep the program alive.
   *
   * @param ms in milliseconds
   * @throws {NodeError} `NODE_BAD_OPTION`
   */
  timeoutIn(ms: number): void
}

/** What a server does; every part may be left out, and every part may be a promise. */
export interface ServerHandlers<
  State = undefined,
  S extends ServerSchemas = NoSchemas,
  Reply extends Returned<Written<SchemaOf<S, 'reply'>>> = Returned<Written<SchemaOf<S, 'reply'>>>,
> {
  /** The registered name. */
  readonly name?: string
  /** Schemas of the messages, and of replies: handlers get what they read, and return what they write. */
  readonly schema?: S
  /** Gives the first state; messages wait until it is there. When it throws, the server ends. */
  readonly init?: (server: Omit<ServerContext<State, Written<SchemaOf<S, 'reply'>>>, 'state'>) => State | Promise<State>
  /** `GenServer.call`: what is returned is the reply. Left out, every call ends as if it had thrown. */
  readonly call?: (
    request: Read<SchemaOf<S, 'call'>>,
    server: ServerContext<State, Written<SchemaOf<S, 'reply'>>>,
    from: GenFrom,
  ) => Reply | typeof NO_REPLY | Promise<Reply | typeof NO_REPLY>
  /** `GenServer.cast`. */
  readonly cast?: (
    message: Read<SchemaOf<S, 'cast'>>,
    server: ServerContext<State, Written<SchemaOf<S, 'reply'>>>,
  ) => void | Promise<void>
  /** Every other message, `DOWN` and trapped `EXIT` among them. */
  readonly info?: (
    message: Read<SchemaOf<S, 'info'>>,
    server: ServerContext<State, Written<SchemaOf<S, 'reply'>>>,
  ) => void | Promise<void>
  /** The server has ended; nothing reaches it any more. */
  readonly terminate?: (reason: Term, state: State | undefined) => void | Promise<void>
  /**
   * What `sys:get_state`, `sys:get_status` and tools like `observer` of other nodes see of the state. Default: the state;
   * its text when it has no Erlang form. With a secret in the state, say here what may be seen.
   */
  readonly show?: (state: State) => Term
  /**
   * `sys:replace_state`: gives the new state. The function that was sent is compiled for BEAM and does not run here; look
   * at its name (`ExternalFun`) or environment. Left out, the state is replaced by nobody.
   */
  readonly replace?: (change: Term, state: State) => State
  /** How many messages may be in hand at once; default 1: one after the other, as a GenServer does. */
  readonly concurrency?: number
  /** How many messages may wait; further ones are dropped, and calls among them fail. Default 100 000. */
  readonly maxMessages?: number
  /** Turn exit signals of linked processes into messages; default false. */
  readonly trapExit?: boolean
}

/** Checks what `Node.serve` gets. @throws {NodeError} `NODE_BAD_OPTION` */
export const checkHandlers = checks.options<ServerHandlers<never, ServerSchemas>>('serve', {
  name: registeredName,
  schema: optionsOf<ServerSchemas>({ call: schemaRule, reply: schemaRule, cast: schemaRule, info: schemaRule }),
  init: callable,
  call: callable,
  cast: callable,
  info: callable,
  terminate: callable,
  show: callable,
  replace: callable,
  concurrency: bound,
  maxMessages: bound,
  trapExit: flag,
})
