import { HttpServer, httpClient } from '@dynsrv/kit'
import { consulHttp } from '@dynsrv/srv-resolver'
import { describe, expect, it } from 'vitest'
import { type MemberOptions, type Simulation, simulate } from '../src/index.ts'

/** A registry with an HTTP API, as Consul has it, on one host, and a client on another. */
async function registryAndClient(sim: Simulation, body: () => unknown) {
  const start = async ({ world }: MemberOptions) => {
    const server = new HttpServer(world, 100, (_request, response) => {
      response.setHeader('X-Consul-Index', '7')
      response.end(JSON.stringify(body()))
    })
    await server.listen(8_500, '0.0.0.0')
    return { world, close: () => server.close() }
  }
  const [registry, client] = await sim.members('registry.test', 2, start)
  return { registry, client }
}

describe('HTTP in a simulation', () => {
  it('is asked and answered, refused and lost', () =>
    simulate({}, async (sim) => {
      const { registry, client } = await registryAndClient(sim, () => ({ hello: 'world' }))
      const get = httpClient(client.world, ({ what }) => new Error(what))
      const ask = async () => {
        const { signal } = new AbortController()
        const answer = await get({ url: new URL('http://registry-1.registry.test:8500/'), signal, timeoutMs: 5_000 })
        return [answer.status, await answer.json()]
      }
      expect(await ask()).toEqual([200, { hello: 'world' }])
      const mend = sim.partition([client], [registry])
      const begun = sim.now
      await expect(ask()).rejects.toThrow('did not answer within 5000 ms')
      expect(sim.now - begun).toBe(5_000)
      mend()
      expect(await ask()).toEqual([200, { hello: 'world' }])
      sim.crash(registry)
      await expect(ask()).rejects.toThrow('failed: ECONNREFUSED')
    }))

  it('carries the API of Consul', () =>
    simulate({}, async (sim) => {
      const entry = {
        Node: { Node: 'machine-1', Address: '10.0.0.9', Datacenter: 'dc1' },
        Service: { ID: 'api-1', Address: 'api-1.svc.test', Port: 9_100 },
      }
      const { client } = await registryAndClient(sim, () => [{ ...entry, Checks: [] }])
      const resolver = consulHttp({ world: client.world, url: 'http://10.0.0.2:8500' })
      const { records } = await resolver.resolveSrv('svc.service.consul')
      expect(records).toMatchObject([{ target: 'api-1.svc.test', port: 9_100 }])
      resolver.close()
    }))
})
