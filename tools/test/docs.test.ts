import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { codeBlocks } from '../testing/readme-blocks.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const DYNSRV = join(ROOT, 'packages/dynsrv/bin/dynsrv.js')
const PAGES = pagesIn()

/** All Markdown files of the repository. */
function pagesIn(folder = ''): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return /^(?:node_modules|dist|\..*)$/.test(entry.name) ? [] : pagesIn(path)
    return entry.name.endsWith('.md') && entry.name !== 'CHANGELOG.md' ? [path] : []
  })
}

/** As GitHub makes the anchor of a heading. */
function anchor(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

const text = (file: string) => readFileSync(file, 'utf8').replace(/^```[\s\S]*?^```/gm, '')

/** Without code that looks like a link, as `all['one'](2)` does. */
const prose = (file: string) => text(file).replace(/`[^`\n]*`/g, (code) => code.replaceAll('](', ''))

it.each(PAGES)('%s links to what exists', (page) => {
  const broken: string[] = []
  for (const [, target = ''] of prose(join(ROOT, page)).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue
    const [path = '', fragment] = target.split('#')
    const file = path === '' ? join(ROOT, page) : resolve(ROOT, dirname(page), path)
    if (!existsSync(file)) broken.push(target)
    else if (fragment !== undefined && statSync(file).isFile()) {
      const headings = [...text(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading!))
      const named = [...text(file).matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id)
      if (![...headings, ...named].includes(fragment)) broken.push(target)
    }
  }
  expect(broken).toEqual([])
})

/** Paths that a reader is to fill in, or that a command makes. */
const TEMPLATE = /NAME|\/d99-|^docs\/api\//
const FILES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => existsSync(join(ROOT, file)))

it.each(PAGES)('%s names files that are there', (page) => {
  const named = [...text(join(ROOT, page)).matchAll(/`((?:bench|docs|examples|interop|packages|tools)\/[\w./-]+)`/g)]
  // These two say which file does what, and leave out the folder that the sentence names.
  if (/docs\/(?:protocol|architecture)\.md$/.test(page)) {
    named.push(...text(join(ROOT, page)).matchAll(/`([\w./-]+\.ts)`/g))
  }
  const missing = named
    .map(([, path = '']) => path)
    .filter((path) => !TEMPLATE.test(path) && !existsSync(join(ROOT, path)))
    .filter((path) => !FILES.some((file) => file.endsWith(`/${path}`)))
  expect(missing).toEqual([])
})

it('docs/architecture.md says how to run tests that there are', () => {
  const projects = [...text(join(ROOT, 'docs/architecture.md')).matchAll(/--project ([\w-]+)/g)].map(
    ([, name]) => name!,
  )
  const folders = [...readdirSync(join(ROOT, 'packages')), 'interop']
  expect(projects.filter((name) => !folders.includes(name))).toEqual([])
  expect(folders.filter((name) => name !== 'dynsrv' && !projects.includes(name))).toEqual([])
})

describe('commands of dynsrv in the documentation', () => {
  const helps = new Map<string, string>()
  const help = (command: string) => {
    if (!helps.has(command)) {
      const words = command === 'cookie' ? ['cookie', 'new'] : [command]
      helps.set(command, execFileSync(process.execPath, [DYNSRV, ...words, '--help'], { encoding: 'utf8' }))
    }
    return helps.get(command)!
  }
  const lines = PAGES.flatMap((page) =>
    codeBlocks(readFileSync(join(ROOT, page), 'utf8'))
      .filter(({ language }) => language === 'sh' || language === 'bash')
      .flatMap(({ code }) => code.replaceAll(/\\\n\s*/g, '').split('\n'))
      .map((line) => / *(?:^|\s)(?:npx |exec )?dynsrv ([a-z]+)\b([^#]*)/.exec(line.replace(/^#.*/, '')))
      .filter((found) => found !== null)
      .map(([, command = '', rest = '']) => ({ page, command, rest: rest.trim() })),
  )

  it('are there', () => expect(lines.length).toBeGreaterThan(10))

  it.each(lines)('$page: dynsrv $command $rest', ({ command, rest }) => {
    const known = help(command)
    for (const [option] of rest.matchAll(/(?<=^|\s)--[a-z][a-z-]*/g)) expect(known).toContain(option)
  })
})
