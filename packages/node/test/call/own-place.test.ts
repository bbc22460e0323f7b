import { atom, t, tuple } from '@dynsrv/etf'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isNodeError, type Mailbox, type Node, type PubSub } from '../../src/index.ts'
import { startOurs } from '../support/nodes.ts'

/** What no node sends: the program has to find the `NaN` in it. */
const wrong = () => ({ items: [1, { at: Number.NaN }] })
const WITHIN = '.items[1].at'

let node: Node
let peer: Node
let inbox: Mailbox
let pubsub: PubSub

beforeAll(async () => {
  ;[node, peer] = await Promise.all([startOurs('place'), startOurs('place_peer')])
  inbox = node.mailbox()
  pubsub = node.pubsub('Place.PubSub')
  peer.serve({ name: 'served', call: wrong })
  await node.connect(peer.self)
})

afterAll(() => Promise.all([node.close(), peer.close()]))

const error = async (run: () => unknown): Promise<Error> => {
  try {
    await run()
  } catch (cause) {
    if (cause instanceof Error) return cause
  }
  throw new Error('nothing was thrown')
}

describe('the path to what cannot be sent begins in what the program gave', () => {
  const ways: Readonly<Record<string, readonly [path: string, send: (to: string) => unknown]>> = {
    send: [WITHIN, (to) => node.send({ name: 'x', node: to }, wrong())],
    'send that waits': [WITHIN, (to) => node.send({ name: 'x', node: to }, wrong(), { whenBusy: 'wait' })],
    'mailbox.send': [WITHIN, (to) => inbox.send({ name: 'x', node: to }, wrong())],
    call: [`[1]${WITHIN}`, (to) => node.call({ name: 'x', node: to }, tuple(atom('put'), wrong()))],
    'mailbox.call': [WITHIN, (to) => inbox.call({ name: 'x', node: to }, wrong())],
    cast: [WITHIN, (to) => node.cast({ name: 'x', node: to }, wrong())],
    erpc: [`[1]${WITHIN}`, (to) => node.erpc(to, 'lists', 'nth', [1, wrong()])],
    erpcCast: [`[1]${WITHIN}`, (to) => node.erpcCast(to, 'lists', 'nth', [1, wrong()])],
    rpc: [`[1]${WITHIN}`, (to) => node.rpc(to, 'lists', 'nth', [1, wrong()])],
    spawn: [`[1]${WITHIN}`, (to) => node.spawn(to, 'lists', 'nth', [1, wrong()])],
    publish: [WITHIN, (to) => pubsub.publish('topic', wrong(), { node: to })],
    broadcast: [WITHIN, (to) => pubsub.broadcast('topic', 'event', wrong(), { node: to })],
  }

  it.each(Object.entries(ways))('%s', async (_name, [path, send]) => {
    for (const to of [peer.self, 'nobody@127.0.0.1']) {
      const refused = await error(() => send(to))
      expect(refused).toMatchObject({ code: 'NODE_MESSAGE_INVALID', path, hint: expect.stringContaining('NaN') })
      expect(refused.message).toMatch(/ cannot be sent: /)
      expect(refused.message).toContain(`: ${path}: NaN`)
    }
  })

  it('in a reply, too', async () => {
    const { message } = await error(() => node.call({ name: 'served', node: peer.self }, atom('get')))
    expect(message).toContain(`: ${WITHIN}: NaN`)
  })
})

describe('the stack of what was waited for ends in the line that waited', () => {
  const stopped = AbortSignal.abort(new Error('stopped'))
  const ways: Readonly<Record<string, () => unknown>> = {
    receive: () => inbox.receive({ timeoutMs: 1 }),
    'receive by a function': () => inbox.receive({ match: () => false, timeoutMs: 1 }),
    'receive by a schema': () => inbox.receive({ match: t.int(), timeoutMs: 1 }),
    'receive of one that ends': async () => {
      const mailbox = node.mailbox()
      setImmediate(() => node.mailbox().exitOther(mailbox.pid, atom('kill')))
      await mailbox.receive()
    },
    'receive of one that ends, with a limit': async () => {
      const mailbox = node.mailbox()
      setImmediate(() => node.mailbox().exitOther(mailbox.pid, atom('kill')))
      await mailbox.receive({ timeoutMs: 60_000 })
    },
    'receive of a subscription': async () => {
      using room = pubsub.subscribe('topic')
      await room.receive({ timeoutMs: 1 })
    },
    'receive of a subscription by a schema': async () => {
      using room = pubsub.subscribe('topic', { schema: { message: t.int() } })
      await room.receive({ timeoutMs: 1 })
    },
    'send that waits': () => node.send({ name: 'x', node: 'nobody@127.0.0.1' }, 1, { whenBusy: 'wait' }),
    connect: () => node.connect('nobody@127.0.0.1'),
    ping: () => node.ping('nobody@127.0.0.1'),
    call: () => node.call({ name: 'nobody', node: peer.self }, 1),
    'mailbox.call': () => inbox.call({ name: 'nobody', node: peer.self }, 1),
    multiCall: async () => {
      const { failures } = await node.multiCall('nobody', 1, { nodes: [peer.self] })
      throw failures.get(peer.self)
    },
    erpc: () => node.erpc(peer.self, 'lists', 'nth', [1, []]),
    rpc: () => node.rpc(peer.self, 'lists', 'nth', [1, []]),
    spawn: () => node.spawn('nobody@127.0.0.1', 'lists', 'nth', [1, []]),
  }

  it.each(Object.entries(ways))('%s', async (_name, run) => {
    const failed = await error(async function theCaller() {
      await run()
    })
    expect(isNodeError(failed)).toBe(true)
    expect(failed).not.toHaveProperty('code', 'NODE_BAD_OPTION')
    expect(failed.stack).toContain('theCaller')
  })

  it('and an abort keeps its own reason', async () => {
    expect(await error(() => inbox.receive({ signal: stopped }))).toBe(stopped.reason)
  })
})
