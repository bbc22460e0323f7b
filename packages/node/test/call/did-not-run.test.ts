import { atom, inspect } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Node, type NodeError, RemoteError } from '../../src/index.ts'
import { freeName, startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'

let erl: Beam
let node: Node
beforeAll(async () => {
  erl = await startBeamPeer('ran')
  node = await startOurs('ran')
  await node.connect(erl.name)
})
afterAll(async () => {
  await node.close()
  await erl.stop()
})

async function failure(call: Promise<unknown>): Promise<NodeError> {
  return call.then(
    (value) => expect.unreachable(`it gave ${inspect(value as never)}`),
    (error: unknown) => error as NodeError,
  )
}

describe('a call that failed says that it surely did not run', () => {
  it('when the function is not there', async () => {
    for (const [on, module, name, args] of [
      [erl.name, 'nowhere', 'nothing', []],
      [erl.name, 'lists', 'sum', [1, 2, 3, 4]],
      [erl.name, 'maps', 'no_such_bif', [[1, 2]]],
      [node.self, 'nowhere', 'nothing', []],
    ] as const) {
      const error = await failure(node.erpc(on, module, name, args))
      expect(error).toMatchObject({ reason: atom('undef'), didNotRun: true })
    }
  })

  it('when there is no process', async () => {
    const gone = await node.spawn(erl.name, 'erlang', 'self')
    for (const to of [{ name: 'nobody', node: erl.name }, gone, 'nobody']) {
      expect(await failure(node.call(to, atom('x')))).toMatchObject({ code: 'NODE_NO_PROCESS', didNotRun: true })
    }
  })

  it('when there was no link, and none came up', async () => {
    const nobody = await freeName('nobody')
    const call = { code: 'NODE_NOT_CONNECTED', didNotRun: true }
    expect(await failure(node.erpc(nobody, 'erlang', 'node'))).toMatchObject(call)
    expect(await failure(node.call({ name: 'any', node: nobody }, 1))).toMatchObject(call)
    await using quiet = await startOurs('quiet', { autoConnect: false })
    expect(await failure(quiet.erpc(erl.name, 'erlang', 'node'))).toMatchObject(call)
  })

  it('when the other node starts no more processes', async () => {
    await using full = await startOurs('full', { limits: { maxSpawned: 1 } })
    full.expose('js', { wait: () => new Promise(() => undefined) })
    await node.connect(full.self)
    const first = failure(node.erpc(full.self, 'js', 'wait'))
    expect(await failure(node.erpc(full.self, 'js', 'wait'))).toMatchObject({
      code: 'NODE_REMOTE_ERROR',
      didNotRun: true,
    })
    await full.close()
    expect((await first).didNotRun).toBeUndefined()
  })
})

describe('a call that failed does not say so', () => {
  const mayHaveRun = async (call: Promise<unknown>, code: string) => {
    const error = await failure(call)
    expect(error.code).toBe(code)
    expect(error.didNotRun).toBeUndefined()
  }

  it('when it raised, exited or took too long', async () => {
    await mayHaveRun(node.erpc(erl.name, 'erlang', 'error', [atom('undef')]), 'NODE_REMOTE_ERROR')
    await mayHaveRun(node.erpc(erl.name, 'erlang', 'exit', [atom('noproc')]), 'NODE_REMOTE_ERROR')
    await mayHaveRun(node.erpc(erl.name, 'timer', 'sleep', [1_000], { timeoutMs: 20 }), 'NODE_TIMEOUT')
    await mayHaveRun(node.call({ name: 'erts_code_purger', node: erl.name }, 1, { timeoutMs: 20 }), 'NODE_TIMEOUT')
  })

  it('when a function that is there calls one that is not', async () => {
    // The call of apply/3 is the last one, so the stack has only the missing function and erpc.
    const error = await failure(node.erpc(erl.name, 'erlang', 'apply', [atom('nowhere'), atom('nothing'), []]))
    expect(error).toMatchObject({ reason: atom('undef') })
    expect(error.didNotRun).toBeUndefined()
  })

  it('when an exposed function throws undef itself', async () => {
    node.expose('own', {
      undef: () => {
        throw new RemoteError('error', atom('undef'))
      },
    })
    await mayHaveRun(node.erpc(node.self, 'own', 'undef'), 'NODE_REMOTE_ERROR')
  })

  it('when its link was lost', async () => {
    await using other = await startBeamPeer('lost')
    await node.connect(other.name)
    const call = failure(node.erpc(other.name, 'timer', 'sleep', [60_000], { timeoutMs: 30_000 }))
    await node.disconnect(other.name)
    const error = await call
    expect(error.code).toBe('NODE_NOT_CONNECTED')
    expect(error.didNotRun).toBeUndefined()
  })

  it('when its link came up for it, and was lost then', async () => {
    await using other = await startBeamPeer('lost-later')
    const up = new Promise((resolve) => node.once('nodeup', resolve))
    const call = failure(node.erpc(other.name, 'timer', 'sleep', [60_000], { timeoutMs: 30_000 }))
    await up
    await other.kill()
    const error = await call
    expect(error.code).toBe('NODE_NOT_CONNECTED')
    expect(error.didNotRun).toBeUndefined()
  })
})
