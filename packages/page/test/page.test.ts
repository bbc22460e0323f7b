import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { start } from '@dynsrv/cluster'
import { DynamicSrv } from '@dynsrv/epmd-shim'
import type { Node } from '@dynsrv/node'
import { startNode } from '@dynsrv/node'
import { dnsClient, type SrvResolver, startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { companionArgs, startElixir, startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startHealthServer } from '../src/health/health-server.ts'
import { type PageOptions, pageRoutes } from '../src/live/page-routes.ts'
import { openPage, PATIENCE_MS, picture, startBrowser, violations } from './browser.ts'

const SERVICE = 'shop.test'
const COOKIE = 'page-test-cookie'

function register(zone: ZoneServer, label: string, port: number): void {
  zone.add({ type: 'SRV', name: SERVICE, target: `${label}.${SERVICE}`, port, ttlSeconds: 0 })
  zone.add({ type: 'A', name: `${label}.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 0 })
}

/** A node of the library that is in the zone; ended with the others. */
async function member(zone: ZoneServer, label: string, cookie = COOKIE): Promise<Node> {
  const epmd = new DynamicSrv({ resolver: dnsClient({ servers: [zone.address] }), listenPort: 0 })
  const node = await startNode({
    ...{ name: `${label}@${SERVICE}`, cookie, epmd, listen: { host: '127.0.0.1', port: 0 } },
  })
  register(zone, label, node.port ?? 0)
  return node
}

const HOSTILE = '"><img src=x onerror=alert(1)>.evil.test'

/** The zone, and a record that somebody hostile wrote. */
function poisoned(zone: ZoneServer): SrvResolver {
  const resolver = dnsClient({ servers: [zone.address] })
  return {
    async resolveSrv(name, options) {
      const answer = await resolver.resolveSrv(name, options)
      const record = { target: HOSTILE, port: 1, priority: 0, weight: 0, ttlSeconds: 0 }
      return { ...answer, records: [...answer.records, record] }
    },
    resolveAddresses: (name, options) => resolver.resolveAddresses(name, options),
    resolveTxt: (name, options) => resolver.resolveTxt(name, options),
  }
}

/** Our own node with the page. */
async function served(
  zone: ZoneServer,
  httpPort = 0,
  dns: SrvResolver | string = zone.address,
  options: PageOptions = {},
) {
  const cluster = await start({
    ...{ name: `api-1@${SERVICE}`, cookie: COOKIE, host: '127.0.0.1', port: 0 },
    ...{ service: SERVICE, dns, pollingInterval: 200 },
  })
  const server = await startHealthServer(cluster, { port: httpPort, routes: pageRoutes(cluster, options) })
  const close = async () => {
    await cluster.close()
    await server.close()
  }
  return { cluster, url: server.url, close, [Symbol.asyncDispose]: close }
}

/** Waits until the row of a member shows a state, and tells its text. */
async function row(page: Page, label: string, state: string, says = ''): Promise<string> {
  const found = page.locator(`tbody[data-name="${label}@${SERVICE}"][data-state="${state}"]`, { hasText: says })
  await found.waitFor()
  return (await found.textContent()) ?? ''
}

let browser: Awaited<ReturnType<typeof startBrowser>>
beforeAll(async () => {
  browser = await startBrowser()
}, 3 * PATIENCE_MS)
afterAll(() => browser?.close())

describe('the live page', { timeout: 5 * PATIENCE_MS }, () => {
  // Over 10 s: BEAM nodes start, one is killed, and DNS stays away until a lookup has failed.
  it('shows a mixed cluster: who is killed, a wrong cookie, a DNS outage; light and dark, wide and narrow', async () => {
    await using zone = await startZoneServer()
    await using js1 = await member(zone, 'cart-1')
    await using js2 = await member(zone, 'cart-2')
    await using stranger = await member(zone, 'search-1', 'another-cookie')
    const beam = async (label: string, startBeam: typeof startErl) => {
      const port = await freePort()
      const node = await startBeam({
        ...{ name: `${label}@${SERVICE}`, cookie: COOKIE, args: companionArgs() },
        env: { ERL_DIST_PORT: String(port), DYNSRV_DNS: zone.address },
      })
      register(zone, label, port)
      return node
    }
    await using erl = await beam('db-1', startErl)
    await using erl2 = await beam('db-2', startErl)
    await using elixir = await beam('orders-1', startElixir)
    await using own = await served(zone, 0, poisoned(zone))
    register(zone, 'api-1', own.cluster.port)

    const { page, complaints } = await openPage(browser, own.url)
    for (const label of ['cart-1', 'cart-2', 'db-1', 'db-2', 'orders-1']) await row(page, label, 'connected', ' ms')
    expect(await row(page, 'search-1', 'unreachable')).toContain('COOKIE')
    await page.locator('#live[data-live="live"]').waitFor()
    await page.locator('#topologies [data-state="self"]').waitFor()
    await page.locator('#topologies tr', { hasText: HOSTILE }).locator('[data-state="ignored"]').waitFor()
    expect(await page.locator('#graph desc').textContent()).toMatch(
      /5 connected, 1 unreachable|1 unreachable, 5 connected/,
    )
    const chatter = setInterval(() => {
      for (const name of own.cluster.members()) own.cluster.node.send({ name: 'nobody', node: name }, 'hello')
      for (const name of own.cluster.members().slice(2)) own.cluster.node.send({ name: 'nobody', node: name }, 'again')
    }, 250)
    await page.locator('.flow.busy').first().waitFor({ state: 'attached' })
    expect(await violations(page)).toEqual([])
    await picture(page, 'wide-light')
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await violations(page)).toEqual([])
    await picture(page, 'wide-dark')
    await page.setViewportSize({ width: 390, height: 844 })
    expect(await violations(page)).toEqual([])
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
    expect(await page.evaluate(overflow)).toBe(0)
    await picture(page, 'narrow-dark', true)
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await page.setViewportSize({ width: 1280, height: 900 })
    // A browser on a busy machine takes a frame or two to heed the wish.
    await page.waitForFunction('document.getAnimations().length === 0')

    await erl.kill()
    await row(page, 'db-1', 'unreachable', 'NODE_REFUSED')
    await page.locator('#log li[data-kind="down"]', { hasText: `db-1@${SERVICE}` }).waitFor()
    await page.locator('#spoken', { hasText: `db-1@${SERVICE}` }).waitFor({ state: 'attached' })
    await picture(page, 'killed')

    await zone.pause()
    await page.locator('.tile[data-mood="trouble"]', { hasText: 'Failing' }).waitFor()
    await page.locator('#topologies .failure').waitFor()
    expect(await violations(page)).toEqual([])
    await picture(page, 'outage', true)
    await row(page, 'cart-1', 'connected')
    await zone.resume()
    await page.locator('#log li', { hasText: 'DNS answers again' }).waitFor()

    zone.remove(
      ({ name, ...record }) => 'target' in record && record.target === `cart-2.${SERVICE}` && name === SERVICE,
    )
    await row(page, 'cart-2', 'gone')
    clearInterval(chatter)
    expect(complaints).toEqual([])
    expect([js1.self, js2.self, stranger.self, erl2.name, elixir.name]).toHaveLength(5)
  })

  it('says that the server is gone, and takes up its new state when it is back', async () => {
    await using zone = await startZoneServer()
    await using one = await member(zone, 'cart-1')
    const port = await freePort()
    const before = await served(zone, port)
    const { page } = await openPage(browser, before.url)
    await row(page, 'cart-1', 'connected')
    await before.close()
    await page.locator('#live[data-live="lost"]').waitFor()
    await page.locator('#notice', { hasText: 'The server does not answer' }).waitFor()
    await picture(page, 'lost')
    await using two = await member(zone, 'cart-2')
    await using after = await served(zone, port)
    await page.locator('#live[data-live="live"]').waitFor()
    await row(page, 'cart-2', 'connected')
    await page.locator('#log li', { hasText: 'the server was restarted' }).waitFor()
    expect(await page.locator('#notice').isHidden()).toBe(true)
    expect([one.self, two.self, after.url]).toContain(before.url)
  })

  // Over 10 s: 500 nodes start and end.
  it('stays useful with 500 members', async () => {
    await using zone = await startZoneServer()
    const nodes: Node[] = []
    try {
      for (let index = 1; index <= 500; index++)
        nodes.push(await member(zone, `w-${index}`, index % 60 === 0 ? 'no' : COOKIE))
      await using own = await served(zone)
      const { page, complaints } = await openPage(browser, own.url)
      await page.locator('.tile', { hasText: '492 of 500' }).waitFor()
      await page.locator('.cause', { hasText: '8 reject our cookie' }).waitFor()
      expect(await page.locator('#graph .nodes > g').count()).toBe(500)
      // Of those in trouble none is left out.
      expect(await page.locator('#members > tbody[data-state]').count()).toBe(300)
      await page.getByRole('button', { name: 'Show 200 more' }).click()
      expect(await page.locator('#members > tbody').count()).toBe(500)
      expect(await page.locator('#members > tbody').first().getAttribute('data-state')).toBe('unreachable')
      await picture(page, 'many-light')
      await page.emulateMedia({ colorScheme: 'dark' })
      await picture(page, 'many-dark')
      expect(await page.locator('.cause').allTextContents()).toEqual(['8 reject our cookie'])
      await page.getByRole('combobox', { name: 'Filter members by state' }).selectOption('trouble')
      expect(await page.locator('#members > tbody').count()).toBe(8)
      await page.getByRole('searchbox').fill('w-300')
      expect(await page.locator('#members > tbody').count()).toBe(1)
      expect(await violations(page)).toEqual([])
      await nodes[0]!.close()
      await page.getByRole('searchbox').fill('w-1@')
      await page.waitForURL((url) => url.search === '?q=w-1%40&state=trouble')
      await row(page, 'w-1', 'unreachable')
      expect(complaints).toEqual([])
    } finally {
      await Promise.all(nodes.map((node) => node.close()))
    }
  })

  it('is a table without JavaScript', async () => {
    await using zone = await startZoneServer()
    await using one = await member(zone, 'cart-1')
    await using own = await served(zone, 0, poisoned(zone))
    await own.cluster.ready()
    const { page } = await openPage(browser, own.url, { javaScriptEnabled: false, colorScheme: 'dark' })
    const text = (await page.locator('#members tbody').textContent()) ?? ''
    expect(text).toContain(one.self)
    expect(text).toContain('connected')
    expect(await page.locator('#topologies').textContent()).toContain(HOSTILE)
    expect(await page.locator('#graph-card').isVisible()).toBe(false)
    expect(await page.locator('noscript a').isVisible()).toBe(true)
    await picture(page, 'without-script', true)
  })

  it('shows itself to a browser that brings its token once, and to no other', async () => {
    const token = 'a-token-of-the-page'
    await using zone = await startZoneServer()
    await using one = await member(zone, 'cart-1')
    await using own = await served(zone, 0, zone.address, { token })
    for (const path of [
      '/',
      '/?token=',
      '/?token=a-token-of-the-pagf',
      '/page/state',
      '/page/events',
      '/page/history',
      '/page/member?name=cart-1@shop.test',
      '/page/page.js',
    ]) {
      const answer = await fetch(`${own.url}${path}`)
      expect([path, answer.status]).toEqual([path, 401])
      expect(answer.headers.get('set-cookie')).toBeNull()
      expect(await answer.text()).not.toContain('shop.test')
    }
    expect((await fetch(`${own.url}/livez`)).status).toBe(200)
    const letIn = await fetch(`${own.url}/?token=${token}`, { redirect: 'manual' })
    expect([letIn.status, letIn.headers.get('location')]).toEqual([303, '/'])
    const cookie = letIn.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/^dynsrv-[0-9a-f]{8}=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/)
    expect(cookie).not.toContain(token)
    const kept = await fetch(`${own.url}/?q=cart&token=${token}&sort=-node`, { redirect: 'manual' })
    expect(kept.headers.get('location')).toBe('/?q=cart&sort=-node')
    const [pair = ''] = cookie.split(';')
    const forged = `${pair.slice(0, -1)}${pair.endsWith('A') ? 'B' : 'A'}`
    for (const [shown, status] of [
      [`other=1; ${pair}`, 200],
      [forged, 401],
      ['', 401],
    ] as const) {
      expect((await fetch(`${own.url}/page/state`, { headers: { cookie: shown } })).status).toBe(status)
    }

    const { page, complaints } = await openPage(browser, `${own.url}/?token=${token}`)
    expect(new URL(page.url()).search).toBe('')
    await row(page, 'cart-1', 'connected')
    await page.locator('#live[data-live="live"]').waitFor()
    await page.reload()
    await row(page, 'cart-1', 'connected')
    expect(complaints).toEqual([])
    expect(one.connected()).toHaveLength(1)
    expect(() => pageRoutes(own.cluster, { token: 'short' })).toThrow(
      expect.objectContaining({ code: 'DYNSRV_BAD_OPTION' }),
    )
  })

  it('lets in no script, frame, form or other site, and shows other addresses nothing', async () => {
    await using zone = await startZoneServer()
    await using own = await served(zone)
    const answer = await fetch(own.url)
    const policy = answer.headers.get('content-security-policy') ?? ''
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'"]) {
      expect(policy).toContain(part)
    }
    expect(policy).not.toContain('unsafe')
    expect(await answer.text()).not.toMatch(/<script(?![^>]* src=)|\son\w+=|style=/)
    const crossSite = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }
    expect((await fetch(`${own.url}/page/state`, { headers: crossSite })).status).toBe(403)
    expect((await fetch(`${own.url}/page/events`, { headers: crossSite })).status).toBe(403)
    expect((await fetch(own.url, { method: 'POST' })).status).toBe(405)
    expect((await fetch(`${own.url}/page/events`, { method: 'HEAD' })).headers.get('content-type')).toContain(
      'event-stream',
    )
  })
})

it(
  'the script of the page has sound types',
  async () => {
    const folder = fileURLToPath(new URL('..', import.meta.url))
    const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))
    await expect(promisify(execFile)(process.execPath, [tsc, '-p', 'page'], { cwd: folder })).resolves.toMatchObject({
      stdout: '',
    })
  },
  3 * PATIENCE_MS,
)
