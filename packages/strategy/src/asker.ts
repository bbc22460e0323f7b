import type { HoldReason } from './change.ts'
import { type Discover, type Discovery, discoveryOf } from './discover.ts'
import { StrategyError } from './error.ts'
import { pause, within } from './pause.ts'

/** Asks a source, each time within the same time limit. */
export class Asker {
  readonly #discover: Discover
  readonly #timeoutMs: number
  readonly #signal: AbortSignal

  constructor(discover: Discover, timeoutMs: number, signal: AbortSignal) {
    this.#discover = discover
    this.#timeoutMs = timeoutMs
    this.#signal = signal
  }

  /** @throws whatever the source does, or `STRATEGY_DISCOVER_TIMEOUT`, or the signal's reason */
  async ask(): Promise<Discovery> {
    const late = () => lateAnswer(this.#timeoutMs)
    return discoveryOf(await within(this.#timeoutMs, this.#signal, late, (signal) => this.#discover({ signal })))
  }

  /** Asks once more, after a moment; undefined when that fails. */
  async askAgain(delayMs: number): Promise<Discovery | undefined> {
    await pause(delayMs, { signal: this.#signal })
    try {
      return await this.ask()
    } catch {
      this.#signal.throwIfAborted()
      // Not an answer, so not a confirmation; the next poll tells whether the failure lasts.
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
