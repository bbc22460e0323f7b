import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** How long the slowest machine may take for what it is asked. */
export const PATIENCE_MS = 60_000

/** A real Chromium; it is closed with its scope. */
export async function startBrowser(): Promise<Browser & AsyncDisposable> {
  const executablePath = process.env.DYNSRV_CHROMIUM ?? '/usr/bin/chromium'
  // Root has no sandbox, and /dev/shm of a container is small.
  const args = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu']
  return await chromium.launch({ executablePath, args, timeout: 2 * PATIENCE_MS })
}

/** A page whose complaints are gathered: what its console says, what it throws, and what its policy forbids. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(url, { waitUntil: 'load' })
  return { page, complaints }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds wrong: the rule and the places. Evaluated from outside, as the page's policy lets no script in. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  return (await page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, any }) => html + ' ' + any.map(({ message }) => message)).join(' | ')))`)) as string[]
}

/** Keeps a picture in the folder that `DYNSRV_PICTURES` names, to be looked at. */
export async function picture(page: Page, name: string, fullPage = false): Promise<void> {
  const folder = process.env.DYNSRV_PICTURES
  if (folder === undefined) return
  // Once more around, so that figures are those of a cluster at rest.
  await page.waitForTimeout(7_000)
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage })
}
