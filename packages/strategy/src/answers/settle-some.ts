import { setMaxListeners } from 'node:events'
import type { Clock } from '@dynsrv/kit'
import { Places } from '../places.ts'

/** How much at once, and for how long. */
export interface SettleOptions {
  readonly clock: Clock
  /** Under way at the same time, without those that have become slow. */
  readonly parallel: number
  /** What is not done by then is rejected, in milliseconds. */
  readonly limitMs: number
  /** With what. */
  readonly late: () => Error
  readonly signal: AbortSignal
}

/**
 * As `Promise.allSettled`, with a limit for work under way and a time limit: silent work holds up nothing else.
 *
 * @throws the signal's reason when it aborts; nothing is begun after that
 */
export async function settleSome<T, R>(
  items: readonly T[],
  { clock, parallel, limitMs, late, signal }: SettleOptions,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> {
  signal.throwIfAborted()
  const ended = new AbortController()
  // Each piece of work listens to it, and Node.js would warn at the eleventh.
  setMaxListeners(0, ended.signal)
  const abort = () => ended.abort(signal.reason)
  const timer = clock.setTimeout(() => ended.abort(late()), limitMs)
  signal.addEventListener('abort', abort, { once: true })
  try {
    const results = await settleUntil(ended.signal, items, work, (begin) => new Places(clock, parallel, begin))
    signal.throwIfAborted()
    return results
  } finally {
    clock.clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

function settleUntil<T, R>(
  ended: AbortSignal,
  items: readonly T[],
  work: (item: T, signal: AbortSignal) => Promise<R>,
  placesFor: (begin: () => void) => Places,
): Promise<PromiseSettledResult<R>[]> {
  return new Promise((resolve) => {
    const results = new Array<PromiseSettledResult<R> | undefined>(items.length).fill(undefined)
    const queue = items.entries()
    let left = items.length
    const finish = () => resolve(results.map((result) => result ?? { status: 'rejected', reason: ended.reason }))
    const settle = (index: number, result: PromiseSettledResult<R>) => {
      results[index] = result
      left -= 1
      if (left === 0) finish()
    }
    const begin = () => {
      while (!places.full && !ended.aborted) {
        const { value: next, done } = queue.next()
        if (done) return
        const [index, item] = next
        const giveUp = places.take()
        work(item, ended)
          .then(
            (value) => settle(index, { status: 'fulfilled', value }),
            (reason: unknown) => settle(index, { status: 'rejected', reason }),
          )
          .finally(giveUp)
      }
    }
    const places = placesFor(begin)
    if (left === 0) return finish()
    ended.addEventListener('abort', finish, { once: true })
    begin()
  })
}
