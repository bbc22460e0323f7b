import { atom, type Term } from '@dynsrv/etf'
import { type Clock, type Random, sleep } from '@dynsrv/kit'
import { CALL_TIMEOUT_MS, type GenCalls } from '../call/gen-call.ts'
import { NodeError } from '../error.ts'
import type { LinksAndMonitors } from '../process/links-and-monitors.ts'
import type { CallOptions } from '../signature.ts'
import { LockRound } from './global-lock-round.ts'

/** Pauses between tries are random; their bound doubles from the first to the last. Unit: milliseconds. */
const FIRST_PAUSE_MS = 125
const LAST_PAUSE_MS = 4_000

export interface GlobalTransactionsParts {
  readonly clock: Clock
  readonly random: Random
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
    const { self, calls, clock, life } = this.#parts
    const deadline = clock.monotonic() + timeoutMs
    const before = this.#turn
    let done = (): void => undefined
    this.#turn = new Promise((resolve) => {
      done = resolve
    })
    const holder = calls.newCaller()
    const round = new LockRound({ self, calls, holder, requester: holder.pid })
    try {
      await before
      signal?.throwIfAborted()
      const nodes = await this.#take(round, deadline, signal)
      try {
        return await work(async (request) => {
          await round.ask(nodes, request, { timeoutMs: CALL_TIMEOUT_MS })
        })
      } finally {
        await round.release(nodes)
      }
    } finally {
      life.exit(holder, atom('normal'))
      done()
    }
  }

  /** Takes the lock on all nodes that share the names. */
  async #take(round: LockRound, deadline: number, signal: AbortSignal | undefined): Promise<readonly string[]> {
    const { clock, random } = this.#parts
    const withSignal = signal === undefined ? {} : { signal }
    for (let bound = FIRST_PAUSE_MS; ; bound = Math.min(bound * 2, LAST_PAUSE_MS)) {
      const known = this.#parts.known()
      const nodes = [this.#parts.self, ...known]
      const taken = new Set(known)
      if (await round.take(nodes, { timeoutMs: Math.max(1, deadline - clock.monotonic()), ...withSignal })) {
        if (this.#parts.known().every((node) => taken.has(node))) return nodes
        await round.release(nodes)
      }
      const left = deadline - clock.monotonic()
      if (left <= 0) throw new NodeError('NODE_TIMEOUT', 'another process holds the lock of the global names')
      await sleep(clock, Math.min(left, bound * random.number()), withSignal)
    }
  }
}
