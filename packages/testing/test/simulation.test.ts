import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { dnsClient } from '@dynsrv/srv-resolver'
import { describe, expect, it, vi } from 'vitest'
import { type MemberOptions, simulate } from '../src/index.ts'
import { Schedule } from '../src/time/schedule.ts'
import { SeededRandom } from '../src/time/seeded-random.ts'

/** A member that is only its world. */
const host = ({ name, world }: MemberOptions) => ({ name, ...world })

describe('virtual time', () => {
  it('passes in no time, and everything happens in its order', () =>
    simulate({}, async (sim) => {
      const [{ clock }] = await sim.members('svc.test', 1, host)
      const begun = clock.now()
      const seen: string[] = []
      clock.setTimeout(() => seen.push(`a ${clock.monotonic()}`), 3_600_000)
      clock.setTimeout(() => seen.push(`b ${clock.monotonic()}`), 10)
      clock.setImmediate(() => seen.push(`c ${clock.monotonic()}`))
      clock.setTimeout(() => seen.push('never'), Number.POSITIVE_INFINITY)
      clock.clearTimeout(clock.setTimeout(() => seen.push('taken back'), 20))
      const ticks = clock.setInterval(() => {
        seen.push('tick')
        if (seen.length === 4) clock.clearInterval(ticks)
      }, 15)
      await sim.run('2 h')
      expect(seen).toEqual(['c 0', 'b 10', 'tick', 'tick', 'a 3600000'])
      expect(clock.now() - begun).toBe(7_200_000)
      expect(sim.now).toBe(7_200_000)
    }))

  it('counts the timers that a member has set, however they end', () =>
    simulate({}, async (sim) => {
      const [member] = await sim.members('svc.test', 1, host)
      const { clock } = member
      clock.setImmediate(() => undefined)
      const [gone, over] = [clock.setTimeout(() => undefined, 50), clock.setTimeout(() => undefined, 10)]
      const ticks = clock.setInterval(() => undefined, 15)
      clock.setTimeout(() => undefined, Number.POSITIVE_INFINITY)
      expect(sim.timers(member)).toBe(4)
      await sim.run(20)
      expect(sim.timers(member)).toBe(2)
      for (const timer of [gone, gone, over, ticks]) clock.clearTimeout(timer)
      expect(sim.timers(member)).toBe(0)
      clock.setTimeout(() => undefined, 50)
      sim.crash(member)
      expect(sim.timers(member)).toBe(0)
    }))

  it('goes on by itself while a test awaits something, and stands still when it does nothing for too long', () =>
    simulate({ patience: '1 min' }, async (sim) => {
      const [{ clock }] = await sim.members('svc.test', 1, host)
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 50_000))
      expect(sim.now).toBe(50_000)
      clock.setInterval(() => undefined, 1_000)
      await expect.poll(() => sim.logText()).toContain('time stands still')
      expect(sim.now).toBe(60_000)
      await sim.run('1 h')
      expect(sim.now).toBe(3_660_000)
    }))

  it(
    'says so when a loop waits for it without a timer',
    () =>
      simulate({}, async (sim) => {
        const [{ clock }] = await sim.members('svc.test', 1, host)
        const again = () => void clock.setImmediate(again)
        again()
        await expect(sim.run(1)).rejects.toMatchObject({ code: 'SIM_TIME_STUCK' })
      }),
    60_000,
  )

  it('an exception that nobody catches ends the wait', () =>
    simulate({}, async (sim) => {
      const [{ clock }] = await sim.members('svc.test', 1, host)
      clock.setTimeout(() => {
        throw new Error('nobody catches this')
      }, 5)
      await expect(sim.run('1 s')).rejects.toThrow('nobody catches this')
    }))

  it('until gives up, and names what did not come true', () =>
    simulate({}, async (sim) => {
      await expect(sim.until(() => sim.now < 0, '3 s')).rejects.toMatchObject({
        code: 'SIM_WAIT_OVER',
        message: expect.stringContaining('sim.now < 0'),
      })
      expect(sim.now).toBe(3_000)
    }))

  it('ends with the simulation', async () => {
    const sim = simulate()
    await sim.close()
    await sim.close()
    await expect(sim.run(1)).rejects.toMatchObject({ code: 'SIM_CLOSED' })
  })
})

describe('a process', () => {
  it('that stands still does everything afterwards, but for what was taken back', () =>
    simulate({}, async (sim) => {
      const [one] = await sim.members('svc.test', 1, host)
      const seen: string[] = []
      for (const ms of [10, 20, 30]) one.clock.setTimeout(() => seen.push(`${ms} at ${sim.now}`), ms)
      const never = one.clock.setTimeout(() => seen.push('never'), 25)
      one.clock.setTimeout(() => one.clock.clearTimeout(never), 15)
      sim.freeze(one)
      await sim.run(100)
      expect(seen).toEqual([])
      sim.thaw(one)
      await sim.run(0)
      expect(seen).toEqual(['10 at 100', '20 at 100', '30 at 100'])
    }))

  it('with a slow event loop takes one thing after the other', () =>
    simulate({}, async (sim) => {
      const [one] = await sim.members('svc.test', 1, host)
      const seen: number[] = []
      sim.slow(one, 40)
      for (let index = 0; index < 3; index++) one.clock.setTimeout(() => seen.push(sim.now), 10)
      await sim.run('1 s')
      expect(seen).toEqual([10, 50, 90])
    }))

  it('that has crashed does nothing any more; a restart is another process on the same host', () =>
    simulate({}, async (sim) => {
      const seen: string[] = []
      const start = (options: MemberOptions) => {
        options.world.clock.setInterval(() => seen.push(String(options.port)), 1_000)
        return host(options)
      }
      const [one] = await sim.members('svc.test', 1, start)
      sim.writeFile(one, '/etc/mine', 'still here')
      await sim.run(1_500)
      sim.crash(one)
      await sim.run('1 min')
      const again = await sim.restart(one, { port: 'new' })
      await sim.run(1_500)
      expect(seen).toEqual(['4370', '4371'])
      expect(Buffer.from(await again.files.read('/etc/mine')).toString()).toBe('still here')
      expect(again.random.bytes(8)).not.toEqual(one.random.bytes(8))
    }))

  it('has a clock of its own that can jump, and files that can be watched', () =>
    simulate({}, async (sim) => {
      const [one, other] = await sim.members('svc.test', 2, host)
      sim.jumpClock(one, -60_000)
      expect(other.clock.now() - one.clock.now()).toBe(60_000)
      expect(other.clock.monotonic()).toBe(one.clock.monotonic())
      const changed = new Promise((resolve) => one.files.watch('/etc/app', resolve, () => undefined))
      sim.writeFile(one, '/etc/app/nodes', 'a')
      expect(await changed).toBe('nodes')
      expect(await one.files.facts('/etc/app/nodes')).toMatchObject({ size: 1 })
      await expect(one.files.read('/etc/none')).rejects.toMatchObject({ code: 'ENOENT' })
    }))
})

describe('names and datagrams', () => {
  it('hosts are found by the DNS of the simulation, and not when it fails', () =>
    simulate({}, async (sim) => {
      const [one] = await sim.members('svc.test', 2, host)
      const { network } = one
      const find = (name: string) => network.lookup(name, {})
      expect(await find('svc-2.svc.test')).toEqual([{ address: '10.0.0.3', family: 4 }])
      expect(await find('10.0.0.9')).toEqual([{ address: '10.0.0.9', family: 4 }])
      await expect(find('nobody.test')).rejects.toMatchObject({ code: 'ENOTFOUND' })
      const resolver = network.createResolver({})
      expect(await resolver.resolveSrv('svc.test')).toHaveLength(2)
      expect(await resolver.resolve4('svc-1.svc.test', { ttl: true })).toEqual([{ address: '10.0.0.2', ttl: 5 }])
      await expect(resolver.resolveTxt('svc-1.svc.test')).rejects.toMatchObject({ code: 'ENODATA' })
      sim.dns.fail('servfail')
      await expect(find('svc-2.svc.test')).rejects.toMatchObject({ code: 'EAI_AGAIN' })
      await expect(resolver.resolveSrv('svc.test')).rejects.toMatchObject({ code: 'ESERVFAIL' })
      sim.dns.heal()
      sim.partition([one], [sim.dns])
      await expect(resolver.resolveSrv('svc.test')).rejects.toMatchObject({ code: 'ETIMEOUT' })
    }))

  it('every fault of the zone server can be played', () =>
    simulate({}, async (sim) => {
      const [one] = await sim.members('svc.test', 5, host)
      const client = dnsClient({ world: one })
      const codes: string[] = []
      for (const fault of ['refused', 'silence', 'garbage', 'wrongId', 'loop', 'nxdomain'] as const) {
        sim.dns.fail(fault)
        const answer = await client.resolveSrv('svc.test').catch((error: { code: string }) => error)
        codes.push('code' in answer ? answer.code : `${answer.empty}`)
      }
      expect(codes).toEqual([
        ...['DNS_REFUSED', 'DNS_TIMEOUT', 'DNS_MALFORMED', 'DNS_MALFORMED', 'DNS_MALFORMED'],
        'nxdomain',
      ])
      sim.dns.fail({ type: 'trim', records: 2 })
      expect((await client.resolveSrv('svc.test')).records).toHaveLength(2)
      expect(sim.dns.remove({ type: 'SRV' })).toBe(5)
    }))

  it('datagrams reach a port, a group and all, and a closed port says so', () =>
    simulate({}, async (sim) => {
      const [one, other] = await sim.members('svc.test', 2, host)
      const came: string[] = []
      const socket = other.network.createUdpSocket({ type: 'udp4' })
      socket.on('message', (bytes, { address }) => came.push(`${bytes} from ${address}`))
      socket.bind(700)
      await once(socket, 'listening')
      socket.addMembership('233.252.1.32')
      const sender = one.network.createUdpSocket({ type: 'udp4' })
      for (const to of ['10.0.0.3', '233.252.1.32', '255.255.255.255']) sender.send(`to ${to}`, 700, to)
      await sim.run('1 s')
      expect(came).toEqual(['10.0.0.3', '233.252.1.32', '255.255.255.255'].map((to) => `to ${to} from 10.0.0.2`))
      const connected = one.network.createUdpSocket({ type: 'udp4' })
      connected.connect(701, '10.0.0.3')
      await once(connected, 'connect')
      connected.send('x')
      const [error] = await once(connected, 'error')
      expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'recvmsg' })
      for (const each of [socket, sender, connected]) each.close()
    }))

  it('TLS is not modelled, and says so', () =>
    simulate({}, async (sim) => {
      const [{ network }] = await sim.members('svc.test', 1, host)
      expect(() => network.connectTls({})).toThrow(expect.objectContaining({ code: 'SIM_NOT_MODELLED' }))
      expect(() => network.createTlsServer({}, () => undefined)).toThrow(/TLS/)
    }))

  it('a partition goes one way, and is mended alone', () =>
    simulate({}, async (sim) => {
      const [one, other] = await sim.members('svc.test', 2, host)
      const came: string[] = []
      for (const each of [one, other]) {
        const socket = each.network.createUdpSocket({ type: 'udp4' })
        socket.on('message', (bytes) => came.push(String(bytes)))
        socket.bind(700)
      }
      const send = async () => {
        came.length = 0
        one.network.createUdpSocket({ type: 'udp4' }).send('there', 700, '10.0.0.3')
        other.network.createUdpSocket({ type: 'udp4' }).send('back', 700, '10.0.0.2')
        await sim.run('1 s')
        return [...came].sort()
      }
      const mend = sim.partition([one], [other], { oneWay: true })
      expect(await send()).toEqual(['back'])
      sim.partition([other], [one], { oneWay: true })
      expect(await send()).toEqual([])
      mend()
      expect(await send()).toEqual(['there'])
      sim.heal()
      expect(await send()).toEqual(['back', 'there'])
    }))
})

describe('what a run leaves behind', () => {
  it('a test that fails prints the seed, the log, and a diagram', async () => {
    const print = vi.fn()
    const failing = simulate({ seed: 9, print }, async (sim) => {
      await sim.members('svc.test', 2, host)
      sim.note('about to fail; see #1')
      throw new Error('expected 1 to be 2')
    })
    await expect(failing).rejects.toThrow('expected 1 to be 2')
    const [[report]] = print.mock.calls as [[string]]
    expect(report).toContain('simulation with seed 9')
    expect(report).toContain('0:00.000  test     about to fail; see #1')
    expect(report).toContain('```mermaid\nsequenceDiagram\n  participant dns as dns')
    expect(report).toContain('Note over test: 0:00.000 about to fail, see ,1')
  })

  it('one that passes prints nothing', async () => {
    const print = vi.fn()
    expect(await simulate({ print }, () => 7)).toBe(7)
    expect(print).not.toHaveBeenCalled()
  })

  it('takes the real context of Vitest, and prints once', async (context) => {
    const print = vi.fn()
    const failing = simulate({ print, test: context }, () => Promise.reject(new Error('wrong')))
    await expect(failing).rejects.toThrow('wrong')
    expect(print).not.toHaveBeenCalled()
  })

  it('the context of Vitest or node:test tells whether a test failed', async () => {
    const print = vi.fn()
    const hooks: (() => void)[] = []
    await using _vitest = simulate({ print, test: { onTestFailed: (report) => hooks.push(report) } })
    await using _passed = simulate({ print, test: { after: (report) => hooks.push(report), passed: true } })
    await using _failed = simulate({ print, test: { after: (report) => hooks.push(report), passed: false } })
    for (const hook of hooks) hook()
    expect(print).toHaveBeenCalledTimes(2)
  })

  it('what nodes and strategies publish stands in the log, with links as arrows', () =>
    simulate({}, async (sim) => {
      const [one] = await sim.members('svc.test', 2, host)
      const peer = 'svc-2@svc.test'
      one.clock.setTimeout(() => {
        const self = 'svc-1@svc.test'
        channel('dynsrv:node:event').publish({ self, event: { type: 'nodeup', node: peer, direction: 'incoming' } })
        channel('dynsrv:membership').publish({ self, change: { type: 'left', node: peer, missingMs: 7 } })
        channel('dynsrv:node:event').publish({ self: 'another@svc.test', event: { type: 'nodeup', node: peer } })
      }, 5)
      await sim.run(10)
      expect(sim.log.slice(-2)).toEqual([
        { atMs: 5, host: 'svc-1', to: 'svc-2', text: 'link up (incoming)' },
        { atMs: 5, host: 'svc-1', to: 'svc-2', text: 'left after 7 ms' },
      ])
      expect(sim.diagram()).toContain('svc_1->>svc_2: 0:00.005 link up (incoming)')
    }))

  it('the log of a long run is bounded, and its digest knows all of it', () =>
    simulate({}, async (sim) => {
      for (let line = 0; line < 12_000; line++) sim.note(String(line))
      expect(sim.log.length).toBeLessThanOrEqual(10_000)
      expect(sim.logText()).toMatch(/^\(\d+ earlier lines are left out\)/)
      const { digest } = sim
      sim.note('more')
      expect(sim.digest).not.toBe(digest)
    }))
})

describe('its parts', () => {
  it('equal times keep their order, whatever is taken back', () => {
    const schedule = new Schedule()
    const random = new SeededRandom(1)
    const seen: [number, number][] = []
    const all = Array.from({ length: 5_000 }, (_, index) => {
      const at = random.integer(0, 100)
      return schedule.at(at, () => seen.push([at, index]))
    })
    for (const [index, due] of all.entries()) if (index % 3 !== 0) schedule.cancel(due)
    while (schedule.nextAt !== undefined) schedule.step()
    expect(seen).toHaveLength(Math.ceil(5_000 / 3))
    expect(seen).toEqual([...seen].sort(([a, i], [b, j]) => a - b || i - j))
    expect(schedule.size).toBe(0)
  })

  it('chance is even, and each name has its own', () => {
    const random = new SeededRandom('a')
    const counts = new Array<number>(10).fill(0)
    for (let draw = 0; draw < 100_000; draw++) counts[random.integer(0, 10)]!++
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500)
    expect(new SeededRandom('a').bytes(8)).toEqual(new SeededRandom('a').bytes(8))
    expect(new SeededRandom('a').bytes(8)).not.toEqual(new SeededRandom('b').bytes(8))
  })
})
