import { startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { COOKIE, register, SERVICE, type SrvCluster, startSrvCluster } from '@dynsrv/tools/srv-cluster'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorsOf, examineAs } from './examination.ts'

describe('what the doctor says first', () => {
  let zone: ZoneServer
  let cluster: SrvCluster
  let port: number
  beforeAll(async () => {
    zone = await startZoneServer()
    cluster = await startSrvCluster(zone, ['erl-1'])
    port = cluster.members[0]!.port
  })
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]()
    await zone.close()
  })

  const examine = (env: Record<string, string> = {}) =>
    examineAs({ services: [SERVICE], dns: [zone.address], env: { ...cluster.env, ...env } })

  it('of twelve records that lead to one node is one thing, in the order that people count', async () => {
    for (let at = 2; at <= 12; at++) register(zone, `erl-${at}`, port)
    const found = await examine()
    for (let at = 2; at <= 12; at++) zone.remove({ type: 'SRV', target: `erl-${at}.${SERVICE}` })
    expect(errorsOf(found)).toEqual(['D05 DIST_NAME_MISMATCH'])
    expect(found.verdicts[0]).toMatchObject({
      message: `we dialled erl-2@${SERVICE}, but it calls itself erl-1@${SERVICE}, and 10 more`,
      nodes: Array.from({ length: 11 }, (_, at) => `erl-${at + 2}@${SERVICE}`),
    })
    expect(found.verdicts[0]?.hint).toBe(
      `11 records lead to 127.0.0.1:${port}, where erl-1@${SERVICE} listens: give each the address and port of its own node.`,
    )
  })

  it('of targets without an address is one thing', async () => {
    const targets = [1, 2, 3].map((at) => `lost-${at}.${SERVICE}`)
    for (const target of targets) zone.add({ type: 'SRV', name: SERVICE, target, port, ttlSeconds: 0 })
    const found = await examine()
    for (const target of targets) zone.remove({ type: 'SRV', target })
    expect(errorsOf(found)).toEqual(['D04 EPMD_NO_ADDRESS'])
    expect(found.verdicts[0]).toMatchObject({
      message: `the SRV target ${targets[0]} has no address, and 2 more`,
      hint: 'Add an A or AAAA record for each of these targets.',
    })
  })

  it.each([
    ['quotation mark', `"${COOKIE}"`],
    ['blank', `${COOKIE} `],
  ])('of a cookie with a %s around it is just that', async (what, cookie) => {
    const found = await examine({ RELEASE_COOKIE: cookie })
    expect(errorsOf(found)).toEqual(['D07 DIST_COOKIE_REJECTED'])
    expect(found.verdicts[0]?.evidence[0]).toBe(`our cookie begins or ends with a ${what}, probably by mistake`)
    expect(found.verdicts[0]?.hint).toMatch(new RegExp(`^Remove the ${what}`))
    expect(found.text).not.toContain(COOKIE)
  })

  it('of a node with an IPv6 address alone is that Erlang does not listen there', async () => {
    const target = `v6.${SERVICE}`
    zone.add({ type: 'SRV', name: SERVICE, target, port, ttlSeconds: 0 })
    zone.add({ type: 'AAAA', name: target, address: '::1', ttlSeconds: 0 })
    const found = await examine()
    zone.remove({ type: 'SRV', target })
    zone.remove({ name: target })
    expect(errorsOf(found)).toEqual(['D20 NODE_REFUSED'])
    expect(found.verdicts[0]?.evidence.join()).toMatch(/DNS has only IPv6 addresses/)
    expect(found.verdicts[0]?.hint).toMatch(/^Give its host an A record/)
  })

  it('of our own node is nothing when all of the cluster is on one machine', async () => {
    const found = await examine({ RELEASE_NODE: `erl-1@${SERVICE}`, ERL_DIST_PORT: String(port) })
    expect(found.checks.find(({ id }) => id === 'D21')?.status).toBe('ok')
    expect(errorsOf(found)).toEqual([])
  })
})
