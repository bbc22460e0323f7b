import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const SITE = join(ROOT, 'site')
/** npm installs, from the network; the build reads every declaration; axe reads the longest pages for some seconds. */
const [BUILD_MS, LOOK_MS] = [300_000, 240_000]

let site: string
let browser: Browser
let pages: string[]
const html = new Map<string, string>()

beforeAll(async () => {
  const run = promisify(execFile)
  if (!existsSync(join(SITE, 'node_modules'))) {
    await run('npm', ['ci', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: SITE })
  }
  site = await mkdtemp(join(tmpdir(), 'dynsrv-site-'))
  // In a network of its own, in which there is nothing: the build asks nobody.
  await run('unshare', ['--net', process.execPath, join(SITE, 'build.mjs'), site], { cwd: ROOT })
  const files = readdirSync(site, { recursive: true, encoding: 'utf8' })
  pages = files.filter((file) => file.endsWith('.html')).sort()
  for (const page of pages) html.set(page, readFileSync(join(site, page), 'utf8'))
  // Root has no sandbox, and /dev/shm of a container is small.
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu']
  browser = await chromium.launch({ executablePath: process.env.DYNSRV_CHROMIUM ?? '/usr/bin/chromium', args })
}, BUILD_MS)

afterAll(async () => {
  await browser?.close()
  if (site !== undefined) await rm(site, { recursive: true, force: true })
})

const ids = (page: string) => new Set([...html.get(page)!.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id!))

describe('the pages', () => {
  it('link to what is there', () => {
    const broken: string[] = []
    for (const page of pages) {
      for (const [, target = ''] of html.get(page)!.matchAll(/ (?:href|src)="([^"]*)"/g)) {
        if (/^https?:/.test(target)) continue
        const [path = '', fragment] = target.split('#')
        const file = path === '' ? page : normalize(join(dirname(page), path))
        if (!existsSync(join(site, file))) broken.push(`${page}: ${target}`)
        else if (fragment !== undefined && html.has(file) && !ids(file).has(decodeURIComponent(fragment))) {
          broken.push(`${page}: ${target}`)
        }
      }
    }
    expect(pages.length).toBeGreaterThan(50)
    expect(broken).toEqual([])
  })

  it('have each id once', () => {
    const twice = pages.filter((page) => {
      const all = [...html.get(page)!.matchAll(/ id="([^"]+)"/g)]
      return all.length !== ids(page).size
    })
    expect(twice).toEqual([])
  })

  it('load nothing from elsewhere', () => {
    const foreign = pages.filter((page) =>
      /<(?:script|img|link|iframe)[^>]+(?:src|href)="https?:/.test(html.get(page)!),
    )
    expect(foreign).toEqual([])
  })

  it('have a place for every error, under the fragment of its address', () => {
    const codes = [...readFileSync(join(ROOT, 'docs/errors.md'), 'utf8').matchAll(/<a id="([A-Z_]+)">/g)]
    expect(codes.length).toBeGreaterThan(100)
    expect(codes.map(([, code]) => code!).filter((code) => !ids('errors.html').has(code))).toEqual([])
  })

  it('have a place for every export of a package', async () => {
    const missing: string[] = []
    for (const name of ['node', 'cluster', 'etf', 'strategy', 'testing']) {
      const exported = Object.keys((await import(`@dynsrv/${name}`)) as object)
      missing.push(...exported.filter((each) => !ids(`api/${name}.html`).has(each)))
    }
    expect(missing).toEqual([])
  })

  it('are listed in llms.txt, each as Markdown that is there', () => {
    const listed = [...readFileSync(join(site, 'llms.txt'), 'utf8').matchAll(/^- \[[^\]]+\]\(([^)]+)\): \S/gm)]
    expect(listed.length).toBe(pages.length - 1)
    expect(listed.filter(([, file]) => !existsSync(join(site, file!)))).toEqual([])
  })

  it('draw the diagrams of the state tables', () => {
    const drawn = [...html.get('state-machines.html')!.matchAll(/<figure class="diagram[\s\S]*?<\/figure>/g)]
    expect(drawn.length).toBe(2)
    for (const [figure] of drawn) {
      expect(figure).toContain('connected')
      // In the colours of the page, or nobody sees them in the dark.
      expect(figure).not.toContain('black')
    }
  })
})

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  return (await page.evaluate(`axe.run(document, { resultTypes: ['violations'], preload: false }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html, any }) => html + ' ' + any.map(({ message }) => message)).join(' | ')))`)) as string[]
}

/** One page of each kind. */
const KINDS = [
  ...['index', 'guides/index', 'guides/five-minutes', 'errors', 'comparison', 'state-machines', 'packages/node'],
  ...['api/dynsrv', 'api/node', 'examples/twenty-lines'],
].map((each) => `${each}.html`)

describe.each([
  ['light', 1400],
  ['dark', 1400],
  ['light', 390],
  ['dark', 390],
] as const)('in %s colours, %d px wide', (colorScheme, width) => {
  it('the pages fit, say nothing on the console, and axe finds nothing', { timeout: LOOK_MS }, async () => {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } })
    const wrong: string[] = []
    for (const each of KINDS) {
      const page = await context.newPage()
      page.on('console', (message) => wrong.push(`${each}: ${message.text()}`))
      page.on('pageerror', (error) => wrong.push(`${each}: ${error}`))
      await page.goto(pathToFileURL(join(site, each)).href)
      const wide = await page.evaluate('document.documentElement.scrollWidth')
      if (Number(wide) > width) wrong.push(`${each} is ${wide} px wide`)
      wrong.push(...(await violations(page)).map((found) => `${each}: ${found}`))
      const folder = process.env.DYNSRV_PICTURES
      if (folder !== undefined) {
        await mkdir(folder, { recursive: true })
        await page.screenshot({ path: join(folder, `${each.replaceAll(/\W/g, '-')}-${colorScheme}-${width}.png`) })
      }
      await page.close()
    }
    await context.close()
    expect(wrong).toEqual([])
  })
})

describe('a reader', { timeout: LOOK_MS }, () => {
  const open = async (page: string, width = 1400) => {
    const context = await browser.newContext({ colorScheme: 'light', viewport: { width, height: 900 } })
    const opened = await context.newPage()
    await opened.goto(pathToFileURL(join(site, page)).href)
    return opened
  }

  it.each([
    ['NODE_REFUSED', 'errors.html#NODE_REFUSED'],
    ['startNode', 'api/node.html#startNode'],
    ['kubernetes', 'guides/kubernetes.html'],
  ])('finds %s from the disk, without a server', async (asked, place) => {
    const page = await open('guides/tls.html')
    await page.keyboard.press('/')
    await page.getByRole('searchbox').fill(asked)
    await page.locator('dialog li a').first().waitFor()
    expect(await page.locator('dialog li a').first().getAttribute('href')).toBe(`../${place}`)
    await page.getByRole('searchbox').press('Enter')
    await page.waitForURL(new RegExp(`${place}$`))
    await page.context().close()
  })

  it('chooses colours, which stay on the next page', async () => {
    const page = await open('guides/tls.html')
    await page.getByRole('button', { name: 'Use dark colours' }).click()
    await page.getByRole('link', { name: 'Errors' }).first().click()
    await page.waitForURL(/errors\.html$/)
    await page.getByRole('button', { name: 'Use light colours' }).waitFor()
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(12, 14, 24)')
    await page.context().close()
  })

  it('opens the menu on a phone', async () => {
    const page = await open('guides/tls.html', 390)
    const link = page.locator('#menu').getByRole('link', { name: 'Security model' })
    expect(await link.isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Menu' }).click()
    await link.click()
    await page.waitForURL(/security\.html$/)
    await page.context().close()
  })
})
