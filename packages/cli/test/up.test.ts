import { request } from 'node:http'
import type { Readiness } from '@dynsrv/page'
import { startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { companionArgs, startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { describe, expect, it } from 'vitest'
import { Dynsrv, runDynsrv } from './run-dynsrv.ts'

const SERVICE = 'my-service.test'
const ENV = { RELEASE_COOKIE: 'up-test-cookie' }

function register(zone: ZoneServer, label: string, port: number): void {
  zone.add({ type: 'SRV', name: SERVICE, target: `${label}.${SERVICE}`, port, ttlSeconds: 0 })
  zone.add({ type: 'A', name: `${label}.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 0 })
}

const args = (zone: ZoneServer, ...more: string[]) => [
  ...['up', '--name', `api-1@${SERVICE}`, '--service', SERVICE, '--dns', zone.address, '--json'],
  ...['--port', '0', '--host', '127.0.0.1', '--interval', '100ms', '--http', '127.0.0.1:0', ...more],
]

async function readyz(url: string): Promise<{ status: number; body: Readiness }> {
  const response = await fetch(`${url}/readyz`)
  return { status: response.status, body: (await response.json()) as Readiness }
}

/** Asks again until it is so; the test's own time is the limit. */
async function until<T>(ask: () => Promise<T>, is: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (is(answer)) return answer
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('dynsrv up', () => {
  it('is live at once, ready with its peers, through a DNS outage too, and not when it leaves', async () => {
    await using zone = await startZoneServer()
    const port = await freePort()
    register(zone, 'erl-1', port)
    await using dynsrv = new Dynsrv(args(zone, '--min-peers', '1'), { env: ENV })
    const { http: url } = (await dynsrv.event('started')) as { http: string }

    expect(await (await fetch(`${url}/livez`)).text()).toBe('ok\n')
    const alone = await until(
      () => readyz(url),
      ({ body }) => body.missing[`erl-1@${SERVICE}`]?.startsWith('NODE_REFUSED') === true,
    )
    expect(alone).toMatchObject({
      status: 503,
      body: { ready: false, state: 'running', connected: 0, waitingFor: ['1 more of 1 peers'] },
    })

    await using erl = await startErl({
      name: `erl-1@${SERVICE}`,
      cookie: ENV.RELEASE_COOKIE,
      args: companionArgs(),
      env: { ERL_DIST_PORT: String(port), DYNSRV_DNS: zone.address },
    })
    await dynsrv.event('nodeup', erl.name)
    expect(await readyz(url)).toMatchObject({
      status: 200,
      body: { ready: true, connected: 1, waitingFor: [], missing: {}, topologies: { [SERVICE]: { expected: 1 } } },
    })
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toContain(`dynsrv_links{node="api-1@${SERVICE}",state="connected"} 1`)
    expect(metrics).toContain(`dynsrv_membership_expected{topology="${SERVICE}"} 1`)

    await zone.pause()
    await dynsrv.event('discoveryFailed')
    const outage = await until(
      () => readyz(url),
      ({ body }) => (body.topologies[SERVICE]?.failures ?? 0) > 0,
    )
    expect(outage).toMatchObject({ status: 200, body: { ready: true } })

    dynsrv.signal('SIGTERM')
    expect(await dynsrv.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('answers only who asks loopback by its own name, only to read, and says what there is', async () => {
    await using zone = await startZoneServer()
    await using dynsrv = new Dynsrv(args(zone), { env: ENV })
    const { http: url } = (await dynsrv.event('started')) as { http: string }
    const { port } = new URL(url)
    const statusFor = (host: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        request({ port, host: '127.0.0.1', path: '/readyz', headers: { host } }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
          .once('error', reject)
          .end()
      })
    expect(await statusFor(`evil.example:${port}`)).toBe(421)
    expect(await statusFor(`127.0.0.1.evil.example`)).toBe(421)
    expect([503, 200]).toContain(await statusFor(`localhost:${port}`))
    expect((await fetch(`${url}/livez`, { method: 'POST' })).status).toBe(405)
    const nothing = await fetch(`${url}/nothing`)
    expect([nothing.status, await nothing.text()]).toEqual([
      404,
      'Nothing is here. There are: /livez /readyz /metrics\n',
    ])
    expect((await fetch(`${url}/constructor`)).status).toBe(404)
  })

  it('asks for the token of the page that the environment names', async () => {
    await using zone = await startZoneServer()
    const env = { ...ENV, DYNSRV_PAGE_TOKEN: 'a-token-of-the-page' }
    await using dynsrv = new Dynsrv(args(zone, '--page'), { env })
    const { page } = (await dynsrv.event('started')) as { page: string }
    expect((await fetch(page)).status).toBe(401)
    expect((await fetch(`${page}?token=${env.DYNSRV_PAGE_TOKEN}`, { redirect: 'manual' })).status).toBe(303)
    // What orchestrators and Prometheus ask for needs none.
    expect([200, 503]).toContain((await fetch(new URL('/readyz', page))).status)
    expect((await fetch(new URL('/metrics', page))).status).toBe(200)
  })

  it('serves the page and all that it loads with --page, and nothing of it without', async () => {
    await using zone = await startZoneServer()
    await using dynsrv = new Dynsrv(args(zone, '--page'), { env: ENV })
    const { page } = (await dynsrv.event('started')) as { page: string }
    const html = await (await fetch(page)).text()
    // A browser may break the name at its dots.
    expect(html.replaceAll('<wbr>', '')).toContain(`<h1 id="self">api-1@${SERVICE}</h1>`)
    const waiting = [...html.matchAll(/(?:src|href)="(\/page\/[a-z.-]+)"/g)].map(([, path = '']) => path)
    const seen = new Set<string>()
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (seen.has(path)) continue
      seen.add(path)
      const answer = await fetch(new URL(path, page))
      expect([path, answer.status]).toEqual([path, 200])
      if (!path.endsWith('.js')) continue
      const script = await answer.text()
      for (const [, name = ''] of script.matchAll(/from '\.\/([a-z-]+\.js)'/g)) waiting.push(`/page/${name}`)
    }
    expect([...seen]).toEqual(
      expect.arrayContaining(['/page/page.js', '/page/graph.js', '/page/dom.js', '/page/page.css']),
    )

    await using plain = new Dynsrv(args(zone), { env: ENV })
    const { http } = (await plain.event('started')) as { http: string }
    expect((await fetch(http)).status).toBe(404)
  })

  it('says so, and leaves nothing behind, when the HTTP port is taken', async () => {
    await using zone = await startZoneServer()
    await using first = new Dynsrv(args(zone), { env: ENV })
    const { http: url } = (await first.event('started')) as { http: string }
    const second = await runDynsrv([...args(zone).slice(0, -1), new URL(url).host], { env: ENV })
    expect(second.code).toBe(2)
    const error = JSON.parse(second.stderr) as { message: string; hint: string }
    expect(error.message).toMatch(/^cannot serve HTTP on 127\.0\.0\.1:\d+: .*EADDRINUSE/)
    expect(error.hint).toMatch(/--http host:port/)
  })

  it.each([
    ['--http', 'nowhere', /--http "nowhere" is not an address to listen on/],
    ['--http', '127.0.0.1:99999', /is not an address to listen on/],
    ['--min-peers', 'some', /--min-peers "some" is not a number of peers/],
  ])('refuses %s %s', async (option, value, says) => {
    const { code, stderr } = await runDynsrv(['up', '--name', 'a@b.test', '--service', 'b.test', option, value], {
      env: ENV,
    })
    expect([code, says.test(stderr)]).toEqual([2, true])
  })
})
