import { readFileSync } from 'node:fs'
import { companionPath } from '@dynsrv/epmd-shim'
import { expect, it } from 'vitest'

it('the companion is the same file in both packages', () => {
  const ours = readFileSync(new URL('../src/dynsrv_epmd.erl', import.meta.url), 'utf8')
  // After a change: cp packages/beam/src/dynsrv_epmd.erl packages/epmd-shim/beam/
  expect(readFileSync(companionPath(), 'utf8')).toBe(ours)
})

it('mix, rebar3 and npm know it by one version', () => {
  const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
  const { version } = JSON.parse(read('package.json')) as { version: string }
  expect(/version: "([^"]+)"/.exec(read('mix.exs'))?.[1]).toBe(version)
  expect(/\{vsn, "([^"]+)"\}/.exec(read('src/dynsrv.app.src'))?.[1]).toBe(version)
})
