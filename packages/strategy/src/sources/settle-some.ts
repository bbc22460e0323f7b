import { Places } from '../places.ts'

/** How much at once, and for how long. */
export interface SettleOptions {
  /** Under way at the same time, without those that have become slow. */
  readonly parallel: number
  /** What is not done by then is rejected, in milliseconds. */
  readonly limitMs: number
  /** With what. */
  readonly late: () => Error
  readonly signal: AbortSignal
}

/**
 * As `Promise.allSettled`, with so much under way at once, and an end: what is silent keeps the others from nothing.
 *
 * @throws the signal's reason when it aborts; what follows that is not begun
 */
export async function settleSome<T, R>(
  items: readonly T[],
  { parallel, limitMs, late, signal }: SettleOptions,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> {
  signal.throwIfAborted()
  const ended = new AbortController()
  const abort = () => ended.abort(signal.reason)
  const timer = setTimeout(() => ended.abort(late()), limitMs)
  signal.addEventListener('abort', abort, { once: true })
  try {
    const results = await settleUntil(ended.signal, items, parallel, work)
    signal.throwIfAborted()
    return results
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

function settleUntil<T, R>(
  ended: AbortSignal,
  items: readonly T[],
  parallel: number,
  work: (item: T, signal: AbortSignal) => Promise<R>,
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
    const places = new Places(parallel, begin)
    if (left === 0) return finish()
    ended.addEventListener('abort', finish, { once: true })
    begin()
  })
}
