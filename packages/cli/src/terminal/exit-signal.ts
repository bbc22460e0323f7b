/** The signals with which a person or an orchestrator asks a process to end. */
export type ExitSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

const SIGNALS: readonly ExitSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Takes the exit signals until disposed. A second one ends the process at once. */
export function exitSignal(): Disposable & { readonly received: Promise<ExitSignal>; readonly signal: AbortSignal } {
  const controller = new AbortController()
  let listener: (signal: ExitSignal) => void = () => undefined
  const received = new Promise<ExitSignal>((resolve) => {
    listener = (signal) => {
      if (controller.signal.aborted) process.exit(130)
      controller.abort()
      resolve(signal)
    }
  })
  for (const signal of SIGNALS) process.on(signal, listener)
  return {
    received,
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const signal of SIGNALS) process.off(signal, listener)
    },
  }
}
