import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { realPrograms, realWorld, secretInteger, sleep, within, worldShape } from '../src/index.ts'
import { fakeWorld } from '../src/testing/fake-world.ts'

const { clock, random } = realWorld

describe('the clock', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('holds timers that are longer than the system holds', () => {
    const work = vi.fn()
    clock.setTimeout(work, 2 ** 31 + 1_000)
    vi.advanceTimersByTime(2 ** 31 + 999)
    expect(work).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(work).toHaveBeenCalledOnce()
  })

  it('calls back again and again after more than the system holds', () => {
    const work = vi.fn()
    const timer = clock.setInterval(work, 2 ** 31 + 1_000)
    vi.advanceTimersByTime(2 ** 31 + 999)
    expect(work).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    vi.advanceTimersByTime(2 ** 31 + 1_000)
    expect(work).toHaveBeenCalledTimes(2)
    clock.clearInterval(timer)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('never ends an infinite one, and takes each back', () => {
    const work = vi.fn()
    const timers = [clock.setTimeout(work, Infinity), clock.setTimeout(work, 2 ** 40), clock.setTimeout(work, 5)]
    vi.advanceTimersByTime(4)
    for (const timer of timers.slice(1)) clock.clearTimeout(timer)
    vi.advanceTimersByTime(2 ** 41)
    clock.clearTimeout(timers[0])
    clock.clearTimeout(undefined)
    expect(work).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('sleeps until the time or the signal ends it', async () => {
    const abort = new AbortController()
    const slept = sleep(clock, 10)
    const cut = sleep(clock, Infinity, { signal: abort.signal })
    vi.advanceTimersByTime(10)
    abort.abort('enough')
    await expect(slept).resolves.toBeUndefined()
    await expect(cut).rejects.toBe('enough')
    await expect(sleep(clock, 1, { signal: AbortSignal.abort('before') })).rejects.toBe('before')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('gives work a limit, even work that heeds none', async () => {
    const late = () => new Error('late')
    const never = () => new Promise<never>(() => undefined)
    const limited = within({ clock, ms: 5, late }, never)
    const refused = expect(limited).rejects.toThrow('late')
    await vi.advanceTimersByTimeAsync(5)
    await refused
    await expect(within({ clock, ms: 5, late }, async () => 'done')).resolves.toBe('done')
    await expect(
      within({ clock, ms: 5, late }, () => {
        throw new Error('at once')
      }),
    ).rejects.toThrow('at once')
    await expect(within({ clock, ms: 5, late, signal: AbortSignal.abort('gone') }, never)).rejects.toBe('gone')
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('chance', () => {
  it('gives whole numbers of a range, both ends of it', () => {
    const seen = new Set(Array.from({ length: 1_000 }, () => secretInteger(random, 4, 8)))
    expect([...seen].sort()).toEqual([4, 5, 6, 7])
    const large = secretInteger(random, 0, 2 ** 32)
    expect(Number.isInteger(large) && large >= 0 && large < 2 ** 32).toBe(true)
  })

  it('draws again what would make some numbers likelier', () => {
    const draws = [Uint8Array.of(255, 255, 255, 255, 255, 255), Uint8Array.of(0, 0, 0, 0, 0, 5)]
    expect(secretInteger({ number: () => 0, bytes: () => draws.shift()! }, 10, 13)).toBe(12)
    expect(draws).toEqual([])
  })
})

describe('a clock of tests', () => {
  it('runs what is due in its order, and what that sets off', async () => {
    const { clock: fake } = fakeWorld()
    const seen: string[] = []
    const note = (what: string) => () => void seen.push(`${what} ${fake.monotonic()}`)
    fake.setTimeout(note('late'), 50)
    const tick = fake.setInterval(note('tick'), 20)
    fake.setImmediate(note('now'))
    fake.clearTimeout(fake.setTimeout(note('never'), 1))
    const slept = sleep(fake, 30).then(note('slept'))
    await fake.advance(45)
    await slept
    fake.clearInterval(tick)
    await fake.advance(100)
    expect(seen).toEqual(['now 0', 'tick 20', 'slept 30', 'tick 40', 'late 50'])
    expect([fake.now(), fake.timers]).toEqual([145, 0])
  })
})

describe('a program', () => {
  const { env } = realWorld.system
  const runs = (script: string, options: { input?: string; signal?: AbortSignal; program?: string } = {}) => {
    const { program = process.execPath, signal = new AbortController().signal, input } = options
    return realPrograms.run(program, ['-e', script], { env: { PATH: env.PATH, GIVEN: 'yes' }, signal, input })
  }

  it('gives its output and exit code, and gets input and environment alone', async () => {
    const echo =
      'process.stdin.pipe(process.stdout); console.error(process.env.GIVEN, process.env.HOME); process.exitCode = 3'
    expect(await runs(echo, { input: 'typed' })).toEqual({ status: 3, stdout: 'typed', stderr: 'yes undefined\n' })
    expect(await runs('process.exit(0)', { input: 'x'.repeat(2 ** 20) })).toMatchObject({ status: 0 })
    expect(await runs('process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1e6)')).toMatchObject({
      status: null,
    })
  })

  it('is not there, or is ended by the signal', async () => {
    await expect(runs('', { program: '/nonexistent/program' })).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(runs('', { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
    const abort = new AbortController()
    const hanging = runs('setInterval(() => {}, 1e6)', { signal: abort.signal })
    abort.abort()
    await expect(hanging).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('may be missing in a world, and is checked where it is there', () => {
    expect(worldShape.check(realWorld, 'world')).toBeUndefined()
    expect(worldShape.check({ ...realWorld, programs: realPrograms }, 'world')).toBeUndefined()
    expect(worldShape.check({ ...realWorld, programs: {} }, 'world')).toMatchObject({
      message: expect.stringMatching(/^world\.programs must be an object with the method run/),
    })
  })
})
