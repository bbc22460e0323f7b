import { once } from 'node:events'
import net from 'node:net'
import type { Beam } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { afterEach, describe, expect, it } from 'vitest'
import type { Node } from '../../src/index.ts'
import { startBeamPeer } from '../support/beam-peer.ts'
import { next, startOurs } from '../support/nodes.ts'
import { portInName } from '../support/port-in-name.ts'

const silent: net.Server[] = []
const sockets: net.Socket[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const server of silent.splice(0)) {
    server.close()
    await once(server, 'close')
  }
})

/** A port that takes connections and says nothing: who dials it waits until its own patience ends. */
async function silentPort(): Promise<{ port: number; dialled: Promise<unknown> }> {
  const port = await freePort()
  const server = net.createServer((socket) => {
    sockets.push(socket.on('error', () => socket.destroy()))
  })
  silent.push(server.listen(port, '127.0.0.1'))
  await once(server, 'listening')
  return { port, dialled: once(server, 'connection') }
}

/** A node of ours that others look for at a port where nobody answers. Its name is the lesser one. */
async function startMisplaced(port: number, options: { setupTimeMs?: number } = {}): Promise<Node> {
  return startOurs('misplaced', { name: `a_${port}@127.0.0.1`, epmd: portInName(), listen: false, ...options })
}

/** Lets the peer dial us; its dial hangs, and while it does the peer refuses ours. */
async function letItDial(erl: Beam, node: Node, dialled: Promise<unknown>): Promise<void> {
  await erl.eval(`spawn(fun() -> net_kernel:connect_node('${node.self}') end)`)
  await dialled
}

describe('both nodes dial at once', () => {
  it('and the dial of the peer hangs: ours gets in as soon as the peer has given its own up', async () => {
    const { port, dialled } = await silentPort()
    await using erl = await startBeamPeer('z', { args: ['-kernel', 'net_setuptime', '2'] })
    await using node = await startMisplaced(port)
    await letItDial(erl, node, dialled)
    await node.connect(erl.name)
    expect(node.connected()).toStrictEqual([erl.name])
    expect(await node.ping(erl.name)).toBe('pong')
  })

  it('and the dial of the peer hangs for longer than we have: the error says so', async () => {
    const { port, dialled } = await silentPort()
    await using erl = await startBeamPeer('z', { args: ['-kernel', 'net_setuptime', '60'] })
    await using node = await startMisplaced(port, { setupTimeMs: 1_000 })
    await letItDial(erl, node, dialled)
    await expect(node.connect(erl.name)).rejects.toMatchObject({
      code: 'NODE_PEER_NEVER_CAME',
      peer: erl.name,
      retryable: true,
      cause: { code: 'DIST_NOK' },
    })
    expect(node.peers()).toMatchObject([{ state: 'down', reason: { code: 'NODE_PEER_NEVER_CAME' } }])
  })

  it('and meet, whichever name is the greater', async () => {
    for (const label of ['a', 'z']) {
      await using erl = await startBeamPeer('m')
      await using node = await startOurs(label)
      const up = next(node, 'nodeup')
      const [, theirs] = await Promise.all([
        node.connect(erl.name),
        erl.eval(`net_kernel:connect_node('${node.self}')`),
      ])
      expect(theirs).toBe('true')
      expect((await up).node).toBe(erl.name)
      expect(await erl.eval('nodes(hidden)')).toBe(`['${node.self}']`)
      expect(node.connected()).toStrictEqual([erl.name])
    }
  })
})
