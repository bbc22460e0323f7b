import { EpmdError } from '@dynsrv/epmd-shim'
import { atom } from '@dynsrv/etf'
import { describe, expect, it, vi } from 'vitest'
import { isNodeError, NodeError, RemoteError } from '../src/index.ts'
import { startOurs } from './support/nodes.ts'
import { portInName } from './support/port-in-name.ts'

/** The same package, loaded a second time: its classes are others. */
async function otherCopy(): Promise<typeof import('../src/index.ts')> {
  vi.resetModules()
  return import('../src/index.ts')
}

describe('errors of another copy of this package', () => {
  it('are recognised by their code', async () => {
    const other = await otherCopy()
    expect(other.NodeError).not.toBe(NodeError)
    for (const code of ['NODE_TIMEOUT', 'NODE_NAME_NO_AT', 'DIST_NOK'] as const) {
      expect(isNodeError(new other.NodeError(code, 'that'))).toBe(true)
    }
    const remote = new other.RemoteError('throw', 1)
    expect([isNodeError(remote), remote instanceof RemoteError]).toEqual([true, false])
    for (const no of [
      new Error('x'),
      { code: 'NODE_TIMEOUT' },
      new EpmdError('EPMD_NOT_FOUND', 'x'),
      null,
      'NODE_TIMEOUT',
    ])
      expect(isNodeError(no)).toBe(false)
  })

  it('choose class and reason of what a caller sees', async () => {
    const other = await otherCopy()
    await using node = await startOurs('ours')
    await using caller = await startOurs('caller')
    node.expose('js', {
      ball: () => {
        throw new other.RemoteError('throw', [1, 2])
      },
    })
    await expect(caller.erpc(node.self, 'js', 'ball', [])).rejects.toMatchObject({
      code: 'NODE_REMOTE_ERROR',
      class: 'throw',
      reason: [1, 2],
    })
  })
})

describe('a look-up that rejects', () => {
  it('with nothing is a failed look-up', async () => {
    const epmd = { ...portInName(), addressPlease: () => Promise.reject(undefined) }
    await using node = await startOurs('dials', { epmd, listen: false })
    await expect(node.connect('peer@127.0.0.1')).rejects.toMatchObject({ code: 'NODE_LOOKUP_FAILED' })
  })

  it.each([
    ['with null', null],
    ['with an error of a node', new NodeError('NODE_TIMEOUT', 'too late', { hint: 'Ask again.' })],
    ['with the code of a name', new EpmdError('NODE_NAME_NO_AT', 'no @')],
    ['with an atom', atom('no')],
  ])('%s is a failed look-up, with its cause', async (_how, cause) => {
    const epmd = { ...portInName(), addressPlease: () => Promise.reject(cause) }
    await using node = await startOurs('dials', { epmd, listen: false })
    await expect(node.connect('peer@127.0.0.1')).rejects.toMatchObject({ code: 'NODE_LOOKUP_FAILED', cause })
  })
})
