import { describe, expect, it } from 'vitest'
import { every, Strategy } from '../../src/index.ts'
import { FakeMembership, nodes } from '../fake-membership.ts'

/** Timers that keep the process alive. */
const timers = () => process.getActiveResourcesInfo().filter((type) => type === 'Timeout').length

describe('unref', () => {
  // The pause between polls, a lookup, a dial and the wait for the next dial have one timer each.
  it.each([
    { unref: true, more: 0 },
    { unref: false, more: 3 },
  ])('$unref: $more timers keep the process alive', async ({ unref, more }) => {
    const membership = new FakeMembership()
    membership.dialDoes('waits@svc.test', () => Promise.reject(new Error('no')))
    membership.dialDoes('hangs@svc.test', () => new Promise(() => undefined))
    const before = timers()
    const discover = async () => nodes('waits', 'hangs')
    const strategy = new Strategy(membership, { discover, interval: every(60_000), unref })
    const failed = new Promise((resolve) => {
      strategy.on('change', ({ type }) => type === 'connectFailed' && resolve(type))
    })
    strategy.start()
    await failed
    // The pause begins when the poll has ended.
    await new Promise((resolve) => setImmediate(resolve))
    expect(timers() - before).toBe(more)
    await strategy.close()
    expect(timers()).toBe(before)
    const asking = new Strategy(membership, { discover: () => new Promise(() => undefined), unref })
    asking.start()
    expect(timers() - before).toBe(unref ? 0 : 1)
    await asking.close()
  })
})
