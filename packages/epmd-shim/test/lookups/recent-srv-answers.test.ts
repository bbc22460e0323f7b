import { realWorld } from '@dynsrv/kit'
import { fakeWorld } from '@dynsrv/kit/testing'
import { ResolverError, type SrvAnswer } from '@dynsrv/srv-resolver'
import { describe, expect, it } from 'vitest'
import { DynamicSrv } from '../../src/index.ts'
import { RecentSrvAnswers } from '../../src/lookups/recent-srv-answers.ts'
import { scriptedResolver } from '../scripted-resolver.ts'

const SERVICE = 'svc.internal'
const records = ['web-1', 'web-2', 'web-3'].map((label, at) => `1 1 ${4001 + at} ${label}.${SERVICE}`)
const additional = Object.fromEntries(
  [1, 2, 3].map((at) => [`web-${at}.${SERVICE}`, ['10.0.0.1', '10.0.0.2', 'fd00::1']]),
)
const script = () => scriptedResolver({ srv: { [SERVICE]: records }, additional })

/** A resolver that fails this often and then answers. */
function failingFirst(times: number, error: Error) {
  const inner = script()
  let left = times
  const resolveSrv = async (name: string): Promise<SrvAnswer> => {
    if (left-- > 0) {
      inner.asked.push('failed')
      throw error
    }
    return inner.resolveSrv(name)
  }
  return { ...inner, resolveSrv }
}

const { clock } = realWorld

describe('lookups of many members at once', () => {
  it('ask once', async () => {
    const resolver = script()
    const epmd = new DynamicSrv({ resolver })
    const found = await Promise.all(['web-1', 'web-2', 'web-3'].map((alive) => epmd.addressPlease(alive, SERVICE)))
    expect(found.map(({ candidates }) => candidates[0]?.port)).toStrictEqual([4001, 4002, 4003])
    expect(resolver.asked).toStrictEqual([`SRV ${SERVICE}`])
  })

  it('ask anew for a node that the kept answer does not have', async () => {
    const lines = records.slice(0, 1)
    const resolver = scriptedResolver({ srv: { [SERVICE]: lines }, additional })
    const epmd = new DynamicSrv({ resolver })
    await epmd.addressPlease('web-1', SERVICE)
    lines.push(records[1]!)
    expect((await epmd.addressPlease('web-2', SERVICE)).candidates[0]?.port).toBe(4002)
  })

  it('ask once anew for all nodes that the kept answer does not have', async () => {
    const resolver = script()
    const epmd = new DynamicSrv({ resolver })
    await epmd.addressPlease('web-1', SERVICE)
    await Promise.allSettled(['x', 'y', 'z'].map((alive) => epmd.addressPlease(alive, SERVICE)))
    expect(resolver.asked.filter((question) => question === `SRV ${SERVICE}`)).toHaveLength(2)
  })

  it('ask each time when nothing is to be kept', async () => {
    const resolver = script()
    const epmd = new DynamicSrv({ resolver, keepMs: 0 })
    await epmd.addressPlease('web-1', SERVICE)
    await epmd.addressPlease('web-1', SERVICE)
    expect(resolver.asked).toHaveLength(2)
  })

  it('end each by its own signal', async () => {
    let answer: (value: SrvAnswer) => void = () => undefined
    const held = { resolveSrv: () => new Promise<SrvAnswer>((resolve) => (answer = resolve)) }
    const answers = new RecentSrvAnswers(held, { keepMs: 1000, retries: 0, clock })
    const controller = new AbortController()
    const reason = new Error('enough')
    const aborted = answers.ask(SERVICE, controller.signal)
    const other = answers.ask(SERVICE)
    controller.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    answer(await script().resolveSrv(SERVICE))
    expect((await other).recent).toBe(false)
    expect((await answers.ask(SERVICE)).recent).toBe(true)
  })

  it('end the question when nobody waits for it any more', async () => {
    const asked: AbortSignal[] = []
    const silent = {
      resolveSrv: (_name: string, { signal }: { signal?: AbortSignal } = {}) => {
        asked.push(signal!)
        return new Promise<SrvAnswer>((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(signal.reason)),
        )
      },
    }
    const answers = new RecentSrvAnswers(silent, { keepMs: 1000, retries: 1, clock })
    const [one, two] = [new AbortController(), new AbortController()]
    const reason = new Error('enough')
    const waiting = [one, two].map(({ signal }) => answers.ask(SERVICE, signal))
    one.abort(reason)
    expect(asked.map(({ aborted }) => aborted)).toStrictEqual([false])
    two.abort(reason)
    expect(asked.map(({ aborted }) => aborted)).toStrictEqual([true])
    expect(await Promise.allSettled(waiting)).toStrictEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ])
    const later = new AbortController()
    const again = answers.ask(SERVICE, later.signal)
    expect(asked).toHaveLength(2)
    later.abort(reason)
    await expect(again).rejects.toBe(reason)
  })

  it('forget what is old', async () => {
    const { clock: moved } = fakeWorld()
    const resolver = script()
    const answers = new RecentSrvAnswers(resolver, { keepMs: 1000, retries: 0, clock: moved })
    await answers.ask(SERVICE)
    await moved.advance(999)
    expect((await answers.ask('SVC.internal')).recent).toBe(true)
    await moved.advance(1)
    expect((await answers.ask(SERVICE)).recent).toBe(false)
  })
})

describe('a failure', () => {
  it('is tried once more when that can help', async () => {
    const resolver = failingFirst(1, new ResolverError('DNS_SERVFAIL', 'busy'))
    expect((await new DynamicSrv({ resolver }).addressPlease('web-1', SERVICE)).candidates[0]?.port).toBe(4001)
    expect(resolver.asked).toStrictEqual(['failed', `SRV ${SERVICE}`])
  })

  it.each([
    [{ retries: 0 }, new ResolverError('DNS_SERVFAIL', 'busy')],
    [{}, new ResolverError('DNS_BAD_NAME', 'never')],
  ])('is final with %j and %s, and is not kept', async (options, error) => {
    const epmd = new DynamicSrv({ resolver: failingFirst(1, error), ...options })
    await expect(epmd.addressPlease('web-1', SERVICE)).rejects.toMatchObject({ cause: error })
    expect((await epmd.addressPlease('web-1', SERVICE)).candidates[0]?.port).toBe(4001)
  })

  it('is not tried again when it took long', async () => {
    const { clock: moved } = fakeWorld()
    const inner = failingFirst(1, new ResolverError('DNS_TIMEOUT', 'slow'))
    const slow = {
      resolveSrv: async (name: string) => {
        await moved.advance(1001)
        return inner.resolveSrv(name)
      },
    }
    const answers = new RecentSrvAnswers(slow, { keepMs: 0, retries: 1, clock: moved })
    await expect(answers.ask(SERVICE)).rejects.toMatchObject({ code: 'DNS_TIMEOUT' })
  })

  it.each([{ keepMs: -1 }, { retries: Number.NaN }])('comes at once for %j', (options) =>
    expect(() => new DynamicSrv({ resolver: script(), ...options })).toThrow(
      expect.objectContaining({ code: 'EPMD_BAD_OPTION' }),
    ))
})

it('dials the two families in turn, IPv4 first', async () => {
  const { candidates } = await new DynamicSrv({ resolver: script() }).addressPlease('web-1', SERVICE)
  expect(candidates.map(({ ip }) => ip)).toStrictEqual(['10.0.0.1', 'fd00::1', '10.0.0.2'])
})
