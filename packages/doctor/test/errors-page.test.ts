import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { CATALOGUE, entryOf } from '../src/catalogue/catalogue.ts'
import type { ErrorEntry } from '../src/catalogue/error-entry.ts'
import { errorsPage } from './errors-page.ts'

const ENTRIES = Object.values(CATALOGUE).flatMap((table) => Object.entries<ErrorEntry>(table))

describe('the table of all codes', () => {
  it.each(ENTRIES)('%s says what happened, why, and what to do', (_code, { happened, why, remedy }) => {
    for (const text of [happened, why, remedy]) expect(text).toMatch(/^\S.*\S$/)
  })

  it('has each code once', () => {
    const codes = ENTRIES.map(([code]) => code)
    expect(new Set(codes).size).toBe(codes.length)
  })

  it('has every code of every package', async () => {
    const packages = new URL('../../', import.meta.url)
    for (const name of await readdir(packages)) {
      // The shape of all errors has no codes, and some packages have none of their own.
      if (name === 'kit' || !existsSync(new URL(`${name}/src/error.ts`, packages))) continue
      const source = await readFile(new URL(`${name}/src/error.ts`, packages), 'utf8')
      const codes = [...source.matchAll(/'([A-Z]+(?:_[A-Z0-9]+)+)'/g)].map(([, code]) => code!)
      expect(codes.length, name).toBeGreaterThan(0)
      expect(
        codes.filter((code) => entryOf(code) === undefined),
        name,
      ).toEqual([])
    }
  })

  it('is what docs/errors.md shows; run "npm run generate" when it is not', async () => {
    await expect(errorsPage()).toMatchFileSnapshot('../../../docs/errors.md')
  })
})
