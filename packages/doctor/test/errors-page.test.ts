import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { DynsrvError } from '@dynsrv/cluster'
import { describe, expect, it } from 'vitest'
import type { CodeWords } from '../src/words.ts'
import { errorsPage, TABLES } from './errors-page.ts'

const ENTRIES = Object.values(TABLES).flatMap((table) => Object.entries<CodeWords>(table))
const CODES = new Set(ENTRIES.map(([code]) => code))

describe('the table of all codes', () => {
  it.each(ENTRIES)('%s says what happened, why, and what to do', (_code, { happened, why, hint }) => {
    for (const text of [happened, why, hint]) expect(text).toMatch(/^\S.*\S$/)
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
        codes.filter((code) => !CODES.has(code)),
        name,
      ).toEqual([])
    }
  })

  it('is what docs/errors.md shows; run "npm run generate" when it is not', async () => {
    await expect(errorsPage()).toMatchFileSnapshot('../../../docs/errors.md')
  })
})

describe('docs/errors.md', () => {
  const page = errorsPage()
  const anchors = [...page.matchAll(/<a id="([^"]+)"><\/a>/g)].map(([, id]) => id!)

  it('has an anchor for each code, spelled as the code is, once', () => {
    expect([...anchors].sort()).toEqual(ENTRIES.map(([code]) => code).sort())
  })

  it('has what its links lead to', () => {
    const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
      text!
        .replace(/<[^>]*>/g, '')
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    )
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, target]) => target!)
    expect(links.length).toBeGreaterThan(ENTRIES.length)
    expect(links.filter((link) => !anchors.includes(link) && !headings.includes(link))).toEqual([])
  })

  it('is where the address of an error leads', () => {
    const { docs } = new DynsrvError('DYNSRV_BAD_OPTION', 'wrong')
    const [path, anchor] = docs.split('#')
    expect(path).toMatch(/\/docs\/errors\.md$/)
    expect(anchors).toContain(anchor)
  })

  it('has no code whose heading GitHub would spell like that of another', () => {
    const small = anchors.map((anchor) => anchor.toLowerCase())
    expect(new Set(small).size).toBe(small.length)
  })
})
