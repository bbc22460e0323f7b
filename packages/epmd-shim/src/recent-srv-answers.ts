import { setTimeout as pause } from 'node:timers/promises'
import type { SrvAnswer, SrvResolver } from '@dynsrv/srv-resolver'

/** An answer, and whether it was there already (`recent`) or came after the question was put. */
export interface RecentSrvAnswer {
  readonly answer: SrvAnswer
  readonly recent: boolean
}

interface Entry {
  readonly answer: Promise<SrvAnswer>
  arrived: boolean
  readonly untilMs: number
}

interface Options {
  /** How long an answer is kept; 0 asks each time. */
  readonly keepMs: number
  /** How often a question is asked again when its failure says that this can help. */
  readonly retries: number
  readonly now?: () => number
}

const RETRY_PAUSE_MS = 100

/**
 * SRV answers of the last moment.
 *
 * Somebody who found a thousand members of a service dials them all: without this, each dial would ask for the same
 * thousand records. Failures are not kept.
 */
export class RecentSrvAnswers {
  readonly #resolver: Pick<SrvResolver, 'resolveSrv'>
  readonly #keepMs: number
  readonly #retries: number
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()

  constructor(resolver: Pick<SrvResolver, 'resolveSrv'>, { keepMs, retries, now = () => performance.now() }: Options) {
    this.#resolver = resolver
    this.#keepMs = keepMs
    this.#retries = retries
    this.#now = now
  }

  /**
   * @param signal ends the waiting only: the question may be shared with others
   * @param options.fresh takes no answer that is there already, but joins a question that is under way
   */
  async ask(name: string, signal?: AbortSignal, { fresh = false } = {}): Promise<RecentSrvAnswer> {
    const key = name.toLowerCase()
    const now = this.#now()
    this.#forgetOld(now)
    const kept = this.#entries.get(key)
    if (kept !== undefined && !(kept.arrived && fresh)) {
      const recent = kept.arrived
      return { answer: await unlessAborted(kept.answer, signal), recent }
    }
    return { answer: await unlessAborted(this.#put(key, name, now).answer, signal), recent: false }
  }

  #put(key: string, name: string, now: number): Entry {
    const entry: Entry = { answer: this.#resolve(name), arrived: false, untilMs: now + this.#keepMs }
    // Deleted first, so that the entries stay in the order of their ages.
    this.#entries.delete(key)
    if (this.#keepMs > 0) this.#entries.set(key, entry)
    entry.answer.then(
      () => {
        entry.arrived = true
      },
      () => this.#entries.get(key) === entry && this.#entries.delete(key),
    )
    return entry
  }

  async #resolve(name: string): Promise<SrvAnswer> {
    for (let left = this.#retries; ; left--) {
      try {
        return await this.#resolver.resolveSrv(name)
      } catch (error) {
        if (left <= 0 || !isRetryable(error)) throw error
        await pause(RETRY_PAUSE_MS, undefined, { ref: false })
      }
    }
  }

  #forgetOld(now: number): void {
    for (const [key, { untilMs }] of this.#entries) {
      if (untilMs > now) return
      this.#entries.delete(key)
    }
  }
}

function isRetryable(error: unknown): boolean {
  return error instanceof Error && 'retryable' in error && error.retryable === true
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
