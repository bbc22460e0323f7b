import { messageOf, textOf } from './error.ts'
import type { System } from './world/system.ts'

/** Gets what a function of the program threw, or what its promise rejected with. */
export type Failed = (cause: unknown) => void

/** Whether a value comes later: a promise, of whichever library. @throws what a getter of the value throws */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  return typeof (value as { then?: unknown }).then === 'function'
}

/**
 * Calls a function of the program whose answer is needed at once. A promise, which would count as true, is refused, and what it
 * rejects with does not stay unhandled.
 *
 * @throws what the function throws, and what `refuse` makes for a promise
 */
export function answerNow<T>(call: () => T, refuse: () => Error): T {
  const answer = call()
  if (!isThenable(answer)) return answer
  const refused = () => undefined
  Promise.resolve(answer).catch(refused)
  throw refuse()
}

/**
 * A listener of the program which neither its caller nor the process suffers from: what it throws or rejects with is a process
 * warning.
 */
export function listening<A extends unknown[]>(
  system: Pick<System, 'warn'>,
  what: { readonly name: string; readonly code: string },
  listener: ((...args: A) => unknown) | undefined,
): (...args: A) => void {
  const threw = (cause: unknown) =>
    system.warn(`${what.name} threw: ${messageOf(cause)}`, { code: what.code, detail: textOf(cause, 'stack') ?? '' })
  return (...args) => callProgram(() => listener?.(...args), threw)
}

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
