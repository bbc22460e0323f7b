import { expect, it } from 'vitest'
import { newCreation } from '../src/index.ts'

it('is an unsigned 32-bit integer above those of early releases, different each time', () => {
  const made = Array.from({ length: 1_000 }, newCreation)
  for (const creation of made) expect(Number.isInteger(creation) && creation >= 4 && creation < 2 ** 32).toBe(true)
  expect(new Set(made).size).toBeGreaterThan(990)
  expect(Math.max(...made)).toBeGreaterThan(2 ** 16)
})
