import { describe, expect, it } from 'vitest'
import { differences } from './differences.ts'
import { compiled, installedFolders } from './support.ts'
import { TWENTY } from './twenty.ts'

// A program in Erlang, which knows nothing of ours, makes values of each type, and says of others whether they are of it.
// The matcher must say the same of every one.

const folders = installedFolders()
const generator = compiled('typegen.erl')

describe.each([
  ['exact', 'exact', 1000],
  ['number', 'plain', 200],
] as const)('values that Erlang made, with integers as %s, decoded %s', (integers, values, count) => {
  it.each(TWENTY)('%s', { timeout: 300_000 }, async (module) => {
    const made = await differences(module, { folders, generator, integers, values, count })
    expect(made.differences).toEqual([])
    expect(made.types).toBeGreaterThan(0)
    expect(made.inside).toBeGreaterThanOrEqual(made.types * count * 0.9)
    expect(made.outside).toBeGreaterThan(count / 10)
  })
})
