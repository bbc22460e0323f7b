import { atom, contract, type Term, t, tuple } from '@dynsrv/etf'
import { type MemberOptions, type Simulation, simulate } from '@dynsrv/testing'
import { describe, expect, it, vi } from 'vitest'
import type { Cluster } from '../../src/cluster.ts'
import type { DynsrvError } from '../../src/error.ts'
import type { ServiceOptions } from '../../src/services/service-options.ts'
import { start } from '../../src/start.ts'

const SERVICE = 'svc.test'
const ID = atom('id')

/** A member with a process that answers with the name of its node, after a time where it is asked so. */
async function serving(options: MemberOptions, name = 'Elixir.MyApp.Stock'): Promise<Cluster> {
  const cluster = await start({ ...options })
  const { clock } = options.world
  const after = (ms: unknown) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms as number))
  const stock = cluster.node.serve({
    name,
    concurrency: Number.POSITIVE_INFINITY,
    call: async (request) => {
      if (typeof request === 'number') await after(request)
      return cluster.self
    },
  })
  cluster.node.pg().join(atom('stock'), stock)
  cluster.node.expose('js', { where: () => cluster.self, later: (ms: unknown) => after(ms).then(() => cluster.self) })
  return cluster
}

/** A process that takes its time. */
function serveLate(sim: Simulation, node: Cluster['node']): void {
  node.serve({
    name: 'late',
    concurrency: Number.POSITIVE_INFINITY,
    call: async (ms) => {
      await sim.sleep(ms as number)
      return true
    },
  })
}

/** A caller and so many servers, all connected. */
async function stage(
  sim: Simulation,
  servers: number,
  serve = serving,
  caller: (options: MemberOptions) => Promise<Cluster> = start,
) {
  const [one] = await sim.members(SERVICE, 1, caller)
  const others: Cluster[] = await sim.members(SERVICE, servers, serve)
  await sim.until(() => one.members().length === servers)
  return { caller: one, servers: others }
}

/** How many of so many calls each member has answered. */
async function shares(call: () => Promise<Term>, calls = 200): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (let index = 0; index < calls; index++) {
    const who = String(await call()).replace(`@${SERVICE}`, '')
    counts[who] = (counts[who] ?? 0) + 1
  }
  return counts
}

const failure = (call: Promise<unknown>): Promise<DynsrvError> =>
  call.then(
    (value) => expect.unreachable(`it gave ${String(value)}`),
    (error: unknown) => error as DynsrvError,
  )

/** Puts the record of a member into DNS with another priority and weight. */
function prefer(sim: Simulation, { self, port }: Cluster, priority: number, weight: number): void {
  const target = self.replace('@', '.')
  sim.dns.add({ type: 'SRV', name: SERVICE, target, port, priority, weight, ttlSeconds: 5 })
}

describe('a service', () => {
  it('is a name on several members, a group, or members', () =>
    simulate({}, async (sim) => {
      const { caller } = await stage(sim, 3)
      await sim.run('1 s')
      const all = { 'svc-2': expect.any(Number), 'svc-3': expect.any(Number), 'svc-4': expect.any(Number) }
      for (const target of [
        'MyApp.Stock',
        'Elixir.MyApp.Stock',
        atom('Elixir.MyApp.Stock'),
        { name: 'MyApp.Stock' },
        { name: 'MyApp.Stock', topology: SERVICE },
        { pg: atom('stock') },
        { pg: atom('stock'), scope: 'pg' },
      ]) {
        await using service = caller.service(target)
        expect(await shares(() => service.call(ID))).toStrictEqual(all)
        expect(await shares(() => service.erpc('js', 'where'))).toStrictEqual(all)
      }
      for (const target of [{}, { topology: SERVICE }]) {
        await using service = caller.service(target)
        expect(await shares(() => service.erpc('js', 'where'))).toStrictEqual(all)
        const named = service as ReturnType<typeof caller.service> & { call?: unknown }
        await expect((named.call as (request: unknown) => Promise<unknown>).call(service, ID)).rejects.toMatchObject({
          code: 'DYNSRV_BAD_OPTION',
          hint: expect.stringContaining('name'),
        })
      }
    }))

  it('casts to one member', () =>
    simulate({}, async (sim) => {
      const heard: string[] = []
      const { caller } = await stage(sim, 2, async (options) => {
        const cluster = await start(options)
        cluster.node.serve({ name: 'log', cast: () => void heard.push(cluster.self) })
        return cluster
      })
      await using log = caller.service('log')
      for (let index = 0; index < 40; index++) expect(log.cast(index)).toBe(true)
      await sim.run('1 s')
      expect(heard).toHaveLength(40)
      expect(new Set(heard).size).toBe(2)
      expect(caller.service({ pg: 'nobody' }).cast(1)).toBe(false)
    }))

  it('goes to another member when a call surely did not run, and leaves the first one out', () =>
    simulate({}, async (sim) => {
      let count = 0
      const { caller } = await stage(sim, 3, (options) => serving(options, ++count < 3 ? 'other' : 'stock'))
      await using stock = caller.service('stock')
      expect(await shares(() => stock.call(ID))).toStrictEqual({ 'svc-4': 200 })
      const stands = stock.candidates().map(({ node, state, reason }) => [node, state, reason] as const)
      expect(stands.sort(([a], [b]) => a.localeCompare(b))).toStrictEqual([
        [`svc-2@${SERVICE}`, 'out', expect.stringContaining('NODE_NO_PROCESS')],
        [`svc-3@${SERVICE}`, 'out', expect.stringContaining('NODE_NO_PROCESS')],
        [`svc-4@${SERVICE}`, 'in', undefined],
      ])
    }))

  it('finds the member that has a function; when nobody has it, that is the error', () =>
    simulate({}, async (sim) => {
      const { caller, servers } = await stage(sim, 3)
      servers[0]!.node.expose('rare', { where: () => servers[0]!.self })
      await using service = caller.service()
      expect(await shares(() => service.erpc('rare', 'where'))).toStrictEqual({ 'svc-2': 200 })
      await expect(service.erpc('rare', 'wher')).rejects.toMatchObject({
        code: 'NODE_REMOTE_ERROR',
        reason: atom('undef'),
      })
      expect(new Set(service.candidates().map(({ state }) => state))).toStrictEqual(new Set(['in']))
    }))

  it('asks a member that lacks a function again only after a while, and at once when nobody else is left', () =>
    simulate({}, async (sim) => {
      const { caller, servers } = await stage(sim, 10)
      const [a, b] = servers
      const asked = vi.spyOn(caller.node, 'erpc')
      a!.node.expose('rare', { where: () => a!.self })
      await using service = caller.service({}, { attempts: 1, maxOutMs: 5_000 })
      expect(await shares(() => service.erpc('rare', 'where'), 100)).toStrictEqual({ 'svc-2': 100 })
      expect(asked.mock.calls.length).toBeGreaterThan(100)
      expect(asked.mock.calls.length).toBeLessThan(110)
      b!.node.expose('rare', { where: () => b!.self })
      sim.crash(a!)
      await sim.run(100)
      expect(await shares(() => service.erpc('rare', 'where'), 10)).toStrictEqual({ 'svc-3': 10 })
      // After a while the others are asked again.
      servers[2]!.node.expose('rare', { where: () => servers[2]!.self })
      await sim.run('6 s')
      expect(Object.keys(await shares(() => service.erpc('rare', 'where'), 100)).sort()).toStrictEqual([
        'svc-3',
        'svc-4',
      ])
    }))

  it('passes an exception on, and asks nobody else', () =>
    simulate({}, async (sim) => {
      let asked = 0
      const { caller } = await stage(sim, 3, async (options) => {
        const cluster = await start(options)
        cluster.node.expose('js', {
          bad: () => {
            asked += 1
            throw new Error('not like this')
          },
        })
        return cluster
      })
      await using service = caller.service({}, { idempotent: true })
      await expect(service.erpc('js', 'bad')).rejects.toMatchObject({
        code: 'NODE_REMOTE_ERROR',
        message: expect.stringContaining('not like this'),
      })
      expect(asked).toBe(1)
    }))

  it('types a reply by its schema; another shape is an answer, and asks nobody else', () =>
    simulate({}, async (sim) => {
      const { caller } = await stage(sim, 3)
      await using stock = caller.service('MyApp.Stock', { idempotent: true })
      expect(await stock.call(ID, { reply: t.text() })).toContain(SERVICE)
      expect(await stock.erpc('js', 'where', [], { reply: t.text() })).toContain(SERVICE)
      await expect(stock.call(ID, { reply: t.integer() })).rejects.toMatchObject({ code: 'NODE_REPLY_MISMATCH' })
      expect(stock.candidates().map(({ failures, state }) => [failures, state])).toStrictEqual(
        Array.from({ length: 3 }, () => [0, 'in']),
      )
    }))

  it('gives the functions of a module', () =>
    simulate({}, async (sim) => {
      const { caller } = await stage(sim, 3)
      await using service = caller.service()
      const where = { name: 'where', clauses: [{ takes: [], gives: t.text() }] }
      const js = contract<{ where(): Promise<string> }>('js', { where })
      expect(Object.keys(await shares(() => service.module(js, { idempotent: true }).where())).sort()).toStrictEqual([
        'svc-2',
        'svc-3',
        'svc-4',
      ])
    }))

  it('says why nobody can answer', () =>
    simulate({}, async (sim) => {
      const [caller] = await sim.members(SERVICE, 1, start)
      await using early = caller.service('MyApp.Stock')
      await sim.run('6 s')
      expect(await failure(early.call(ID))).toMatchObject({
        code: 'DYNSRV_NO_MEMBER',
        message: 'no member can answer for MyApp.Stock (discovery names no member)',
        members: new Map(),
      })
      const servers: Cluster[] = await sim.members(SERVICE, 3, (options) => serving(options, 'other'))
      await sim.until(() => caller.members().length === 3)
      const [a, b] = servers
      sim.crash(a!)
      await sim.run('10 s')
      const error = await failure(early.call(ID))
      expect(error).toMatchObject({ code: 'DYNSRV_NO_MEMBER', retryable: true, cause: { code: 'NODE_NO_PROCESS' } })
      expect(error.hint).toContain('Process.whereis(MyApp.Stock)')
      expect(error.members).toStrictEqual(
        new Map([
          [a!.self, expect.stringContaining('NODE_REFUSED')],
          [b!.self, expect.stringContaining('NODE_NO_PROCESS')],
          [servers[2]!.self, expect.stringContaining('NODE_NO_PROCESS')],
        ]),
      )
      for (const [member, reason] of error.members!) expect(error.message).toContain(`${member}: ${reason}`)
      expect(early.inspect()).toMatchObject({
        service: 'MyApp.Stock',
        state: 'open',
        others: { [a!.self]: expect.stringContaining('NODE_REFUSED') },
      })
      await using group = caller.service({ pg: atom('nobody') })
      expect((await failure(group.call(ID))).message).toContain('the group has no member')
      sim.dns.fail('servfail')
      await sim.run('10 s')
      expect((await failure(early.call(ID))).message).toContain('discovery failed: ')
    }))
})

describe('a group whose scope was just joined', () => {
  const GROUP = { pg: atom('stock') }

  it('is called as soon as a member is known, or nobody has one', () =>
    simulate({}, async (sim) => {
      const { caller } = await stage(sim, 3)
      await using stock = caller.service(GROUP)
      const begun = sim.now
      expect(await stock.call(ID)).toContain(SERVICE)
      expect(await stock.call(ID, { idempotent: true })).toContain(SERVICE)
      for (const target of [{ pg: atom('nobody') }, { ...GROUP, scope: 'nowhere' }]) {
        await using none = caller.service(target)
        expect(await failure(none.call(ID))).toMatchObject({
          code: 'DYNSRV_NO_MEMBER',
          message: expect.stringContaining('the group has no member'),
        })
      }
      expect(sim.now - begun).toBeLessThan(100)
    }))

  it('does not wait for a member that hangs when another one has told its processes', () =>
    simulate({}, async (sim) => {
      const { caller, servers } = await stage(sim, 2)
      sim.freeze(servers[0]!)
      await using stock = caller.service(GROUP)
      const begun = sim.now
      expect(await stock.call(ID)).toBe(servers[1]!.self)
      expect(sim.now - begun).toBeLessThan(100)
    }))

  it('is waited for no longer than the call, its signal and the service last', () =>
    simulate({}, async (sim) => {
      const { caller, servers } = await stage(sim, 1)
      sim.freeze(servers[0]!)
      await using stock = caller.service(GROUP)
      const begun = sim.now
      for (const idempotent of [false, true]) {
        expect(await failure(stock.call(ID, { timeoutMs: 300, idempotent }))).toMatchObject({
          code: 'DYNSRV_NO_MEMBER',
          message: expect.stringContaining('no connected node has told the members of the group in time'),
        })
      }
      expect(sim.now - begun).toBe(600)
      const ended = new AbortController()
      const aborted = stock.call(ID, { signal: ended.signal })
      ended.abort('enough')
      await expect(aborted).rejects.toBe('enough')
      const left = failure(stock.call(ID))
      await caller.close()
      expect((await left).code).toBe('DYNSRV_CLOSED')
    }))
})

describe('a call whose member goes while it is out', () => {
  it('fails when it must not happen twice, and is made elsewhere when it may', () =>
    simulate({}, async (sim) => {
      const { caller, servers } = await stage(sim, 3)
      await using stock = caller.service('MyApp.Stock')
      const once = [1, 2, 3].map(() => stock.call(500).catch((error: DynsrvError) => error.code))
      const twice = [1, 2, 3].map(() => stock.call(500, { idempotent: true }))
      await sim.run(100)
      expect(stock.candidates().map(({ outstanding }) => outstanding)).toStrictEqual([2, 2, 2])
      sim.crash(servers[0]!)
      sim.crash(servers[1]!)
      const ends = await Promise.all(once)
      expect(ends.sort()).toStrictEqual(['NODE_NOT_CONNECTED', 'NODE_NOT_CONNECTED', servers[2]!.self])
      expect(await Promise.all(twice)).toStrictEqual([servers[2]!.self, servers[2]!.self, servers[2]!.self])
    }))
})

describe('the time of a call', () => {
  it('is one for all attempts; an idempotent one asks another member after half of it', () =>
    simulate({}, async (sim) => {
      const { caller, servers } = await stage(sim, 3)
      await using stock = caller.service('MyApp.Stock', { timeoutMs: 4_000 })
      for (const server of servers) sim.freeze(server)
      const begun = sim.now
      const once = failure(stock.call(ID))
      const twice = failure(stock.call(ID, { idempotent: true, timeoutMs: 8_000 }))
      expect(await once).toMatchObject({ code: 'NODE_TIMEOUT', message: expect.stringContaining('4000 ms') })
      expect(sim.now - begun).toBe(4_000)
      expect((await twice).code).toBe('NODE_TIMEOUT')
      expect(sim.now - begun).toBe(8_000)
    }))

  it('is not cut for an idempotent call that takes long', () =>
    simulate({}, async (sim) => {
      const { caller } = await stage(sim, 3)
      await using stock = caller.service('MyApp.Stock', { idempotent: true })
      const begun = sim.now
      await stock.call(4_500)
      expect(sim.now - begun).toBeLessThan(4_600)
    }))

  it.each([
    { nextAfterMs: 300 },
    {},
  ])('lets an idempotent call get past a member that hangs: %j', (options: ServiceOptions) =>
    simulate({}, async (sim) => {
      const { caller, servers } = await stage(sim, 2)
      await using stock = caller.service('MyApp.Stock', { ...options, idempotent: true })
      sim.freeze(servers[0]!)
      const begun = sim.now
      const answers = await Promise.all([1, 2, 3, 4].map(() => stock.call(ID)))
      expect(new Set(answers)).toStrictEqual(new Set([servers[1]!.self]))
      expect(sim.now - begun).toBeCloseTo(options.nextAfterMs ?? 2_500, -2)
    }))

  it('ends with the signal, and that says nothing of the member', () =>
    simulate({}, async (sim) => {
      const { caller } = await stage(sim, 2)
      await using stock = caller.service('MyApp.Stock', { failures: 1 })
      for (const idempotent of [false, true]) {
        const ended = new AbortController()
        const call = stock.call(10_000, { idempotent, signal: ended.signal })
        await sim.run(100)
        ended.abort('enough')
        await expect(call).rejects.toBe('enough')
        await expect(stock.call(ID, { idempotent, signal: ended.signal })).rejects.toBe('enough')
      }
      expect(stock.candidates()).toMatchObject([
        { state: 'in', failures: 0, outstanding: 0 },
        { state: 'in', failures: 0, outstanding: 0 },
      ])
    }))

  it('may be over before it begins, which says nothing of the members', () =>
    simulate({}, async (sim) => {
      const { caller } = await stage(sim, 2)
      await using stock = caller.service('MyApp.Stock')
      for (let call = 0; call < 20; call++) {
        const idempotent = call % 2 === 0
        expect((await failure(stock.call(ID, { timeoutMs: 0, idempotent }))).code).toBe('NODE_TIMEOUT')
      }
      expect(stock.candidates()).toMatchObject([
        { state: 'in', failures: 0, outstanding: 0 },
        { state: 'in', failures: 0, outstanding: 0 },
      ])
      await using nobody = caller.service({ pg: atom('nobody') })
      await expect(nobody.call(ID, { signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
    }))

  it('may be so short that a call fails; then its member is left out after three of them', () =>
    simulate({}, async (sim) => {
      const { caller } = await stage(sim, 1)
      await using stock = caller.service('MyApp.Stock')
      for (let call = 0; call < 3; call++) {
        expect(stock.candidates()).toMatchObject([{ state: 'in' }])
        expect((await failure(stock.call(1_000, { timeoutMs: 50 }))).code).toBe('NODE_TIMEOUT')
      }
      expect(stock.candidates()).toMatchObject([{ state: 'out', failures: 3 }])
      // It is the only one, and so it is tried all the same; one call at a time.
      const [first, second] = [stock.call(100), failure(stock.call(100))]
      expect((await second).message).toMatch(/left out for \d\.\d s more, since NODE_TIMEOUT/)
      await first
      expect(stock.candidates()).toMatchObject([{ state: 'in', failures: 0 }])
    }))
})

describe('what DNS says of the members', () => {
  it('decides whom calls go to, from one poll to the next', () =>
    simulate({}, async (sim) => {
      const { caller, servers } = await stage(sim, 3)
      const [a, b, c] = servers
      await using stock = caller.service('MyApp.Stock')
      prefer(sim, a!, 1, 75)
      prefer(sim, b!, 1, 25)
      prefer(sim, c!, 2, 50)
      await sim.run('6 s')
      const counts = await shares(() => stock.call(ID), 1_000)
      expect(Object.keys(counts).sort()).toStrictEqual(['svc-2', 'svc-3'])
      expect(counts['svc-2']! / 1_000).toBeCloseTo(0.75, 1)
      sim.crash(a!)
      sim.crash(b!)
      await sim.run('1 s')
      expect(await shares(() => stock.call(ID))).toStrictEqual({ 'svc-4': 200 })
      await sim.restart(b!)
      await sim.run('20 s')
      prefer(sim, servers[1]!, 1, 25)
      await sim.run('6 s')
      expect(Object.keys(await shares(() => stock.call(ID)))).toContain('svc-3')
    }))

  it('gives a new member its share within one poll', () =>
    simulate({}, async (sim) => {
      const { caller } = await stage(sim, 2)
      await using stock = caller.service('MyApp.Stock')
      await shares(() => stock.call(ID))
      const [late] = await sim.members(SERVICE, 1, serving)
      await sim.run(5_100)
      const counts = await shares(() => stock.call(ID), 900)
      expect(counts[late.self.replace(`@${SERVICE}`, '')]! / 900).toBeCloseTo(1 / 3, 1)
    }))

  it.each([
    true,
    false,
  ])('takes new calls from a member without a record; disconnectOnDeregister: %s', (disconnectOnDeregister) =>
    simulate({}, async (sim) => {
      const begin = (options: MemberOptions) => start({ ...options, disconnectOnDeregister })
      const { caller, servers } = await stage(sim, 2, serving, begin)
      await using stock = caller.service('MyApp.Stock')
      const out = [1, 2].map(() => stock.call(60_000, { timeoutMs: 120_000 }).catch((error: DynsrvError) => error.code))
      await sim.run('1 s')
      sim.deregister(servers[0]!)
      await sim.run('30 s')
      expect(await shares(() => stock.call(ID))).toStrictEqual({ 'svc-3': 200 })
      expect(stock.candidates().map(({ node }) => node)).toStrictEqual([servers[1]!.self])
      // What is out goes on where the link stays.
      const gone = disconnectOnDeregister ? 'NODE_NOT_CONNECTED' : servers[0]!.self
      expect(new Set(await Promise.all(out))).toStrictEqual(new Set([gone, servers[1]!.self]))
      if (!disconnectOnDeregister)
        expect(stock.inspect().others).toStrictEqual({ [servers[0]!.self]: 'it is deregistered' })
    }))

  it('loses no call to a member that leaves one poll after its record', () =>
    simulate({}, async (sim) => {
      const begin = (options: MemberOptions) => start({ ...options, disconnectOnDeregister: false })
      const { caller, servers } = await stage(sim, 3, begin, begin)
      for (const { node } of servers) serveLate(sim, node)
      await using stock = caller.service('late')
      let isOver = false
      const ends: unknown[] = []
      const callers = Array.from({ length: 8 }, async () => {
        while (!isOver) ends.push(await stock.call(20).catch((error: unknown) => error))
      })
      await sim.run('1 s')
      sim.deregister(servers[0]!)
      await sim.run('6 s')
      await sim.leave(servers[0]!)
      await sim.run('1 s')
      isOver = true
      await Promise.all(callers)
      expect(ends.length).toBeGreaterThan(1_000)
      expect(new Set(ends)).toStrictEqual(new Set([true]))
    }))

  it('loses at most what is on its way to a member that leaves at once, and nothing that may be called twice', () =>
    simulate({}, async (sim) => {
      const { caller, servers } = await stage(sim, 3)
      await using stock = caller.service('MyApp.Stock')
      let isOver = false
      const failed: [boolean, string][] = []
      const callers = Array.from({ length: 8 }, async (_, index) => {
        const idempotent = index % 2 === 0
        while (!isOver) {
          await stock.call(20, { idempotent }).catch((error: DynsrvError) => failed.push([idempotent, error.code]))
        }
      })
      await sim.run('1 s')
      await sim.leave(servers[0]!)
      await sim.run('1 s')
      isOver = true
      await Promise.all(callers)
      expect(failed.length).toBeLessThanOrEqual(4)
      for (const each of failed) expect(each).toStrictEqual([false, 'NODE_NOT_CONNECTED'])
    }))
})

describe('the end', () => {
  it('of a service refuses calls, and lets those under way end', () =>
    simulate({}, async (sim) => {
      const { caller } = await stage(sim, 2)
      const stock = caller.service('MyApp.Stock')
      const underWay = stock.call(500)
      await stock.close()
      await stock[Symbol.asyncDispose]()
      expect(stock.inspect().state).toBe('closed')
      await expect(stock.call(ID)).rejects.toMatchObject({ code: 'DYNSRV_CLOSED' })
      await expect(stock.erpc('js', 'where')).rejects.toMatchObject({ code: 'DYNSRV_CLOSED' })
      expect(() => stock.cast(ID)).toThrow(expect.objectContaining({ code: 'DYNSRV_CLOSED' }))
      await expect(underWay).resolves.toBeTypeOf('string')
    }))

  it('of the cluster is that of its services', () =>
    simulate({}, async (sim) => {
      const { caller } = await stage(sim, 2)
      const stock = caller.service('MyApp.Stock')
      const underWay = failure(stock.call(5_000, { idempotent: true }))
      await sim.run(100)
      await caller.close()
      expect((await underWay).code).toBe('NODE_CLOSED')
      await expect(stock.call(ID)).rejects.toMatchObject({ code: 'DYNSRV_CLOSED' })
      expect(() => caller.service('MyApp.Stock')).toThrow(expect.objectContaining({ code: 'DYNSRV_CLOSED' }))
    }))
})

describe('a mistake', () => {
  it('in the target or in an option is refused at once', () =>
    simulate({}, async (sim) => {
      const { caller } = await stage(sim, 1)
      const refused = (target: unknown, options?: unknown) =>
        expect(() => caller.service(target as string, options as ServiceOptions)).toThrow(
          expect.objectContaining({ code: 'DYNSRV_BAD_OPTION' }),
        )
      for (const target of ['', 'x'.repeat(256), 7, null, [], { nam: 'x' }, { name: '' }, { topology: 'other' }])
        refused(target)
      refused({ pg: atom('x'), scop: 'y' })
      for (const options of [{ timeoutMs: -1 }, { attempts: 0 }, { slowFactor: 0 }, { retries: 3 }])
        refused('x', options)
      await using stock = caller.service('MyApp.Stock')
      await expect(stock.call(ID, { idempotent: 1 as never })).rejects.toMatchObject({ category: 'option' })
      await expect(stock.call(ID, { timeout: 1 } as never)).rejects.toMatchObject({ category: 'option' })
      for (const none of [null, 7, [], 'x'] as never[]) {
        await expect(stock.call(ID, none)).rejects.toMatchObject({ category: 'option' })
        await expect(caller.service().erpc('js', 'where', [], none)).rejects.toMatchObject({ category: 'option' })
      }
      await expect(stock.call(tuple(Number.NaN))).rejects.toMatchObject({ code: 'NODE_MESSAGE_INVALID' })
      expect(stock.candidates()).toMatchObject([{ state: 'in', failures: 0, outstanding: 0 }])
    }))
})
