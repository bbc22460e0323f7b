import { expect, it } from 'vitest'
import type { Warning } from '../../src/index.ts'
import { LoopWatch } from '../../src/link/loop-watch.ts'
import { startBeamPeer } from '../support/beam-peer.ts'
import { next, startOurs } from '../support/nodes.ts'

function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

const TICK = { netTickTimeMs: 4_000 }

it('a link that a BEAM node ends because our event loop was blocked says so, and how long', async () => {
  await using erl = await startBeamPeer('drops', { args: ['-kernel', 'net_ticktime', '4'] })
  await using node = await startOurs('blocked', TICK)
  await node.connect(erl.name)
  const down = next(node, 'nodedown')
  const warning = next(node, 'warning')
  // The time is real: so long takes a BEAM node with the shortest of tick times to drop us.
  block(7_000)
  const { reason } = await down
  expect(reason).toMatchObject({
    code: 'NODE_LOOP_BLOCKED',
    retryable: true,
    cause: { code: expect.stringMatching(/^NODE_C/) },
  })
  expect(reason.message).toMatch(/our event loop was blocked for (6\.[5-9]|7\.\d) s, and the tick time is 4\.0 s/)
  expect(await warning).toMatchObject({ code: 'LOOP_BLOCKED' })
}, 60_000)

it('a block of a quarter of the tick time gives one warning and costs no link', async () => {
  await using left = await startOurs('left', TICK)
  await using right = await startOurs('right', TICK)
  const warnings: Warning[] = []
  left.on('warning', (warning) => warnings.push(warning))
  await left.connect(right.self)
  const warning = next(left, 'warning')
  block(1_500)
  await warning
  expect(await left.ping(right.self)).toBe('pong')
  expect(warnings).toMatchObject([
    { code: 'LOOP_BLOCKED', message: expect.stringMatching(/blocked for 1\.[2-9] s; with a tick time of 4\.0 s/) },
  ])
  expect(left.connected()).toStrictEqual([right.self])
  const down = next(right, 'nodedown')
  await left.disconnect(right.self)
  expect((await down).reason.code).toBe('NODE_CLOSED_BY_PEER')
})

it('what is blocked now is known before the timers run, and is no excuse for what happens later', () => {
  let now = 0
  const blocks: number[] = []
  const timer = { ref: () => timer, unref: () => timer }
  const clock = { monotonic: () => now, setInterval: () => timer, clearInterval: () => undefined }
  const watch = new LoopWatch({ clock: clock as never, netTickTimeMs: 6_000, onBlocked: (ms) => blocks.push(ms) })
  watch.start()
  now = 5_100
  expect(watch.droppedUs()).toBe(5_000)
  now = 6_600
  expect(watch.droppedUs()).toBe(5_000)
  now = 6_601
  expect(watch.droppedUs()).toBe(0)
  now = 9_000
  expect(watch.droppedUs()).toBe(0)
  expect(blocks).toStrictEqual([5_000, 2_299])
})
