import { FixedPort } from '@dynsrv/epmd-shim'
import { atom, tuple } from '@dynsrv/etf'
import { byTxt, consul, every, kubernetes } from '@dynsrv/strategy'
import { type MemberOptions, type SimulateOptions, type Simulation, simulate } from '@dynsrv/testing'
import { testReadme } from '@dynsrv/tools/readme-blocks'
import { type Cluster, start } from 'dynsrv'
import { describe, expect, it } from 'vitest'

const SERVICE = 'svc.test'

function isWhole(members: readonly Cluster[]): boolean {
  return members.every((each) => each.members().length === members.length - 1)
}

/** A visible member, so that `global` and `pg` take part. */
const visible = (options: MemberOptions) => start({ ...options, hidden: false })

// Here, since it uses packages above the one that it belongs to.
testReadme(new URL('../', import.meta.url), '../packages/testing/README.md')

describe('members of a simulation', () => {
  it('find each other, are parted, and are one cluster again', () =>
    simulate({ seed: 7 }, async (sim) => {
      const [a, b, c] = await sim.members(SERVICE, 3, start)
      await sim.until(() => isWhole([a, b, c]))
      sim.partition([a], [b, c])
      await sim.run('2 min')
      expect(a.members()).toEqual([])
      expect(b.members()).toEqual([c.self])
      sim.heal()
      await sim.until(() => isWhole([a, b, c]))
    }))

  it('keep their links through a DNS outage, and answer calls', async () => {
    await using sim = simulate()
    const [a, b] = await sim.members(SERVICE, 2, start)
    await a.ready()
    const box = b.node.mailbox('box')
    for (const fault of ['servfail', 'silence', 'garbage', 'nxdomain'] as const) {
      sim.dns.fail(fault)
      await sim.run('5 min')
      expect(a.members()).toEqual([b.self])
    }
    a.node.send({ name: 'box', node: b.self }, tuple(atom('hello'), 1))
    expect(await box.receive()).toEqual(tuple(atom('hello'), 1))
  })

  it('do not lose links because all ask in step and each is told of the same part every time', async () => {
    // On a network without jitter their questions come in the same order each time.
    await using sim = simulate({ seed: 1, path: { latencyMs: 1, jitterMs: 0 } })
    const members = await sim.members(SERVICE, 3, (options) => start({ ...options, interval: every(1_000) }))
    await sim.until(() => isWhole(members))
    sim.dns.fail({ type: 'rotate', records: 2 })
    // Without a lookup at a moment of chance the first poll already loses one.
    await sim.run('1 min')
    expect(sim.log.filter(({ text }) => text.startsWith('link down')).map(({ text }) => text)).toEqual([])
    sim.dns.heal()
    const [gone, ...rest] = members
    sim.deregister(gone)
    await sim.until(() => rest.every((each) => each.members().length === 1))
  })

  it('notice a peer whose machine lost its power by the tick time, and one that crashed at once', async () => {
    await using sim = simulate()
    const [a, b, c] = await sim.members(SERVICE, 3, start)
    await sim.until(() => isWhole([a, b, c]))
    const begun = sim.now
    sim.crash(b)
    await sim.until(() => a.members().length === 1)
    expect(sim.now - begun).toBeLessThan(1_000)
    sim.crash(c, { silent: true })
    await sim.run('30 s')
    expect(a.members()).toEqual([c.self])
    await sim.until(() => a.members().length === 0)
    const again = await sim.restart(b, { port: 'new' })
    await sim.until(() => a.members().length === 1)
    expect(again.port).not.toBe(b.port)
  })

  it('lose no link to a member that stands still for half of the tick time, and its clock may jump', async () => {
    await using sim = simulate()
    const [a, b] = await sim.members(SERVICE, 2, start)
    await sim.until(() => isWhole([a, b]))
    sim.freeze(b)
    await sim.run('25 s')
    sim.thaw(b)
    sim.jumpClock(b, 3_600_000)
    sim.slow(a, 20)
    await sim.run('5 min')
    expect(isWhole([a, b])).toBe(true)
    expect(sim.log.filter(({ text }) => text.startsWith('link down'))).toEqual([])
    expect(sim.log.some(({ text }) => text.includes('warning'))).toBe(true)
  })

  it('agree on names and groups of visible members', async () => {
    await using sim = simulate({ seed: 3 })
    const members = await sim.members(SERVICE, 5, visible)
    await sim.until(() => isWhole(members))
    const [a, b] = members
    const box = a.node.mailbox()
    await a.node.global.register('leader', box.pid)
    await sim.until(
      () => b.node.global.whereis('leader') === box.pid || String(b.node.global.whereis('leader')) === String(box.pid),
    )
  })
})

describe('a seed', () => {
  const OPTIONS: SimulateOptions = { seed: 11, path: { latencyMs: 2, jitterMs: 3, loss: 0.01 } }

  /** A bit of everything. */
  async function story(sim: Simulation): Promise<string> {
    const members = await sim.members(SERVICE, 8, visible)
    await sim.until(() => isWhole(members))
    const [a, b, c] = members
    await a.node.global.register('leader', a.node.mailbox().pid)
    sim.dns.fail('servfail', { type: 'trim', records: 3, pick: 'random' })
    sim.partition(members.slice(0, 3), members.slice(3), { oneWay: true })
    await sim.run('90 s')
    sim.heal()
    sim.freeze(b)
    await sim.run('40 s')
    sim.dns.heal()
    sim.crash(c)
    sim.thaw(b)
    await sim.run('1 min')
    const again = await sim.restart(c)
    await sim.until(() => isWhole([...members.filter((each) => each !== c), again]), '5 min')
    await sim.leave(again)
    return sim.logText()
  }

  it('repeats a run byte for byte, and another one does not', async () => {
    const [one, two] = [await simulate(OPTIONS, story), await simulate(OPTIONS, story)]
    expect(two).toBe(one)
    expect(one).toContain('link down')
    expect(await simulate({ ...OPTIONS, seed: 12 }, story)).not.toBe(one)
  })

  it('repeats it also beside another run and on a busy machine', async () => {
    const alone = await simulate(OPTIONS, story)
    const busy = setInterval(() => {
      const until = performance.now() + 3
      while (performance.now() < until);
    }, 5)
    try {
      expect(await Promise.all([simulate(OPTIONS, story), simulate({ seed: 1 }, story)])).toEqual([
        alone,
        expect.anything(),
      ])
    } finally {
      clearInterval(busy)
    }
  })
})

describe('members of a simulation that are found', () => {
  const byConsul = (sim: Simulation) => {
    const { url } = sim.consul
    return ({ service: _service, ...options }: MemberOptions) =>
      start({
        ...options,
        topologies: { main: (node) => consul(node, { service: 'svc', url, name: byTxt(), world: options.world }) },
      })
  }
  const byKubernetes = (sim: Simulation) => {
    const { url: master } = sim.kubernetes
    return ({ service: _service, port, dns: _dns, ...options }: MemberOptions) => {
      const { world } = options
      const ip = world.network.interfaces().eth0![0]!.address
      const pods = { nodeBasename: 'svc', selector: 'app=svc', namespace: 'default', master, world }
      return start({
        ...options,
        name: `svc@${ip}`,
        port,
        epmd: new FixedPort(port, { world }),
        topologies: {
          main: (node) => kubernetes(node, { ...pods, ipLookupMode: 'endpointSlices' }),
        },
      })
    }
  }

  describe.each([
    ['in Consul', byConsul, (sim: Simulation) => sim.consul],
    ['by the Kubernetes API', byKubernetes, (sim: Simulation) => sim.kubernetes],
  ] as const)('%s', (_where, starter, registryOf) => {
    it('are connected, hear of a change at once, and keep their links whatever the registry does', () =>
      simulate({ seed: 5 }, async (sim) => {
        const begin = starter(sim)
        const members = await sim.members(SERVICE, 3, begin)
        await sim.until(() => isWhole(members))
        const registry = registryOf(sim)
        for (const fault of ['error', 'silence', 'cut', 'stale', { type: 'delay', ms: 20_000 }, 'empty'] as const) {
          registry.fail(fault)
          await sim.run('5 min')
          expect(isWhole(members), JSON.stringify(fault)).toBe(true)
          registry.heal()
          await sim.run('1 min')
        }
        registry.fail('indexReset')
        registry.heal()
        const [fresh] = await sim.members(SERVICE, 1, begin)
        const all = [...members, fresh]
        await sim.until(() => isWhole(all), '2 s')
        await sim.leave(fresh)
        await sim.until(() => isWhole(members))
      }))
  })
})
