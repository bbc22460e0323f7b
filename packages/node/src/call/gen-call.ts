import { DFLAG_ALIAS } from '@dynsrv/dist-protocol'
import { Atom, atom, type Pid, type Reference, type Term, Tuple, tuple } from '@dynsrv/etf'
import { type Clock, elixirName, type Timer } from '@dynsrv/kit'
import { checkGiven, sendable } from '../checks.ts'
import { NODE_ERRORS, NodeError, type OwnNodeErrorCode } from '../error.ts'
import { busyWait } from '../link/busy-wait.ts'
import type { Connection } from '../link/connection.ts'
import type { NodeDownReason } from '../node-event.ts'
import type { Identifiers } from '../process/identifiers.ts'
import type { LinksAndMonitors } from '../process/links-and-monitors.ts'
import { type LocalProcess, nodeOf, type Target } from '../process/local-process.ts'

import { OverLimit } from '../process/over-limit.ts'
import type { Origin } from '../process/peer-use.ts'
import type { Registry } from '../process/registry.ts'
import type { SignalRouter } from '../process/signal-router.ts'
import type { CallOptions, Destination } from '../signature.ts'
import { brief, exceptionText } from './exception-text.ts'
import { aliasOf, aliasTag, callReference, GEN_CALL, GEN_CAST, type GenFrom, replyMessage } from './gen-message.ts'

const NOPROC = atom('noproc')
const NOCONNECTION = atom('noconnection')
const FUNCTION_CLAUSE = atom('function_clause')
const HANDLE_CALL = atom('handle_call')

/** OTP's own default. Unit: milliseconds. */
export const CALL_TIMEOUT_MS = 5_000

export interface GenCallsParts {
  readonly clock: Clock
  readonly ids: Identifiers
  readonly registry: Registry
  readonly life: LinksAndMonitors
  readonly router: SignalRouter
  readonly connection: (node: string) => Connection | undefined
  /** Why there is no link to a node, as far as it is known. */
  readonly whyDown: (node: string) => NodeDownReason | undefined
}

/**
 * Calls to `gen` behaviours, as `gen:call/4` does them: one reference is monitor, alias and tag at once, so that a
 * reply that comes too late finds nobody.
 */
export class GenCalls {
  /** The process in whose name calls are made. */
  readonly caller: LocalProcess
  readonly #parts: GenCallsParts

  constructor(parts: GenCallsParts) {
    this.#parts = parts
    this.caller = this.newCaller()
  }

  /** One more process to call from, where it matters who calls; it is the asker's to end. */
  newCaller(): LocalProcess {
    return this.#parts.registry.spawn({
      message: (message, origin) => this.#replyToPid(message, origin),
      kind: 'caller',
    })
  }

  /** See `Node.call`. @param read takes the reply out of the message that bears it */
  call(
    to: Destination,
    request: Term,
    options: CallOptions = {},
    caller = this.caller,
    read: (message: Term, origin?: Origin) => Term = replyOf,
  ): Promise<Term> {
    const { registry, router, life, ids } = this.#parts
    const target = router.target(to)
    router.checkBeforeDial(nodeOf(target), request)
    const ref = ids.reference()
    return this.wait(ref, target, `the call to ${describe(target)}`, options, (finish) => {
      registry.addAlias(ref, (message, origin) => {
        if (message instanceof OverLimit) finish.reject(message.error)
        else finish.resolve(read(message, origin))
      })
      life.monitor(caller, target, finish.down, ref)
      // A target without a way is down already.
      if (finish.done()) return
      this.#send(caller.pid, to, tuple(GEN_CALL, tuple(caller.pid, aliasTag(ref)), request), request)
    })
  }

  /** See `Node.cast`. */
  cast(to: Destination, message: Term): boolean {
    return this.#send(this.caller.pid, to, tuple(GEN_CAST, message), message)
  }

  /** Sends a message of ours around a term of the program. */
  #send(from: Pid, to: Destination, message: Term, given: Term): boolean {
    const { router } = this.#parts
    try {
      return router.send(from, to, message)
    } catch (error) {
      checkGiven(`the message to ${nodeOf(router.target(to))}`, error, given)
      throw error
    }
  }

  /** Answers a call: through the alias where the caller made one, so that an answer that is late is dropped there. */
  reply(own: Pid, from: GenFrom, reply: Term): void {
    const { registry, router, connection } = this.#parts
    const alias = aliasOf(from.tag)
    const message = replyMessage(from, reply)
    if (alias === undefined) {
      sendable(`the reply to ${from.pid.node.name}`, () => router.send(own, from.pid, message), reply)
      return
    }
    const node = alias.node.name
    if (node === own.node.name) {
      registry.byAlias(alias)?.(message)
      return
    }
    const knowsAliases = ((connection(node)?.flags ?? 0n) & DFLAG_ALIAS) !== 0n
    const send = knowsAliases
      ? () => router.transmit(node, { op: 'ALIAS_SEND', from: own, to: alias }, message)
      : () => router.send(own, from.pid, message)
    sendable(`the reply to ${node}`, send, reply)
  }

  /**
   * What every request has in common: it ends once, by an answer, an end of the other process, a timeout or an abort,
   * and leaves neither alias nor monitor behind.
   */
  wait<T>(
    ref: Reference,
    target: Target,
    what: string,
    { timeoutMs = CALL_TIMEOUT_MS, signal }: CallOptions,
    begin: (finish: Finish<T>) => void,
  ): Promise<T> {
    const { clock } = this.#parts
    return new Promise<T>((resolve, reject) => {
      signal?.throwIfAborted()
      busyWait.callsUnderWay++
      let done = false
      let timer: Timer | undefined
      const end = (settle: () => void) => {
        if (done) return
        done = true
        busyWait.callsUnderWay--
        clock.clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
        this.#parts.registry.removeAlias(ref)
        this.#parts.life.demonitor(ref)
        settle()
      }
      const onAbort = () => end(() => reject(signal!.reason))
      const node = nodeOf(target)
      const wasLinked = this.#parts.connection(node) !== undefined
      signal?.addEventListener('abort', onAbort, { once: true })
      if (timeoutMs !== Number.POSITIVE_INFINITY) {
        timer = clock.setTimeout(() => {
          end(() =>
            reject(new NodeError('NODE_TIMEOUT', `${what} got no answer within ${timeoutMs} ms`, { peer: node })),
          )
        }, timeoutMs)
      }
      try {
        begin({
          done: () => done,
          resolve: (value) => end(() => resolve(value)),
          reject: (error) => end(() => reject(error)),
          down: (reason) => end(() => reject(this.downError(what, target, reason, wasLinked))),
        })
      } catch (error) {
        end(() => reject(error))
      }
    })
  }

  /**
   * What the end of the other process means.
   *
   * @param wasLinked whether there was a link when the request was made: it may have gone out then
   */
  downError(what: string, target: Target, reason: Term, wasLinked = true): NodeError {
    const node = nodeOf(target)
    if (!this.caller.alive) {
      return new NodeError('NODE_CLOSED', `${what} was cut off: this node was closed`, { peer: node })
    }
    if (reason instanceof OverLimit) return reason.error
    if (reason === NOCONNECTION) {
      const why = this.#parts.whyDown(node)
      const text = why === undefined ? `there is no link to ${node}` : why.message
      return new NodeError('NODE_NOT_CONNECTED', `${what} failed: ${text}`, {
        peer: node,
        reason,
        cause: why,
        didNotRun: !wasLinked && (why === undefined || isDialFailure(why)),
        ...(why !== undefined && { hint: why.hint }),
      })
    }
    if (reason === NOPROC) {
      const hint = 'name' in target ? noNameHint(target.name.name, node, this.caller.pid.node.name) : undefined
      const details = { peer: node, reason, hint, didNotRun: true }
      return new NodeError('NODE_NO_PROCESS', `${what} failed: no such process`, details)
    }
    const crash = crashOf(reason)
    return new NodeError('NODE_EXITED', `${what} failed: the process ended with ${crash?.said ?? brief(reason)}`, {
      peer: node,
      reason,
      hint: crash?.hint,
    })
  }

  /** OTP 25's net_kernel answers to the pid, though the tag bears an alias. */
  #replyToPid(message: Term, origin: Origin | undefined): void {
    if (!(message instanceof Tuple) || message.length !== 2) return
    const ref = callReference(message.elements[0])
    if (ref !== undefined) this.#parts.registry.byAlias(ref)?.(message, origin)
  }
}

/** What to do about a name that nobody has. */
function noNameHint(name: string, node: string, self: string): string | undefined {
  const known = elixirName(name)
  const called = known ?? name
  const elixir = known === undefined ? '' : 'A module of Elixir has Elixir. before its name: '
  if (node === self) {
    const alone = 'A name alone is that of a process of this node. '
    return `${alone}${elixir}${elixir === '' ? 'On another node it is' : 'call'} { name: '${called}', node: 'name@host' }.`
  }
  if (known !== undefined) return `${elixir}call { name: '${known}' }.`
  return called.startsWith('Elixir.') ? `Check that it runs there under this name: ${inElixir(called)}` : undefined
}

function inElixir(name: string): string {
  const module = name.slice('Elixir.'.length)
  return `Process.whereis(${module}), and start it with name: ${module}.`
}

/** A process that crashed, as its own node says it; undefined for any other end. */
function crashOf(reason: Term): { readonly said: string; readonly hint?: string } | undefined {
  if (!(reason instanceof Tuple) || reason.length !== 2) return undefined
  const [raised, stack] = reason.elements
  const [first] = Array.isArray(stack) ? stack : []
  if (!(first instanceof Tuple) || first.length < 3 || !(first.elements[0] instanceof Atom)) return undefined
  const said = exceptionText('error', raised, stack)
  const [, name, args] = first.elements
  if (raised !== FUNCTION_CLAUSE || name !== HANDLE_CALL || !Array.isArray(args)) return { said }
  const hint =
    "It has no clause for this request. A text is sent as a binary and an array as a list: write atom('name') and tuple(…) for :name and {…}."
  return { said: `${said}: ${brief(args[0], 'elixir')}`, hint }
}

/** The ways a request can end. */
export interface Finish<T> {
  done(): boolean
  resolve(value: T): void
  reject(error: unknown): void
  down(reason: Term): void
}

/** Whether a link never came up. Any other reason may be of a link that came up for a request, and was lost with it. */
function isDialFailure({ code }: NodeDownReason): boolean {
  const { category } = Object.hasOwn(NODE_ERRORS, code) ? NODE_ERRORS[code as OwnNodeErrorCode] : {}
  return category === 'connect' || category === 'lookup'
}

/** The reply in the message that bears it. */
export function replyOf(message: Term): Term {
  return message instanceof Tuple ? message.elements[1] : undefined
}

function describe(target: Target): string {
  return 'name' in target ? `${target.name.name} on ${target.node}` : String(target satisfies Pid)
}
