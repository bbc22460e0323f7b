import { startConsul } from '@dynsrv/tools/consul'
import { freePort } from '@dynsrv/tools/free-port'
import { describe, expect, it } from 'vitest'
import type { ClusterEvent } from '../src/cluster-event.ts'
import { start } from '../src/start.ts'

const SERVICE = 'my-service.service.consul'

describe.each([20, 100])('a real Consul with %i instances, of which UDP shows some', (count) => {
  it('names all at the first poll, and nothing false follows', async () => {
    await using consul = await startConsul()
    const ports = [await freePort(), await freePort()]
    // The others are listed and refuse: what counts is who is named, and that nothing false follows.
    const instances = Array.from({ length: count }, (_, index) => ({
      id: `api-${index + 1}`,
      port: ports[index] ?? 1,
      address: `api-${index + 1}.${SERVICE}`,
    }))
    await consul.register(...instances)
    const events: ClusterEvent[] = []
    const join = async (index: number) => {
      const cluster = await start({
        name: `api-${index + 1}@${SERVICE}`,
        port: ports[index]!,
        service: SERVICE,
        dns: consul.address,
        cookie: 'secret',
        host: '127.0.0.1',
        env: {},
        pollingInterval: 1_000,
      })
      cluster.on((event) => events.push(event))
      return cluster
    }
    await using _one = await join(0)
    await using _two = await join(1)
    const polled = () => events.filter((event) => event.type === 'polled')
    await expect.poll(() => polled().length, { timeout: 20_000, interval: 100 }).toBeGreaterThan(10)
    for (const poll of polled()) expect(poll).toMatchObject({ expected: count - 1, trimmed: false })
    const wrong = ['deregistered', 'left', 'lost', 'nodedown']
    expect(events.filter(({ type }) => wrong.includes(type))).toStrictEqual([])
  })
})
