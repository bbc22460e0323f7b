import { describe, expect, it } from 'vitest'
import { callRealMembers, SLOW_MS } from './real-members.ts'
import { percentile } from './story.ts'

describe('five Erlang nodes, one slow and one killed', () => {
  // Slow: thousands of calls in real time, so that their percentiles mean something.
  it('no idempotent call fails, no other runs twice, and nearly all are quick', async () => {
    const { failed, lost, duplicates, kills, ran, times } = await callRealMembers(3_000, 1_000)
    expect({ failed, duplicates }).toStrictEqual({ failed: [], duplicates: [] })
    expect(kills).toBeGreaterThan(0)
    for (const error of lost) expect(error).toMatchObject({ code: 'NODE_NOT_CONNECTED' })
    expect(ran[0]).toBeLessThan(100)
    expect(percentile(times, 0.98)).toBeLessThan(SLOW_MS)
  })
})
