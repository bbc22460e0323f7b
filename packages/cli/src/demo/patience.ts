/** Waits for conditions that are looked at whenever something happened. */
export class Patience {
  readonly #waiting = new Set<() => void>()
  #failure: Error | undefined

  /** Looks again at every condition that is waited for. */
  wake(): void {
    for (const look of this.#waiting) look()
  }

  /** Makes every wait fail from the next look on, those that begin later too. */
  fail(failure: Error): void {
    this.#failure = failure
  }

  /**
   * Waits until a check finds nothing missing.
   *
   * @throws {Error} with what is missing, when that takes too long, or the error that `fail` gave
   */
  async until(missing: () => string | undefined, timeoutMs: number): Promise<void> {
    let look = (): void => undefined
    let patience: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        look = () => {
          if (this.#failure !== undefined) reject(this.#failure)
          else if (missing() === undefined) resolve()
        }
        patience = setTimeout(
          () => reject(new Error(`after ${timeoutMs / 1_000} s: ${missing() ?? 'too late'}`)),
          timeoutMs,
        )
        this.#waiting.add(look)
        look()
      })
    } finally {
      clearTimeout(patience)
      this.#waiting.delete(look)
    }
  }
}
