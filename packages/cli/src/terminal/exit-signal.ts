import { sleep } from '@dynsrv/kit'
import { clock } from '../world.ts'
import { EXIT_INTERRUPTED } from './exit-code.ts'

/** The signals with which a person or an orchestrator asks a process to end. */
export type ExitSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

const SIGNALS: readonly ExitSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** The exit signals, taken until disposed. A second one ends the process at once. */
export interface Exit extends Disposable {
  readonly received: Promise<ExitSignal>
  readonly signal: AbortSignal
  /** Ends as the first signal does, for a key that quits. */
  ask(): void
  /** Waits; a signal ends the wait. */
  pause(ms: number): Promise<void>
  /** Ends the process at the first signal, for a command that leaves nothing behind. `restore` gives the terminal back. */
  endsProcess(restore: () => void): void
}

/** Takes the exit signals. */
export function exitSignal(): Exit {
  const controller = new AbortController()
  const { signal } = controller
  let listener: (name: ExitSignal) => void = () => undefined
  const received = new Promise<ExitSignal>((resolve) => {
    listener = (name) => {
      if (signal.aborted) process.exit(EXIT_INTERRUPTED)
      controller.abort()
      resolve(name)
    }
  })
  for (const name of SIGNALS) process.on(name, listener)
  return {
    received,
    signal,
    ask: () => listener('SIGINT'),
    async pause(ms) {
      try {
        await sleep(clock, ms, { signal })
      } catch (error) {
        if (!signal.aborted) throw error
      }
    },
    endsProcess(restore) {
      signal.addEventListener('abort', () => {
        restore()
        process.exit(EXIT_INTERRUPTED)
      })
    },
    [Symbol.dispose]() {
      for (const name of SIGNALS) process.off(name, listener)
    },
  }
}
