/** Gets what a function of the program threw, or what its promise rejected with. */
export type Failed = (cause: unknown) => void

/** Calls a function of the program whose result nobody waits for. It never throws, and no promise of it stays unhandled. */
export function callProgram(run: () => unknown, failed: Failed): void {
  try {
    const result = run()
    if ((typeof result !== 'object' && typeof result !== 'function') || result === null) return
    Promise.resolve(result).catch(failed)
  } catch (cause) {
    failed(cause)
  }
}
