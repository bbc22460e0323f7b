import { describe, expect, it } from 'vitest'
import { type Begun, type Candidate, Choice, type ChoiceOptions, type Seat } from '../../src/services/choice.ts'

const OPTIONS: ChoiceOptions = { failures: 3, outMs: 1_000, maxOutMs: 8_000, slowFactor: 5 }

/** Chance from a seed. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const member = (key: string, weight = 1, priority = 0): Candidate => ({ key, priority, weight })

/** A choice with a clock that the test moves. */
function stage(candidates: readonly Candidate[], options: Partial<ChoiceOptions> = {}, seed = 1) {
  const choice = new Choice({ ...OPTIONS, ...options })
  choice.update(candidates)
  const random = chance(seed)
  const time = { now: 0 }
  const moment = () => ({ now: time.now, random })
  const pick = (...not: Seat[]) => choice.pick(moment(), new Set(not))
  const key = (...not: Seat[]) => pick(...not)?.candidate.key
  const begin = (seat = pick()!) => choice.begin(seat, time.now)
  const end = (begun: Begun<Candidate>, ...[how, reason]: [Parameters<typeof choice.end>[1], unknown?]) =>
    choice.end(begun, how, moment(), reason)
  const seat = (wanted: string) => [...choice.seats].find(({ candidate }) => candidate.key === wanted)!
  const fail = (wanted: string, how: 'failed' | 'refused' | 'slow') => end(begin(seat(wanted)), how, how)
  return { choice, time, pick, key, begin, end, seat, fail, random }
}

/** The share of each member, when so many calls are out all the time and end in any order. */
function shares(candidates: readonly Candidate[], concurrency: number, calls = 40_000): Record<string, number> {
  const { begin, end, random } = stage(candidates, {}, concurrency)
  const counts: Record<string, number> = {}
  const out: Begun<Candidate>[] = []
  for (let call = 0; call < calls; call++) {
    if (out.length === concurrency) end(out.splice(Math.floor(random() * concurrency), 1)[0]!, 'ok')
    const begun = begin()
    out.push(begun)
    const { key } = begun.seat.candidate
    counts[key] = (counts[key] ?? 0) + 1
  }
  return Object.fromEntries(candidates.map(({ key }) => [key, (counts[key] ?? 0) / calls]))
}

describe('among members of one weight', () => {
  it('one with the fewest calls out is taken, always', () => {
    const { begin, end, choice, random } = stage(['a', 'b', 'c', 'd', 'e'].map((key) => member(key)))
    const out: Begun<Candidate>[] = []
    for (let step = 0; step < 5_000; step++) {
      if (out.length > 0 && random() < 0.45) end(out.splice(Math.floor(random() * out.length), 1)[0]!, 'ok')
      else {
        const least = Math.min(...[...choice.seats].map(({ outstanding }) => outstanding))
        const begun = begin()
        expect(begun.seat.outstanding - 1).toBe(least)
        out.push(begun)
      }
    }
    expect(Math.max(...[...choice.seats].map(({ outstanding }) => outstanding))).toBeGreaterThan(3)
  })

  it.each([0, 1, 65_535])('of %i each has the same share', (weight) => {
    for (const share of Object.values(
      shares(
        ['a', 'b', 'c', 'd'].map((key) => member(key, weight)),
        1,
      ),
    )) {
      expect(share).toBeCloseTo(0.25, 1.5)
    }
  })
})

describe('between weights', () => {
  it.each([1, 2, 8, 64])('with %i calls out, shares are near those of the weights', (concurrency) => {
    const { a, b, c } = shares([member('a', 60), member('b', 30), member('c', 10)], concurrency)
    expect(a).toBeGreaterThan(0.6 * 0.88)
    expect(a).toBeLessThan(0.6 * 1.05)
    expect(b).toBeGreaterThan(0.3 * 0.95)
    expect(b).toBeLessThan(0.3 * 1.15)
    expect(c).toBeLessThan(0.1 * 1.45)
  })

  it.each([1, 2, 8, 64])('with %i calls out, a member of weight 1 beside 100 gets little', (concurrency) => {
    expect(shares([member('a', 100), member('b', 1)], concurrency).b).toBeLessThan(0.06)
  })

  it('together, members of weight 0 beside others have the chance of a weight of 1', () => {
    const { y, z } = shares([member('a', 50), member('b', 49), member('y', 0), member('z', 0)], 1, 200_000)
    expect(y! + z!).toBeGreaterThan(0.008)
    expect(y! + z!).toBeLessThan(0.012)
  })
})

describe('priorities', () => {
  const members = [member('a', 1, 1), member('b', 1, 1), member('backup', 65_535, 2), member('last', 1, 65_535)]

  it('the lowest one has all calls, however many are out there', () => {
    const { begin } = stage(members)
    for (let call = 0; call < 500; call++) expect(['a', 'b']).toContain(begin().seat.candidate.key)
  })

  it('the next one has them when nobody of it may be called, and gives them back', () => {
    const { key, fail, time, begin, end, seat } = stage(members)
    fail('a', 'refused')
    expect(key()).toBe('b')
    expect(key(seat('b'))).toBe('backup')
    fail('b', 'refused')
    expect(key()).toBe('backup')
    expect(key(seat('backup'))).toBe('last')
    time.now = 1_001
    const trial = begin()
    expect(['a', 'b']).toContain(trial.seat.candidate.key)
    end(trial, 'ok')
    expect(key()).not.toBe('backup')
  })
})

describe('a member that fails', () => {
  const two = [member('a'), member('b')]

  it('is left out at once when it surely cannot run calls, and else after some failures in a row', () => {
    const { seat, fail, begin, end, key } = stage(two)
    fail('a', 'failed')
    fail('a', 'failed')
    end(begin(seat('a')), 'ok')
    fail('a', 'failed')
    fail('a', 'failed')
    expect(seat('a').health).toMatchObject({ failures: 2, reason: undefined })
    fail('a', 'failed')
    expect(seat('a').health).toMatchObject({ failures: 3, reason: 'failed' })
    for (let call = 0; call < 20; call++) expect(key()).toBe('b')
    fail('b', 'refused')
    expect(seat('b').health.reason).toBe('refused')
  })

  it('is tried with one call when its time is over; that decides', () => {
    const { seat, fail, begin, end, time } = stage([member('a'), member('backup', 1, 1)])
    const old = begin(seat('a'))
    for (let round = 0, outMs = 1_000; round < 5; round++, outMs = Math.min(2 * outMs, 8_000)) {
      if (round === 0) fail('a', 'refused')
      const outFor = seat('a').health.outMs(time.now)
      expect(outFor).toBeLessThanOrEqual(outMs)
      expect(outFor).toBeGreaterThan(0.9 * outMs)
      time.now += outFor - 1
      expect(begin().seat.candidate.key).toBe('backup')
      time.now += 1
      const trial = begin()
      expect([trial.seat.candidate.key, trial.isTrial]).toStrictEqual(['a', true])
      for (let call = 0; call < 5; call++) expect(begin().seat.candidate.key).toBe('backup')
      end(trial, 'failed', 'again')
    }
    // One that began before it was left out says nothing about now.
    end(old, 'ok')
    expect(seat('a').health.reason).toBe('again')
    time.now += 8_000
    const trial = begin()
    end(trial, 'ok')
    expect(seat('a').health).toMatchObject({ failures: 0, reason: undefined })
    fail('a', 'refused')
    expect(seat('a').health.outMs(time.now)).toBeLessThanOrEqual(1_000)
  })

  it('may be tried again when its trial said nothing', () => {
    const { fail, begin, end, time } = stage([member('a'), member('backup', 1, 1)])
    fail('a', 'refused')
    time.now = 1_000
    end(begin(), 'none')
    expect(begin()).toMatchObject({ isTrial: true, seat: { candidate: { key: 'a' } } })
  })

  it('is tried before its time when all are left out, one call at a time', () => {
    const { fail, begin, pick } = stage(two)
    fail('a', 'refused')
    fail('b', 'refused')
    const tried = [begin(), begin()]
    expect(new Set(tried.map(({ seat }) => seat.candidate.key))).toStrictEqual(new Set(['a', 'b']))
    expect(pick()).toBeUndefined()
  })

  it('is forgotten with its health when it goes, and stays as it is when others come', () => {
    const { choice, fail, seat } = stage(two)
    fail('a', 'refused')
    choice.update([...two, member('c')])
    expect(seat('a').health.reason).toBe('refused')
    choice.update([member('b')])
    choice.update(two)
    expect(seat('a').health.reason).toBeUndefined()
  })
})

describe('a member that answers slowly', () => {
  const five = ['a', 'b', 'c', 'd', 'slow'].map((key) => member(key))

  /** Calls each member in turn, each of which takes its time. */
  function served(slowMs: number, quickMs: number, options: Partial<ChoiceOptions> = {}) {
    const it = stage(five, options)
    const answer = (key: string, times = 40) => {
      for (let call = 0; call < times; call++) {
        const begun = it.begin(it.seat(key))
        it.time.now += key === 'slow' ? slowMs : quickMs
        it.end(begun, 'ok')
      }
    }
    for (const { key } of five) answer(key)
    return { ...it, answer }
  }

  it('is left out, and in again when one answer is as quick as those of the others', () => {
    const { seat, begin, end, time } = served(200, 10)
    expect(String((seat('slow').health.reason as Error).message)).toContain('it takes 200 ms')
    time.now += 8_000
    const late = begin(seat('slow'))
    time.now += 200
    end(late, 'ok')
    expect(seat('slow').health.reason).toBeDefined()
    time.now += 8_000
    const quick = begin(seat('slow'))
    time.now += 10
    end(quick, 'ok')
    expect(seat('slow').health.reason).toBeUndefined()
  })

  it.each([
    ['less than so many times as slow', 49, 10, {}],
    ['quick by any measure', 40, 1, {}],
    ['to be called all the same', 10_000, 10, { slowFactor: Number.POSITIVE_INFINITY }],
  ])('stays in when it is %s', (_why, slowMs, quickMs, options) => {
    expect(served(slowMs, quickMs, options).seat('slow').health.reason).toBeUndefined()
  })

  it('stays in when all are slow, and when nobody is there to compare it with', () => {
    expect(served(200, 200).seat('slow').health.reason).toBeUndefined()
    const alone = stage([member('a')])
    for (let call = 0; call < 100; call++) {
      const begun = alone.begin()
      alone.time.now += 5_000
      alone.end(begun, 'ok')
    }
    expect(alone.seat('a').health.reason).toBeUndefined()
  })
})
