/** Sleeps for `ms`, or until `wake` or the signal ends it. Never rejects: the caller looks at the signal. */
export function pause(
  ms: number,
  { signal, wake, unref = false }: { readonly signal: AbortSignal; readonly wake?: Wake; readonly unref?: boolean },
): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || wake?.taken()) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      wake?.release()
      resolve()
    }
    const timer = setTimeout(end, Math.min(ms, 2 ** 31 - 1))
    if (unref) timer.unref()
    signal.addEventListener('abort', end, { once: true })
    wake?.hold(end)
  })
}

/** Lets others cut a sleep short; a wake-up that comes while nobody sleeps is kept for the next sleep. */
export class Wake {
  #sleeper: (() => void) | undefined
  #called = false

  call(): void {
    if (this.#sleeper === undefined) this.#called = true
    else this.#sleeper()
  }

  /** Whether there was a call since the last sleep; forgets it. */
  taken(): boolean {
    const called = this.#called
    this.#called = false
    return called
  }

  hold(sleeper: () => void): void {
    this.#sleeper = sleeper
  }

  release(): void {
    this.#sleeper = undefined
  }
}

/** How long work may take. */
export interface Limit {
  readonly ms: number
  readonly signal: AbortSignal
  /** What is thrown when the time is over. */
  readonly late: () => Error
  /** Whether the process may end while the work is under way. */
  readonly unref: boolean
}

/**
 * Gives work a time limit and an end by signal, even when the work itself heeds neither.
 *
 * @throws what `late` makes when the time is over; the signal's reason when it aborts
 */
export async function within<T>(
  { ms, signal, late, unref }: Limit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const limit = new AbortController()
  const abort = () => limit.abort(signal.reason)
  const timer = setTimeout(() => limit.abort(late()), ms)
  if (unref) timer.unref()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await new Promise<T>((resolve, reject) => {
      limit.signal.addEventListener('abort', () => reject(limit.signal.reason), { once: true })
      // The async wrapper turns what user code throws at once into a rejection as well.
      const working = async () => work(limit.signal)
      working().then(resolve, reject)
    })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}
