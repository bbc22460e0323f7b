import { EventEmitter } from 'node:events'
import { atom, contract, type Pid, Reference, t } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import {
  argument,
  call,
  EVERY_ODD_VALUE,
  making,
  ODD_FUNCTIONS,
  ODD_OPTIONS,
  ODD_TEXTS,
  ODD_VALUES,
  type Odd,
  testOddArguments,
} from '@dynsrv/tools/odd-values'
import { testSoundOptions } from '@dynsrv/tools/options'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import * as api from '../src/index.ts'
import { startBeamPeer } from './support/beam-peer.ts'
import { startOurs } from './support/nodes.ts'
import { portInName } from './support/port-in-name.ts'

// A visible node of ours in a cluster of three BEAM nodes: what is wrong is refused here, and nothing of it reaches them.
let beams: readonly Beam[] = []
let node: api.Node
let own: api.Mailbox
let before: readonly string[] = []
/** A process of a BEAM node that has ended. */
let gone: Pid

/** Answers every call, and lets everything else go. */
const ECHO = `spawn(fun() -> register(echo, self()),
  (fun Loop() -> receive {'$gen_call', From, Request} -> gen_server:reply(From, Request), Loop(); _ -> Loop() end end)()
end), ok`

beforeAll(async () => {
  const labels = ['odd_one', 'odd_two', 'odd_three']
  beams = await Promise.all(labels.map((label) => startBeamPeer(label)))
  node = await startOurs('odd_ours', { hidden: false })
  for (const beam of beams) {
    await node.connect(beam.name)
    await beam.eval(ECHO)
  }
  await vi.waitFor(
    async () => {
      expect(node.global.known()).toHaveLength(beams.length)
      for (const beam of beams) expect(await beam.eval('length(nodes())')).toBe(String(beams.length))
    },
    { timeout: 20_000 },
  )
  own = node.mailbox()
  gone = await node.spawn(beams[0]!.name, 'erlang', 'node')
  before = await cluster()
})

afterAll(async () => {
  await node.close()
  await Promise.all(beams.map((beam) => beam.stop()))
})

/** What each BEAM node says of its name server and of its cluster. */
function cluster(): Promise<readonly string[]> {
  return Promise.all(
    beams.map((beam) => beam.eval('{whereis(global_name_server), global:sync(), lists:sort(nodes())}')),
  )
}

let count = 0
const beamName = () => beams[0]!.name
const options = (value: object = {}) => argument(() => value, ODD_OPTIONS)
const term = argument(() => atom('something'), EVERY_ODD_VALUE)
const peer = argument(beamName)
/** Texts that are names of atoms. */
const NAMES: readonly Odd[] = ['an empty text', 'a text', 'a control character']
const REGISTERED = NAMES.filter((odd) => odd !== 'an empty text')
const atomName = argument(() => 'node', NAMES)
const echo = argument(() => ({ name: 'echo', node: beamName() }), NAMES)
const text = argument(() => 'room:1', ODD_TEXTS)
const process = argument(() => own)
const aFunction = argument(() => () => undefined, ODD_FUNCTIONS)
const LISTS: readonly Odd[] = ['undefined', 'an empty array', 'a sparse array']
const args = argument(() => [], LISTS)
const module = argument(() => 'erlang', NAMES)

/** The methods of an object that goes on after the test. */
function lasting(made: object, { prototype }: { readonly prototype: object }): object {
  const methods = Object.getOwnPropertyNames(prototype).filter((name) => {
    const { value } = Object.getOwnPropertyDescriptor(prototype, name)!
    return typeof value === 'function' && !['constructor', 'close', 'drain'].includes(name)
  })
  return Object.fromEntries(methods.map((name) => [name, Reflect.get(made, name).bind(made)]))
}

/** What a handler gets of its server. */
async function context(): Promise<object> {
  let seen: object = {}
  const server = node.serve({
    call: (_request, given) => {
      seen = given
      return null
    },
  })
  await node.call(server.pid, null)
  return { ...seen, close: () => server.close() }
}

const LISTENERS = Object.getOwnPropertyNames(EventEmitter.prototype).filter(
  (name) =>
    typeof Object.getOwnPropertyDescriptor(EventEmitter.prototype, name)?.value === 'function' &&
    name !== 'constructor',
)

/** On a node of its own, which is gone afterwards. */
async function drain(given: object): Promise<void> {
  await using leaving = await startOurs('leaving', { listen: false })
  await leaving.drain(given)
}

const classes = { Mailbox: api.Mailbox, Node: api.Node, PubSub: api.PubSub, Subscription: api.Subscription }
const { Mailbox: _mailbox, Node: _node, PubSub: _pubsub, Subscription: _subscription, ...functions } = api

testOddArguments(
  {
    ...functions,
    node: () => lasting(node, api.Node),
    drain,
    mailbox: () => {
      const mailbox = node.mailbox()
      node.send(mailbox.pid, 'one that waits')
      return mailbox
    },
    server: () => node.serve({}),
    context,
    scope: () => node.pg('odd_scope'),
    pubsub: () => node.pubsub('Odd'),
    subscription: () => {
      const subscription = node.pubsub('Lasting').subscribe('room:1')
      node.pubsub('Lasting').publish('room:1', 1)
      return subscription
    },
    global: () => lasting(node.global, node.global.constructor as never),
  },
  {
    isNodeError: call(),
    fn: call(
      argument(() => [t.any()], 'an empty array'),
      argument(() => t.any(), 'undefined'),
      aFunction,
    ),
    TypedFunction: making(
      [argument(() => [t.any()], 'an empty array'), argument(() => t.any(), 'undefined'), aFunction],
      { run: call() },
    ),
    isRemoteError: call(),
    startNode: call(argument(() => ({ name: 'a@127.0.0.1', cookie: 'c', epmd: portInName(), listen: false }))),
    node: making([], {
      connected: call(),
      peers: call(),
      connect: call(peer, options()),
      disconnect: call(argument(() => 'nobody@127.0.0.1')),
      monitorNode: call(peer, aFunction),
      monitor: call(echo, aFunction),
      ping: call(peer, options()),
      send: call(echo, term, options()),
      drained: call(peer),
      call: call(echo, term, options()),
      cast: call(echo, term),
      multiCall: call(atomName, term, options()),
      erpc: call(peer, module, atomName, args, options()),
      module: call(
        peer,
        argument(() => contract('lists', {})),
        options(),
      ),
      erpcMany: call(
        argument(() => [], LISTS.slice(1), 'a map', 'bytes'),
        options(),
      ),
      erpcCast: call(peer, module, atomName, args),
      rpc: call(peer, module, atomName, args, options()),
      spawn: call(peer, module, atomName, args, options()),
      mailbox: call(argument(() => ({}), ODD_OPTIONS, REGISTERED)),
      expose: call(
        argument(() => `module_${count++}`, NAMES),
        argument(() => ({ run: () => 1 }), 'an empty object', 'an object without prototype'),
      ),
      serve: call(argument(() => ({}), 'an empty object', 'an object without prototype')),
      pg: call(argument(() => 'odd_scope', 'undefined', REGISTERED)),
      pubsub: call(
        argument(() => 'Odd', REGISTERED),
        options(),
      ),
      whereis: call(text),
      register: call(
        argument(() => `name_${count++}`, REGISTERED),
        process,
      ),
      alias: call(process, options()),
      unregister: call(text),
      inspect: call(options()),
      events: call(options()),
      reloadTls: call(),
      unref: call(),
      ref: call(),
    }),
    drain: call(options()),
    mailbox: making([], {
      send: call(echo, term, options()),
      call: call(echo, term, options()),
      receive: call(options()),
      link: call(process),
      unlink: call(process),
      monitor: call(echo),
      demonitor: call(argument(() => new Reference(atom(node.self), node.creation, [1, 2, 3]))),
      exitOther: call(
        argument(() => gone),
        term,
      ),
      exit: call(term),
      close: call(),
    }),
    server: making([], { close: call(term), stop: call(term) }),
    context: making([], {
      reply: call(
        argument(() => ({ pid: own.pid, tag: 1 })),
        term,
      ),
      stop: call(term),
      timeoutIn: call(argument(() => 5, 'zero', 'a fraction', 'a huge number', 'Infinity')),
      close: call(),
    }),
    scope: making(
      [],
      {
        join: call(term, process),
        leave: call(term, process),
        members: call(term),
        localMembers: call(term),
        groups: call(),
        broadcast: call(term, term),
        synced: call(options()),
        close: call(),
      },
      LISTENERS,
    ),
    pubsub: making([], {
      nodes: call(),
      subscribe: call(
        text,
        argument(() => () => undefined, ODD_OPTIONS, ODD_FUNCTIONS),
        options(),
      ),
      unsubscribe: call(text),
      broadcast: call(text, text, term, options()),
      broadcastFrom: call(
        argument(() => node.pubsub('Lasting').subscribe('room:1')),
        text,
        text,
        term,
      ),
      directBroadcast: call(peer, text, text, term),
      publish: call(text, term, options()),
      close: call(term),
    }),
    subscription: making([], { receive: call(options()), close: call() }),
    global: making([], {
      whereis: call(term),
      names: call(),
      known: call(),
      register: call(
        // Without a prototype it is the same term as the empty object, whose name is taken by then.
        argument(
          () => atom(`odd_${count++}`),
          EVERY_ODD_VALUE.filter((odd) => odd !== 'an object without prototype'),
        ),
        process,
        options(),
      ),
      reregister: call(term, process, options()),
      unregister: call(term, options()),
    }),
  },
)

describe('classes whose objects come from a method', () => {
  it.each(Object.entries(classes))('%s: no program makes one with new', (_name, each) => {
    for (const odd of EVERY_ODD_VALUE) {
      const made = () => Reflect.construct(each, [ODD_VALUES[odd](), ODD_VALUES[odd]()])
      expect(made, odd).toThrow(expect.objectContaining({ code: 'NODE_BAD_OPTION' }))
    }
  })
})

const START = { name: 'a@127.0.0.1', cookie: 'c', epmd: portInName(), listen: false }
async function start(given: object): Promise<void> {
  await using _started = await api.startNode(given as api.NodeOptions)
}

testSoundOptions(
  new URL('../src/index.ts', import.meta.url),
  {
    AliasOptions: { take: (given) => node.alias(own, given) },
    CallOptions: { take: (given) => node.call(own.pid, 1, given) },
    ConnectOptions: { take: (given) => node.connect('b@127.0.0.1', given), promises: ['later'] },
    DrainOptions: { take: drain },
    ErpcManyOptions: { take: (given) => node.erpcMany([], given) },
    EventsOptions: { take: (given) => node.events(given) },
    SyncedOptions: { take: (given) => node.pg('odd_scope').synced(given) },
    ExposeOptions: { take: (given) => node.expose('odd', {}, given).close() },
    InspectOptions: { take: (given) => node.inspect(given) },
    MailboxOptions: { take: (given) => node.mailbox(given) },
    MultiCallOptions: { take: (given) => node.multiCall('odd', 1, given) },
    NodeOptions: {
      take: start,
      valid: START,
      nested: { listen: {}, limits: {}, decode: {}, values: {}, cookie: { offered: 'c', accepted: ['c'] } },
    },
    PubSubOptions: { take: (given) => node.pubsub('Odd', given), nested: { values: {} } },
    PublishOptions: { take: (given) => node.pubsub('Lasting').publish('room:1', 1, given) },
    ReceiveOptions: { take: (given) => own.receive(given) },
    SendOptions: { take: (given) => own.send(own.pid, 1, given) },
    SendWaitOptions: {
      take: (given) => node.send(own.pid, 1, given as api.SendWaitOptions),
      valid: { whenBusy: 'wait' },
    },
    SubscribeOptions: { take: (given) => node.pubsub('Lasting').subscribe('room:1', given) },
    SubscriptionReceiveOptions: { take: (given) => node.pubsub('Lasting').subscribe('room:1').receive(given) },
    TypedCallOptions: { take: (given) => node.call(own.pid, 1, given), valid: { reply: t.any() } },
    TypedReceiveOptions: { take: (given) => own.receive(given), valid: { match: t.any() } },
    TypedSubscribeOptions: {
      take: (given) => node.pubsub('Lasting').subscribe('room:1', given as api.SubscribeOptions),
      nested: { schema: {} },
    },
  },
  {
    CodedErrorOptions: 'an error is made of whatever it is given',
    NodeDecodeOptions: 'tried as a part of NodeOptions',
    NodeErrorOptions: 'an error is made of whatever it is given',
    RemoteErrorOptions: 'an error is made of whatever it is given',
    TlsOptions: 'those of a later Node.js are let through; what is near a known name is refused, see below',
  },
)

it('leaves the cluster as it was', async () => {
  expect(await cluster()).toEqual(before)
  for (const beam of beams) {
    expect(await beam.eval('global:register_name(after_all_of_this, self())')).toMatch('yes')
    expect(await beam.eval('global:unregister_name(after_all_of_this)')).toBe('ok')
    expect(beam.output()).not.toMatch(/Generic server|gen_server .* terminat/)
  }
  expect(node.connected().sort()).toEqual(beams.map(({ name }) => name).sort())
})
