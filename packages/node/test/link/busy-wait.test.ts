import { describe, expect, it } from 'vitest'
import { BusyWait } from '../../src/link/busy-wait.ts'

/** A clock and an event loop that move only when told to. */
function world() {
  const turns: (() => void)[] = []
  const clock = { now: 1000 }
  const wait = new BusyWait({ monotonic: () => clock.now, setImmediate: (turn) => turns.push(turn) })
  return {
    wait,
    cameAt(now: number, ms = 0.2, isExchange = true) {
      clock.now = now
      wait.came(ms, isExchange)
    },
    /** Whether the loop stays awake for a turn that begins at `now`. */
    turnAt(now: number): boolean {
      clock.now = now
      for (const turn of turns.splice(0)) turn()
      return turns.length > 0
    },
    get turns() {
      return turns.length
    },
  }
}

describe('busy wait', () => {
  it('lets the loop sleep behind bytes that come alone', () => {
    const { cameAt, ...loop } = world()
    cameAt(1000)
    cameAt(1000.5)
    cameAt(1001)
    expect(loop.turnAt(1001)).toBe(false)
  })

  it('keeps it awake behind bytes in quick succession, for as long as the pauses may be', () => {
    const { cameAt, turnAt } = world()
    cameAt(1000)
    cameAt(1000.1)
    expect(turnAt(1000.29)).toBe(true)
    cameAt(1000.295)
    expect(turnAt(1000.4)).toBe(true)
    expect(turnAt(1000.5)).toBe(false)
    cameAt(1000.6)
    expect(turnAt(1000.7)).toBe(false)
  })

  it('waits once for all links', () => {
    const w = world()
    for (const at of [1000, 1000.1, 1000.1, 1000.2]) w.cameAt(at)
    expect(w.turns).toBe(1)
  })

  it('lets a stream that goes one way gather', () => {
    const w = world()
    for (const at of [1000, 1000.1, 1000.2]) w.cameAt(at, 0.2, false)
    expect(w.turns).toBe(0)
    w.cameAt(1000.3)
    expect(w.turns).toBe(1)
  })

  it('lets the answers to many calls gather', () => {
    const w = world()
    w.wait.callsUnderWay = 9
    for (const at of [1000, 1000.1]) w.cameAt(at)
    expect(w.turns).toBe(0)
    w.wait.callsUnderWay = 8
    w.cameAt(1000.2)
    expect(w.turns).toBe(1)
  })

  it('waits for an answer that is due', () => {
    const w = world()
    w.wait.expect(0.2)
    expect(w.turnAt(1000.1)).toBe(true)
    expect(w.turnAt(1000.3)).toBe(false)
  })

  it('never waits when it is switched off', () => {
    const w = world()
    w.cameAt(1000, 0)
    w.cameAt(1000, 0)
    w.wait.expect(0)
    expect(w.turns).toBe(0)
  })
})
