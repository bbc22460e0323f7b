import { httpClient, type World } from '@dynsrv/kit'
import { consulHttp } from '@dynsrv/srv-resolver'
import { describe, expect, it } from 'vitest'
import { type MemberOptions, type RegistryFault, type Simulation, simulate } from '../src/index.ts'

const HOUR_MS = 3_600_000
const start = ({ world }: MemberOptions) => ({ world })
const { signal } = new AbortController()

const getter = (world: World) => httpClient(world, ({ what }) => new Error(what))

/** Asks for JSON, by a path of the registry. */
async function ask(world: World, url: string, timeoutMs = 10_000) {
  const answer = await getter(world)({ url: new URL(url), signal, timeoutMs })
  return { status: answer.status, header: (name: string) => answer.header(name), body: (await answer.json()) as never }
}

/** Two members and Consul. */
async function withConsul(sim: Simulation) {
  const { url } = sim.consul
  const [a, b] = await sim.members('svc.test', 2, start)
  const health = (more = '') => ask(a.world, `${url}/v1/health/service/svc${more}`, HOUR_MS)
  const ids = async (more = '') =>
    ((await health(more)).body as { Service: { ID: string } }[]).map(({ Service }) => Service.ID)
  return { a, b, health, ids, url }
}

describe('Consul in a simulation', () => {
  it('lists every member, those of before its first use too, and those only', () =>
    simulate({}, async (sim) => {
      const [a] = await sim.members('svc.test', 1, start)
      const [b] = await sim.members('svc.test', 1, start)
      const resolver = consulHttp({ world: b.world, url: sim.consul.url })
      await sim.members('_other._tcp.test', 1, start)
      const found = async (service: string) =>
        (await resolver.instances(service)).instances.map(({ id, port, meta }) => [id, port, meta])
      expect(await found('svc')).toEqual([
        ['svc-1', 4370, { node: 'svc-1@svc.test' }],
        ['svc-2', 4370, { node: 'svc-2@svc.test' }],
      ])
      expect(await found('other')).toHaveLength(1)
      expect(await found('nobody')).toEqual([])
      sim.deregister(a)
      expect(await found('svc')).toHaveLength(1)
      sim.register(a)
      await sim.restart(a, { port: 'new' })
      expect((await resolver.instances('svc')).instances.map(({ port }) => port).sort()).toEqual([4370, 4371])
      resolver.close()
    }))

  it('answers a blocking query when something changes, or its time is over', () =>
    simulate({}, async (sim) => {
      const { b, health, ids } = await withConsul(sim)
      const index = (await health()).header('x-consul-index')
      const begun = sim.now
      await health(`?index=${index}&wait=60s`)
      expect(sim.now - begun).toBeCloseTo(60_000, -2)
      const waiting = ids(`?index=${index}&wait=10m`)
      await sim.run('30 s')
      sim.deregister(b)
      expect(await waiting).toEqual(['svc-1'])
      expect(sim.now - begun).toBeLessThan(91_000)
      // An index of before a restore.
      expect(await ids('?index=4711&wait=10m')).toEqual(['svc-1'])
    }))

  it.each<[RegistryFault, RegExp | readonly string[]]>([
    ['error', /JSON/],
    [{ type: 'error', status: 403 }, /JSON/],
    ['cut', /failed|broke|closed|aborted|cut/i],
    ['empty', []],
    ['stale', ['svc-1', 'svc-2']],
    ['indexReset', ['svc-1', 'svc-2']],
    [{ type: 'delay', ms: 5_000 }, ['svc-1', 'svc-2']],
  ])('plays %o, and is mended', (fault, expected) =>
    simulate({}, async (sim) => {
      const { ids, health } = await withConsul(sim)
      const index = Number((await health()).header('x-consul-index'))
      sim.consul.fail(fault)
      const begun = sim.now
      if (expected instanceof RegExp) await expect(ids()).rejects.toThrow(expected)
      else expect(await ids()).toEqual(expected)
      if (typeof fault === 'object' && fault.type === 'delay') expect(sim.now - begun).toBeGreaterThanOrEqual(5_000)
      if (fault === 'indexReset') expect(Number((await health()).header('x-consul-index'))).toBeLessThan(index)
      sim.consul.heal()
      expect(await ids()).toEqual(['svc-1', 'svc-2'])
    }))

  it('says while it is stale that it has no leader, and reports no change', () =>
    simulate({}, async (sim) => {
      const { b, health, ids } = await withConsul(sim)
      sim.consul.fail('stale')
      const answer = await health()
      expect(answer.header('x-consul-knownleader')).toBe('false')
      const begun = sim.now
      const waiting = ids(`?index=${answer.header('x-consul-index')}&wait=2m`)
      sim.deregister(b)
      expect(await waiting).toEqual(['svc-1', 'svc-2'])
      expect(sim.now - begun).toBeGreaterThan(119_000)
      sim.consul.heal()
      expect(await ids()).toEqual(['svc-1'])
    }))

  it('is silent, can be parted, and refuses what is no fault', () =>
    simulate({}, async (sim) => {
      const { a, url } = await withConsul(sim)
      const asked = () => ask(a.world, `${url}/v1/health/service/svc`)
      sim.consul.fail('silence')
      await expect(asked()).rejects.toThrow('did not answer')
      sim.consul.heal()
      const mend = sim.partition([a], [sim.consul])
      await expect(asked()).rejects.toThrow('did not answer')
      mend()
      await asked()
      for (const wrong of ['slow', { type: 'delay' }, { type: 'error', status: 200 }, 1, null]) {
        expect(() => sim.consul.fail(wrong as never)).toThrow(expect.objectContaining({ code: 'SIM_BAD_OPTION' }))
      }
    }))
})

const LISTS = {
  endpointslices: '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices',
  endpoints: '/api/v1/namespaces/default/endpoints',
  pods: '/api/v1/namespaces/default/pods',
}

describe('the Kubernetes API in a simulation', () => {
  it.each(Object.entries(LISTS))('lists %s by their label, with the address of each member', (_kind, path) =>
    simulate({}, async (sim) => {
      const { url } = sim.kubernetes
      const [a, b] = await sim.members('svc.test', 2, start)
      const list = async (selector: string) =>
        JSON.stringify((await ask(a.world, `${url}${path}?labelSelector=${encodeURIComponent(selector)}`)).body)
      expect(await list('app=svc')).toMatch(/10\.0\.0\.3.*10\.0\.0\.4/)
      expect(JSON.parse(await list('app=other')).items).toEqual([])
      await sim.leave(b)
      expect(await list('app=svc')).not.toContain('10.0.0.4')
      expect((await ask(a.world, `${url}/api/v1/namespaces/default/secrets`)).status).toBe(404)
    }))

  it('is watched: what is there, each change, and an end after the time', () =>
    simulate({}, async (sim) => {
      const { url } = sim.kubernetes
      const [a, b] = await sim.members('svc.test', 2, start)
      const begun = sim.now
      const watch = new URL(`${url}${LISTS.pods}?labelSelector=app%3Dsvc&watch=1&timeoutSeconds=300`)
      const events = await getter(a.world)({ url: watch, signal, timeoutMs: HOUR_MS })
      const seen: string[] = []
      const all = (async () => {
        for await (const line of events.lines()) {
          const { type, object } = JSON.parse(line)
          seen.push(`${type} ${object.metadata.name}`)
        }
      })()
      await sim.run('10 s')
      sim.deregister(b)
      await sim.run('10 s')
      sim.register(b)
      await all
      expect(seen).toEqual(['ADDED svc-1', 'ADDED svc-2', 'DELETED svc-2', 'ADDED svc-2'])
      expect(sim.now - begun).toBeCloseTo(300_000, -3)
    }))

  it('cuts a watch', () =>
    simulate({}, async (sim) => {
      const { url } = sim.kubernetes
      const [a] = await sim.members('svc.test', 1, start)
      const watch = new URL(`${url}${LISTS.pods}?watch=1`)
      const events = await getter(a.world)({ url: watch, signal, timeoutMs: HOUR_MS })
      const lines = events.lines()
      await lines.next()
      const next = lines.next()
      sim.kubernetes.fail('cut')
      await expect(next).rejects.toThrow('ECONNRESET')
    }))
})
