import { atom, type Term, tuple } from '@dynsrv/etf'
import { codeOf } from '@dynsrv/kit'
import type { GenCalls } from '../call/gen-call.ts'
import type { LocalProcess } from '../process/local-process.ts'
import type { CallOptions } from '../signature.ts'

const SERVER = 'global_name_server'
/** The lock under which the names of a cluster are changed. */
export const NAMES_LOCK = atom('global')
/** How long a node may take to let go; one that takes longer does so when it sees the holder end. Unit: milliseconds. */
const RELEASE_MS = 1_000

export interface LockRoundParts {
  readonly self: string
  readonly calls: GenCalls
  /** The process that holds the lock: where a message is lost, its end ends the lock too. */
  readonly holder: LocalProcess
  /** Those who give the same one hold the lock together. */
  readonly requester: Term
}

/** One attempt after the other for the lock of names on many nodes. */
export class LockRound {
  readonly #parts: LockRoundParts
  readonly #lock: Term

  constructor(parts: LockRoundParts) {
    this.#parts = parts
    this.#lock = tuple(NAMES_LOCK, parts.requester)
  }

  /**
   * Takes the lock on all of these nodes or on none; whether it did.
   *
   * The last by name comes first, on which all agree, so that two who want the lock do not each get half of it.
   *
   * @throws {NodeError} `NODE_TIMEOUT` when a node does not answer; the signal's reason when it aborts
   */
  async take(nodes: readonly string[], options: CallOptions): Promise<boolean> {
    const sorted = [...nodes].sort()
    try {
      if ((await this.#set(sorted.slice(-1), options)) && (await this.#set(sorted.slice(0, -1), options))) return true
    } catch (error) {
      await this.release(nodes)
      throw error
    }
    await this.release(nodes)
    return false
  }

  /** Lets go everywhere, of the first one taken last: who gets that one gets the others. */
  async release(nodes: readonly string[]): Promise<void> {
    const sorted = [...nodes].sort()
    const request = tuple(atom('del_lock'), this.#lock)
    for (const some of [sorted.slice(0, -1), sorted.slice(-1)]) {
      await Promise.allSettled(some.map((node) => this.#call(node, request, { timeoutMs: RELEASE_MS })))
    }
  }

  /** The answers of those that are there; a node that vanished meanwhile has no part in it any more. */
  async ask(nodes: readonly string[], request: Term, options: CallOptions): Promise<Term[]> {
    const results = await Promise.allSettled(nodes.map((node) => this.#call(node, request, options)))
    const answers: Term[] = []
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') answers.push(result.value)
      else if (nodes[index] === this.#parts.self || !isGone(result.reason)) throw result.reason
    }
    return answers
  }

  async #set(nodes: readonly string[], options: CallOptions): Promise<boolean> {
    const answers = await this.ask(nodes, tuple(atom('set_lock'), this.#lock), options)
    return answers.every((granted) => granted === true)
  }

  #call(node: string, request: Term, options: CallOptions): Promise<Term> {
    return this.#parts.calls.call({ name: SERVER, node }, request, options, this.#parts.holder)
  }
}

function isGone(reason: unknown): boolean {
  return ['NODE_NOT_CONNECTED', 'NODE_NO_PROCESS'].includes(codeOf(reason) ?? '')
}
