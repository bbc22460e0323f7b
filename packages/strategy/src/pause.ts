import type { Clock } from '@dynsrv/kit'

/** How a pause ends early, and whether it keeps the process alive. */
export interface PauseOptions {
  readonly signal: AbortSignal
  readonly wake?: Wake
  readonly unref?: boolean
}

/** Sleeps for `ms`, or until `wake` or the signal ends it. Never rejects: the caller looks at the signal. */
export function pause(clock: Clock, ms: number, { signal, wake, unref = false }: PauseOptions): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || wake?.taken()) return resolve()
    const end = () => {
      clock.clearTimeout(timer)
      signal.removeEventListener('abort', end)
      wake?.release()
      resolve()
    }
    const timer = clock.setTimeout(end, ms)
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
