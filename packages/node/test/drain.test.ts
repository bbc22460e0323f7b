import { atom } from '@dynsrv/etf'
import { expect, it } from 'vitest'
import { startBeamPeer } from './support/beam-peer.ts'
import { next, startOurs } from './support/nodes.ts'

it('drain finishes what is in hand, refuses what is new, and closes', async () => {
  await using erl = await startBeamPeer('caller')
  const node = await startOurs('drains')
  let release!: () => void
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  let calls = 0
  const both = new Promise<void>((resolve) => {
    const arrive = () => {
      calls++
      if (calls === 2) resolve()
    }
    node.serve({
      name: 'slow',
      call: async () => {
        arrive()
        await gate
        return atom('served')
      },
    })
    node.expose('js', {
      slow: async () => {
        arrive()
        await gate
        return atom('called')
      },
    })
  })
  const answers = erl.eval(`Id = erpc:send_request('${node.self}', js, slow, []),
    {gen_server:call({slow, '${node.self}'}, x), erpc:receive_response(Id)}`)
  await both
  const drained = node.drain()
  await using late = await startOurs('late')
  await expect(late.connect(node.self)).rejects.toMatchObject({ name: 'NodeError' })
  await expect(node.call('slow', 1)).rejects.toMatchObject({ code: 'NODE_NO_PROCESS' })
  release()
  await drained
  expect(await answers).toBe('{served,called}')
  await expect(node.connect(erl.name)).rejects.toMatchObject({ code: 'NODE_CLOSED' })
  expect([node.port, node.connected()]).toStrictEqual([undefined, []])
})

it('drain says what took too long, and closes all the same', async () => {
  await using erl = await startBeamPeer('caller')
  const node = await startOurs('drains')
  const began = new Promise<void>((resolve) => {
    node.serve({ name: 'never', call: () => new Promise(() => resolve()) })
  })
  await node.connect(erl.name)
  const failed = erl.eval(`catch gen_server:call({never, '${node.self}'}, x)`)
  await began
  const down = next(node, 'nodedown')
  await expect(node.drain({ timeoutMs: 50 })).rejects.toMatchObject({ code: 'NODE_TIMEOUT' })
  expect(await down).toMatchObject({ reason: { code: 'NODE_CLOSED' } })
  expect(await failed).toMatch(/shutdown/)
})
