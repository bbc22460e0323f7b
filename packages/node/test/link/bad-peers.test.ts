import { once } from 'node:events'
import net from 'node:net'
import { FixedPort } from '@dynsrv/epmd-shim'
import { afterEach, describe, expect, it } from 'vitest'
import { type Node, NodeError } from '../../src/index.ts'
import { freeName } from '../support/beam-peer.ts'
import { next, startOurs } from '../support/nodes.ts'

const open: net.Server[] = []
const accepted: net.Socket[] = []
afterEach(async () => {
  for (const socket of accepted.splice(0)) socket.destroy()
  for (const server of open.splice(0)) {
    server.close()
    await once(server, 'close')
  }
})

/** A server that is no Erlang node, and the name under which it is dialled. */
async function badPeer(behave: (socket: net.Socket) => void): Promise<string> {
  const server = net.createServer((socket) => {
    accepted.push(socket)
    socket.on('error', () => socket.destroy())
    behave(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(server)
  return `bad_${(server.address() as net.AddressInfo).port}@127.0.0.1`
}

async function failure(node: Node, peer: string): Promise<NodeError> {
  const error: unknown = await node.connect(peer).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(NodeError)
  return error as NodeError
}

const packet = (text: string): Buffer => {
  const body = Buffer.from(text, 'latin1')
  const head = Buffer.alloc(2)
  head.writeUInt16BE(body.length)
  return Buffer.concat([head, body])
}

describe('a dialled peer', () => {
  it('that nobody is: refused', async () => {
    await using node = await startOurs('dials')
    const peer = await freeName('nobody')
    expect(await failure(node, peer)).toMatchObject({ code: 'NODE_REFUSED', peer, retryable: true })
    expect(node.peers()).toMatchObject([{ state: 'down', peer, reason: { code: 'NODE_REFUSED' } }])
  })

  it('that speaks HTTP', async () => {
    const peer = await badPeer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'))
    await using node = await startOurs('dials')
    const error = await failure(node, peer)
    expect(error).toMatchObject({ code: 'DIST_NOT_DISTRIBUTION', retryable: false })
    expect(error.message).toMatch(/HTTP/)
  })

  it('that closes at once', async () => {
    const peer = await badPeer((socket) => socket.destroy())
    await using node = await startOurs('dials')
    expect(await failure(node, peer)).toMatchObject({ code: 'DIST_CLOSED_BY_PEER', retryable: true })
  })

  it('that says half a word and waits', async () => {
    const peer = await badPeer((socket) => socket.write(packet('sok').subarray(0, 3)))
    await using node = await startOurs('dials', { setupTimeMs: 200 })
    const error = await failure(node, peer)
    expect(error).toMatchObject({ code: 'DIST_TIMEOUT', retryable: true })
    expect(error.message).toMatch(/status/)
  })

  it('that says nothing', async () => {
    const peer = await badPeer((socket) => socket.resume())
    await using node = await startOurs('dials', { setupTimeMs: 200 })
    expect(await failure(node, peer)).toMatchObject({ code: 'DIST_TIMEOUT' })
  })

  it('that refuses us', async () => {
    const peer = await badPeer((socket) => socket.end(packet('snot_allowed')))
    await using node = await startOurs('dials')
    expect(await failure(node, peer)).toMatchObject({ code: 'DIST_NOT_ALLOWED' })
  })

  it('that says nonsense', async () => {
    const peer = await badPeer((socket) => socket.end(packet('smaybe')))
    await using node = await startOurs('dials')
    expect((await failure(node, peer)).code).toMatch(/^DIST_/)
  })

  it('that keeps dialling us but never comes', async () => {
    const peer = await badPeer((socket) => socket.end(packet('snok')))
    await using node = await startOurs('dials', { setupTimeMs: 600 })
    expect(await failure(node, peer)).toMatchObject({
      code: 'NODE_PEER_NEVER_CAME',
      retryable: true,
      message: expect.stringMatching(/dials us itself, and has not come within 600 ms/),
      cause: { code: 'DIST_NOK' },
    })
  })

  it('with a second address where nobody listens: what the first one said is told', async () => {
    const peer = await badPeer((socket) => socket.end(packet('snot_allowed')))
    const port = Number(/\d+/.exec(peer)![0])
    const candidates = [
      { ip: '127.0.0.1', family: 4, port },
      { ip: '127.0.0.1', family: 4, port: 1 },
    ] as const
    const epmd = new FixedPort(port)
    epmd.addressPlease = async () => ({ candidates, version: 6 })
    await using node = await startOurs('dials', { epmd, listen: false })
    expect(await failure(node, peer)).toMatchObject({ code: 'DIST_NOT_ALLOWED' })
  })

  it('is dialled once for all who ask', async () => {
    let sockets = 0
    const peer = await badPeer((socket) => {
      sockets++
      socket.end(packet('snot_allowed'))
    })
    await using node = await startOurs('dials')
    const [first, second] = await Promise.all([failure(node, peer), failure(node, peer)])
    expect(first).toBe(second)
    expect(sockets).toBe(1)
  })

  it('is let go when the only one who asks aborts', async () => {
    let gone!: (value: unknown) => void
    const closed = new Promise((resolve) => {
      gone = resolve
    })
    // Each dial that comes in is answered by a change of mind.
    const minds: AbortController[] = []
    const peer = await badPeer((socket) => {
      socket.resume().once('close', gone)
      minds.at(-1)?.abort(new Error(`changed my mind ${minds.length}`))
    })
    await using node = await startOurs('dials')
    // The second one has nothing to do with the one who changed their mind before.
    for (const time of [1, 2]) {
      const mind = new AbortController()
      minds.push(mind)
      await expect(node.connect(peer, { signal: mind.signal })).rejects.toThrow(`changed my mind ${time}`)
    }
    await closed
    expect(node.connected()).toStrictEqual([])
  })
})

describe('a socket that comes in', () => {
  async function refusal(say: string | Uint8Array): Promise<unknown> {
    await using node = await startOurs('listens', { setupTimeMs: 200 })
    const refused = next(node, 'refused')
    const socket = net.connect(node.port!, '127.0.0.1')
    socket.on('error', () => socket.destroy())
    socket.write(say)
    const { reason } = await refused
    socket.destroy()
    return reason
  }

  it('and speaks HTTP', async () => {
    expect(await refusal('GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toMatchObject({ code: 'DIST_NOT_DISTRIBUTION' })
  })

  it('and says half a name', async () => {
    expect(await refusal(packet('N').subarray(0, 2))).toMatchObject({ code: 'DIST_TIMEOUT' })
  })

  it('beyond the limit of handshakes takes the place of the oldest', async () => {
    await using node = await startOurs('listens', { limits: { maxUnauthenticated: 2 } })
    const [oldest, ...others] = await Promise.all(
      [1, 2, 3].map(async (at) => {
        const socket = net.connect(node.port!, '127.0.0.1')
        await once(socket, 'connect')
        return { at, socket }
      }),
    )
    const closed = once(oldest!.socket.resume(), 'close')
    const { reason } = await next(node, 'refused')
    expect(reason).toMatchObject({ code: 'NODE_PEER_BUSY' })
    await closed
    for (const { socket } of others) socket.destroy()
  })

  it('cannot put text of its own under a name into events', async () => {
    const name = 'z\u001b[2J\nfake@host'
    const hello = Buffer.concat([Buffer.from('4e0000000d07df7fbc1e1da75b', 'hex'), Buffer.from([0, name.length])])
    await using node = await startOurs('listens')
    const refused = next(node, 'refused')
    const socket = net.connect(node.port!, '127.0.0.1')
    socket.write(packet(hello.toString('latin1') + name))
    const event = await refused
    expect(event.peer).toBeUndefined()
    expect(event.reason).toMatchObject({ code: 'DIST_NAME_INVALID' })
    expect(event.reason.message).toMatch(/^[ -~]+$/)
    socket.destroy()
  })
})

describe('a node of ours', () => {
  it('refuses a port in use, an empty cookie, and names that BEAM would refuse', async () => {
    await using node = await startOurs('first')
    const port = node.port!
    await expect(startOurs('second', { listen: { port } })).rejects.toMatchObject({
      code: 'NODE_PORT_IN_USE',
      cause: { code: 'EADDRINUSE' },
    })
    await expect(startOurs('third', { cookie: '' })).rejects.toMatchObject({ code: 'NODE_BAD_OPTION' })
    await expect(startOurs('x', { name: 'no-host' })).rejects.toMatchObject({ code: 'NODE_NAME_NO_AT' })
    await expect(startOurs('x', { name: 'a@short' })).rejects.toMatchObject({ code: 'NODE_NAME_SHORT_HOST' })
    await expect(startOurs('x', { listen: { port: 70_000 } })).rejects.toMatchObject({ code: 'NODE_BAD_OPTION' })
    await expect(node.connect(node.self)).rejects.toMatchObject({ code: 'NODE_SELF' })
  })
})
