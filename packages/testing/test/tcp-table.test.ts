import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { realWorld, type World } from '@dynsrv/kit'
import { describe, expect, it } from 'vitest'
import { type Simulation, simulate } from '../src/index.ts'

// Each row is played over the sockets of the machine and over those of the simulator, and both say the same.

type Network = World['network']

/** What a row has to play with. */
interface Stage {
  readonly network: Network
  /** A server on a free port that gets each connection. */
  readonly serve: (options: { readonly allowHalfOpen?: boolean }, onSocket: (socket: Socket) => void) => Promise<number>
  /** A port that nobody has. */
  readonly nobody: () => Promise<number>
}

/** Writes down what a socket says, in its order, until it is closed. */
async function told(socket: Socket): Promise<string[]> {
  const lines: string[] = []
  let text = ''
  socket.on('data', (bytes) => {
    text += String(bytes)
  })
  const said = (line: string): void => {
    if (text !== '') lines.push(`data ${text}`)
    text = ''
    lines.push(line)
  }
  socket.on('connect', () => said('connect'))
  socket.on('end', () => said('end'))
  socket.on('finish', () => said('finish'))
  socket.on('error', (error: NodeJS.ErrnoException) => said(`error ${error.code} ${error.syscall}`))
  await new Promise<void>((resolve) => {
    socket.on('close', (hadError) => {
      said(`close ${hadError}`)
      resolve()
    })
  })
  return lines
}

function quiet(socket: Socket): Socket {
  return socket.on('error', () => undefined)
}

const ROWS: Readonly<Record<string, (stage: Stage) => Promise<unknown>>> = {
  'nobody listens': async ({ network, nobody }) => told(network.connect({ host: '127.0.0.1', port: await nobody() })),

  'a port that is taken': async ({ network, serve }) => {
    const port = await serve({}, quiet)
    const server = network.createServer({}, quiet)
    server.listen(port, '127.0.0.1')
    const [error] = (await once(server, 'error')) as [NodeJS.ErrnoException]
    return [error.code, error.syscall, server.listening]
  },

  'an address that is not of this machine': async ({ network }) => {
    const server = network.createServer({}, quiet)
    server.listen({ port: 0, host: '198.51.100.1' })
    const [error] = (await once(server, 'error')) as [NodeJS.ErrnoException]
    return [error.code, error.syscall]
  },

  'a question and an answer': async ({ network, serve }) => {
    const port = await serve({}, (socket) => {
      quiet(socket).once('data', (bytes) => socket.end(`${bytes}!`))
    })
    const socket = network.connect({ host: '127.0.0.1', port })
    socket.write('hello')
    const lines = await told(socket)
    return [lines, socket.bytesWritten, socket.bytesRead]
  },

  'bytes that are written before the connection is there': async ({ network, serve }) => {
    const port = await serve({}, (socket) => void socket.pipe(socket))
    const socket = network.connect({ host: '127.0.0.1', port })
    const states = [socket.connecting, socket.readyState, socket.write('a'), socket.write('b')]
    socket.end('c')
    return [states, await told(socket)]
  },

  'one side ends and still hears the other': async ({ network, serve }) => {
    const port = await serve({ allowHalfOpen: true }, (socket) => {
      quiet(socket).resume()
      socket.once('end', () => socket.end('what came after the end'))
    })
    const socket = network.connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    socket.end('the end')
    return told(socket)
  },

  'the other side ends, and this one follows by itself': async ({ network, serve }) => {
    let theirs: Promise<string[]> | undefined
    const port = await serve({ allowHalfOpen: true }, (socket) => {
      theirs = told(socket)
      socket.end()
    })
    const ours = await told(network.connect({ host: '127.0.0.1', port }))
    return [ours, await theirs]
  },

  'the other side is destroyed with bytes unread': async ({ network, serve }) => {
    const port = await serve({}, (socket) => {
      quiet(socket).pause()
      setTimeoutOf(socket, () => socket.destroy())
    })
    const socket = network.connect({ host: '127.0.0.1', port })
    socket.write('x'.repeat(200_000))
    const lines = await told(socket)
    return lines.filter((line) => !line.startsWith('finish'))
  },

  'the other side resets': async ({ network, serve }) => {
    const port = await serve({}, (socket) => {
      quiet(socket).once('data', () => socket.resetAndDestroy())
    })
    const socket = network.connect({ host: '127.0.0.1', port })
    socket.write('a')
    return told(socket)
  },

  'a socket is destroyed': async ({ network, serve }) => {
    const { promise: theirs, resolve } = promised<string[]>()
    const port = await serve({}, (socket) => resolve(told(socket)))
    const socket = network.connect({ host: '127.0.0.1', port })
    const ours = told(socket)
    await once(socket, 'connect')
    socket.destroy()
    return [await ours, await theirs, socket.destroyed, socket.remoteAddress]
  },

  'destroySoon hands over what was written': async ({ network, serve }) => {
    const { promise: theirs, resolve } = promised<string[]>()
    const port = await serve({}, (socket) => resolve(told(socket)))
    const socket = quiet(network.connect({ host: '127.0.0.1', port }))
    socket.write('a')
    socket.write('b')
    socket.destroySoon()
    await once(socket, 'close')
    return theirs
  },

  'a socket is destroyed before it is connected': async ({ network, serve }) => {
    const port = await serve({}, quiet)
    const socket = network.connect({ host: '127.0.0.1', port })
    const lines = told(socket)
    socket.destroy()
    return lines
  },

  'nobody reads: what is written waits, and goes on when somebody does': async ({ network, serve }) => {
    let server: Socket | undefined
    const port = await serve({}, (socket) => {
      server = quiet(socket).pause()
    })
    const socket = quiet(network.connect({ host: '127.0.0.1', port }))
    await once(socket, 'connect')
    const piece = Buffer.alloc(4 * 1024 * 1024)
    let written = 0
    const flows = socket.write(piece, () => {
      written++
    })
    // More than any system takes.
    for (let count = 0; count < 8; count++) socket.write(piece, () => written++)
    await new Promise((resolve) => setTimeoutOf(socket, () => resolve(undefined)))
    const before = [flows, socket.writableNeedDrain, socket.writableLength > 0, written < 9]
    const drained = once(socket, 'drain')
    let read = 0
    server!.on('data', (bytes) => {
      read += bytes.length
    })
    server!.resume()
    await drained
    socket.end()
    await once(server!, 'end')
    return [before, written, read, socket.writableLength]
  },

  'a paused socket does not see the end before it reads on': async ({ network, serve }) => {
    const port = await serve({}, (socket) => void quiet(socket).end('last words'))
    const socket = network.connect({ host: '127.0.0.1', port })
    socket.pause()
    const lines = told(socket)
    await once(socket, 'connect')
    await new Promise((resolve) => setTimeoutOf(socket, () => resolve(undefined)))
    const before = [socket.readableEnded, socket.destroyed]
    socket.resume()
    return [before, await lines]
  },

  'a socket with its own buffer': async ({ network, serve }) => {
    const port = await serve({}, (socket) => void quiet(socket).end('abcdefgh'))
    const buffer = Buffer.alloc(3)
    const came: string[] = []
    const socket = network.connect({
      host: '127.0.0.1',
      port,
      onread: {
        buffer,
        callback: (count) => {
          came.push(buffer.toString('latin1', 0, count))
          return true
        },
      },
    })
    return [await told(socket), came]
  },

  'silence for longer than the time-out of a socket': async ({ network, serve }) => {
    const port = await serve({}, quiet)
    const socket = network.connect({ host: '127.0.0.1', port })
    const lines = told(socket)
    socket.setTimeout(20)
    await once(socket, 'timeout')
    socket.destroy()
    return lines
  },

  'a server that closes waits for its connections': async ({ network, serve }) => {
    const server = network.createServer({}, (socket) => void quiet(socket).resume())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const socket = quiet(network.connect({ host: '127.0.0.1', port }))
    await once(server, 'connection')
    let closed = false
    server.close(() => {
      closed = true
    })
    const refused = await told(network.connect({ host: '127.0.0.1', port }))
    const before = closed
    socket.destroy()
    await once(server, 'close')
    await serve({}, quiet)
    return [refused, before, server.listening, server.address()]
  },

  'both ends know their addresses': async ({ network, serve }) => {
    const { promise: accepted, resolve } = promised<Socket>()
    const port = await serve({}, (socket) => resolve(quiet(socket)))
    const socket = quiet(network.connect({ host: '127.0.0.1', port }))
    await once(socket, 'connect')
    socket.write('a')
    const theirs = await accepted
    await once(theirs, 'data')
    return [
      socket.localPort === theirs.remotePort,
      socket.remotePort === port,
      theirs.localPort === port,
      socket.localAddress,
      theirs.remoteAddress,
      socket.remoteFamily,
      socket.readyState,
    ]
  },
}

/** A promise, and what keeps it. */
function promised<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T | Promise<T>) => void } {
  let resolve!: (value: T | Promise<T>) => void
  const promise = new Promise<T>((keep) => {
    resolve = keep
  })
  return { promise, resolve }
}

/** A little later, by the clock of whichever world the socket is of. */
function setTimeoutOf(socket: Socket, then: () => void): void {
  clocks.get(socket.constructor)!(then)
}
const clocks = new Map<unknown, (then: () => void) => void>()

/** Plays a row in a world, and closes what it has opened. */
async function play(row: (stage: Stage) => Promise<unknown>, { clock, network }: World): Promise<unknown> {
  const servers: Server[] = []
  const sockets: Socket[] = []
  const known = (socket: Socket): Socket => {
    sockets.push(socket)
    clocks.set(socket.constructor, (then) => void clock.setTimeout(then, 100))
    return socket
  }
  const noted: Network = {
    ...network,
    connect: (options) => known(network.connect(options)),
    createServer: (options, onSocket) =>
      network.createServer(options, (socket) => {
        onSocket(known(socket))
      }),
  }
  const serve: Stage['serve'] = async (options, onSocket) => {
    const server = noted.createServer(options, onSocket)
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const nobody = async (): Promise<number> => {
    const port = await serve({}, quiet)
    servers.pop()!.close()
    return port
  }
  try {
    return await row({ network: noted, serve, nobody })
  } finally {
    for (const socket of sockets) socket.destroy()
    for (const server of servers) server.close()
  }
}

describe('TCP of the simulator and of the machine say the same', () => {
  it.each(Object.entries(ROWS))('%s', async (_name, row) => {
    const real = await play(row, realWorld)
    const simulated = await simulate({}, async (sim) => {
      const [{ world }] = await sim.members('svc.test', 1, ({ world: given }) => ({ world: given }))
      return play(row, world)
    })
    expect(simulated).toEqual(real)
    expect(real).toBeDefined()
  })
})

describe('what takes too long for a test over real sockets, with the constants of Linux', () => {
  /** Two hosts with a connection between them, and how long it takes until the first one's socket fails. */
  async function connected(after: (sim: Simulation, hosts: readonly object[], socket: Socket) => void) {
    return simulate({}, async (sim) => {
      const hosts = await sim.members('svc.test', 2, ({ name, world }) => ({ name, world }))
      const [client, server] = hosts
      server.world.network.createServer({}, quiet).listen(1_000)
      const socket = client.world.network.connect({ host: 'svc-2.svc.test', port: 1_000 })
      await once(socket, 'connect')
      const begun = sim.now
      const [error] = await Promise.all([once(socket, 'error'), after(sim, hosts, socket)])
      return [(error[0] as NodeJS.ErrnoException).code, (sim.now - begun) / 1_000]
    })
  }

  it('what is written into silence is sent again for a quarter of an hour', async () => {
    const [code, seconds] = await connected((sim, [, server], socket) => {
      sim.crash(server!, { silent: true })
      socket.write('a')
    })
    expect(code).toBe('ETIMEDOUT')
    expect(seconds).toBeGreaterThan(15 * 60)
    expect(seconds).toBeLessThan(17 * 60)
  })

  it('a machine that came back knows nothing of the connection', async () => {
    const [code] = await connected(async (sim, [, server], socket) => {
      sim.crash(server!, { silent: true })
      await sim.restart(server!)
      socket.write('a')
    })
    expect(code).toBe('ECONNRESET')
  })

  it('a packet that is lost comes later, and in its order', async () => {
    await simulate({ path: { loss: 0.2, latencyMs: 5 } }, async (sim) => {
      const [one, other] = await sim.members('svc.test', 2, ({ world }) => ({ world }))
      let text = ''
      const server = other.world.network.createServer(
        {},
        (socket) => void socket.on('data', (bytes) => (text += bytes)),
      )
      server.listen(1_000)
      const socket = one.world.network.connect({ host: '10.0.0.3', port: 1_000 })
      const expected = Array.from({ length: 200 }, (_, index) => `${index} `)
      for (const part of expected) {
        socket.write(part)
        await sim.run(10)
      }
      await sim.until(() => text === expected.join(''), '10 min')
      expect(sim.now).toBeGreaterThan(2_200)
    })
  })

  it('nobody answers a dial: it is given up after 127 s; an address of nobody after 3 s', async () => {
    await simulate({}, async (sim) => {
      const [one, other] = await sim.members('svc.test', 2, ({ world }) => ({ world }))
      sim.crash(other, { silent: true })
      const dial = async (host: string) => {
        const begun = sim.now
        const [error] = (await once(one.world.network.connect({ host, port: 1 }), 'error')) as [NodeJS.ErrnoException]
        return [error.code, Math.round((sim.now - begun) / 1_000)]
      }
      expect(await dial('10.0.0.3')).toEqual(['ETIMEDOUT', 127])
      expect(await dial('10.9.9.9')).toEqual(['EHOSTUNREACH', 3])
    })
  })

  it('bandwidth is a bound for both directions apart', async () => {
    await simulate({ path: { bytesPerSecond: 100_000 } }, async (sim) => {
      const [one, other] = await sim.members('svc.test', 2, ({ world }) => ({ world }))
      let read = 0
      other.world.network
        .createServer({}, (socket) => void socket.on('data', (bytes) => (read += bytes.length)))
        .listen(1_000)
      const socket = one.world.network.connect({ host: '10.0.0.3', port: 1_000 })
      socket.write(Buffer.alloc(1_000_000))
      await sim.run('5 s')
      expect(read).toBeGreaterThan(400_000)
      expect(read).toBeLessThan(520_000)
      await sim.run('6 s')
      expect(read).toBe(1_000_000)
    })
  })
})
