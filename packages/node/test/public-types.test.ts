import { hiddenTypes } from '@dynsrv/tools/public-types'
import { expect, it } from 'vitest'

it('every type in the signature of a public name is public', () => {
  expect(hiddenTypes(new URL('../src/index.ts', import.meta.url))).toStrictEqual([])
})
