import { once } from 'node:events'
import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import { challengeDigest, type HeaderBytes, HIDDEN_FLAGS } from '@dynsrv/dist-protocol'
import { makeCertificate } from '@dynsrv/tools/certificates'
import { afterEach, describe, expect, it } from 'vitest'
import type { Node, NodeOptions } from '../../src/index.ts'
import { COOKIE } from '../support/beam-peer.ts'
import { HandshakeWire } from '../support/handshake-wire.ts'
import { next, startOurs } from '../support/nodes.ts'

const { cert, key, ca } = makeCertificate()

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A TCP connection that says nothing unless it is told to. */
async function silent(node: Node, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = net.connect({ port: node.port!, host: '127.0.0.1', localAddress })
  socket.on('error', () => socket.destroy()).resume()
  ends.push(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

const gone = (socket: Socket): boolean => socket.closed

describe.each([
  { over: 'TCP', headerBytes: 2 as HeaderBytes, options: {}, code: 'DIST_TIMEOUT' },
  { over: 'TLS', headerBytes: 4 as HeaderBytes, options: { tls: { cert, key, ca } }, code: 'NODE_TLS' },
])('sockets that have not proved themselves, over $over', ({ headerBytes, options, code }) => {
  const ours = (more: Partial<NodeOptions>) =>
    startOurs('listens', { ...options, ...more, listen: { host: '127.0.0.1' } })

  it('are given up when the set-up time is over, counted from TCP on', async () => {
    await using node = await ours({ setupTimeMs: 400 })
    const refused = next(node, 'refused')
    const sockets = await Promise.all(Array.from({ length: 50 }, () => silent(node)))
    // One of them says a little now and then, of TLS or of a name.
    const slow = sockets[0]!
    const bytes =
      headerBytes === 4 ? Buffer.from('1603010200010001fc03', 'hex') : Buffer.from('00194e0000000d07', 'hex')
    const saying = setInterval(() => slow.write(bytes.subarray(slow.bytesWritten, slow.bytesWritten + 1)), 100)
    ends.push(() => clearInterval(saying))
    expect(await refused).toMatchObject({ reason: { code } })
    await expect.poll(() => sockets.filter(gone).length, { timeout: 1_000 }).toBe(50)
    expect(node.inspect().handshakes).toBe(0)
  })

  it('are 128 at most, for 7 s at most, unless options say otherwise: two thousand of them', async () => {
    await using node = await ours({})
    const sockets: Socket[] = []
    // In parts, since the system takes in some hundreds at a time.
    for (let part = 0; part < 20; part++) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => silent(node)))))
      expect(node.inspect().handshakes).toBeLessThanOrEqual(128)
    }
    const since = performance.now()
    await expect.poll(() => sockets.filter((socket) => !gone(socket)).length).toBeLessThanOrEqual(128)
    await expect.poll(() => node.inspect().handshakes).toBe(128)
    await expect.poll(() => sockets.filter(gone).length, { timeout: 9_000 }).toBe(2_000)
    expect(performance.now() - since).toBeLessThan(8_000)
  })

  it('are closed at once when they announce more than a handshake has', async () => {
    await using node = await ours({})
    const refused = next(node, 'refused')
    const plain = await silent(node)
    const socket = headerBytes === 4 ? tls.connect({ socket: plain, rejectUnauthorized: false }) : plain
    if (headerBytes === 4) await once(socket, 'secureConnect')
    socket.on('error', () => undefined).write(Buffer.alloc(headerBytes, 0xff))
    expect(await refused).toMatchObject({ reason: { code: 'DIST_FRAME_TOO_LARGE' } })
    await expect.poll(() => gone(plain)).toBe(true)
  })

  it('are no more than the limit, and a real peer comes in between them', async () => {
    await using node = await ours({ limits: { maxUnauthenticated: 20 } })
    const sockets = await Promise.all(Array.from({ length: 300 }, () => silent(node)))
    await expect.poll(() => sockets.filter(gone).length).toBe(280)
    expect(node.inspect().handshakes).toBe(20)
    await using peer = await startOurs('peer', options)
    await peer.connect(node.self)
    expect(peer.connected()).toStrictEqual([node.self])
  })

  it('of one address do not keep those of others out', async () => {
    await using node = await ours({ limits: { maxUnauthenticated: 64 } })
    let flooding = true
    let came = 0
    const flood = async (): Promise<void> => {
      while (flooding) {
        const socket = net.connect({ port: node.port!, host: '127.0.0.1', localAddress: '127.0.0.2' })
        socket.on('error', () => socket.destroy()).resume()
        await new Promise((resolve) => socket.once('close', resolve))
        came++
      }
    }
    const floods = Array.from({ length: 100 }, flood)
    ends.push(() => {
      flooding = false
    })
    // So far away that many others come and go between two steps.
    const meanwhile = async (): Promise<void> => {
      const until = came + 200
      while (came < until) await new Promise(setImmediate)
    }
    const distant = async (at: number): Promise<boolean> => {
      const localAddress = `127.0.1.${at}`
      const socket =
        headerBytes === 4
          ? tls.connect({ socket: await silent(node, localAddress), rejectUnauthorized: false })
          : await silent(node, localAddress)
      if (headerBytes === 4) await once(socket, 'secureConnect')
      using wire = new HandshakeWire(socket.pause(), headerBytes)
      await meanwhile()
      wire.say({ kind: 'sendName', version: 6, flags: HIDDEN_FLAGS, creation: 9, name: `distant${at}@127.0.0.1` })
      await wire.fromAcceptor('status')
      const shown = await wire.fromAcceptor('challenge')
      if (shown === undefined) return false
      await meanwhile()
      wire.say({ kind: 'challengeReply', challenge: at, digest: challengeDigest(COOKIE, shown.challenge) })
      return (await wire.fromAcceptor('challengeAck')) !== undefined
    }
    const answers = await Promise.all(Array.from({ length: 40 }, (_, at) => distant(at + 1)))
    expect(answers.filter(Boolean)).toHaveLength(40)
    flooding = false
    await node.close()
    await Promise.all(floods)
  })
})
