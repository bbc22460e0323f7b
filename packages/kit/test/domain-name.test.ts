import { expect, it } from 'vitest'
import { domainKey, isConsulName, sameDomainName, withoutFinalDot } from '../src/index.ts'

it('domain names are equal in letters of either case, with or without the final dot', () => {
  expect(sameDomainName('My.Test.', 'my.test')).toBe(true)
  expect(sameDomainName('my.test', 'my.tests')).toBe(false)
  expect(domainKey('DB-1.My.Test.')).toBe('db-1.my.test')
  expect([withoutFinalDot('a.b.'), withoutFinalDot('a.b'), withoutFinalDot('.')]).toEqual(['a.b', 'a.b', ''])
})

it('knows the names of Consul, with and without a data center', () => {
  const names = ['a.web.service.consul', 'a.web.Service.consul.', 'a.web.service.dc1.consul', 'web.service.corp']
  expect(names.filter(isConsulName)).toEqual(names)
  expect(['service.consul', 'a.web.svc.cluster.local', 'a.service', 'a.service.b.c.d'].filter(isConsulName)).toEqual([])
})
