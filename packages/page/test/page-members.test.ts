/// <reference lib="dom" />
import { start } from '@dynsrv/cluster'
import { DynamicSrv } from '@dynsrv/epmd-shim'
import { type Node, startNode } from '@dynsrv/node'
import { dnsClient, startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { freePort } from '@dynsrv/tools/free-port'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startHealthServer } from '../src/health/health-server.ts'
import { pageRoutes } from '../src/live/page-routes.ts'
import { openPage, PATIENCE_MS, picture, startBrowser, violations } from './browser.ts'

const SERVICE = 'shop.service.consul'
const COOKIE = 'page-members-cookie'

/** Our node with its page, and members with these labels: one that is `null` has a record and no node behind it. */
async function cluster(labels: Readonly<Record<string, { cookie?: string; hidden?: boolean } | null>>) {
  const zone = await startZoneServer()
  const nodes: Node[] = []
  for (const [label, options] of Object.entries(labels)) {
    if (options === null) {
      register(zone, label, await freePort())
      continue
    }
    const epmd = new DynamicSrv({ resolver: dnsClient({ servers: [zone.address] }), listenPort: 0 })
    const listen = { host: '127.0.0.1', port: 0 }
    const node = await startNode({ name: `${label}@${SERVICE}`, cookie: COOKIE, epmd, listen, ...options })
    nodes.push(node)
    register(zone, label, node.port ?? 0)
  }
  const own = await start({
    ...{ name: `api-1@${SERVICE}`, cookie: COOKIE, host: '127.0.0.1', port: 0, env: {} },
    ...{ service: SERVICE, dns: zone.address, pollingInterval: 200 },
  })
  const server = await startHealthServer(own, { port: 0, routes: pageRoutes(own) })
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      await own.close()
      await server.close()
      await Promise.all(nodes.map((node) => node.close()))
      await zone.close()
    },
  }
}

function register(zone: ZoneServer, label: string, port: number): void {
  zone.add({ type: 'SRV', name: SERVICE, target: `${label}.${SERVICE}`, port, ttlSeconds: 0 })
  zone.add({ type: 'A', name: `${label}.${SERVICE}`, address: '127.0.0.1', ttlSeconds: 0 })
}

function row(page: Page, label: string) {
  return page.locator(`#members > tbody[data-name="${label}@${SERVICE}"]`)
}

/** The names in the table, from top to bottom. */
async function order(page: Page): Promise<string[]> {
  const names = await page
    .locator('#members > tbody')
    .evaluateAll((bodies) => bodies.map((body) => body.getAttribute('data-name') ?? ''))
  return names.map((name) => name.split('@')[0] ?? '')
}

/** Pairs of labels in the picture that lie on each other. */
function overlaps(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const labels = [...document.querySelectorAll('.labels > g')].map((label) => ({
      text: label.textContent,
      box: label.getBoundingClientRect(),
    }))
    return labels.flatMap(({ text, box }, index) =>
      labels
        .slice(index + 1)
        .filter(
          ({ box: other }) =>
            box.left < other.right &&
            other.left < box.right &&
            box.top + 2 < other.bottom &&
            other.top + 2 < box.bottom,
        )
        .map((other) => `${text} on ${other.text}`),
    )
  })
}

let browser: Awaited<ReturnType<typeof startBrowser>>
beforeAll(async () => {
  browser = await startBrowser()
}, 3 * PATIENCE_MS)
afterAll(() => browser?.close())

it('shows one member whole, with a link that leads back to it', { timeout: 5 * PATIENCE_MS }, async () => {
  await using own = await cluster({ 'cart-1': { hidden: false }, 'cart-2': { hidden: true }, 'db-1': null })
  const { page, complaints } = await openPage(browser, own.url)
  await row(page, 'cart-1').locator('[data-state="connected"]').waitFor()
  // Our own node is hidden in both cases.
  await expect.poll(() => row(page, 'cart-2').textContent()).toContain('· hidden')
  expect(await row(page, 'cart-1').textContent()).not.toContain('hidden')
  await row(page, 'cart-1').getByRole('button').press('Enter')
  const panel = page.locator('#member')
  await panel.locator('dd', { hasText: 'not BEAM' }).waitFor()
  await panel.locator('.chart .line').first().waitFor({ state: 'attached' })
  expect(await panel.textContent()).toMatch(/visible.*127\.0\.0\.1:\d+.*messages.*connected/s)
  expect(await panel.locator('summary').textContent()).toMatch(/flags that it announced \(\d\d\)/)
  expect(new URL(page.url()).searchParams.get('member')).toBe(`cart-1@${SERVICE}`)
  expect(await violations(page)).toEqual([])
  await picture(page, 'member')
  await page.keyboard.press('Escape')
  await panel.waitFor({ state: 'hidden' })
  expect(new URL(page.url()).search).toBe('')
  // The reader is where he was.
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(`cart-1@${SERVICE}`)
  await page.keyboard.press('Enter')
  await panel.waitFor()
  await page.goBack()
  await panel.waitFor({ state: 'hidden' })
  await page.goForward()
  await panel.waitFor()
  await page.reload()
  await panel.locator('dd', { hasText: 'not BEAM' }).waitFor()

  await page.locator('.nodes [data-state="unreachable"]').click()
  await panel.locator('.reason', { hasText: 'NODE_REFUSED' }).waitFor()
  await panel.locator('.events li', { hasText: 'not reached' }).waitFor()
  expect(complaints).toEqual([])
})

it('counts causes, and filters, sorts and names what the address says', { timeout: 5 * PATIENCE_MS }, async () => {
  const labels = Array.from({ length: 60 }, (_, at) => `web-${at + 1}`)
  const dead = new Set(['web-3', 'web-20', 'web-41', 'web-42'])
  await using own = await cluster(
    Object.fromEntries(
      labels.map((label) => [label, dead.has(label) ? null : { cookie: label === 'web-9' ? 'another' : COOKIE }]),
    ),
  )
  const { page, complaints } = await openPage(browser, own.url)
  await page.locator('.tile', { hasText: '55 of 60' }).waitFor()
  const causes = page.locator('#causes li')
  await expect
    .poll(() => causes.allTextContents())
    .toEqual([
      expect.stringMatching(/^4 refuse the connection.*Check that the peer runs/),
      expect.stringMatching(/^1 rejects our cookie.*same cookie/),
    ])
  await page.getByRole('button', { name: '4 refuse the connection' }).click()
  expect(await order(page)).toEqual(['web-3', 'web-20', 'web-41', 'web-42'])
  expect(new URL(page.url()).search).toBe('?q=NODE_REFUSED&state=unreachable')
  await page.reload()
  await expect.poll(() => order(page)).toEqual(['web-3', 'web-20', 'web-41', 'web-42'])
  expect(await page.getByRole('searchbox').inputValue()).toBe('NODE_REFUSED')

  await page.goto(`${own.url}/?sort=-node&state=connected`)
  await expect.poll(async () => (await order(page)).slice(0, 3)).toEqual(['web-60', 'web-59', 'web-58'])
  expect(await page.locator('th[aria-sort="descending"]').textContent()).toBe('Node')
  await page.getByRole('button', { name: 'Latency' }).click()
  const latencies = () =>
    page
      .locator('#members td[data-label="latency"]')
      .evaluateAll((cells) => cells.map((cell) => Number.parseFloat(cell.textContent.replace('–', '-1'))))
  await expect.poll(async () => (await latencies())[0]).toBeGreaterThan(0)
  const shown = await latencies()
  expect(shown).toEqual(shown.toSorted((a, b) => b - a))

  // In a picture of many, those in trouble have their names; the others at the pointer, or when the reader asks.
  expect(await page.locator('.labels > g').count()).toBe(5)
  expect(await overlaps(page)).toEqual([])
  await page.locator('.nodes [data-name^="web-30@"]').hover()
  expect(await page.locator('.pointed').textContent()).toContain('web-30@')
  await page.getByRole('button', { name: 'All names' }).click()
  expect(await page.locator('.labels > g').count()).toBeGreaterThan(40)
  expect(await overlaps(page)).toEqual([])
  for (const width of [390, 700]) {
    await page.setViewportSize({ width, height: 844 })
    await page.waitForFunction((wide) => (document.querySelector('#graph svg')?.clientWidth ?? 0) < wide, width)
    expect(await overlaps(page)).toEqual([])
  }
  expect(await violations(page)).toEqual([])
  expect(complaints).toEqual([])
})

it('breaks long names after @ and dots, and keeps links off the names', { timeout: 5 * PATIENCE_MS }, async () => {
  const labels = Array.from({ length: 5 }, (_, at) => `checkout-payments-${at + 1}`)
  await using own = await cluster(Object.fromEntries(labels.map((label) => [label, {}])))
  const { page } = await openPage(browser, own.url, { viewport: { width: 1400, height: 900 } })
  await page.locator('.tile', { hasText: '5 of 5' }).waitFor()
  expect(await page.locator('.labels > g').count()).toBe(5)
  const crossed = await page.evaluate(() =>
    [...document.querySelectorAll('.labels > g')].flatMap((label) => {
      const box = label.getBoundingClientRect()
      const inside = ({ x, y }: DOMPoint) => x > box.left && x < box.right && y > box.top && y < box.bottom
      const links = [...document.querySelectorAll<SVGPathElement>('.links path:not(.flow)')]
      return links
        .filter((link) => {
          const screen = link.getScreenCTM()
          const parts = Array.from({ length: 100 }, (_, at) =>
            link.getPointAtLength((link.getTotalLength() * at) / 100),
          )
          return screen !== null && parts.some((point) => inside(point.matrixTransform(screen)))
        })
        .map(() => label.textContent)
    }),
  )
  expect(crossed).toEqual([])
  await page.setViewportSize({ width: 390, height: 844 })
  // Where a line of the heading ends.
  const broken = await page.locator('h1').evaluate((heading) => {
    const lines: string[] = []
    let top = Number.NaN
    for (const text of [...heading.childNodes].filter((node) => node.nodeType === 3)) {
      const range = document.createRange()
      range.selectNodeContents(text)
      const rects = range.getClientRects()
      if (rects.length !== 1 || rects[0]!.top !== top) lines.push('')
      top = rects[0]!.top
      lines[lines.length - 1] += text.textContent ?? ''
    }
    return lines
  })
  expect(broken.length).toBeGreaterThan(1)
  expect(broken.slice(0, -1).every((line) => /[@.]$/.test(line))).toBe(true)
})
