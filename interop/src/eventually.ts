import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'

/** Asks again until the answer is the expected one; past the patience the difference is the test's failure. */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  expected: T,
  { patienceMs = 10_000 }: { patienceMs?: number } = {},
): Promise<void> {
  const deadline = performance.now() + patienceMs
  let answer = await ask()
  while (!isDeepStrictEqual(answer, expected) && performance.now() < deadline) {
    await pause(50)
    answer = await ask()
  }
  expect(answer).toStrictEqual(expected)
}
