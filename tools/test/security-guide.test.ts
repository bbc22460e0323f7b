import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const GUIDE = new URL('../../docs/guides/security.md', import.meta.url)
const ROOT = new URL('../../', import.meta.url).pathname
const lines = readFileSync(GUIDE, 'utf8').split('\n')
/** Sections that promise nothing: what nobody can promise, and where to write to. */
const NO_PROMISES = ['What we do not', 'Reporting']

const rows = lines
  .filter((line) => /^\|(?!---| promise \|)/.test(line))
  .map((line) => line.split(/\s*\|\s*/).slice(1, -1))

describe('the security guide', () => {
  it('makes promises', () => expect(rows.length).toBeGreaterThan(30))

  it.each(rows)('%s', (...[promise = '', tests = '', ...more]) => {
    expect(promise).toMatch(/^.{10,}$/)
    expect(more).toEqual([])
    const links = tests.split(', ').map((link) => /^\[([\w-]+)\]\(([^)]+)\)$/.exec(link))
    expect(links).not.toContain(null)
    for (const [, name, path] of links as RegExpExecArray[]) {
      const file = new URL(path!, GUIDE).pathname
      expect(existsSync(file), file).toBe(true)
      // Where the test runs look for tests.
      expect(file.slice(ROOT.length)).toMatch(/^(?:packages\/[\w-]+|interop|tools)\/test\/.*\.test\.ts$/)
      expect(file).toContain(`/${name}.`)
      expect(readFileSync(file, 'utf8')).toMatch(/^\s*(?:it|test|describe|testContract|testOptions)\b/m)
    }
  })

  it('has promises in tables only, each beside its tests', () => {
    const sections = lines.join('\n').split(/^## /m).slice(1)
    const bare = sections.filter((text) => !text.includes('\n| promise | test |\n|---|---|\n'))
    expect(bare.map((text) => text.split('\n')[0])).toEqual(NO_PROMISES)
  })
})
