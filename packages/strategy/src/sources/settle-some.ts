/** As `Promise.allSettled`, with so many under way at once; what follows an abort is not begun. */
export async function settleSome<T, R>(
  items: readonly T[],
  { parallel, signal }: { readonly parallel: number; readonly signal: AbortSignal },
  work: (item: T) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> {
  const results = new Array<PromiseSettledResult<R>>(items.length)
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) {
      signal.throwIfAborted()
      try {
        results[index] = { status: 'fulfilled', value: await work(item) }
      } catch (reason) {
        results[index] = { status: 'rejected', reason }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, worker))
  return results
}
