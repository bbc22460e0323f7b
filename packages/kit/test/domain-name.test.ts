import { expect, it } from 'vitest'
import { domainKey, sameDomainName, withoutFinalDot } from '../src/index.ts'

it('domain names are equal in letters of either case, with or without the final dot', () => {
  expect(sameDomainName('My.Test.', 'my.test')).toBe(true)
  expect(sameDomainName('my.test', 'my.tests')).toBe(false)
  expect(domainKey('DB-1.My.Test.')).toBe('db-1.my.test')
  expect([withoutFinalDot('a.b.'), withoutFinalDot('a.b'), withoutFinalDot('.')]).toEqual(['a.b', 'a.b', ''])
})
