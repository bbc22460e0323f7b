import { setTimeout as pause } from 'node:timers/promises'
import { atom, type Term, tuple } from '@dynsrv/etf'
import { NodeError } from '../error.ts'
import { CALL_TIMEOUT_MS, type GenCalls } from '../gen-call.ts'
import type { LinksAndMonitors } from '../links-and-monitors.ts'
import type { LocalProcess } from '../local-process.ts'
import type { CallOptions } from '../signature.ts'

const SERVER = 'global_name_server'
/** The lock under which the names of a cluster are changed. */
const NAMES = atom('global')
/** Pauses between tries are random; their bound doubles from the first to the last. Unit: milliseconds. */
const FIRST_PAUSE_MS = 125
const LAST_PAUSE_MS = 4_000
/** How long a node may take to let go; one that takes longer does so when it sees the holder end. Unit: milliseconds. */
const RELEASE_MS = 1_000

export interface GlobalTransactionsParts {
  readonly self: string
  readonly calls: GenCalls
  readonly life: LinksAndMonitors
  /** The nodes with which we share the names. */
  readonly known: () => readonly string[]
}

/** Asks the name servers of all nodes that are locked, ourselves among them. */
export type AskAll = (request: Term) => Promise<void>

/**
 * Work under the cluster's lock of names, one after the other.
 *
 * Each has a process of its own that holds the lock: whatever happens, nodes that still have the lock see that process
 * end and let go.
 *
 * @see OTP `global`, `trans_all_known`
 */
export class GlobalTransactions {
  readonly #parts: GlobalTransactionsParts
  /** Settles when the one before is done. Two of one node would else only wait for each other by trying again. */
  #turn: Promise<void> = Promise.resolve()

  constructor(parts: GlobalTransactionsParts) {
    this.#parts = parts
  }

  /**
   * @throws {NodeError} `NODE_TIMEOUT` when the lock was not to be had in time; what the work throws
   * @throws the signal's reason when it aborts
   */
  async run<T>(work: (ask: AskAll) => Promise<T>, options: CallOptions = {}): Promise<T> {
    const { signal, timeoutMs = CALL_TIMEOUT_MS } = options
    const deadline = performance.now() + timeoutMs
    const before = this.#turn
    let done = (): void => undefined
    this.#turn = new Promise((resolve) => {
      done = resolve
    })
    const caller = this.#parts.calls.newCaller()
    try {
      await before
      signal?.throwIfAborted()
      return await new Transaction(this.#parts, caller, deadline, signal).run(work)
    } finally {
      this.#parts.life.exit(caller, atom('normal'))
      done()
    }
  }
}

class Transaction {
  readonly #parts: GlobalTransactionsParts
  readonly #caller: LocalProcess
  readonly #deadline: number
  readonly #signal: AbortSignal | undefined
  readonly #lock: Term

  constructor(parts: GlobalTransactionsParts, caller: LocalProcess, deadline: number, signal: AbortSignal | undefined) {
    this.#parts = parts
    this.#caller = caller
    this.#deadline = deadline
    this.#signal = signal
    this.#lock = tuple(NAMES, caller.pid)
  }

  async run<T>(work: (ask: AskAll) => Promise<T>): Promise<T> {
    const nodes = await this.#take()
    try {
      return await work(async (request) => {
        await this.#ask(nodes, request, { timeoutMs: CALL_TIMEOUT_MS })
      })
    } finally {
      await this.#release(nodes)
    }
  }

  /** Takes the lock on all nodes that share the names. */
  async #take(): Promise<readonly string[]> {
    for (let bound = FIRST_PAUSE_MS; ; bound = Math.min(bound * 2, LAST_PAUSE_MS)) {
      const known = this.#parts.known()
      const nodes = [this.#parts.self, ...known].sort()
      // Everybody begins with the last name, so that two who want the lock do not each get half of it.
      const boss = nodes.at(-1)!
      try {
        if (
          (await this.#set([boss])) &&
          (await this.#set(nodes.filter((node) => node !== boss))) &&
          this.#parts.known().every((node) => known.includes(node))
        ) {
          return nodes
        }
      } catch (error) {
        await this.#release(nodes)
        throw error
      }
      await this.#release(nodes)
      const left = this.#deadline - performance.now()
      if (left <= 0) throw new NodeError('NODE_TIMEOUT', 'another process holds the lock of the global names')
      const signal = this.#signal
      await pause(Math.min(left, bound * Math.random()), undefined, signal === undefined ? {} : { signal })
    }
  }

  async #set(nodes: readonly string[]): Promise<boolean> {
    const timeoutMs = Math.max(1, this.#deadline - performance.now())
    const signal = this.#signal
    const answers = await this.#ask(nodes, tuple(atom('set_lock'), this.#lock), {
      timeoutMs,
      ...(signal !== undefined && { signal }),
    })
    return answers.every((granted) => granted === true)
  }

  /** The lock on the first one taken goes last, as OTP does it: who gets that one gets the others. */
  async #release(nodes: readonly string[]): Promise<void> {
    const request = tuple(atom('del_lock'), this.#lock)
    for (const some of [nodes.slice(0, -1), nodes.slice(-1)]) {
      await Promise.allSettled(some.map((node) => this.#call(node, request, { timeoutMs: RELEASE_MS })))
    }
  }

  /** The answers of those that are there; a node that vanished meanwhile has no part in it any more. */
  async #ask(nodes: readonly string[], request: Term, options: CallOptions): Promise<Term[]> {
    const results = await Promise.allSettled(nodes.map((node) => this.#call(node, request, options)))
    const answers: Term[] = []
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') answers.push(result.value)
      else if (nodes[index] === this.#parts.self || !isGone(result.reason)) throw result.reason
    }
    return answers
  }

  #call(node: string, request: Term, options: CallOptions): Promise<Term> {
    return this.#parts.calls.call({ name: SERVER, node }, request, options, this.#caller)
  }
}

function isGone(reason: unknown): boolean {
  return reason instanceof NodeError && ['NODE_NOT_CONNECTED', 'NODE_NO_PROCESS'].includes(reason.code)
}
