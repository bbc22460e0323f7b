import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Dynsrv, runDynsrv } from './run-dynsrv.ts'

const SERVICE = 'web.prod.svc.cluster.local'
const COOKIE = 'port-name-cookie'
const ENV = { RELEASE_COOKIE: COOKIE }

/**
 * A headless service of Kubernetes with the ports `dist` and `http`, as CoreDNS has its records: all under its own name, and those
 * of each port under a name of theirs. Of its pods one is an Erlang node.
 */
async function headless() {
  const zone = await startZoneServer()
  let visitors = 0
  const http = createServer((socket) => {
    visitors += 1
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(http, 'listening')
  const port = await freePort()
  const beam = await startErl({
    name: `web-0@${SERVICE}`,
    cookie: COOKIE,
    args: ['-erl_epmd_port', String(port), '-start_epmd', 'false', '-kernel', 'inet_dist_use_interface', '{127,0,0,1}'],
  })
  const target = `web-0.${SERVICE}`
  const ports = { dist: port, http: (http.address() as AddressInfo).port }
  zone.add({ type: 'A', name: target, address: '127.0.0.1', ttlSeconds: 0 })
  for (const [name, each] of Object.entries(ports)) {
    // That of the web server comes first.
    const priority = name === 'http' ? 0 : 1
    for (const owner of [SERVICE, `_${name}._tcp.${SERVICE}`]) {
      zone.add({ type: 'SRV', name: owner, target, port: each, priority, weight: 1, ttlSeconds: 0 })
    }
  }
  return {
    beam,
    ports,
    dns: ['--dns', zone.address],
    visitors: () => visitors,
    async [Symbol.asyncDispose]() {
      http.close()
      await beam[Symbol.asyncDispose]()
      await zone.close()
    },
  }
}

describe('a service with two ports', () => {
  let service: Awaited<ReturnType<typeof headless>>
  beforeAll(async () => {
    service = await headless()
  })
  afterAll(() => service[Symbol.asyncDispose]())

  const WAYS = [
    ['its name and the name of the port', ['--service', SERVICE, '--port-name', 'dist']],
    ['the name of the records of the port', ['--service', `_dist._tcp.${SERVICE}`]],
  ] as const

  it.each(WAYS)('is joined by %s', async (_what, which) => {
    const before = service.visitors()
    const own = ['--name', `api-9@${SERVICE}`, '--port', '0', '--host', '127.0.0.1', '--interval', '100ms']
    await using dynsrv = new Dynsrv(['join', ...which, ...own, ...service.dns, '--json'], { env: ENV })
    expect(await dynsrv.event('nodeup', service.beam.name)).toMatchObject({ members: [service.beam.name] })
    expect(await service.beam.eval('nodes(hidden)')).toBe(`['api-9@${SERVICE}']`)
    expect(service.visitors()).toBe(before)
    dynsrv.signal('SIGTERM')
    await dynsrv.ended
  })

  it.each(WAYS)('lists its nodes by %s', async (_what, which) => {
    const { stdout } = await runDynsrv(['names', ...which, ...service.dns, '--json'])
    expect(JSON.parse(stdout)).toEqual({ name: service.beam.name, port: service.ports.dist })
  })

  it.each(WAYS)('is seen by the doctor by %s', async (_what, which) => {
    const before = service.visitors()
    const { stdout } = await runDynsrv(['doctor', ...which, ...service.dns, '--json'], { env: ENV })
    const lines = stdout.trim().split('\n')
    const said = lines.map((line) => JSON.parse(line) as { type: string; id?: string; status?: string })
    const statusOf = (wanted: string) => said.find(({ id }) => id === wanted)?.status
    // Our cookie was tried at the node.
    expect([statusOf('D25'), statusOf('D20'), statusOf('D07')]).toEqual(['ok', 'ok', 'ok'])
    expect(service.visitors()).toBe(before)
  })

  it('is found by resolve and ping with the name of the port', async () => {
    const found = await runDynsrv(['resolve', service.beam.name, '--port-name', 'dist', ...service.dns, '--json'])
    const lines = found.stdout.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { type: 'question', question: `SRV _dist._tcp.${SERVICE}` },
      { type: 'address', port: service.ports.dist },
    ])
    const ping = await runDynsrv(['ping', service.beam.name, '--port-name', 'dist', ...service.dns], {
      env: ENV,
    })
    expect(ping.code).toBe(0)
  })

  it('has no port of another name', async () => {
    const none = await runDynsrv(['resolve', service.beam.name, '--port-name', 'epmd', ...service.dns])
    expect(none.stderr).toContain(`_epmd._tcp.${SERVICE} has none`)
    const wrong = await runDynsrv(['resolve', service.beam.name, '--port-name', 'a.b', ...service.dns])
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('the name of a port')])
  })
})
