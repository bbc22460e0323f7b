import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { consulHttp, withoutSecrets } from '../../src/index.ts'

const NAME = 'my-service.service.consul'
const INSTANCE = {
  Node: { Node: 'n1', Address: '192.0.2.1', Datacenter: 'dc1' },
  Service: { Address: '', Port: 9001 },
  Checks: [{ Status: 'passing' }],
}

/** An HTTP server that answers as the test says. */
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
    [200, '[{"Node":null}]', 'DNS_NO_USABLE_RECORD'],
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
    const answers = ['7', '3', '9']
    await using fake = await impostor((request, response) => {
      indexes.push(new URL(request.url ?? '', 'http://consul').searchParams.get('index'))
      const index = answers.shift()
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

describe('secrets', () => {
  it('sends the credentials of the address, and shows them in no error', async () => {
    let authorization: string | undefined
    await using fake = await impostor((request, response) => {
      authorization = request.headers.authorization
      response.writeHead(500).end('no \u001b[31mleader')
    })
    const url = fake.url.replace('//', '//op%20s:s3cr%40t@')
    const failure = await consulHttp({ url, token: 'tok3n' })
      .resolveSrv(NAME)
      .catch((error: unknown) => error)
    expect(Buffer.from(authorization?.split(' ')[1] ?? '', 'base64').toString()).toBe('op s:s3cr@t')
    expect(failure).toMatchObject({ code: 'DNS_SERVFAIL' })
    const shown = inspect(failure, { depth: 10, showHidden: true })
    expect(shown).not.toMatch(/s3cr|op%20s|tok3n/)
    expect(shown).not.toContain('\u001b')
  })

  it('shows none of them when nothing listens there, or the address is none', async () => {
    const down = consulHttp({ url: 'http://ops:s3cret@127.0.0.1:1', token: 'tok3n' })
    const failure = await down.resolveSrv(NAME).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'DNS_UNREACHABLE' })
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toMatch(/s3cret|tok3n/)
    for (const options of [
      { url: 'ftp://ops:s3cret@127.0.0.1' },
      { url: 'ops:s3cret@consul' },
      { token: 's3cret\nmore' },
    ]) {
      const refused = thrown(() => consulHttp(options))
      expect(refused).toMatchObject({ code: 'DNS_BAD_OPTION' })
      expect(inspect(refused)).not.toContain('s3cret')
    }
  })

  it.each([
    ['http://a:b@c/d?token=e#f', 'http://c/d'],
    ['a:b@c:8500', 'c:8500'],
    ['http://a:b/c@d/e', 'http://d/e'],
    ['http://c:8500', 'http://c:8500'],
    ['', ''],
  ])('withoutSecrets(%j) is %j', (url, shown) => expect(withoutSecrets(url)).toBe(shown))
})

it('does not ask in a tight circle where a proxy answers blocking queries at once', async () => {
  let asked = 0
  await using fake = await impostor((_request, response) => {
    asked += 1
    response.writeHead(200, { 'x-consul-index': '7' }).end('[]')
  })
  const ended = new AbortController()
  const events = consulHttp({ url: fake.url }).watchSrv(NAME, { signal: ended.signal })
  await events.next()
  const next = events.next()
  await expect.poll(() => asked).toBeGreaterThan(2)
  expect(asked).toBeLessThan(5)
  const reason = new Error('enough')
  ended.abort(reason)
  await expect(next).rejects.toBe(reason)
})

it('asks less and less often while each answer has a new index', async () => {
  const askedAt: number[] = []
  await using fake = await impostor((_request, response) => {
    askedAt.push(performance.now())
    response.writeHead(200, { 'x-consul-index': String(askedAt.length) }).end(JSON.stringify([INSTANCE]))
  })
  const ended = new AbortController()
  const events = consulHttp({ url: fake.url }).watchSrv(NAME, { signal: ended.signal })
  await events.next()
  const next = events.next()
  await expect.poll(() => askedAt.length, { timeout: 10_000 }).toBe(10)
  const reason = new Error('enough')
  ended.abort(reason)
  await expect(next).rejects.toBe(reason)
  const pauses = askedAt.slice(1).map((at, index) => at - askedAt[index]!)
  // A few changes in a row come at once; timers may be a millisecond early.
  expect(Math.max(...pauses.slice(0, 5))).toBeLessThan(240)
  expect(pauses[7]).toBeGreaterThan(490)
  expect(pauses[8]).toBeGreaterThan(990)
}, 20_000)

it('gives the instances of a service, with what DNS does not have', async () => {
  const service = { ID: 'i-1', Tags: ['blue', 7], Address: 'a.host', Port: 0, Meta: { node: 'a@b.c', n: 1 } }
  const warned = [{ Status: 'passing' }, { Status: 'warning' }]
  await using fake = await impostor((_request, response) =>
    response.end(JSON.stringify([{ ...INSTANCE, Service: service, Checks: warned }, 'nonsense'])),
  )
  const consul = consulHttp({ url: fake.url })
  expect(await consul.instances('my-service')).toStrictEqual({
    instances: [
      {
        ...{ id: 'i-1', node: 'n1', nodeAddress: '192.0.2.1', datacenter: 'dc1', address: 'a.host', port: 0 },
        ...{ tags: ['blue'], meta: { node: 'a@b.c' }, status: 'warning', weight: 1 },
      },
    ],
    ignored: [{ target: 'instance 1', reason: 'it has no node with a name and an address' }],
    stale: false,
    server: new URL(fake.url).host,
  })
})

function thrown(make: () => unknown): unknown {
  try {
    return make()
  } catch (error) {
    return error
  }
}
