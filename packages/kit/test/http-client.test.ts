import { createServer as createPlainServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { getHeapStatistics } from 'node:v8'
import { makeCertificate } from '@dynsrv/tools/certificates'
import { afterEach, describe, expect, it } from 'vitest'
import { type HttpFault, type HttpRequest, httpClient, realWorld, withoutSecrets } from '../src/index.ts'
import { fakeWorld } from '../src/testing/fake-world.ts'

// As packages/kit has it: a part of V8's heap.
const MOST_BYTES = Math.min(64 * 1024 * 1024, Math.floor(getHeapStatistics().heap_size_limit / 64))

class Fault extends Error {
  readonly kind: string

  constructor({ kind, what, cause }: HttpFault, url: URL) {
    super(`${withoutSecrets(url.href)} ${what}`, { cause })
    this.kind = kind
  }
}

const get = httpClient(realWorld, (fault, url) => new Fault(fault, url))
const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return (server.address() as AddressInfo).port
}

const serve = async (answer: RequestListener): Promise<URL> =>
  new URL(`http://127.0.0.1:${await listen(createPlainServer(answer))}/a/b?c=d`)

const request = (url: URL, more: Partial<HttpRequest> = {}): HttpRequest => ({
  url,
  signal: new AbortController().signal,
  timeoutMs: 5_000,
  ...more,
})

const failure = (work: Promise<unknown>): Promise<Fault> =>
  work.then(
    () => Promise.reject('no failure'),
    (error) => error,
  )

describe('an HTTP client', () => {
  it('asks for a path with headers and credentials, and gives status, headers and body', async () => {
    const url = await serve(({ method, url, headers }, response) => {
      response.writeHead(418, { 'x-index': '7' })
      response.end(JSON.stringify([method, url, headers.host, headers.authorization, headers['x-own'], headers.accept]))
    })
    url.username = 'us%er'
    url.password = 'p%C3%A4ss'
    const answer = await get(request(url, { headers: { 'x-own': '1' } }))
    expect([answer.status, answer.header('x-index'), answer.header('x-none')]).toEqual([418, '7', undefined])
    expect(await answer.json()).toEqual([
      'GET',
      '/a/b?c=d',
      url.host,
      `Basic ${Buffer.from('us%er:päss').toString('base64')}`,
      '1',
      'application/json',
    ])
  })

  it('reaches a server by an IPv6 address', async () => {
    const port = await listen(
      createPlainServer((_, response) => response.end('six')),
      '::1',
    )
    expect(await (await get(request(new URL(`http://[::1]:${port}/`)))).text()).toBe('six')
  })

  it('checks the certificate of a TLS server against those that are trusted', async () => {
    const { ca, cert, key } = makeCertificate()
    const port = await listen(createTlsServer({ cert, key }, (_, response) => response.end('sealed')))
    const url = new URL(`https://localhost:${port}/`)
    expect(await (await get(request(url, { ca }))).text()).toBe('sealed')
    expect(await failure(get(request(url)))).toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/failed: \w*(SIGNATURE|SELF_SIGNED|ISSUER)\w*$/),
    })
  })

  it('opens its sockets in its world', async () => {
    const url = await serve((_, response) => response.end('here'))
    const asked: unknown[] = []
    const network = {
      ...realWorld.network,
      connect: (options: Parameters<typeof realWorld.network.connect>[0]) => {
        asked.push(options)
        return realWorld.network.connect({ ...options, host: '127.0.0.1', port: Number(url.port) })
      },
    }
    const client = httpClient({ ...realWorld, network }, (fault, of) => new Fault(fault, of))
    expect(await (await client(request(new URL('http://registry.test/')))).text()).toBe('here')
    expect(asked).toEqual([{ host: 'registry.test', port: 80 }])
  })

  it('says why there is no connection, without the secrets of the address', async () => {
    const url = await serve(() => undefined)
    await new Promise((resolve) => servers.pop()!.close(resolve))
    url.username = 'user'
    url.password = 'secret'
    const error = await failure(get(request(url)))
    expect(error).toMatchObject({ kind: 'unreachable', message: `http://${url.host}/a/b failed: ECONNREFUSED` })
    const header = await failure(get(request(url, { headers: { token: 'a\nb' } })))
    expect(header).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('ERR_INVALID_CHAR') })
  })

  it('ends with the reason of the signal, before, during and after the head', async () => {
    const reason = new Error('enough')
    const [before, during, after] = [AbortSignal.abort(reason), new AbortController(), new AbortController()]
    const silent = await serve(() => during.abort(reason))
    expect(await failure(get(request(silent, { signal: before })))).toBe(reason)
    expect(await failure(get(request(silent, { signal: during.signal })))).toBe(reason)
    const begun = await serve((_, response) => void response.write('begun'))
    const answer = await get(request(begun, { signal: after.signal }))
    const body = failure(answer.text())
    after.abort(reason)
    expect(await body).toBe(reason)
  })

  it('limits the time of a whole answer, however much it trickles', async () => {
    const world = fakeWorld()
    const client = httpClient(world, (fault, of) => new Fault(fault, of))
    const url = await serve((_, response) => void response.write('a'))
    const answer = await client(request(url, { timeoutMs: 1_000 }))
    const body = failure(answer.text())
    await world.clock.advance(1_000)
    expect(await body).toMatchObject({ kind: 'late', message: `http://${url.host}/a/b did not answer within 1000 ms` })
    expect(world.clock.timers).toBe(0)
  })

  it('gives lines as they come, with a limit for silence only', async () => {
    const world = fakeWorld()
    const client = httpClient(world, (fault, of) => new Fault(fault, of))
    let send: (text: string) => void = () => undefined
    const url = await serve((_, response) => {
      send = (text) => void response.write(text)
      send('one\ntw')
    })
    const lines = (await client(request(url, { timeoutMs: 1_000 }))).lines()
    expect(await lines.next()).toEqual({ value: 'one', done: false })
    const two = lines.next()
    await world.clock.advance(900)
    send('o\nthree\n')
    expect(await two).toEqual({ value: 'two', done: false })
    await world.clock.advance(900)
    expect(await lines.next()).toEqual({ value: 'three', done: false })
    const none = failure(lines.next())
    await world.clock.advance(1_000)
    expect(await none).toMatchObject({ kind: 'late' })
  })

  it('bounds a body and a line, and takes back the connection', async () => {
    let closed = 0
    const url = await serve((_, response) => {
      response.on('close', () => closed++)
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(1024 * 1024, 'x')));
      }
      response.on('drain', more)
      more()
    })
    expect(await failure((await get(request(url))).text())).toMatchObject({
      kind: 'malformed',
      message: expect.stringContaining(`answered more than ${MOST_BYTES} bytes`),
    })
    expect(await failure((await get(request(url))).lines().next())).toMatchObject({
      kind: 'malformed',
      message: expect.stringMatching(/sent a line of more than 4194304 bytes$/),
    })
    ;(await get(request(url))).close()
    await expect.poll(() => closed).toBe(3)
  })

  it('fails at once when the server changes to another protocol', async () => {
    const url = await serve(({ socket }) => {
      socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nx')
    })
    expect(await failure(get(request(url, { timeoutMs: 60_000 })))).toMatchObject({
      kind: 'malformed',
      message: expect.stringContaining('answered 101'),
    })
  })

  it('does not confuse a body that is not JSON and one that broke off', async () => {
    const html = await serve((_, response) => response.end('<html>'))
    expect(await failure((await get(request(html))).json())).toMatchObject({ kind: 'malformed' })
    let breakOff = (): unknown => undefined
    const broken = await serve((_, response) => {
      response.write('{')
      breakOff = () => response.destroy()
    })
    const answer = await get(request(broken))
    const body = failure(answer.json())
    breakOff()
    expect(await body).toMatchObject({ kind: 'unreachable' })
  })
})
