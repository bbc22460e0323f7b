import { atom, type Term, tuple } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ExposedFunction, NO_REPLY, type Node, type NodeOptions, RemoteError } from '../../src/index.ts'
import { startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'

const fail = (): never => {
  throw new Error('do not touch')
}
const cycle: Record<string, unknown> = {}
cycle.self = cycle

/** Values that have no Erlang term. */
const VALUES: Readonly<Record<string, () => unknown>> = {
  nan: () => Number.NaN,
  infinity: () => Number.NEGATIVE_INFINITY,
  date: () => new Date(Number.NaN),
  set: () => new WeakSet(),
  function: () => () => 1,
  symbol: () => Symbol('odd'),
  cycle: () => cycle,
  surrogate: () => ['a\ud800'],
  getter: () => [Object.defineProperty({}, 'odd', { enumerable: true, get: fail })],
  later_getter: () => {
    let looks = 0
    return Object.defineProperty({}, 'odd', { enumerable: true, get: () => (looks++ === 0 ? 1 : fail()) })
  },
  proxy: () => new Proxy({}, { getPrototypeOf: fail, ownKeys: fail }),
  thenable: () => Object.defineProperty({}, 'then', { get: fail }),
}

const { later_getter: _later, thenable: _thenable, ...TERMLESS } = VALUES

/** What may be thrown. */
const THROWN: Readonly<Record<string, () => unknown>> = {
  null: () => null,
  undefined: () => undefined,
  text: () => 'a\ud800',
  symbol: () => Symbol('odd'),
  // To find its decimal digits takes twelve seconds.
  huge: () => 1n << 33_000_000n,
  huge_inside: () => [[1n << 33_000_000n]],
  message: () => Object.defineProperty(new Error('x'), 'message', { get: fail }),
  stack: () => Object.defineProperty(new Error('x'), 'stack', { get: fail }),
  half: () => Object.assign(new Error('half \ud800'), { code: 'HALF_\udfff' }),
  proxy: () => new Proxy(new Error('x'), { get: fail, getPrototypeOf: fail }),
  reason: () => new RemoteError('exit', Number.NaN),
}

const throwing = (make: () => unknown) => (): never => {
  throw make()
}
const later = (make: () => unknown) => async (): Promise<unknown> => {
  await undefined
  return make()
}

const both = (make: () => unknown, name: string): [string, () => unknown][] => [
  [name, make],
  [`${name}_async`, later(make)],
]
const RETURNED = Object.entries(VALUES).flatMap(([name, make]) => both(make, `gives_${name}`))
const RAISED = Object.entries(THROWN).flatMap(([name, make]) => both(throwing(make), `throws_${name}`))
/** Every odd outcome that comes to an end, as a function. */
const ODD: Readonly<Record<string, () => unknown>> = Object.fromEntries([...RETURNED, ...RAISED])
const NAMES = Object.keys(ODD)
const RAISING = RAISED.map(([name]) => name)

let erl: Beam
let node: Node
const logged: string[] = []
const unhandled: unknown[] = []
const note = (cause: unknown): void => void unhandled.push(cause)
beforeAll(async () => {
  process.on('unhandledRejection', note).on('uncaughtException', note)
  erl = await startBeamPeer('odd')
  node = await startOurs('odd', {
    output: () => undefined,
  })
  node.expose('js', {
    ...(ODD as Record<string, ExposedFunction>),
    never: () => new Promise(() => undefined),
    // biome-ignore lint/suspicious/noThenProperty: that is what is odd
    never_thenable: () => ({ then: () => undefined }),
    enoent: () => {
      throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    },
    errno: () => {
      throw Object.assign(new Error('no'), { code: -2 })
    },
  })
  // The log has the same warnings, each once with a count.
  node.on('warning', ({ message }) => logged.push(message))
  await node.connect(erl.name)
})
afterAll(async () => {
  await node.close()
  await erl.stop()
  process.off('unhandledRejection', note).off('uncaughtException', note)
})
beforeEach(() => {
  logged.length = 0
})
afterEach(async () => {
  // The link has lived through it.
  expect(await erl.eval(`lists:member('${node.self}', nodes(hidden))`)).toBe('true')
  expect(unhandled.splice(0)).toStrictEqual([])
})

/** What an expression of a BEAM node gives, or `late` when that takes longer than anything should. */
async function ask(expression: string): Promise<string> {
  return erl.eval(`try ${expression} catch exit:{timeout, _} -> late; error:{erpc, timeout} -> late; C:R -> {C, R} end`)
}

const at = (name: string): string => `{${name}, '${node.self}'}`

/** Each way in which a BEAM node has a function run and waits for what comes of it. */
const CALLS: Readonly<Record<string, (name: string) => string>> = {
  'erpc:call': (f) => `erpc:call('${node.self}', js, ${f}, [], 5000)`,
  'erpc:multicall': (f) => `erpc:multicall(['${node.self}'], js, ${f}, [], 5000)`,
  'rpc:call': (f) => `rpc:call('${node.self}', js, ${f}, [], 5000)`,
  'rpc:block_call': (f) => `rpc:block_call('${node.self}', js, ${f}, [], 5000)`,
  'rpc of OTP 22': (f) =>
    `begin ${at('rex')} ! {self(), {call, js, ${f}, [], user}}, receive {rex, R0} -> R0 after 5000 -> late end end`,
  'a call of rex': (f) => `gen_server:call(${at('rex')}, {call, js, ${f}, [], user}, 5000)`,
  'spawn_monitor of erpc': (f) => `begin
      Q = erpc:send_request('${node.self}', erlang, apply, [js, ${f}, []]), erpc:receive_response(Q, 5000) end`,
}

describe.each(Object.entries(CALLS))('%s', (way, expression) => {
  it.each(NAMES)('of a function that %s', async (name) => {
    const answer = await ask(expression(name))
    if (way === 'spawn_monitor of erpc') {
      // Exposed by nobody: `undef` at once.
      expect(answer).toMatch(/undef/)
      return
    }
    if (name.includes('later_getter')) {
      // It had a term when it was looked at.
      expect(answer).not.toBe('late')
      return
    }
    expect(answer).toMatch(/'Elixir\.RuntimeError'/)
    const isValue = !name.startsWith('throws') && !name.includes('thenable')
    if (isValue || name.includes('reason')) expect(answer).toMatch(/NODE_MESSAGE_INVALID/)
    expect(logged.join('\n')).toMatch(new RegExp(`js:${name}/0`))
  })

  it('of a function that never ends keeps to the time of the caller', async () => {
    for (const name of ['never', 'never_thenable']) {
      if (way === 'rpc:block_call' || way.includes('rex') || way.includes('22')) continue
      expect(await ask(expression(name).replaceAll('5000', '50'))).toMatch(/late|timeout|undef/)
    }
  })
})

describe('without an answer', () => {
  it.each(['erpc:cast', 'rpc:cast'])('%s', async (cast) => {
    for (const name of NAMES) await erl.eval(`${cast}('${node.self}', js, ${name}, [])`)
    await expect.poll(() => RAISING.filter((name) => !logged.some((text) => text.includes(`js:${name}/0`)))).toEqual([])
    // What nobody gets cannot be wrong.
    expect(logged.filter((text) => text.includes('js:gives'))).toEqual(
      logged.filter((text) => /js:gives_thenable/.test(text)),
    )
  })

  it('a cast of rex', async () => {
    for (const name of NAMES) await erl.eval(`gen_server:cast(${at('rex')}, {cast, js, ${name}, [], user})`)
    await expect.poll(() => RAISING.filter((name) => !logged.some((text) => text.includes(`js:${name}/0`)))).toEqual([])
  })
})

it.each(NAMES)('spawn_monitor of a function that %s', async (name) => {
  const reason = await ask(
    `begin {_, Q} = spawn_monitor('${node.self}', js, ${name}, []), receive {'DOWN', Q, _, _, R0} -> R0 after 5000 -> late end end`,
  )
  if (name.startsWith('throws') || name.includes('thenable')) expect(reason).toMatch(/^\{#\{'__exception__'/)
  else expect(reason).toBe('normal')
})

describe('a server with a handler that', () => {
  it.each(NAMES)('%s', async (name) => {
    const run = ODD[name] as () => Term
    const handle = run as () => void
    using _ = node.serve({ name: 'odd', call: run, cast: handle, info: handle, terminate: handle })
    const answer = await ask(`gen_server:call(${at('odd')}, x, 5000)`)
    if (name.includes('later_getter')) expect(answer).not.toBe('late')
    else expect(answer).toMatch(/'Elixir\.RuntimeError'/)
    expect(logged.join('\n')).toMatch(/the (call handler|reply) of odd/)
    logged.length = 0
    await erl.eval(`gen_server:cast(${at('odd')}, x)`)
    await erl.eval(`${at('odd')} ! x`)
    // As for a server that crashed. One that only gives nonsense does not fail: what a handler of messages gives counts for nothing.
    if (name.startsWith('throws') || name.includes('thenable')) {
      expect(await ask(`rpc:server_call('${node.self}', odd, odd, x)`)).toBe('{error,nodedown}')
      expect(logged.join(' ')).toMatch(/the cast handler of odd threw.*the info handler of odd threw/)
    }
    expect(await ask(`sys:get_state(${at('odd')})`)).toBe('undefined')
    expect(await ask(`gen_server:stop(${at('odd')})`)).toBe('ok')
    if (name.startsWith('throws')) expect(logged.join('\n')).toMatch(/the terminate handler of odd threw/)
  })

  it('answers later with what has no term', async () => {
    for (const make of Object.values(TERMLESS)) {
      using _ = node.serve({
        name: 'later',
        call: (_request, server, from) => {
          setImmediate(() => server.reply(from, make() as Term))
          return NO_REPLY
        },
      })
      logged.length = 0
      expect(await ask(`gen_server:call(${at('later')}, x, 5000)`)).toMatch(/bad_reply/)
      expect(logged.join('\n')).toMatch(/the reply of later cannot be sent/)
    }
  })

  it('never answers keeps to the time of the caller', async () => {
    using _ = node.serve({ name: 'silent', call: () => new Promise<Term>(() => undefined) })
    expect(await ask(`gen_server:call(${at('silent')}, x, 50)`)).toBe('late')
  })
})

describe('sys, of a server whose state is odd:', () => {
  it.each(NAMES)('one whose show and replace handler %s', async (name) => {
    const run = ODD[name] as () => Term
    using _ = node.serve({ name: 'shown', show: run, replace: run as never, init: () => 1 })
    expect(await ask(`sys:get_state(${at('shown')}, 5000)`)).not.toBe('late')
    expect(await ask(`sys:get_status(${at('shown')}, 5000)`)).toMatch(/^\{status,|bad_reply/)
    expect(await ask(`sys:replace_state(${at('shown')}, fun erlang:abs/1, 5000)`)).not.toBe('late')
    expect(await ask(`sys:trace(${at('shown')}, true)`)).toBe('ok')
    expect(await ask(`gen_server:cast(${at('shown')}, x)`)).toBe('ok')
    expect(await ask(`sys:log(${at('shown')}, get)`)).not.toBe('late')
    if (name.startsWith('throws')) expect(logged.join('\n')).toMatch(/the show handler of shown/)
  })

  it('any odd state', async () => {
    for (const make of Object.values(VALUES)) {
      using _ = node.serve({ name: 'held', init: () => [make()] })
      expect(await ask(`sys:get_state(${at('held')}, 5000)`)).not.toBe('late')
      expect(await ask(`sys:get_status(${at('held')}, 5000)`)).toMatch(/^\{status,/)
    }
  })
})

describe('listeners that are odd:', () => {
  it.each(NAMES)('%s', async (name) => {
    const run = ODD[name] as () => void
    await using other = await startOurs('other')
    const raises = name.startsWith('throws') || name.includes('thenable')
    const heard = (what: RegExp): Promise<void> =>
      raises ? expect.poll(() => logged.join('\n')).toMatch(what) : Promise.resolve()

    const pg = node.pg('odd_scope')
    pg.on('join', run).on('leave', run)
    using mailbox = node.mailbox()
    pg.join(atom('g'), mailbox)
    pg.leave(atom('g'), mailbox)
    await heard(/the join listener .* of the scope odd_scope threw/)
    await heard(/the leave listener .* of the scope odd_scope threw/)
    pg.close()

    const pubsub = node.pubsub('Odd')
    pubsub.subscribe('topic', run)
    pubsub.publish('topic', 1)
    await heard(/a listener of the topic topic of Odd threw/)
    pubsub.close()

    const listeners = ['nodeup', 'nodedown', 'warning', 'event'] as const
    for (const event of listeners) node.on(event, run)
    await node.connect(other.self)
    using _monitor = node.monitorNode(other.self, run)
    await node.disconnect(other.self)
    await heard(/the nodeup listener .* threw/)
    await heard(/the nodedown listener .* threw/)
    await heard(/what monitors the node .* threw/)
    for (const event of listeners) node.off(event, run)
  })
})

describe('functions among the options that are odd:', () => {
  /** A node with such options that the node of the tests tries to connect, and that tries to connect it. */
  async function tried(options: Partial<NodeOptions>): Promise<string> {
    const texts: string[] = []
    const logger = {
      debug: () => undefined,
      info: () => undefined,
      warn: (_: object, text: string) => void texts.push(text),
    }
    await using other = await startOurs('strict', { logger, ...options })
    const outcomes = await Promise.all([
      node.connect(other.self).then(
        () => 'up',
        () => 'refused',
      ),
      other.connect(node.self).then(
        () => 'up',
        ({ code }: { code?: string }) => code,
      ),
    ])
    expect(outcomes[0]).toBe('refused')
    expect(outcomes[1]).toMatch(/^(DIST|NODE)_/)
    expect([node.connected(), other.connected()].flat()).not.toContain(other.self)
    return texts.join('\n')
  }

  it.each(NAMES)('allow and cookie, each of which %s', async (name) => {
    const run = ODD[name]!
    expect(await tried({ allow: run as () => boolean })).toMatch(/the allow option (threw|gave)/)
    if (name.startsWith('gives_surrogate')) return
    expect(await tried({ cookie: run as () => string })).toMatch(/the cookie option for .* (threw|gave)/)
  })

  it.each(NAMES)('a logger and an output that %s', async (name) => {
    const run = ODD[name] as () => void
    await using other = await startOurs('loud', { logger: { debug: run, info: run, warn: run }, output: run })
    const raises = name.startsWith('throws') || name.includes('thenable')
    const warned: string[] = []
    other.on('warning', ({ message }) => warned.push(message))
    await other.connect(erl.name)
    expect(await other.erpc(erl.name, 'io', 'put_chars', ['text'])).toBe(atom('ok'))
    if (!raises) return
    await expect.poll(() => warned.join('\n')).toMatch(/the logger of .* threw/)
    await expect.poll(() => warned.join('\n')).toMatch(/the output option threw/)
  })
})

it('an error of JavaScript keeps its name, its message and its code', async () => {
  expect(await ask(`erpc:call('${node.self}', js, enoent, [])`)).toMatch(
    /#\{'__exception__' => true,'__struct__' => 'Elixir\.RuntimeError',code => <<"ENOENT">>,message => <<"no such file">>,name => <<"Error">>\}/,
  )
  expect(await ask(`erpc:call('${node.self}', js, errno, [])`)).toMatch(/code => -2/)
  const error = await node.erpc(node.self, 'js', 'enoent').catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'NODE_REMOTE_ERROR', class: 'error' })
})

it('a message that cannot be sent is the error of its sender', () => {
  for (const [name, make] of Object.entries(TERMLESS)) {
    const to = { name: 'nobody', node: erl.name }
    expect(() => node.send(to, make() as Term), name).toThrow(expect.objectContaining({ code: 'NODE_MESSAGE_INVALID' }))
  }
})

it('the end of a process is told, whatever its reason', async () => {
  for (const [name, make] of Object.entries(VALUES)) {
    const mailbox = node.mailbox('dies')
    const down = ask(`begin Q = monitor(process, ${at('dies')}), ${at('dies')} ! self(),
      receive {'DOWN', Q, _, _, R0} -> R0 after 5000 -> late end end`)
    await mailbox.receive({ timeoutMs: 5_000 })
    mailbox.exit(tuple(atom('odd'), make() as Term))
    expect(await down, name).toMatch(/reason_has_no_encoding|odd/)
  }
})
