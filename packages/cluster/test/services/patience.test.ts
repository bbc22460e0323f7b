import { expect, it, vi } from 'vitest'
import { Patience } from '../../src/services/patience.ts'

/** A clock that stands still until it is moved, and how many timers were started. */
function fakeClock() {
  let now = 0
  let started = 0
  const timers = new Map<object, { at: number; work: () => void }>()
  return {
    monotonic: () => now,
    setTimeout: (work: () => void, ms: number) => {
      started += 1
      const timer = { ref: () => undefined, unref: vi.fn() }
      timers.set(timer, { at: now + ms, work })
      return timer
    },
    clearTimeout: (timer: object | undefined) => void (timer && timers.delete(timer)),
    move: (ms: number) => {
      now += ms
      for (const [timer, { at, work }] of [...timers]) if (at <= now && timers.delete(timer)) work()
    },
    counts: () => ({ started, running: timers.size }),
  }
}

it('calls back each one at its time, once, with one timer at a time', () => {
  const clock = fakeClock()
  const patience = new Patience(clock)
  const told: string[] = []
  const wait = (name: string, ms: number) => {
    const waiting = { until: clock.monotonic() + ms, over: () => void told.push(name) }
    patience.add(waiting, clock.monotonic())
    return waiting
  }
  wait('late', 100)
  wait('soon', 10)
  const gone = wait('gone', 20)
  wait('then', 30)
  expect(clock.counts().running).toBe(1)
  clock.move(9)
  expect(told).toEqual([])
  clock.move(1)
  expect(told).toEqual(['soon'])
  patience.remove(gone)
  clock.move(20)
  expect(told).toEqual(['soon', 'then'])
  clock.move(70)
  expect(told).toEqual(['soon', 'then', 'late'])
  expect(clock.counts().running).toBe(0)
  clock.move(1_000)
  expect(told).toHaveLength(3)
})

it('starts one timer for many that come and go, and none is left', () => {
  const clock = fakeClock()
  const patience = new Patience(clock)
  for (let index = 0; index < 1_000; index++) {
    const waiting = { until: clock.monotonic() + 500, over: () => expect.unreachable() }
    patience.add(waiting, clock.monotonic())
    patience.remove(waiting)
    clock.move(1)
  }
  expect(clock.counts().started).toBeLessThan(5)
  clock.move(500)
  expect(clock.counts().running).toBe(0)
})

it('takes those that are added, and removed, while it calls back', () => {
  const clock = fakeClock()
  const patience = new Patience(clock)
  const told: string[] = []
  const second = { until: 20, over: () => void told.push('second') }
  const first = {
    until: 10,
    over: () => {
      told.push('first')
      patience.add(second, clock.monotonic())
    },
  }
  patience.add(first, 0)
  clock.move(10)
  expect(told).toEqual(['first'])
  clock.move(10)
  expect(told).toEqual(['first', 'second'])
})
