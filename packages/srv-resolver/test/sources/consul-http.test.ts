import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { consulHttp } from '../../src/index.ts'

const NAME = 'my-service.service.consul'
const INSTANCE = {
  Node: { Node: 'n1', Address: '192.0.2.1', Datacenter: 'dc1' },
  Service: { Address: '', Port: 9001 },
  Checks: [{ Status: 'passing' }],
}

/** An HTTP server that answers as it is told. */
async function impostor(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('consulHttp', () => {
  it.each([
    [500, 'No cluster leader', 'DNS_SERVFAIL'],
    [403, 'Permission denied', 'DNS_REFUSED'],
    [404, 'not here', 'DNS_SERVER_ERROR'],
    [200, '<html>', 'DNS_MALFORMED'],
    [200, '{}', 'DNS_MALFORMED'],
    [200, '[{"Node":null}]', 'DNS_MALFORMED'],
    [200, '[{"Node":{"Node":"n","Address":"1.2.3.4"},"Service":{"Port":"x"}}]', 'DNS_MALFORMED'],
  ])('takes HTTP %i with %j for no empty zone', async (status, body, code) => {
    await using fake = await impostor((_request, response) => response.writeHead(status).end(body))
    const consul = consulHttp({ url: fake.url })
    await expect(consul.resolveSrv(NAME)).rejects.toMatchObject({ code, server: new URL(fake.url).host })
    await expect(consul.resolveAddresses(`a.${NAME}`)).rejects.toMatchObject({ code })
  })

  it('gives up in time when nothing comes', async () => {
    await using fake = await impostor(() => undefined)
    await expect(consulHttp({ url: fake.url, timeoutMs: 50 }).resolveSrv(NAME)).rejects.toMatchObject({
      code: 'DNS_TIMEOUT',
    })
  })

  it('marks what comes from a server without leader as stale', async () => {
    await using fake = await impostor((_request, response) =>
      response.writeHead(200, { 'x-consul-knownleader': 'false' }).end(JSON.stringify([INSTANCE])),
    )
    expect(await consulHttp({ url: fake.url }).resolveSrv(NAME)).toMatchObject({
      stale: true,
      records: [{ target: 'n1.node.dc1.consul', port: 9001, priority: 1, weight: 1 }],
    })
  })

  it('sends token, datacenter, both tags and the wish for passing instances only', async () => {
    let asked = new URL('http://nowhere')
    let token: unknown
    await using fake = await impostor((request, response) => {
      asked = new URL(request.url ?? '', 'http://consul')
      token = request.headers['x-consul-token']
      response.end('[]')
    })
    const consul = consulHttp({ url: `${fake.url}/proxy`, token: 'secret', tag: 'v2', passing: true, stale: false })
    expect((await consul.resolveSrv('a.my-service.service.dc2.consul')).empty).toBe('nxdomain')
    expect(asked.pathname).toBe('/proxy/v1/health/service/my-service')
    expect(asked.searchParams.getAll('tag')).toStrictEqual(['a', 'v2'])
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({ dc: 'dc2', passing: '1' })
    expect(asked.searchParams.has('stale')).toBe(false)
    expect(token).toBe('secret')
  })

  it('starts a watch anew when the index goes back', async () => {
    const indexes: (string | null)[] = []
    const told = ['7', '3', '9']
    await using fake = await impostor((request, response) => {
      indexes.push(new URL(request.url ?? '', 'http://consul').searchParams.get('index'))
      const index = told.shift()
      if (index === undefined) return
      const instance = { ...INSTANCE, Service: { Address: '', Port: Number(index) } }
      response.writeHead(200, { 'x-consul-index': index }).end(JSON.stringify([instance]))
    })
    const consul = consulHttp({ url: fake.url })
    const ports: number[] = []
    for await (const event of consul.watchSrv(NAME)) {
      if (event.type === 'answer') ports.push(event.answer.records[0]!.port)
      if (ports.length === 3) break
    }
    consul.close()
    expect(ports).toStrictEqual([7, 3, 9])
    expect(indexes).toStrictEqual([null, '7', null])
  })

  it.each([
    'svc.test',
    'consul',
    'x.query.consul',
    'service.consul',
    'zz.addr.dc1.consul',
  ])('refuses the name %s, which Consul cannot know', async (name) => {
    await expect(consulHttp({ url: 'http://127.0.0.1:1' }).resolveAddresses(name)).rejects.toMatchObject({
      code: 'DNS_WRONG_SOURCE',
    })
  })

  it.each([
    { url: 'nonsense' },
    { url: 'ftp://127.0.0.1' },
    { waitMs: 5 },
    { tags: ['a'] } as object,
  ])('refuses the options %j', (options) => {
    expect(() => consulHttp(options)).toThrow(expect.objectContaining({ code: 'DNS_BAD_OPTION' }))
  })
})
