import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { changelogPage, readChangesets, topicOf } from '../changelog/changelog.ts'
import { TOPICS } from '../changelog/topics.ts'

/** Packages have no version yet: what waits is the first release. */
const NEXT = '0.1.0'
const PAGE = fileURLToPath(new URL('../../docs/changelog.md', import.meta.url))

const changesets = readChangesets()

describe('the changelog', () => {
  // Without changesets the page stays as the release left it.
  it.runIf(changesets.length > 0)('says what the changesets say: npm run generate', async () => {
    await expect(changelogPage(NEXT, changesets)).toMatchFileSnapshot(PAGE)
  })

  it('has every changeset once', () => {
    const page = changelogPage(NEXT, changesets)
    for (const { text } of changesets) expect(page.split(`- ${text}\n`).length, text).toBe(2)
  })

  it('has a topic for each package, and refuses what has none', () => {
    expect(new Set(TOPICS.map(({ title }) => title)).size).toBe(TOPICS.length)
    for (const { packages } of changesets) for (const each of packages) topicOf({ name: 'x', packages: [each] })
    expect(() => topicOf({ name: 'x', packages: ['@dynsrv/unknown'] })).toThrow('no topic')
  })

  it('puts the first name that fits before the package', () => {
    const { title } = topicOf({ name: 'node-tls', packages: ['@dynsrv/node'] })
    expect(title).toBe('Security and limits')
    expect(topicOf({ name: 'anything', packages: ['@dynsrv/etf'] }).title).toBe('Terms and types')
  })
})
