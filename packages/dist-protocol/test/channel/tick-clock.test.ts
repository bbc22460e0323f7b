import { describe, expect, it } from 'vitest'
import { TickClock, type TickClockOptions } from '../../src/channel/tick-clock.ts'

const clock = (options: Partial<TickClockOptions> = {}) => new TickClock({ netTickTimeMs: 8_000, now: 0, ...options })

describe('a tick clock of 8 s', () => {
  it('looks every 2 s', () => expect(clock().intervalMs).toBe(2_000))

  // OTP 25 with net_ticktime 8 towards a silent peer: ticks at 4 and 6 s, closed at about 8 s.
  it('ticks, and gives a silent peer up after four looks', () => {
    const ticks = clock()
    expect([2_000, 4_000, 6_000, 8_000].map((now) => ticks.check(now))).toStrictEqual(['tick', 'tick', 'tick', 'down'])
  })

  it('is quiet while both sides talk', () => {
    const ticks = clock()
    for (let now = 2_000; now < 20_000; now += 2_000) {
      ticks.sent()
      ticks.received()
      expect(ticks.check(now)).toBe('idle')
    }
  })

  it('ticks at every look while the peer only ticks', () => {
    const ticks = clock()
    for (let now = 2_000; now < 20_000; now += 2_000) {
      ticks.received()
      expect(ticks.check(now)).toBe('tick')
    }
  })

  it('ticks towards a peer that answers nothing but ticks, though something was sent', () => {
    const ticks = clock()
    ticks.sent()
    expect(ticks.check(2_000)).toBe('tick')
  })

  it('starts to count anew with every sign of life', () => {
    const ticks = clock()
    expect([2_000, 4_000, 6_000].map((now) => ticks.check(now))).not.toContain('down')
    ticks.received()
    expect([8_000, 10_000, 12_000, 14_000].map((now) => ticks.check(now))).not.toContain('down')
    expect(ticks.check(16_000)).toBe('down')
  })

  it('does not give up a peer because this process slept', () => {
    const ticks = clock()
    expect(ticks.check(3_600_000)).toBe('tick')
  })

  it('takes a look that comes a little early, and ignores one that comes much too early', () => {
    const ticks = clock()
    expect(ticks.check(1_000)).toBe('idle')
    expect(ticks.check(1_900)).toBe('tick')
    expect(ticks.check(2_000)).toBe('idle')
  })

  it.each([
    { netTickTimeMs: 0 },
    { netTickTimeMs: 1.5 },
    { netTickIntensity: 3 },
    { netTickIntensity: 1001 },
  ])('cannot be made with %j', (options) =>
    expect(() => clock(options)).toThrow(expect.objectContaining({ code: 'DIST_BAD_OPTION', fault: 'local' })))
})
