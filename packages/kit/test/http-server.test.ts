import { once } from 'node:events'
import { get, request, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type HttpHandler, HttpServer, realWorld } from '../src/index.ts'
import { fakeWorld } from '../src/testing/fake-world.ts'

const MAX = 8

interface Served extends AsyncDisposable {
  readonly port: number
  readonly server: HttpServer
}

async function serve(
  handler: HttpHandler = (_request, response) => response.end('ok'),
  world = realWorld,
): Promise<Served> {
  const server = new HttpServer(world, MAX, handler)
  const { port } = await server.listen(0, '127.0.0.1')
  return { port, server, [Symbol.asyncDispose]: () => server.close() }
}

async function open(port: number, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

async function body(port: number): Promise<string> {
  const [response] = await once(get({ port, host: '127.0.0.1', agent: false }), 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}

describe('an HTTP server', () => {
  it('answers in spite of connections that ask nothing, half ask, or asked and stay', async () => {
    await using served = await serve()
    const guests: Socket[] = []
    for (let index = 0; index < 4 * MAX; index++) {
      const socket = await open(served.port, '127.0.0.2')
      if (index % 3 === 1) socket.write('GET / HTTP/1.1\r\nhost: a')
      if (index % 3 === 2) {
        socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
        await once(socket, 'data')
      }
      guests.push(socket)
    }
    expect(await body(served.port)).toBe('ok')
    for (const socket of guests) socket.destroy()
  })

  it.each([
    ['a body that is announced as too large', 'content-length: 100000', ''],
    ['a body without an end that is too large', 'transfer-encoding: chunked', `11170\r\n${'x'.repeat(70_000)}\r\n`],
  ])('refuses %s, and closes', async (_what, header, sent) => {
    let asked = 0
    // It waits for the whole body.
    await using served = await serve((message, response) => {
      asked += 1
      message.resume()
      message.once('end', () => response.end('ok'))
    })
    const socket = await open(served.port)
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.write(`POST / HTTP/1.1\r\nhost: a\r\n${header}\r\n\r\n${sent}`)
    await once(socket, 'close')
    expect(answer).toMatch(/^HTTP\/1.1 413 /)
    expect(asked).toBe(sent === '' ? 0 : 1)
    expect(await body(served.port)).toBe('ok')
  })

  it.each([
    ['GET', ''],
    ['POST', 'content-length: 0\r\n'],
    ['POST', 'content-length: 3\r\n'],
    ['POST', 'transfer-encoding: chunked\r\n'],
  ])('waits as long as an answer takes: %s %s', async (method, header) => {
    const world = fakeWorld()
    const answers: ServerResponse[] = []
    await using served = await serve((_request, response) => {
      response.write('begun')
      answers.push(response)
    }, world)
    const socket = await open(served.port)
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    const sent = header.includes('3') ? 'abc' : header.includes('chunked') ? '3\r\nabc\r\n0\r\n\r\n' : ''
    socket.write(`${method} / HTTP/1.1\r\nhost: a\r\n${header}\r\n${sent}`)
    await expect.poll(() => answer).toContain('begun')
    await world.clock.advance(3_600_000)
    answers[0]!.end('whole')
    await expect.poll(() => answer).toContain('whole')
    expect(answer).not.toContain('413')
    socket.destroy()
  })

  it('ends a connection whose body nobody waited for when it has answered', async () => {
    await using served = await serve()
    const socket = await open(served.port)
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n')
    await once(socket, 'close')
    expect(answer).toMatch(/^HTTP\/1.1 200 /)
  })

  it('ends a request whose body does not come to its end in time', async () => {
    const world = fakeWorld()
    let begun: () => void = () => undefined
    const asked = new Promise<void>((resolve) => {
      begun = resolve
    })
    const handler: HttpHandler = (message) => {
      message.resume()
      begun()
    }
    await using served = await serve(handler, { ...realWorld, clock: world.clock })
    const socket = await open(served.port)
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nx')
    await asked
    const closed = once(socket, 'close')
    socket.resume()
    await world.clock.advance(10_000)
    await closed
  })

  it('answers one request of a connection at a time, and ends one that sends more before', async () => {
    let asked = 0
    await using served = await serve((_request, response) => {
      asked += 1
      response.end('ok')
    })
    const socket = await open(served.port)
    const closed = once(socket.resume(), 'close')
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(2_000))
    await closed
    expect(asked).toBe(1)
    // One after the other they are answered as ever.
    const patient = await open(served.port)
    for (let count = 2; count <= 5; count++) {
      patient.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
      await once(patient, 'data')
      expect(asked).toBe(count)
    }
    patient.destroy()
  })

  it('makes room at the cost of the address that has most', async () => {
    await using served = await serve()
    const [quiet] = [await open(served.port)]
    const closed: boolean[] = []
    quiet!.once('close', () => closed.push(true))
    for (let index = 0; index < 3 * MAX; index++) await open(served.port, '127.0.0.2')
    expect(await body(served.port)).toBe('ok')
    expect(closed).toEqual([])
    quiet!.end('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
    const [answer] = await once(quiet!, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('spares connections that are answered, as long as others are idle', async () => {
    let release = (): void => undefined
    const asked = new Promise<void>((resolve) => {
      release = resolve
    })
    await using served = await serve((incoming, response) => {
      if (incoming.url === '/slow') asked.then(() => response.end('late'))
      else response.end('ok')
    })
    const slow = request({ port: served.port, host: '127.0.0.1', path: '/slow', agent: false }).end()
    for (let index = 0; index < 3 * MAX; index++) await open(served.port)
    expect(await body(served.port)).toBe('ok')
    release()
    const [response] = await once(slow, 'response')
    expect(response.statusCode).toBe(200)
    response.resume()
  })

  it('answers when every connection waits for an answer', async () => {
    await using served = await serve((incoming, response) => {
      if (incoming.url !== '/never') response.end('ok')
    })
    for (let index = 0; index < 2 * MAX; index++)
      (await open(served.port)).write('GET /never HTTP/1.1\r\nhost: a\r\n\r\n')
    expect(await body(served.port)).toBe('ok')
  })

  it('ends a connection that asks nothing for ten seconds', async () => {
    const world = fakeWorld()
    await using served = await serve(undefined, world)
    const silent = await open(served.port)
    await expect.poll(() => world.clock.timers).toBe(1)
    const closed = once(silent, 'close')
    silent.resume()
    await world.clock.advance(10_000)
    await closed
    await expect.poll(() => world.clock.timers).toBe(0)
  })

  it('ends with all its connections, and may be ended again', async () => {
    const { port, server } = await serve()
    const guest = await open(port)
    const closed = once(guest, 'close')
    guest.resume()
    await Promise.all([server.close(), server.close(), closed])
    await expect(body(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('rejects with the error of the system when it cannot listen', async () => {
    await using served = await serve()
    const second = new HttpServer(realWorld, MAX, () => undefined)
    await expect(second.listen(served.port, '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await second.close()
  })
})
