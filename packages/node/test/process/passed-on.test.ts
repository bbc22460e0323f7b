import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type Atom, atom, decodeTerm, encode, inspect, Pid, type Term, tuple } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Mailbox, NO_REPLY, type Node, type NodeOptions } from '../../src/index.ts'
import { compiledModule, startBeamPeer } from '../support/beam-peer.ts'
import { CREATION, joinByHand, passThrough } from '../support/join-by-hand.ts'
import { startOurs } from '../support/nodes.ts'

const ERLANG = () => ['-pa', compiledModule('passed_on')]

/** A node of ours that does what the ways of `passed_on.erl` ask for. */
async function startPassing(options: Partial<NodeOptions>): Promise<Node> {
  const node = await startOurs('passing', { output: () => undefined, ...options })
  let go = (): void => undefined
  node.serve({
    name: 'chain',
    call(request, server, from) {
      if (request === atom('chain')) {
        const [first, last] = [node.mailbox(), node.mailbox()]
        first.link(last)
        return tuple(first.pid, last.pid)
      }
      if (request === atom('server')) return node.serve({ init: () => 1, call: () => null }).pid
      if (request === atom('go')) {
        go()
        return atom('ok')
      }
      if (request === atom('later')) {
        queueMicrotask(() => server.reply(from, null))
        return NO_REPLY
      }
      return null
    },
  })
  node.expose('js', {
    forever: () => new Promise(() => undefined),
    forget: () => null,
    raise: (how: Atom, kind: Term) =>
      node[how.name as 'erpc' | 'rpc'](node.connected()[0]!, 'passed_on', 'raise', [kind]),
    slow: () =>
      new Promise((resolve) => {
        go = () => resolve(null)
      }),
  })
  return node
}

const REASONS = [
  ['a reason that ends a linked process', 'linked'],
  ['a reason that it is told to end with', 'told'],
  ['a reason that a spawned process is told to end with', 'spawned'],
] as const

const ECHOES = [
  ['the reason of sys:terminate', 'terminated'],
  ['the tag of a call', 'tag'],
  ['the tag and the unknown request of sys', 'system'],
  ['the id of an erpc request', 'erpc'],
  ['the arguments of a function that is not there', 'undef'],
  ['the same of a call that had to wait', 'waiting'],
  ['what a function of another node raised that one of ours called', 'raised'],
  ['what an I/O request is to be answered with', 'io'],
  ['a name that rex does not know', 'sbcast'],
] as const

const DECODES: readonly Partial<NodeOptions>[] = [
  {},
  { decode: { binary: 'text', map: 'object', float: 'number' } },
  { decode: { binary: 'view', map: 'object' } },
  { decode: { binary: 'text', float: 'boxed' } },
  // Some of the terms are over it, and pass all the same.
  { decode: { limits: { depth: 60 } } },
]

describe.each(DECODES)('what only passes through a node with %o', (options) => {
  let erl: Beam
  let node: Node
  beforeAll(async () => {
    erl = await startBeamPeer('passes', { args: ERLANG() })
    node = await startPassing(options)
    await node.connect(erl.name)
  }, 60_000)
  afterAll(async () => {
    await node.close()
    await erl.stop()
  })

  it.each(options.decode?.limits === undefined ? [...REASONS, ...ECHOES] : REASONS)('%s', async (_what, way) => {
    expect(await erl.eval(`passed_on:changed(${way}, '${node.self}', 1, 60)`)).toBe('[]')
  })
})

describe('by its bytes', () => {
  /** A peer that says its frames by hand and has a process linked to a mailbox of ours. */
  async function linked(node: Node, inbox: Mailbox, label: string): Promise<{ socket: Socket; pid: Pid }> {
    const name = `${label}@127.0.0.1`
    const socket = await joinByHand(node, name)
    const pid = new Pid(atom(name), 1, 0, CREATION)
    socket.write(passThrough(tuple(1, pid, inbox.pid)))
    socket.write(passThrough(tuple(2, atom(''), inbox.pid), atom('linked')))
    expect(await inbox.receive()).toBe(atom('linked'))
    return { socket, pid }
  }

  /** The reason that a peer gets when a process linked to ours has ended for this one. */
  async function passed(reason: Uint8Array): Promise<Buffer> {
    await using node = await startOurs('passing')
    const inbox = node.mailbox()
    const one = await linked(node, inbox, 'one_1')
    const other = await linked(node, inbox, 'other_1')
    const came = once(other.socket, 'data') as Promise<[Buffer]>
    const exit = encode(tuple(24, one.pid, inbox.pid))
    const body = Buffer.concat([Buffer.from([112]), exit, Buffer.from([131]), reason])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(body.length)
    one.socket.write(Buffer.concat([length, body]))
    const [frame] = await came
    const head = 4 + 1 + encode(tuple(24, inbox.pid, other.pid)).length
    for (const { socket } of [one, other]) socket.destroy()
    return frame.subarray(head + 1)
  }

  it.each([
    ['a map in an order of its own', '7400000002770162613177016146' + '3ff0000000000000'],
    ['an integer that would fit in fewer bytes', '6e0800' + '0100000000000000'],
    ['text as a list', '6c00000002' + '61616162' + '6a'],
    ['an atom in an old form', '640001e4'],
  ])('%s passes', async (_what, hex) => {
    expect((await passed(Buffer.from(hex, 'hex'))).toString('hex')).toBe(hex)
  })

  it('a native record ends a link to a peer that takes none for a reason that says so', async () => {
    const record = Buffer.from([67, 0, 0, 0, 1, 0, 119, 1, 97, 119, 1, 98, 119, 1, 102, 97, 1])
    const { value } = decodeTerm(await passed(record), 0, { binary: 'text' })
    expect(inspect(value)).toMatch(/^\{reason_has_no_encoding,.*native records/)
  })
})

it('global names and their methods are told again as they came', async () => {
  await using teller = await startBeamPeer('teller', { args: [...ERLANG(), '-hidden'] })
  await using node = await startOurs('between', { hidden: false, decode: { binary: 'text', map: 'object' } })
  await node.connect(teller.name)
  await teller.eval(`passed_on:told('${node.self}', whereis(init))`)
  await using hears = await startBeamPeer('hears', { args: ERLANG() })
  await node.connect(hears.name)
  // Keys of a map: sorted, 1 and 1.0 would be alike.
  const known = `maps:from_list([{element(1, Entry), element(3, Entry)} || Entry <- ets:tab2list(global_names)])
    =:= maps:from_list([{Name, {Name, fun lists:map/2}} || Name <- passed_on:names()])`
  await expect.poll(() => hears.eval(known)).toBe('true')

  // The program has them as it wants terms decoded, and finds each of them by that.
  const names = node.global.names()
  expect(names).toContainEqual('text')
  expect(names).toContainEqual(tuple(atom('x'), 1))
  for (const name of names) expect(node.global.whereis(name)).toBeInstanceOf(Pid)
  await node.global.unregister(names.find((name) => inspect(name).startsWith('#{'))!)
  await expect.poll(() => hears.eval('length(global:registered_names())')).toBe(String(names.length - 1))
}, 60_000)
