import { describe, expect, it } from 'vitest'
import { callRealMembers, SLOW_MS } from './real-members.ts'
import { percentile } from './story.ts'

describe('five Erlang nodes, one slow and the others killed one after another', () => {
  it('in 100 000 calls no idempotent one fails, no other runs twice, and nearly all are quick', async () => {
    const { failed, lost, duplicates, kills, ran, times } = await callRealMembers(100_000, 5_000)
    expect({ failed, duplicates }).toStrictEqual({ failed: [], duplicates: [] })
    expect(kills).toBeGreaterThan(5)
    for (const error of lost) expect(error).toMatchObject({ code: 'NODE_NOT_CONNECTED' })
    expect(ran[0]).toBeLessThan(1_000)
    expect(percentile(times, 0.99)).toBeLessThan(SLOW_MS)
  }, 600_000)
})
