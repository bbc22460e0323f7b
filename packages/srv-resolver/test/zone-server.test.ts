import { describe, expect, it } from 'vitest'
import { dnsClient, startZoneServer } from '../src/index.ts'

describe('a zone server', () => {
  it('says the same to all who ask alike, and something else as soon as its records or its faults change', async () => {
    const name = 'svc.test'
    await using server = await startZoneServer()
    const add = (label: string) => server.add({ type: 'SRV', name, target: `${label}.test`, port: 4370 })
    // Each question has an id of its own, and an answer with another one is none.
    const client = dnsClient({ servers: [server.address], timeoutMs: 5_000 })
    const targets = async () => (await client.resolveSrv(name)).records.map(({ target }) => target)
    expect(await targets()).toEqual([])
    add('a')
    for (let time = 0; time < 3; time++) expect(await targets()).toEqual(['a.test'])
    add('b')
    expect(await targets()).toEqual(['a.test', 'b.test'])
    server.setFault('servfail')
    await expect(client.resolveSrv(name)).rejects.toMatchObject({ code: 'DNS_SERVFAIL' })
    server.setFault('rotate')
    expect(new Set([await targets(), await targets()].map(([first]) => first))).toEqual(new Set(['a.test', 'b.test']))
    server.setFault()
    expect(await targets()).toEqual(['a.test', 'b.test'])
    server.remove({ target: 'a.test' })
    expect(await targets()).toEqual(['b.test'])
    server.remove({})
    expect(await targets()).toEqual([])
  })
})
