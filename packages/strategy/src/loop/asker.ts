import type { HoldReason } from '../change.ts'
import { type Discovery, discoveryOf } from '../discover.ts'
import { StrategyError } from '../error.ts'
import { pause, within } from '../pause.ts'
import type { CompleteWatchOptions } from './watch-options.ts'

type AskerOptions = Pick<CompleteWatchOptions, 'discover' | 'discoverTimeoutMs' | 'unref'>

/** Asks a source, each time within the same time limit. */
export class Asker {
  readonly #options: AskerOptions
  readonly #signal: AbortSignal

  constructor(options: AskerOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
  }

  /** @throws whatever the source does, or `STRATEGY_DISCOVER_TIMEOUT`, or the signal's reason */
  async ask(): Promise<Discovery> {
    const { discover, discoverTimeoutMs: ms, unref } = this.#options
    const limit = { ms, signal: this.#signal, late: () => lateAnswer(ms), unref }
    return discoveryOf(await within(limit, (signal) => discover({ signal })))
  }

  /** Asks once more, after a moment; undefined when that fails. */
  async askAgain(delayMs: number): Promise<Discovery | undefined> {
    await pause(delayMs, { signal: this.#signal, unref: this.#options.unref })
    try {
      return await this.ask()
    } catch {
      this.#signal.throwIfAborted()
      // Not an answer, so not a confirmation; the next poll shows whether the failure lasts.
      return undefined
    }
  }
}

/** Why nobody may leave because of an answer, as far as its source knows. */
export function holdOf({ stale, trimmed }: Discovery): HoldReason | undefined {
  if (trimmed === true) return 'trimmed'
  return stale === true ? 'stale' : undefined
}

function lateAnswer(ms: number): StrategyError {
  return new StrategyError('STRATEGY_DISCOVER_TIMEOUT', `discovery gave no answer within ${ms / 1_000} s`, {
    hint: 'Look whether its server answers; a longer discoverTimeoutMs gives it more time.',
    retryable: true,
  })
}
