import { expect, it } from 'vitest'
import { listed } from '../src/index.ts'

it('lists words as Intl.ListFormat does', () => {
  for (const words of [[], ['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd']]) {
    expect(listed(words, 'and')).toBe(new Intl.ListFormat('en').format(words))
    expect(listed(words, 'or')).toBe(new Intl.ListFormat('en', { type: 'disjunction' }).format(words))
  }
})
