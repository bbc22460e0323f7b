import { readFileSync } from 'node:fs'
import { companionPath } from '@dynsrv/epmd-shim'
import { expect, it } from 'vitest'

it('the companion is the same file in both packages', () => {
  const ours = readFileSync(new URL('../src/dynsrv_epmd.erl', import.meta.url), 'utf8')
  // After a change: cp packages/beam/src/dynsrv_epmd.erl packages/epmd-shim/beam/
  expect(readFileSync(companionPath(), 'utf8')).toBe(ours)
})
