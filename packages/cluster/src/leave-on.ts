import type { System } from '@dynsrv/kit'

/** A signal on which a cluster can leave. */
export type LeaveSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGBREAK'

/** Every {@link LeaveSignal}. */
export const LEAVE_SIGNALS: readonly LeaveSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK']

/**
 * Calls `leave` at the first of these signals. A second one ends the program at once, as it does where nobody listens. What
 * `leave` rejects with is an unhandled rejection, which ends the program with its words and with exit code 1.
 *
 * @returns what stops listening
 */
export function leaveOn(signals: readonly LeaveSignal[], system: System, leave: () => Promise<void>): () => void {
  const listening: (() => void)[] = []
  const forget = (): void => {
    for (const stop of listening.splice(0)) stop()
  }
  const left = (): void => {
    forget()
    void leave()
  }
  for (const signal of signals) {
    const stop = system.onSignal?.(signal, left)
    if (stop !== undefined) listening.push(stop)
  }
  return forget
}
