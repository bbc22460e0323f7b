import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { ErlEpmd } from '@dynsrv/epmd-shim'
import { startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { freePort } from '@dynsrv/tools/free-port'
import { COOKIE, oneNode, register, SERVICE } from '@dynsrv/tools/srv-cluster'
import { expect, it, vi } from 'vitest'
import { errorsOf, examineAs } from './examination.ts'

/** Examines a service of one record, which leads to this port. */
async function examinePort(port: number) {
  await using zone = await startZoneServer()
  register(zone, 'api', port)
  return await examineZone(zone)
}

async function examineZone(zone: ZoneServer) {
  const env = { RELEASE_COOKIE: COOKIE, ERL_EPMD_PORT: String(await freePort()) }
  return await examineAs({ services: [SERVICE], dns: [zone.address], timeoutMs: 4_000, env })
}

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

it('D17: a web server', async () => {
  await using web = createHttpServer((_request, response) => response.end())
  const found = await examinePort(await listening(web))
  expect(errorsOf(found)).toEqual(['D17 DIST_NOT_DISTRIBUTION'])
  expect(found.verdicts[0]?.message).toMatch(/speaks HTTP/)
})

it('D17: a web server that waits for the end of a line, as most do', async () => {
  await using web = createServer((socket) => {
    let request = ''
    socket
      .on('error', () => undefined)
      .on('data', (chunk) => {
        request += chunk.toString('latin1')
        if (request.endsWith('\r\n\r\n')) socket.end('HTTP/1.1 200 OK\r\nserver: Cowboy\r\n\r\n')
      })
  })
  const found = await examinePort(await listening(web))
  expect(errorsOf(found)).toEqual(['D17 DIST_NOT_DISTRIBUTION'])
  expect(found.verdicts[0]).toMatchObject({
    message: expect.stringMatching(/speaks HTTP/),
    evidence: ['it calls itself Cowboy'],
    hint: expect.stringMatching(/^A web server listens there/),
  })
})

it('D17: the port of epmd', async () => {
  const port = await freePort()
  const epmd = spawn('epmd', ['-port', String(port)], { stdio: 'ignore' })
  const ended = once(epmd, 'exit')
  using client = new ErlEpmd({ epmdPort: port })
  try {
    await vi.waitFor(() => client.registerNode('api', 41_233), { timeout: 20_000, interval: 100 })
    const found = await examinePort(port)
    expect(errorsOf(found)).toEqual(['D17 DIST_NOT_DISTRIBUTION'])
    expect(found.verdicts[0]?.message).toMatch(/epmd listens there, not the node itself$/)
    expect(found.verdicts[0]?.evidence).toEqual(['it knows api at port 41233'])
  } finally {
    client.close()
    epmd.kill()
    await ended
  }
})

it.each([
  ['closes at once', undefined, 'DIST_CLOSED_BY_PEER', /accepts the connection and closes it at once$/],
  ['greets as MySQL does', '\x4a\0\0\0\x0a5.7.3\0', 'DIST_NOT_DISTRIBUTION', /answers, but not in the Erlang/],
])('D17: a server that %s', async (_what, greeting, code, message) => {
  await using server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end())
    if (greeting !== undefined) socket.write(greeting)
  })
  const found = await examinePort(await listening(server))
  expect(errorsOf(found)).toEqual([`D17 ${code}`])
  expect(found.verdicts[0]?.message).toMatch(message)
})

it('D17: a node that hangs', async () => {
  await using zone = await startZoneServer()
  await using member = await oneNode(zone, 'frozen')
  member.beam.signal('SIGSTOP')
  const found = await examineZone(zone)
  member.beam.signal('SIGCONT')
  expect(errorsOf(found)).toEqual(['D17 DIST_TIMEOUT'])
  expect(found.verdicts[0]?.message).toMatch(
    /^frozen@my-service\.test at \S+ accepts the connection and sends nothing$/,
  )
})
