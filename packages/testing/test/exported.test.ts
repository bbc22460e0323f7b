import {
  argument,
  call,
  EVERY_ODD_VALUE,
  making,
  ODD_OPTIONS,
  ODD_TEXTS,
  ODD_VALUES,
  testOddArguments,
} from '@dynsrv/tools/odd-values'
import { testSoundOptions } from '@dynsrv/tools/options'
import { describe, expect, it } from 'vitest'
import * as api from '../src/index.ts'

const started = ({ name }: api.MemberOptions) => ({ name })
const options = argument(() => ({}), ODD_OPTIONS)

testOddArguments(api, {
  isSimulationError: call(argument(() => new Error('one'), EVERY_ODD_VALUE)),
  simulate: making(
    [options],
    {
      close: call(),
      diagram: call(),
      heal: call(),
      logText: call(),
      note: call(argument(() => 'a line', ODD_TEXTS)),
      path: call(
        argument(() => ({}), 'an empty object', 'an object without prototype'),
        argument(() => undefined, 'undefined'),
      ),
      report: call(),
      run: call(argument(() => '1 s', 'zero', 'a fraction')),
      sleep: call(argument(() => 0, 'zero', 'a fraction')),
    },
    // These take a member, or a function of the test: below.
    [
      ...['connections', 'crash', 'deregister', 'freeze', 'jumpClock', 'leave', 'members', 'partition', 'register'],
      ...['restart', 'slow', 'sockets', 'thaw', 'timers', 'until', 'writeFile'],
    ],
  ),
})

async function withMember<T>(ask: (sim: api.Simulation, member: object) => T): Promise<Awaited<T>> {
  await using sim = api.simulate()
  const [member] = await sim.members('svc.test', 1, started)
  return await ask(sim, member)
}

async function withNobody<T>(ask: (sim: api.Simulation) => T): Promise<Awaited<T>> {
  await using sim = api.simulate()
  return await ask(sim)
}

testSoundOptions(
  new URL('../src/index.ts', import.meta.url),
  {
    CrashOptions: { take: (given) => withMember((sim, member) => sim.crash(member, given)) },
    PartitionOptions: { take: (given) => withNobody((sim) => sim.partition([], [], given)) },
    PathOptions: { take: (given) => withNobody((sim) => sim.path(given)) },
    RestartOptions: { take: (given) => withMember((sim, member) => sim.restart(member, given)) },
    SimulateOptions: { take: (given) => api.simulate(given), nested: { path: {} } },
  },
  {
    CodedErrorOptions: 'an error is made of whatever it is given',
    MemberOptions: 'what a member is given',
    SimulationErrorOptions: 'an error is made of whatever it is given',
  },
)

describe('what is no member', () => {
  const REFUSED = { code: 'SIM_UNKNOWN_MEMBER', category: 'option' }

  it.each([
    'connections',
    'crash',
    'deregister',
    'freeze',
    'leave',
    'register',
    'restart',
    'sockets',
    'thaw',
  ] as const)('%s refuses it', async (method) => {
    for (const odd of [{}, undefined, 'svc-1', 5]) {
      await expect(withMember(async (sim) => sim[method](odd as object))).rejects.toMatchObject(REFUSED)
    }
  })

  it('and so do those that take more', async () => {
    await expect(withMember((sim) => sim.slow({}, 1))).rejects.toMatchObject(REFUSED)
    await expect(withMember((sim) => sim.jumpClock({}, 1))).rejects.toMatchObject(REFUSED)
    await expect(withMember((sim) => sim.writeFile({}, '/a', 'b'))).rejects.toMatchObject(REFUSED)
    await expect(withMember((sim) => sim.partition([{}], []))).rejects.toMatchObject(REFUSED)
    await expect(withMember((sim, member) => sim.path({}, [member, {}]))).rejects.toMatchObject(REFUSED)
  })

  it('is what was replaced by a restart', async () => {
    await withMember(async (sim, member) => {
      await sim.restart(member)
      expect(() => sim.crash(member)).toThrow(expect.objectContaining(REFUSED))
    })
  })
})

it.each(EVERY_ODD_VALUE)('members and until refuse %s, but for a function', async (odd) => {
  const value = ODD_VALUES[odd]() as never
  const isFunction = typeof value === 'function'
  const refused = { code: 'SIM_BAD_OPTION' }
  await withMember(async (sim) => {
    await expect(sim.members(value, 1, started)).rejects.toMatchObject(refused)
    await expect(sim.members('svc.test', value, started)).rejects.toMatchObject(refused)
    if (!isFunction) await expect(sim.members('svc.test', 1, value)).rejects.toMatchObject(refused)
    if (!isFunction) await expect(sim.until(value)).rejects.toMatchObject(refused)
  })
})
