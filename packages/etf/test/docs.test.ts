import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as Tag from '../src/tag.ts'

const protocol = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
const section = protocol.slice(protocol.indexOf('## External Term Format'))
const ROW = /^\| (\d+) \| ([A-Z][A-Z0-9_]*) \| [^|]+ \| ([^|]+) \| ([^|]+) \| ([^|]+) \|/gm
const rows = [...section.matchAll(ROW)].map(([, tag, name, decoded, encoded, files]) => ({
  tag: Number(tag),
  name: name!,
  isDecoded: decoded!.trim() !== 'refused',
  isEncoded: !['never', '–'].includes(encoded!.trim()),
  files: files!.trim() === '–' ? [] : files!.trim().split(', '),
}))

const source = (file: string) => readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8')
const mentions = (file: string, name: string) => new RegExp(`\\b${name}\\b`).test(source(file))

describe('the table of tags in docs/protocol.md', () => {
  it('has every tag that the codec knows, under its number', () => {
    const listed = new Map(rows.map(({ name, tag }) => [name, tag]))
    for (const [name, tag] of Object.entries(Tag)) expect(listed.get(name), name).toBe(tag)
    expect(rows.length).toBe(new Set(rows.map(({ tag }) => tag)).size)
  })

  it.each(rows)('names the files that handle $name', ({ name, isDecoded, isEncoded, files }) => {
    const handled = files.filter((file) => mentions(file, name))
    expect(handled.length > 0).toBe(isDecoded || isEncoded)
  })
})
