import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FakeClock } from '@dynsrv/kit/testing'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { describe, expect, it, vi } from 'vitest'
import { loadConfig } from '../src/config.ts'
import { clock } from '../src/world.ts'

vi.mock('../src/world.ts', async () => (await import('@dynsrv/kit/testing')).fakeWorld())

const time = clock as FakeClock
const LIMIT_MS = 30_000
const folder = temporaryFolder('config-time-limit')
let count = 0

function module(code: string): string {
  const file = join(folder, `${count++}.mjs`)
  writeFileSync(file, code)
  return file
}

/** Reads the file, and lets time pass while it is read. */
async function reading(file: string, ms: number) {
  const outcome = loadConfig(file).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  await expect.poll(() => time.timers).toBe(1)
  await time.advance(ms)
  return outcome
}

describe('a configuration that takes its time', () => {
  it.each([
    ['a promise', 'export default new Promise(() => undefined)'],
    ['a function', 'export default () => new Promise(() => undefined)'],
    ['an async function', 'export default async () => { await new Promise(() => undefined) }'],
    ['something to wait for', 'await new Promise(() => undefined)\nexport default {}'],
    ['what has a then() of its own', 'export default { then: () => undefined }'],
  ])('is given up after 30 s: %s that never settles', async (_what, code) => {
    const file = module(code)
    expect(await reading(file, LIMIT_MS)).toEqual({
      error: expect.objectContaining({
        code: 'DYNSRV_CONFIG',
        message: `${file} cannot be read: it was not done within 30 s`,
        hint: expect.stringMatching(/^Find what it waits for/),
      }),
    })
    expect(time.timers).toBe(0)
  })

  it('is waited for until then', async () => {
    let settle: (config: object) => void = () => undefined
    const configOfTheTest = new Promise<object>((resolve) => {
      settle = resolve
    })
    Object.assign(globalThis, { configOfTheTest })
    const file = module('export default () => globalThis.configOfTheTest')
    const outcome = loadConfig(file)
    await expect.poll(() => time.timers).toBe(1)
    await time.advance(LIMIT_MS - 1)
    settle({ minPeers: 3 })
    expect(await outcome).toMatchObject({ file, minPeers: 3 })
    expect(time.timers).toBe(0)
  })
})
