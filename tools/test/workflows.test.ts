import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly environment?: string
  readonly needs?: string | readonly string[]
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[]
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, Job>>
}

const FOLDER = new URL('../../.github/workflows/', import.meta.url)
const workflows = readdirSync(FOLDER).map(
  (name) => [name, parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Workflow] as const,
)
const release = workflows.find(([name]) => name === 'release.yml')![1]

describe.each(workflows)('%s', (_name, { permissions, jobs }) => {
  it('names every action by the hash of a commit', () => {
    const uses = Object.values(jobs).flatMap(({ steps }) => steps.flatMap((step) => step.uses ?? []))
    expect(uses.length).toBeGreaterThan(0)
    expect(uses.filter((use) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/.test(use))).toEqual([])
  })

  it('gives no job a right to write by default', () => {
    expect(Object.values(permissions ?? { all: 'write' })).not.toContain('write')
  })
})

describe('the release', () => {
  it('publishes in a job that asks a person, holds no other right, and builds and installs nothing', () => {
    const { publish } = release.jobs
    expect(publish).toMatchObject({ environment: 'npm', permissions: { 'id-token': 'write' } })
    expect(Object.keys(publish!.permissions!)).toEqual(['id-token'])
    expect(publish!.steps.filter(({ run }) => /npm (ci|install|run)|npx|checkout/.test(run ?? ''))).toEqual([])
  })

  it('publishes what the long tests have passed', () => {
    const { test, publish } = release.jobs
    expect(publish!.needs).toContain('test')
    expect(test!.permissions).toEqual({ contents: 'read' })
    expect(test!.steps.map(({ run }) => run)).toEqual(
      expect.arrayContaining(['npm run check', 'npm run test:all', 'npm run release:pack']),
    )
  })
})
