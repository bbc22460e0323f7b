import { describe, expect, it } from 'vitest'
import { staticResolver } from '../../src/index.ts'

const RESOLVER = staticResolver([
  { type: 'SRV', name: 'svc.example.org', target: 'a.svc.example.org', port: 9001, priority: 1, weight: 2 },
  { type: 'A', name: 'a.svc.example.org', address: '192.0.2.7' },
])

describe('staticResolver', () => {
  it('answers from what it was given', async () => {
    const answer = await RESOLVER.resolveSrv('SVC.example.org')
    expect(answer.records).toStrictEqual([
      { target: 'a.svc.example.org', port: 9001, priority: 1, weight: 2, ttlSeconds: 5 },
    ])
    expect(answer.addresses.get('a.svc.example.org')).toMatchObject([{ address: '192.0.2.7', family: 4 }])
  })

  it('does not confuse nxdomain and nodata', async () => {
    expect((await RESOLVER.resolveSrv('b.example.org')).empty).toBe('nxdomain')
    expect((await RESOLVER.resolveAddresses('a.svc.example.org', { family: 6 })).empty).toBe('nodata')
  })

  it('refuses an address of the wrong family', () => {
    expect(() => staticResolver([{ type: 'AAAA', name: 'x.org', address: '1.2.3.4' }])).toThrow(/1\.2\.3\.4/)
  })
})
