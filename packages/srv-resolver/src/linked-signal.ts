import { setMaxListeners } from 'node:events'

/** Signals that are known to have many listeners. */
const shared = new WeakSet<AbortSignal>()

/**
 * Runs something with a signal that aborts as soon as one of several does, and lets go of them afterwards.
 *
 * `AbortSignal.any` keeps a little memory for each call in a signal that lives as long as the resolver; a poller calls
 * for years.
 */
export async function withLinkedSignal<T>(
  signals: readonly (AbortSignal | undefined)[],
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const links: (() => void)[] = []
  try {
    for (const signal of signals) {
      if (signal === undefined) continue
      signal.throwIfAborted()
      allowMany(signal)
      const abort = () => controller.abort(signal.reason)
      signal.addEventListener('abort', abort)
      links.push(() => signal.removeEventListener('abort', abort))
    }
    return await run(controller.signal)
  } finally {
    for (const unlink of links) unlink()
  }
}

/** Each lookup lets go of the signal, so a thousand under one signal do not leak; Node.js would warn at the eleventh. */
function allowMany(signal: AbortSignal): void {
  if (shared.has(signal)) return
  shared.add(signal)
  setMaxListeners(0, signal)
}
