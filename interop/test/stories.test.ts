import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { drawStory } from '../sim/draw.ts'
import { type Played, play } from '../sim/play.ts'
import { shrink } from '../sim/shrink.ts'
import type { Story } from '../sim/story.ts'

const FOLDER = new URL('stories/', import.meta.url)
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'))

describe('stories that once broke a rule', () => {
  it.each(files)('%s breaks none', async (name) => {
    const { story } = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as { story: Story }
    expect((await play(story)).broken).toEqual([])
  })
})

describe('stories drawn from seeds', () => {
  it.each([1, 2, 3, 4, 5, 6])('seed %i breaks no rule, and plays alike twice', async (seed) => {
    const story = drawStory(seed)
    const one = await play(story)
    expect(one.broken).toEqual([])
    const two = await play(JSON.parse(JSON.stringify(story)) as Story)
    expect(two.digest).toBe(one.digest)
    expect(two.report()).toBe(one.report())
  })

  it('have all kinds of acts', () => {
    const acts = new Set(
      Array.from({ length: 200 }, (_, seed) => drawStory(seed).scenes.map((scene) => scene.do)).flat(),
    )
    expect([...acts].sort()).toEqual([
      ...[
        'crash',
        'deaf',
        'deregister',
        'disconnect',
        'dns',
        'flap',
        'freeze',
        'jump',
        'leave',
        'name',
        'partition',
        'path',
        'slow',
      ],
    ])
  })
})

describe('the planted faults', () => {
  it('each fit into one place of the sources as they are', async () => {
    const [{ FAULTS }, { planted }] = await Promise.all(
      ['faults', 'bundle'].map((name) => import(new URL(`../sim/${name}.mjs`, import.meta.url).href)),
    )
    expect(FAULTS).toHaveLength(new Set(FAULTS.map(({ name }: { readonly name: string }) => name)).size)
    for (const fault of FAULTS) expect(planted(fault)).toContain(fault.replace)
  })
})

describe('a story that breaks a rule', () => {
  it('is shrunk to what breaks it', async () => {
    // As if two crashes that come close together broke something, and the second one alone another thing.
    const pretend = async (story: Story): Promise<Played> => {
      const crashes = story.scenes.filter((scene) => scene.do === 'crash')
      const broken = crashes.length >= 2 ? [{ rule: 'two', how: '' }] : crashes.map(() => ({ rule: 'one', how: '' }))
      return { broken, digest: '', report: () => '', elapsedMs: 0 }
    }
    const crash = (atMs: number) => ({ do: 'crash', who: 1, silent: false, port: 'same', atMs, forMs: 40_000 }) as const
    const dns = { do: 'dns', fault: 'servfail', atMs: 9_000, forMs: 60_000 } as const
    const scenes = [dns, crash(20_000), dns, crash(50_000), dns, crash(60_000)]
    const story: Story = { seed: 1, members: 6, visible: true, netTickTimeMs: 8_000, pollingMs: 5_000, scenes }
    const short = await shrink(story, 'two', pretend, 200)
    expect(short.scenes.map((scene) => scene.do)).toEqual(['crash', 'crash'])
    expect(short).toMatchObject({ members: 2, visible: false })
    expect(Math.max(...short.scenes.map(({ forMs }) => forMs))).toBeLessThan(1_000)
  })
})
