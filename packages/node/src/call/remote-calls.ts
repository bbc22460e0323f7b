import type { ControlMessage } from '@dynsrv/dist-protocol'
import { Atom, atom, Pid, Reference, type Term, Tuple, tuple } from '@dynsrv/etf'
import { checkGiven, sendable } from '../checks.ts'
import { NodeError, type RemoteErrorOptions } from '../error.ts'
import type { Identifiers } from '../process/identifiers.ts'
import type { LinksAndMonitors } from '../process/links-and-monitors.ts'
import { OverLimit } from '../process/over-limit.ts'
import { OwnReferences } from '../process/own-references.ts'
import type { Origin } from '../process/peer-use.ts'
import type { SignalRouter } from '../process/signal-router.ts'
import { type Told, verbatim } from '../process/verbatim.ts'
import type { CallOptions } from '../signature.ts'
import { functionText } from './exception-text.ts'
import { type Finish, type GenCalls, replyOf } from './gen-call.ts'
import { remoteError } from './outcome.ts'

export interface RemoteCallsParts {
  readonly ids: Identifiers
  readonly life: LinksAndMonitors
  readonly router: SignalRouter
  readonly calls: GenCalls
  /** Who answers I/O requests of what runs there in our name. */
  readonly groupLeader: () => Pid
}

interface Starting {
  readonly ref: Reference
  readonly node: string
  readonly replied: (result: Pid | Atom) => void
}

const NOCONNECTION = atom('noconnection')

/**
 * Functions of other nodes, called by SPAWN_REQUEST as `erpc` does, or through `rex` as older releases do.
 *
 * @see OTP `erpc:call/4`, `rpc:call/4`, `erl_dist_protocol`, "Protocol for Spawning"
 */
export class RemoteCalls {
  readonly #parts: RemoteCallsParts
  readonly #starting: OwnReferences<Starting>

  constructor(parts: RemoteCallsParts) {
    this.#parts = parts
    this.#starting = new OwnReferences(parts.ids)
  }

  /** See `Node.erpc`. */
  erpc(node: string, module: string, name: string, args: readonly Term[], options: CallOptions = {}): Promise<Term> {
    const { ids, life, calls } = this.#parts
    const ref = ids.reference()
    const result = ids.reference()
    const what = remoteFunction(node, module, name, args)
    return calls.wait<Term>(ref, { name: atom(name), node }, what, options, (finish) => {
      life.expect(calls.caller, ref, node, (reason, _ref, told) => {
        if (reason === NOCONNECTION || reason instanceof OverLimit || !calls.caller.alive) finish.down(reason)
        else settle(finish, result, reason, told, { peer: node, call: what }, { module, name, arity: args.length })
      })
      const request = { module: 'erpc', function: 'execute_call', options: [atom('monitor')] }
      const execute = [result, atom(module), atom(name), args]
      const begin = () =>
        this.#spawn(node, ref, request, execute, finish, (started) => {
          if (started instanceof Pid) life.started(calls.caller, ref, started)
          else finish.reject(refused(what, node, started))
        })
      sendable(`the arguments for ${what}`, begin, args)
    })
  }

  /** See `Node.erpcCast`. */
  cast(node: string, module: string, name: string, args: readonly Term[]): boolean {
    const { ids, router, calls, groupLeader } = this.#parts
    const control: ControlMessage = {
      op: 'SPAWN_REQUEST',
      ref: ids.reference(),
      from: calls.caller.pid,
      groupLeader: groupLeader(),
      module: atom('erpc'),
      function: atom('execute_cast'),
      arity: 3,
      options: [],
    }
    const what = `the arguments for ${remoteFunction(node, module, name, args)}`
    return sendable(what, () => router.transmit(node, control, [atom(module), atom(name), args]), args)
  }

  /** See `Node.rpc`. */
  async rpc(
    node: string,
    module: string,
    name: string,
    args: readonly Term[],
    options: CallOptions = {},
  ): Promise<Term> {
    const call = remoteFunction(node, module, name, args)
    const request = tuple(atom('call'), atom(module), atom(name), args, this.#parts.groupLeader())
    let told: Term
    const read = (came: Term, origin?: Origin): Term => {
      const reply = replyOf(came)
      told = isBadRpc(reply) && origin !== undefined ? replyOf(origin.verbatim()) : reply
      return reply
    }
    const reply = await this.#parts.calls
      .call({ name: 'rex', node }, request, options, undefined, read)
      .catch((error: unknown) => {
        checkGiven(`the arguments for ${call}`, error, args)
        throw error
      })
    if (!isBadRpc(reply)) return reply
    const { kind, reason, ...stack } = badRpc(reply)
    throw remoteError(badRpc(told as Tuple).reason, kind, reason, { peer: node, call, ...stack })
  }

  /** See `Node.spawn`. */
  spawn(node: string, module: string, name: string, args: readonly Term[], options: CallOptions = {}): Promise<Pid> {
    const { ids, calls } = this.#parts
    const ref = ids.reference()
    const what = `the spawn of ${remoteFunction(node, module, name, args)}`
    return calls.wait<Pid>(ref, { name: atom(name), node }, what, options, (finish) => {
      this.#parts.life.expect(calls.caller, ref, node, finish.down)
      this.#spawn(node, ref, { module, function: name, options: [] }, args, finish, (started) => {
        if (started instanceof Pid) finish.resolve(started)
        else finish.reject(refused(what, node, started))
      })
    })
  }

  /** An answer to a spawn came; one of another node than was asked counts for nothing. */
  reply(peer: string, { ref, result }: Extract<ControlMessage, { op: 'SPAWN_REPLY' }>): void {
    if (this.#starting.get(ref)?.node === peer) this.#starting.delete(ref)?.replied(result)
  }

  /** No answer will come from there any more. */
  connectionLost(node: string): void {
    for (const { ref, node: where } of this.#starting.values()) if (where === node) this.#starting.delete(ref)
  }

  #spawn<T>(
    node: string,
    ref: Reference,
    { module, function: name, options }: { module: string; function: string; options: Term },
    args: readonly Term[],
    finish: Finish<T>,
    replied: (result: Pid | Atom) => void,
  ): void {
    const { router, calls, groupLeader } = this.#parts
    const control: ControlMessage = {
      op: 'SPAWN_REQUEST',
      ref,
      from: calls.caller.pid,
      groupLeader: groupLeader(),
      module: atom(module),
      function: atom(name),
      arity: args.length,
      options,
    }
    this.#starting.set(ref, { ref, node, replied })
    try {
      if (sendable(`the arguments for ${module}:${name}`, () => router.transmit(node, control, args))) return
    } catch (error) {
      this.#starting.delete(ref)
      throw error
    }
    this.#starting.delete(ref)
    finish.down(NOCONNECTION)
  }
}

/** A function of another node, as people write it: `lists:nth/2 on a@host`. */
export function remoteFunction(node: string, module: string, name: string, args: readonly unknown[]): string {
  return `${functionText(module, name, args.length)} on ${node}`
}

function refused(what: string, peer: string, reason: Atom): NodeError {
  return new NodeError('NODE_REMOTE_ERROR', `${what} was refused: ${reason.name}`, { peer, reason, didNotRun: true })
}

function isBadRpc(reply: Term): reply is Tuple {
  return reply instanceof Tuple && reply.length === 2 && reply.elements[0] === atom('badrpc')
}

/** What `{badrpc, Reason}` says of the end of a function. */
function badRpc({ elements: [, reason] }: Tuple): { kind: 'exit' | 'error'; reason: Term; stacktrace?: Term } {
  if (!(reason instanceof Tuple) || reason.elements[0] !== atom('EXIT')) return { kind: 'exit', reason }
  const inner = reason.elements[1]
  if (inner instanceof Tuple && inner.length === 2 && Array.isArray(inner.elements[1])) {
    return { kind: 'error', reason: inner.elements[0], stacktrace: inner.elements[1] }
  }
  return { kind: 'exit', reason: inner }
}

/** A function as it was asked for. */
interface Asked {
  readonly module: string
  readonly name: string
  readonly arity: number
}

/**
 * Whether the function that was asked for is not there. The stack of `erpc` begins with the function that is not there, and has
 * its arguments; a function that runs has their number there, but for those of `erlang`.
 */
function isUndefined(reason: Term, stacktrace: Term, { module, name, arity }: Asked): boolean {
  if (reason !== atom('undef') || module === 'erlang' || !Array.isArray(stacktrace)) return false
  const [first] = stacktrace as readonly Term[]
  if (!(first instanceof Tuple)) return false
  const [inModule, missing, args] = first.elements
  return inModule === atom(module) && missing === atom(name) && Array.isArray(args) && args.length === arity
}

/** Reads the exit reason in which `erpc:execute_call/4` tells its result. */
function settle(
  finish: Finish<Term>,
  result: Reference,
  reason: Term,
  told: Told,
  about: RemoteErrorOptions,
  asked: Asked,
): void {
  const [which, kind, value, stacktrace = []] = reason instanceof Tuple ? reason.elements : []
  if (!(which instanceof Reference) || !result.equals(which) || !(kind instanceof Atom)) {
    const signal = tuple(atom('signal'), reason)
    finish.reject(remoteError(tuple(atom('signal'), verbatim(told)), 'exit', signal, about))
    return
  }
  if (kind.name === 'return') {
    finish.resolve(value)
    return
  }
  const passed = (verbatim(told) as Tuple).elements[2]
  if (kind.name === 'throw' || kind.name === 'exit') finish.reject(remoteError(passed, kind.name, value, about))
  else {
    const didNotRun = isUndefined(value, stacktrace, asked)
    finish.reject(remoteError(passed, 'error', value, { ...about, stacktrace, didNotRun }))
  }
}
