import { ODD_FUNCTIONS, type Odd } from '@dynsrv/tools/odd-values'
import { testOptionValues } from '@dynsrv/tools/options'
import { afterAll, beforeAll } from 'vitest'
import type * as api from '../src/index.ts'
import { startOurs } from './support/nodes.ts'

let node: api.Node
let peer: api.Node
let mailbox: api.Mailbox
let echo: api.GenServer
/** For names that nobody has yet. */
let count = 0

beforeAll(async () => {
  ;[node, peer] = await Promise.all([startOurs('ours', { hidden: false }), startOurs('peer', { hidden: false })])
  await node.connect(peer.self)
  mailbox = node.mailbox()
  echo = node.serve({ call: (request) => request })
  peer.serve({ call: (request) => request, name: 'echo' })
  peer.expose('js', { one: () => 1 })
})

afterAll(() => Promise.all([node.close(), peer.close()]))

type Take = (options: never) => unknown

/** What was taken may end well or badly: a time of 0 ends at once. */
const taken = (take: Take) => async (options: object) => {
  try {
    await take(options as never)
  } catch (error) {
    if ((error as api.NodeError).code !== 'NODE_TIMEOUT') throw error
  }
}

const FLAG: readonly Odd[] = ['true', 'false']
const OBJECT: readonly Odd[] = ['an empty object', 'an object without prototype']
const BOUND: readonly Odd[] = ['Infinity']
const DURATION: readonly Odd[] = ['zero', 'a fraction', 'a huge number', 'Infinity']
const NAME: readonly Odd[] = ['a text', 'a control character']
const CALL = { timeoutMs: DURATION, signal: [] } as const

const TYPED_CALL = { ...CALL, reply: [] } as const
const TYPED = new Set(['call', 'call of another node', 'call of a mailbox', 'erpc', 'rpc'])

const CALLS: Readonly<Record<string, Take>> = {
  call: (options) => node.call(echo.pid, 1, options),
  'call of another node': (options) => node.call({ name: 'echo', node: peer.self }, 1, options),
  'call of a mailbox': (options) => mailbox.call(echo.pid, 1, options),
  erpc: (options) => node.erpc(peer.self, 'js', 'one', [], options),
  rpc: (options) => node.rpc(peer.self, 'js', 'one', [], options),
  spawn: (options) => node.spawn(peer.self, 'js', 'one', [], options),
  ping: (options) => node.ping(peer.self, options),
  'global.register': (options) => node.global.register(`name_${count++}`, mailbox.pid, options),
  'global.reregister': (options) => node.global.reregister('own', mailbox.pid, options),
  'global.unregister': (options) => node.global.unregister('own', options),
}
for (const [name, take] of Object.entries(CALLS))
  testOptionValues(`CallOptions of ${name}`, { take: taken(take) }, TYPED.has(name) ? TYPED_CALL : CALL)

testOptionValues(
  'MultiCallOptions',
  { take: taken((options) => node.multiCall('echo', 1, options)) },
  { ...TYPED_CALL, nodes: ['an empty array'] },
)

async function many(options: object): Promise<void> {
  const outcomes = node.erpcMany([{ node: peer.self, module: 'js', name: 'one' }], options)
  for await (const outcome of outcomes) if (!outcome.ok) throw outcome.error
}
testOptionValues('ErpcManyOptions', { take: taken(many) }, { ...TYPED_CALL, concurrency: BOUND })

testOptionValues(
  'ConnectOptions',
  { take: (options) => node.connect(peer.self, options) },
  { endpoints: ['an empty array'], addresses: ['an empty array'], later: ['a promise'], signal: [] },
)
testOptionValues('AliasOptions', { take: (options) => node.alias(mailbox, options) }, { once: FLAG })
testOptionValues('InspectOptions', { take: (options) => node.inspect(options) }, { maxProcesses: ['zero', 'Infinity'] })
testOptionValues('ExposeOptions', { take: (options) => node.expose('odd', {}, options).close() }, { group: FLAG })
testOptionValues('SyncedOptions', { take: (options) => node.pg().synced(options) }, { signal: [] })
testOptionValues('EventsOptions', { take: (options) => node.events(options).return() }, { signal: [] })
testOptionValues(
  'DrainOptions',
  {
    take: async (options) => {
      await using leaving = await startOurs('leaving', { listen: false })
      await leaving.drain(options)
    },
  },
  { timeoutMs: DURATION },
)

testOptionValues(
  'SendOptions',
  { take: (options) => node.send(mailbox.pid, 1, options) },
  { whenBusy: [], signal: [], from: [] },
)
testOptionValues(
  'SendOptions of a mailbox',
  { take: (options) => mailbox.send(echo.pid, 1, options) },
  { whenBusy: [] },
)
testOptionValues(
  'SendWaitOptions',
  { take: (options) => node.send(mailbox.pid, 1, options as api.SendWaitOptions), valid: { whenBusy: 'wait' } },
  { whenBusy: [], signal: [], from: [] },
)

testOptionValues(
  'MailboxOptions',
  { take: (options) => node.mailbox(options).close() },
  { name: NAME, maxMessages: BOUND, maxBytes: BOUND, whenFull: [], trapExit: FLAG },
)
testOptionValues(
  'ReceiveOptions',
  {
    take: taken((options: api.ReceiveOptions) => {
      const { match, timeoutMs = 0 } = options
      // Nothing waits for a function that throws.
      const receiver = node.mailbox()
      if (match === undefined) node.send(receiver.pid, 1)
      return receiver.receive({ ...options, timeoutMs }).finally(() => receiver.close())
    }),
  },
  { match: ODD_FUNCTIONS, timeoutMs: DURATION, signal: [] },
)

testOptionValues(
  'ServerHandlers',
  { take: (handlers) => node.serve(handlers).close() },
  {
    ...{ name: NAME, init: ODD_FUNCTIONS, call: ODD_FUNCTIONS, cast: ODD_FUNCTIONS, info: ODD_FUNCTIONS },
    ...{ terminate: ODD_FUNCTIONS, show: ODD_FUNCTIONS, replace: ODD_FUNCTIONS },
    ...{ schema: OBJECT, concurrency: BOUND, maxMessages: BOUND, trapExit: FLAG },
  },
)

testOptionValues(
  'PubSubOptions',
  { take: (options) => node.pubsub(`Odd${count++}`, options).close() },
  { poolSize: [], values: ['an empty object', 'an object without prototype'] },
)
testOptionValues(
  'PubSubOptions.values',
  { take: (values) => node.pubsub(`Odd${count++}`, { values }).close() },
  { set: [], binary: [], map: [], float: [], structs: ['true', 'false', 'an empty array'] },
)
testOptionValues(
  'PublishOptions',
  { take: (options) => node.pubsub('Lasting').publish('room:1', 1, options) },
  { whenBusy: [], from: [], node: [], dispatcher: ['an empty text', ...NAME] },
)
testOptionValues(
  'SubscribeOptions',
  { take: (options) => node.pubsub('Lasting').subscribe('room:1', options).close() },
  { maxMessages: BOUND, whenFull: [], signal: [], schema: OBJECT, onMismatch: ODD_FUNCTIONS },
)
testOptionValues(
  'SubscriptionReceiveOptions',
  {
    take: taken((options) => {
      const subscription = node.pubsub('Lasting').subscribe('room:1')
      node.pubsub('Lasting').publish('room:1', 1)
      return subscription.receive(options).finally(() => subscription.close())
    }),
  },
  { timeoutMs: DURATION, signal: [] },
)
