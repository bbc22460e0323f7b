import { fakeWorld } from '@dynsrv/kit/testing'
import { describe, expect, it } from 'vitest'
import { hostLookup } from '../../src/lookups/host-address.ts'

const FOUR = { ip: '192.0.2.1', family: 4 } as const
const SIX = { ip: '2001:db8::1', family: 6 } as const

/** The lookup of the system, which answers when the test says so. */
function held() {
  const world = fakeWorld()
  const waiting: { family: number; answer: (address?: string) => void; fail: (code: string) => void }[] = []
  const lookup = (_host: string, { family }: { family?: unknown }) =>
    new Promise((resolve, reject) => {
      waiting.push({
        family: family as number,
        answer: (address) => resolve(address === undefined ? [] : [{ address, family }]),
        fail: (code) => reject(Object.assign(new Error(code), { code })),
      })
    })
  const network = { ...world.network, lookup: lookup as never }
  const find = hostLookup({ clock: world.clock, network })
  const next = (family: 4 | 6) => {
    const at = waiting.findIndex((one) => one.family === family)
    return at === -1 ? undefined : waiting.splice(at, 1)[0]!
  }
  return { world, find, next, waiting }
}

describe('the lookup of the system', () => {
  it('gives IPv6 50 ms, and has what was late the next time', async () => {
    const { world, find, next } = held()
    const first = find('a.test', 'any')
    next(4)!.answer(FOUR.ip)
    await world.clock.advance(50)
    expect(await first).toStrictEqual([FOUR])
    next(6)!.answer(SIX.ip)
    await world.clock.advance(0)
    const second = find('a.test', 'any')
    next(4)!.answer(FOUR.ip)
    await world.clock.advance(50)
    expect(await second).toStrictEqual([FOUR, SIX])
  })

  it('has both in time, IPv4 first', async () => {
    const { world, find, next } = held()
    const found = find('a.test', 'any')
    next(6)!.answer(SIX.ip)
    await world.clock.advance(10)
    next(4)!.answer(FOUR.ip)
    expect(await found).toStrictEqual([FOUR, SIX])
    expect(world.clock.timers).toBe(0)
  })

  it('leaves threads to the others while two lookups hang', async () => {
    const { world, find, next, waiting } = held()
    for (const host of ['a.test', 'b.test']) {
      const found = find(host, 'any')
      next(4)!.answer(FOUR.ip)
      await world.clock.advance(50)
      expect(await found).toStrictEqual([FOUR])
    }
    expect(waiting.map(({ family }) => family)).toStrictEqual([6, 6])
    const found = find('c.test', 'any')
    next(4)!.answer(FOUR.ip)
    await world.clock.advance(0)
    expect(await found).toStrictEqual([FOUR])
    expect(waiting).toHaveLength(2)
    const onlySix = find('d.test', 'any')
    next(4)!.fail('ENOTFOUND')
    await world.clock.advance(0)
    waiting.pop()!.answer(SIX.ip)
    expect(await onlySix).toStrictEqual([SIX])
  })

  it.each([
    ['ENOTFOUND', 'ENOTFOUND', 'EPMD_NO_ADDRESS'],
    ['ENOTFOUND', 'EAI_AGAIN', 'EPMD_LOOKUP_FAILED'],
    ['EAI_AGAIN', 'ENOTFOUND', 'EPMD_LOOKUP_FAILED'],
  ])('%s for IPv4 and %s for IPv6 is %s', async (four, six, code) => {
    const { find, next } = held()
    const found = find('a.test', 'any')
    next(4)!.fail(four)
    next(6)!.fail(six)
    await expect(found).rejects.toMatchObject({ code })
  })
})
