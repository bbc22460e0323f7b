import { startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { type Beam, startElixir } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { atom, type Cluster, start, tuple } from 'dynsrv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileElixir, records, SERVICE } from './application.ts'

const COOKIE = 'k3Yd8-Vq71-xRm2'

class PriceError extends Error {
  override readonly name = 'PriceError'
  readonly code = 'NO_PRICE'
}

let zone: ZoneServer
let elixir: Beam
const services: Cluster[] = []
const called: string[] = []
/** Calls of `slow` that wait, and what ends them. */
const waiting: (() => void)[] = []

async function startService(label: string): Promise<Cluster> {
  const port = await freePort()
  zone.add(...records(label, port))
  const cluster = await start({
    ...{ service: SERVICE, name: `${label}@${SERVICE}`, cookie: COOKIE, port, dns: zone.address },
    pollingInterval: 50,
    env: {},
  })
  const functions = {
    quote: (sku: string) => {
      called.push(label)
      return tuple(atom('ok'), sku === 'apple' ? 30 : 0)
    },
    whoami: () => label,
    fails: () => {
      throw new PriceError('no price for pears')
    },
    rejects: async () => Promise.reject(new TypeError('later')),
    chosen: () => {
      throw tuple(atom('no_such_sku'), 7)
    },
    slow: () => new Promise<string>((resolve) => waiting.push(() => resolve(label))),
  }
  cluster.node.expose('prices', functions, { group: true })
  return cluster
}

beforeAll(async () => {
  zone = await startZoneServer({ records: [] })
  const port = await freePort()
  zone.add(...records('shop', port))
  const ebin = await compileElixir()
  elixir = await startElixir({
    ...{ name: `shop@${SERVICE}`, cookie: COOKIE },
    env: { ERL_DIST_PORT: String(port), DYNSRV_DNS: zone.address },
    args: ['-pa', ebin, '-start_epmd', 'false', '-epmd_module', 'dynsrv_epmd'],
  })
  await elixir.eval('{:ok, _} = Application.ensure_all_started(:dynsrv)')
  await elixir.eval(
    `spawn(fn -> {:ok, _} = Dynsrv.Cluster.start_link(service: "${SERVICE}", name: :members, polling_interval: 50); Process.sleep(:infinity) end)`,
  )
  services.push(...(await Promise.all(['one', 'two'].map(startService))))
  expect(await elixir.eval('Dynsrv.Cluster.ready(:members, 2)')).toBe(':ok')
  await members(2)
})
afterAll(async () => {
  await Promise.all(services.map((cluster) => cluster.close()))
  await elixir?.stop()
  await zone?.close()
})

/** Waits until the group has so many members there, as `pg` itself tells. */
async function members(count: number): Promise<void> {
  await elixir.eval(`
    {ref, _} = :pg.monitor(:dynsrv, :prices)
    wait = fn wait ->
      if length(Dynsrv.members(:prices)) == ${count}, do: :ok, else: (receive do {^ref, _, _, _} -> wait.(wait) after 10_000 -> raise "too long" end)
    end
    result = wait.(wait)
    :pg.demonitor(:dynsrv, ref)
    result`)
}

const rescued = (call: string) => elixir.eval(`try do ${call} rescue e -> e end`)

describe('a call of a Node.js service', () => {
  it('finds its members and gives the value', async () => {
    expect(await elixir.eval('Dynsrv.call(:prices, :quote, ["apple"])')).toBe('{:ok, 30}')
    expect(await elixir.eval('Enum.sort(Dynsrv.members(:prices))')).toBe(`[:"one@${SERVICE}", :"two@${SERVICE}"]`)
  })

  it('goes to the one with fewer calls under way', async () => {
    // One after another: two that choose at the same moment may choose the same.
    await elixir.eval('Process.put(:tasks, [])')
    const begin = 'Process.put(:tasks, [Task.async(fn -> Dynsrv.call(:prices, :slow, []) end) | Process.get(:tasks)])'
    for (let call = 1; call <= 10; call++) {
      await elixir.eval(begin)
      await expect.poll(() => waiting.length, { timeout: 20_000, interval: 5 }).toBe(call)
    }
    for (const end of waiting.splice(0)) end()
    const counts = await elixir.eval(
      'Process.get(:tasks) |> Enum.map(&Task.await/1) |> Enum.frequencies() |> Map.values()',
    )
    expect(counts).toBe('[5, 5]')
    expect(await elixir.eval(`:dynsrv_calls.outstanding(:"one@${SERVICE}")`)).toBe('0')
  })

  it('forgets the calls of a caller that was killed', async () => {
    await elixir.eval('Process.put(:pid, spawn(fn -> Dynsrv.call(:prices, :slow, [], timeout: 60_000) end))')
    await expect.poll(() => waiting.length, { interval: 10 }).toBe(1)
    await elixir.eval('Process.exit(Process.get(:pid), :kill)')
    const sum = `Enum.sum(for n <- Dynsrv.members(:prices), do: :dynsrv_calls.outstanding(n))`
    await expect.poll(() => elixir.eval(sum)).toBe('0')
    for (const end of waiting.splice(0)) end()
  })

  it('raises an error of JavaScript with its name, message, code and stack', async () => {
    const error = await rescued('Dynsrv.call(:prices, :fails, [])')
    expect(error).toMatch(/^%Dynsrv\.JsError\{/)
    expect(error).toContain('name: "PriceError"')
    expect(error).toContain('message: "no price for pears"')
    expect(error).toContain('code: "NO_PRICE"')
    expect(error).toMatch(/stack: " {4}at .*\(calls\.test\.ts:\d+\)/)
    expect(await elixir.eval('try do Dynsrv.call(:prices, :fails, []) rescue e -> Exception.message(e) end')).toBe(
      '"PriceError: no price for pears (NO_PRICE)"',
    )
    const trace = await elixir.eval(
      'try do Dynsrv.call(:prices, :fails, []) rescue _ -> Exception.format_stacktrace(__STACKTRACE__) end',
    )
    expect(trace).toContain('calls.test.ts')
    expect(await rescued('Dynsrv.call(:prices, :rejects, [])')).toContain(
      'name: "TypeError", message: "later", code: nil',
    )
  })

  it('leaves what plain erpc raises as it was', async () => {
    const error = await rescued(`:erpc.call(:"one@${SERVICE}", :prices, :fails, [])`)
    expect(error).toContain('__struct__: RuntimeError')
    expect(error).toContain('message: "no price for pears"')
  })

  it('raises what the function chose in words of Erlang', async () => {
    expect(await elixir.eval('try do Dynsrv.call(:prices, :chosen, []) catch k, r -> {k, r} end')).toBe(
      '{:error, {:no_such_sku, 7}}',
    )
  })

  it.each([
    ['Dynsrv.call(:nobody, :quote, [])', 'no_member', 'no connected node has joined the group nobody'],
    ['Dynsrv.call(:prices, :absent, [1])', 'not_exposed', 'no member has prices.absent/1'],
    ['Dynsrv.call(:prices, :slow, [], timeout: 50)', 'timeout', 'prices.slow/0 gave no answer in time'],
    [
      'Dynsrv.call(:prices, :quote, ["apple"], deadline: System.monotonic_time(:millisecond) - 1)',
      'timeout',
      'gave no answer in time',
    ],
  ])('%s is %s, in words', async (call, reason, words) => {
    const error = await rescued(call)
    expect(error).toMatch(/^%Dynsrv\.CallError\{/)
    expect(error).toContain(`reason: :${reason}`)
    expect(error).toContain(words)
    for (const end of waiting.splice(0)) end()
  })

  it('is the same in Erlang, with terms of Erlang', async () => {
    expect(
      await elixir.eval('try do :dynsrv.call(:prices, :fails, []) catch k, r -> {k, elem(r, 0), elem(r, 1).name} end'),
    ).toBe('{:error, :js_error, "PriceError"}')
    expect(await elixir.eval('try do :dynsrv.call(:nobody, :x, []) catch k, r -> {k, elem(r, 1)} end')).toBe(
      '{:error, :no_member}',
    )
    expect(await elixir.eval('try do :dynsrv.call(:prices, :x, [], timeot: 1) catch _, r -> r end')).toBe(
      '{:bad_option, {:timeot, 1}}',
    )
  })
})

it('no call fails while a service drains', async () => {
  called.length = 0
  await elixir.eval(`
    Process.put(:loop, Task.async(fn ->
      loop = fn loop, n -> receive do :stop -> n after 0 -> {:ok, 30} = Dynsrv.call(:prices, :quote, ["apple"]); loop.(loop, n + 1) end end
      loop.(loop, 0)
    end))`)
  await expect.poll(() => called.includes('one') && called.includes('two'), { interval: 5 }).toBe(true)
  await services[1]!.drain()
  called.length = 0
  await expect.poll(() => called.length, { interval: 5 }).toBeGreaterThan(50)
  await elixir.eval('send(Process.get(:loop).pid, :stop)')
  expect(Number(await elixir.eval('Task.await(Process.get(:loop))'))).toBeGreaterThan(50)
  expect(new Set(called)).toEqual(new Set(['one']))
})
