import { once } from 'node:events'
import { atom, charlist, tuple } from '@dynsrv/etf'
import { realWorld } from '@dynsrv/kit'
import { fakeWorld } from '@dynsrv/kit/testing'
import { expect, it } from 'vitest'
import { settingsOf } from '../src/node-options.ts'
import { startOurs } from './support/nodes.ts'
import { portInName } from './support/port-in-name.ts'

type Fake = ReturnType<typeof fakeWorld>

/** Lets the sockets, which are real, go on while the clock stands still, until the work is done. */
async function standing<T>({ clock }: Fake, work: Promise<T>): Promise<T> {
  let done = false
  const end = work.finally(() => {
    done = true
  })
  while (!done) await clock.advance(0)
  return end
}

/** Lets so much time pass in small steps, in which the sockets go on. */
async function pass(ms: number, ...worlds: readonly Fake[]): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    for (const { clock } of worlds) await clock.advance(STEP_MS)
  }
}

const STEP_MS = 50

it('a node lives in the time of its world: links, calls, mailboxes, ticks', async () => {
  const [ours, theirs] = [fakeWorld(), fakeWorld()]
  await ours.clock.advance(5_000)
  const a = await startOurs('a', { world: ours, netTickTimeMs: 1_000 })
  const b = await startOurs('b', { world: theirs, netTickTimeMs: 1_000 })
  await a.connect(b.self)
  expect(a.peers()).toMatchObject([{ state: 'connected', since: 5_000 }])

  const silent = b.mailbox('silent')
  const late = { code: 'NODE_TIMEOUT' }
  const called = expect(a.call(silent.pid, 1, { timeoutMs: 700 })).rejects.toMatchObject(late)
  const received = expect(a.mailbox().receive({ timeoutMs: 500 })).rejects.toMatchObject(late)
  await pass(700, ours, theirs)
  await Promise.all([called, received])
  expect(a.inspect().uptimeMs).toBe(700)

  // Each hears the other's ticks, until the time of the other stands still.
  await pass(5_000, ours, theirs)
  expect(a.connected()).toEqual([b.self])
  const down = once(a, 'nodedown')
  await pass(1_500, ours)
  expect(await down).toMatchObject([{ reason: { code: 'NODE_TICK_TIMEOUT' } }])

  await Promise.all([standing(ours, a.close()), standing(theirs, b.close())])
  expect([ours.clock.timers, theirs.clock.timers]).toEqual([0, 0])
})

it('a node takes chance, sockets and its standard output from its world', async () => {
  const seen: string[] = []
  const { network } = realWorld
  const world = fakeWorld({
    random: { number: () => 0.5, bytes: (length) => new Uint8Array(length).fill(7) },
    network: {
      ...network,
      connect: (options) => {
        seen.push(`connect ${options.port}`)
        return network.connect(options)
      },
      createServer: (options, onConnection) => {
        seen.push('listen')
        return network.createServer(options, onConnection)
      },
    },
    system: { ...realWorld.system, print: (text) => void seen.push(text) },
  })
  const a = await startOurs('a', { world })
  const b = await startOurs('b')
  expect(seen.splice(0)).toEqual(['listen'])
  const again = await startOurs('again', { world })
  expect(again.creation).toBe(a.creation)
  await standing(world, a.connect(b.self))
  expect(seen.splice(0)).toEqual(['listen', `connect ${b.port}`])
  const me = a.mailbox()
  const put = tuple(atom('put_chars'), atom('unicode'), charlist('a line\n\u001b[2J'))
  a.send('user', tuple(atom('io_request'), me.pid, 1, put))
  // A terminal does nothing of it.
  expect(seen).toEqual(['a line\n\\u{1b}[2J'])
  await standing(world, Promise.all([a.close(), b.close(), again.close()]))
})

it('keeps the event loop awake only in a world whose clock goes by itself', () => {
  const options = { name: 'a@127.0.0.1', cookie: 'c', epmd: portInName(), busyWaitMs: 10 }
  expect([settingsOf(options), settingsOf({ ...options, world: fakeWorld() })]).toMatchObject([
    { busyWaitMs: 10 },
    { busyWaitMs: 0 },
  ])
})
