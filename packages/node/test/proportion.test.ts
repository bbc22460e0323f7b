import { atom, Pid, tuple } from '@dynsrv/etf'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Node } from '../src/index.ts'
import { startOurs } from './support/nodes.ts'

const GROUP = atom('g')
const SMALL = 5_000
const TIMES = 8
const LARGE = SMALL * TIMES

let ours: Node
let peer: Node
beforeEach(async () => {
  const limits = { maxWaiting: 10 * LARGE }
  ours = await startOurs('many', { limits })
  peer = await startOurs('peer', { limits })
  await ours.connect(peer.self)
})
afterEach(async () => {
  await ours.close()
  await peer.close()
})

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve))
}

/**
 * What eight times as many take, in processor time of this process: about eight times as long, not sixty-four times. Slow: of so
 * many that other work of the process is little beside it.
 */
async function expectInProportion(run: (count: number) => Promise<() => Promise<void>>): Promise<void> {
  const took = async (count: number): Promise<number> => {
    const work = await run(count)
    const begin = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(begin)
    return user + system
  }
  await took(SMALL)
  const growths: number[] = []
  for (let attempt = 0; attempt < 3 && !growths.some((growth) => growth < TIMES * 2.5); attempt++) {
    const small = await took(SMALL)
    growths.push((await took(LARGE)) / small)
  }
  expect(Math.min(...growths)).toBeLessThan(TIMES * 2.5)
}

it('pids of a peer leave a group', async () => {
  const scope = ours.pg()
  const to = { name: 'pg', node: ours.self }
  await expectInProportion(async (count) => {
    using first = peer.mailbox()
    const fake = peer.mailbox()
    const { node, creation, id } = first.pid
    const pids = Array.from({ length: count }, (_, at) => new Pid(node, id, at + 1, creation))
    fake.send(to, tuple(atom('discover'), fake.pid))
    fake.send(to, tuple(atom('join'), fake.pid, GROUP, pids))
    await until(() => scope.members(GROUP).length === count)
    return async () => {
      fake.send(to, tuple(atom('leave'), fake.pid, pids.toReversed(), [GROUP]))
      await until(() => scope.members(GROUP).length === 0)
      fake.close()
    }
  })
})

it('processes of ours that are in a group end', async () => {
  const scope = ours.pg()
  await expectInProportion(async (count) => {
    const members = Array.from({ length: count }, () => ours.mailbox())
    for (const member of members) scope.join(GROUP, member)
    return async () => {
      for (const member of members.toReversed()) member.close()
      expect(scope.members(GROUP)).toStrictEqual([])
    }
  })
})

it('a peer goes that is watched', async () => {
  await expectInProportion(async (count) => {
    using watched = peer.mailbox()
    const watcher = ours.mailbox()
    await ours.connect(peer.self)
    for (let index = 0; index < count; index++) watcher.monitor(watched.pid)
    await ours.ping(peer.self, { timeoutMs: 60_000 })
    return async () => {
      await ours.disconnect(peer.self)
      await until(() => watcher.length === count)
      watcher.close()
    }
  })
})

it('a peer goes that is called', async () => {
  const silent = peer.serve({ call: () => new Promise<null>(() => undefined) })
  await expectInProportion(async (count) => {
    await ours.connect(peer.self)
    const call = (): Promise<unknown> => ours.call(silent.pid, 1, { timeoutMs: Number.POSITIVE_INFINITY })
    const settled = Promise.allSettled(Array.from({ length: count }, call))
    await ours.ping(peer.self, { timeoutMs: 60_000 })
    return async () => {
      await ours.disconnect(peer.self)
      await settled
    }
  })
})

it('casts wait for a server', async () => {
  await expectInProportion(async (count) => {
    let handled = 0
    let release = (): void => undefined
    const open = new Promise<void>((resolve) => {
      release = resolve
    })
    const server = ours.serve({
      cast: async () => {
        await open
        handled++
      },
    })
    for (let index = 0; index < count; index++) ours.cast(server.pid, index)
    return async () => {
      release()
      await until(() => handled === count)
      server.close()
    }
  })
})

it('a suspended server keeps answering sys, however much waits, and nothing of that stays', async () => {
  let handled = 0
  using _ = ours.serve({ name: 'held', cast: () => void handled++ })
  const ask = async (request: string): Promise<void> => {
    using caller = ours.mailbox()
    ours.send('held', tuple(atom('system'), tuple(caller.pid, atom('tag')), atom(request)))
    await caller.receive({ timeoutMs: 5_000 })
  }
  await ask('suspend')
  for (let index = 0; index < LARGE; index++) ours.cast('held', index)
  for (let index = 0; index < 2_000; index++) await ask('get_status')
  expect(ours.inspect().processes.find(({ names }) => names[0] === 'held')?.queued).toBe(LARGE)
  await ask('resume')
  await until(() => handled === LARGE)
})
