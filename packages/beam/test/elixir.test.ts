import { describe, expect, it } from 'vitest'
import { runElixirTests } from './application.ts'

// They run while the tests are collected, so that each counts as one here.
const outcomes = await runElixirTests()

describe('in Elixir', () => {
  it.each(outcomes)('$name', ({ outcome }) => expect(outcome).toBe('passed'))
})
