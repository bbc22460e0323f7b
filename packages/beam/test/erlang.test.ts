import { describe, expect, it } from 'vitest'
import { runErlangTests } from './application.ts'

// They run while the tests are collected, so that each counts as one here.
const outcomes = await runErlangTests()

describe('in Erlang', () => {
  it.each(outcomes)('$name', ({ outcome }) => expect(outcome).toBe('passed'))
})
