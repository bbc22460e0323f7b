import type { Clock, Timer } from './clock.ts'

/** How a wait ends early, and whether it keeps the process alive. */
export interface WaitOptions {
  readonly signal?: AbortSignal | undefined
  /** Whether the process may end during the wait; default false. */
  readonly unref?: boolean | undefined
}

/** Waits. @throws the signal's reason when it aborts */
export function sleep(clock: Clock, ms: number, { signal, unref = false }: WaitOptions = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const abort = () => {
      clock.clearTimeout(timer)
      reject(signal!.reason)
    }
    const timer: Timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    if (unref) timer.unref()
    signal?.addEventListener('abort', abort, { once: true })
  })
}

/** How long work may take. */
export interface Limit extends WaitOptions {
  readonly clock: Clock
  readonly ms: number
  /** The error of work that took too long. */
  readonly late: () => Error
}

/**
 * Gives work a time limit and an end by signal, even when the work itself heeds neither.
 *
 * @throws what `late` makes when the time is over; the signal's reason when it aborts
 */
export async function within<T>(
  { clock, ms, signal, late, unref = false }: Limit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  const limit = new AbortController()
  const abort = () => limit.abort(signal!.reason)
  const timer = clock.setTimeout(() => limit.abort(late()), ms)
  if (unref) timer.unref()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await new Promise<T>((resolve, reject) => {
      limit.signal.addEventListener('abort', () => reject(limit.signal.reason), { once: true })
      // The async wrapper turns what user code throws at once into a rejection as well.
      const working = async () => work(limit.signal)
      working().then(resolve, reject)
    })
  } finally {
    clock.clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/** A signal that aborts when the time is over, as that of `AbortSignal.timeout` does. The process may end before. */
export function timeLimit(clock: Clock, ms: number): AbortSignal {
  const limit = new AbortController()
  const over = () => limit.abort(new DOMException('there was no answer in time', 'TimeoutError'))
  clock.setTimeout(over, ms).unref()
  return limit.signal
}
