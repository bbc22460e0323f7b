import { type Clock, domainKey, sleep } from '@dynsrv/kit'
import { askSrv, type SrvAnswer, type SrvResolver } from '@dynsrv/srv-resolver'

/** An answer, and whether it was there already (`recent`) or came after the question was put. */
export interface RecentSrvAnswer {
  readonly answer: SrvAnswer
  readonly recent: boolean
}

interface Entry {
  readonly answer: Promise<SrvAnswer>
  /** Ends the question when no caller waits for it any more. */
  readonly abandon: AbortController
  readonly untilMs: number
  arrived: boolean
  waiting: number
}

interface Options {
  /** How long an answer is kept; 0 asks each time. */
  readonly keepMs: number
  /** How often a question is asked again when its failure says that this can help. */
  readonly retries: number
  readonly clock: Clock
}

const RETRY_PAUSE_MS = 100
/** A resolver that took longer has tried several times itself. */
const RETRY_WITHIN_MS = 1_000

/**
 * SRV answers of the last moment.
 *
 * A node that finds a thousand members of a service dials them all. Without this, each dial would ask for the same
 * thousand records. Failures are not kept.
 */
export class RecentSrvAnswers {
  readonly #resolver: Pick<SrvResolver, 'resolveSrv'>
  readonly #keepMs: number
  readonly #retries: number
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()

  constructor(resolver: Pick<SrvResolver, 'resolveSrv'>, { keepMs, retries, clock }: Options) {
    this.#resolver = resolver
    this.#keepMs = keepMs
    this.#retries = retries
    this.#clock = clock
  }

  /**
   * @param signal ends the waiting; the question ends when no other caller waits for it
   * @param options.fresh takes no answer that is there already, but joins a question that is under way
   */
  async ask(name: string, signal?: AbortSignal, { fresh = false } = {}): Promise<RecentSrvAnswer> {
    const key = domainKey(name)
    const now = this.#clock.monotonic()
    this.#forgetOld(now)
    const kept = this.#entries.get(key)
    if (kept !== undefined && !(kept.arrived && fresh)) {
      const recent = kept.arrived
      return { answer: await this.#wait(key, kept, signal), recent }
    }
    return { answer: await this.#wait(key, this.#put(key, name, now), signal), recent: false }
  }

  #put(key: string, name: string, now: number): Entry {
    const abandon = new AbortController()
    const answer = this.#resolve(name, abandon.signal)
    const entry: Entry = { answer, abandon, untilMs: now + this.#keepMs, arrived: false, waiting: 0 }
    // Deleted first, so that the entries stay in the order of their ages.
    this.#entries.delete(key)
    if (this.#keepMs > 0) this.#entries.set(key, entry)
    answer.then(
      () => {
        entry.arrived = true
      },
      () => this.#drop(key, entry),
    )
    return entry
  }

  #drop(key: string, entry: Entry): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key)
  }

  #wait(key: string, entry: Entry, signal: AbortSignal | undefined): Promise<SrvAnswer> {
    entry.waiting++
    if (signal === undefined) return entry.answer
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        reject(signal.reason)
        entry.waiting--
        if (entry.waiting > 0 || entry.arrived) return
        this.#drop(key, entry)
        entry.abandon.abort(signal.reason)
      }
      if (signal.aborted) onAbort()
      else signal.addEventListener('abort', onAbort, { once: true })
      entry.answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
    })
  }

  async #resolve(name: string, signal: AbortSignal): Promise<SrvAnswer> {
    const started = this.#clock.monotonic()
    for (let left = this.#retries; ; left--) {
      try {
        return await askSrv(this.#resolver, name, { signal })
      } catch (error) {
        signal.throwIfAborted()
        if (left <= 0 || !isRetryable(error) || this.#clock.monotonic() - started > RETRY_WITHIN_MS) throw error
        await sleep(this.#clock, RETRY_PAUSE_MS, { signal })
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
  return typeof error === 'object' && error !== null && 'retryable' in error && error.retryable === true
}
