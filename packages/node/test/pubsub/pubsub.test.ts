import { atom, atoms, inspect, tuple } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Node, PubSub } from '../../src/index.ts'
import { next, startOurs } from '../support/nodes.ts'
import { RECEIVE, startPhoenixPeer } from '../support/phoenix-peer.ts'

const PUBSUB = 'MyApp.PubSub'
const PATIENCE = { timeout: 20_000, interval: 50 }

let phoenix: Beam
let other: Beam
let node: Node
let pubsub: PubSub
beforeAll(async () => {
  ;[phoenix, other, node] = await Promise.all([startPhoenixPeer('phx'), startPhoenixPeer('phx2'), startOurs('pubsub')])
  pubsub = node.pubsub(PUBSUB)
  // The links are up before the pubsubs are, as when an application still boots: a hidden node is not told of them.
  await Promise.all([node.connect(phoenix.name), node.connect(other.name)])
  for (const beam of [phoenix, other]) {
    expect(await beam.eval(`{:ok, pid} = Phoenix.PubSub.start(${PUBSUB}); Process.unlink(pid)`)).toBe('true')
  }
  await vi.waitFor(() => expect(pubsub.nodes().sort()).toStrictEqual([phoenix.name, other.name].sort()), PATIENCE)
  // They are not connected to each other, so each sees itself and us.
  const members = `length(:pg.get_members(Phoenix.PubSub, ${PUBSUB}.Adapter))`
  for (const beam of [phoenix, other]) {
    await vi.waitFor(async () => expect(await beam.eval(members)).toBe('2'), PATIENCE)
  }
})
afterAll(async () => {
  await node.close()
  await Promise.all([phoenix.stop(), other.stop()])
})

it('events go to channels, to their sockets, and come from them', async () => {
  await phoenix.eval(`Phoenix.PubSub.subscribe(${PUBSUB}, "room:1")`)
  const reached = pubsub.broadcast('room:1', 'new_msg', { body: 'hello', tags: ['a'], from: null })
  expect(reached).toBe(2)
  const fields = '{message.__struct__, message.topic, message.event, message.payload}'
  expect(await phoenix.eval(`message = ${RECEIVE}; ${fields}`)).toBe(
    '{Phoenix.Socket.Broadcast, "room:1", "new_msg", %{"body" => "hello", "from" => nil, "tags" => ["a"]}}',
  )
  await phoenix.eval(`Phoenix.PubSub.subscribe(${PUBSUB}, "room:2", {:fastlane, self(), ["kept"]})`)
  pubsub.broadcast('room:2', 'passed', {})
  pubsub.broadcast('room:2', 'kept', {})
  expect(await phoenix.eval(`{:socket, message} = ${RECEIVE}; message.event`)).toBe('"passed"')
  expect(await phoenix.eval(`message = ${RECEIVE}; message.event`)).toBe('"kept"')

  using room = pubsub.subscribe('room:1')
  await phoenix.eval(`Phoenix.Channel.Server.broadcast(${PUBSUB}, "room:9", "unheard", %{})`)
  await phoenix.eval(
    `Phoenix.Channel.Server.broadcast(${PUBSUB}, "room:1", "shout", %{body: "häh", nested: %{"n" => 1.5}})`,
  )
  expect(await room.receive({ timeoutMs: 20_000 })).toStrictEqual({
    type: 'event',
    topic: 'room:1',
    event: 'shout',
    payload: atoms({ body: 'häh', nested: { n: 1.5 } }),
  })
  expect(room.length).toBe(0)
  expect(await phoenix.eval(`message = ${RECEIVE}; message.event`)).toBe('"shout"')
})

it('terms go as they are, to all, to all but one, or to one node', async () => {
  for (const beam of [phoenix, other]) await beam.eval(`Phoenix.PubSub.subscribe(${PUBSUB}, "users")`)
  using mine = pubsub.subscribe('users')
  using second = pubsub.subscribe('users')
  const update = tuple(atom('user_update'), { id: 7, name: 'Ada' })
  expect(pubsub.publish('users', update)).toBe(2)
  for (const beam of [phoenix, other])
    expect(await beam.eval(RECEIVE)).toBe('{:user_update, %{"id" => 7, "name" => "Ada"}}')
  for (const subscription of [mine, second]) {
    expect(await subscription.receive()).toStrictEqual({ type: 'message', topic: 'users', message: update })
  }

  expect(pubsub.broadcastFrom(mine, 'users', 'typing', {})).toBe(2)
  expect(pubsub.directBroadcast(other.name, 'users', 'only_you', {})).toBe(1)
  expect(pubsub.directBroadcast(node.self, 'users', 'only_us', {})).toBe(0)
  for (const beam of [phoenix, other]) expect(await beam.eval(`message = ${RECEIVE}; message.event`)).toBe('"typing"')
  expect(await other.eval(`message = ${RECEIVE}; message.event`)).toBe('"only_you"')
  expect(await mine.receive()).toMatchObject({ event: 'only_us' })
  expect([await second.receive(), await second.receive()]).toMatchObject([{ event: 'typing' }, { event: 'only_us' }])

  await other.eval(`Phoenix.PubSub.direct_broadcast(:"${node.self}", ${PUBSUB}, "users", [:direct, "text", self()])`)
  const direct = await mine.receive({ timeoutMs: 20_000 })
  expect(direct).toMatchObject({ type: 'message', message: [atom('direct'), 'text', { node: atom(other.name) }] })
  await phoenix.eval(`Phoenix.PubSub.broadcast_from(${PUBSUB}, self(), "users", :last)`)
  expect(await mine.receive({ timeoutMs: 20_000 })).toMatchObject({ message: atom('last') })
  // The first peer saw neither its own message nor those that were for others only.
  expect(await phoenix.eval('receive do any -> any after 0 -> :nothing end')).toBe(':nothing')
})

it('every shard of a pool is listened to, each message comes once and in order', async () => {
  const start = `{:ok, pid} = Phoenix.PubSub.start(Pooled.PubSub, 4)`
  // The scope is there already, so only the workers and the registry are started.
  const pooled = node.pubsub('Elixir.Pooled.PubSub')
  using topic = pooled.subscribe('t')
  await using pool = await startPhoenixPeer('pool')
  await pool.eval(`${start}; Process.unlink(pid)`)
  await node.connect(pool.name)
  const members = `Enum.count(:pg.which_groups(Phoenix.PubSub), &(length(:pg.get_members(Phoenix.PubSub, &1)) == 2))`
  await expect.poll(() => pool.eval(members)).toBe('4')
  await pool.eval(
    `for sender <- 1..20, do: spawn(fn -> for n <- 1..10, do: Phoenix.PubSub.broadcast(Pooled.PubSub, "t", [sender, n]) end)`,
  )
  const last = new Map<number, number>()
  for (let count = 0; count < 200; count++) {
    const { message } = (await topic.receive({ timeoutMs: 20_000 })) as unknown as { message: [number, number] }
    const [sender, n] = message
    expect(n).toBe((last.get(sender) ?? 0) + 1)
    last.set(sender, n)
  }
  expect(last.size).toBe(20)
  await pool.eval(`Phoenix.PubSub.subscribe(Pooled.PubSub, "t")`)
  expect(pooled.publish('t', atom('once'))).toBe(1)
  expect(pooled.publish('t', atom('twice'))).toBe(1)
  expect(await pool.eval(`{${RECEIVE}, ${RECEIVE}}`)).toBe('{:once, :twice}')
  pooled.close()
  await expect.poll(() => pool.eval(members)).toBe('0')
})

it('a scope that is restarted is found again, though we are hidden', async () => {
  const restarted = `old = Process.whereis(Phoenix.PubSub); Process.exit(old, :kill)`
  await other.eval(restarted)
  // Its workers do not join again by themselves, so the pubsub's members there are one less; ours comes back.
  const ours = `for pid <- :pg.get_members(Phoenix.PubSub, ${PUBSUB}.Adapter), do: node(pid)`
  await expect.poll(() => other.eval(ours)).toBe(`[:"${node.self}"]`)
})

it('what is no message of Phoenix.PubSub is dropped and told, and harms nobody', async () => {
  using heard = pubsub.subscribe('ok')
  const warned = next(node, 'warning')
  const group = `{${PUBSUB}.Adapter, :"${node.self}"}`
  const odd = [
    ':hello',
    '{:forward_to_local, "ok", 1}',
    '{:forward_to_local, :ok, 1, Phoenix.PubSub}',
    '{:forward_to_local, <<255>>, 1, Phoenix.PubSub}',
    '{:forward_to_local, "ok", 1, "Phoenix.PubSub"}',
    '{:forward_to_local, "ok", 1, Phoenix.PubSub, :more}',
    '{:"$gen_call", {self(), make_ref()}, :hello}',
  ]
  for (const term of odd) await phoenix.eval(`send(${group}, ${term})`)
  expect(await warned).toMatchObject({
    code: 'MESSAGE_DROPPED',
    message: expect.stringContaining('dropped hello, sent to MyApp.PubSub'),
  })
  // A dispatcher that does not exist here is of no interest, and an event without its fields is a plain term.
  await phoenix.eval(`send(${group}, {:forward_to_local, "ok", %{__struct__: Phoenix.Socket.Broadcast}, Some.Other})`)
  expect(await heard.receive({ timeoutMs: 20_000 })).toMatchObject({ type: 'message', topic: 'ok' })
  expect(pubsub.malformed).toBe(odd.length)
})

it('subscriptions are bounded, end when asked, and a listener that throws is told', async () => {
  using newest = pubsub.subscribe('full', { maxMessages: 2 })
  using oldest = pubsub.subscribe('full', { maxMessages: 2, whenFull: 'dropOldest' })
  const ending = pubsub.subscribe('full', { maxMessages: 2, whenFull: 'exit' })
  const full = next(node, 'warning')
  for (const n of [1, 2, 3, 4]) pubsub.publish('full', n, { node: node.self })
  expect(await full).toMatchObject({ code: 'MAILBOX_FULL' })
  expect([await newest.receive(), await newest.receive()]).toMatchObject([{ message: 1 }, { message: 2 }])
  expect([await oldest.receive(), await oldest.receive()]).toMatchObject([{ message: 3 }, { message: 4 }])
  expect([newest.dropped, oldest.dropped, ending.active]).toStrictEqual([2, 2, false])
  const got: unknown[] = []
  const read = async () => {
    for await (const message of ending) got.push(message)
  }
  await expect(read()).rejects.toMatchObject({ code: 'NODE_EXITED', reason: atom('mailbox_full') })
  expect(got).toHaveLength(2)

  const stop = new AbortController()
  const iterated = pubsub.subscribe('loop', { signal: stop.signal })
  const seen: string[] = []
  const loop = (async () => {
    for await (const message of iterated) seen.push(inspect(message.type === 'message' ? message.message : undefined))
  })()
  pubsub.publish('loop', 'one')
  pubsub.publish('loop', 'two')
  stop.abort()
  await loop
  expect(seen).toStrictEqual(['<<"one">>', '<<"two">>'])
  await expect(iterated.receive()).rejects.toMatchObject({ code: 'NODE_EXITED' })

  const threw = next(node, 'warning')
  const heard: unknown[] = []
  pubsub.subscribe('listened', () => {
    throw new Error('mine')
  })
  pubsub.subscribe('listened', (message) => heard.push(message))
  pubsub.broadcast('listened', 'e', { n: 1 })
  expect(await threw).toMatchObject({ code: 'HANDLER_THREW', message: expect.stringContaining('mine') })
  expect(heard).toStrictEqual([{ type: 'event', topic: 'listened', event: 'e', payload: { n: 1 } }])
  expect([pubsub.unsubscribe('listened'), pubsub.unsubscribe('listened')]).toStrictEqual([2, 0])
  expect(() => pubsub.publish('bad', Symbol('no term') as unknown as string)).toThrow(
    expect.objectContaining({ code: 'NODE_MESSAGE_INVALID' }),
  )
})

it('two nodes of ours share a pubsub; a closed one refuses and ends what waits', async () => {
  await using left = await startOurs('left', { decode: { binary: 'view', map: 'object' } })
  await using right = await startOurs('right')
  const there = right.pubsub('Ours', { values: 'exact' })
  const here = left.pubsub('Ours')
  expect(left.pubsub('Elixir.Ours')).toBe(here)
  await left.connect(right.self)
  await expect.poll(() => there.nodes()).toStrictEqual([left.self])
  using topic = here.subscribe('t')
  there.broadcast('t', 'e', { deep: [{ text: 'ä' }], none: null })
  expect(await topic.receive({ timeoutMs: 20_000 })).toMatchObject({
    event: 'e',
    payload: { deep: [{ text: 'ä' }], none: null },
  })
  using raw = there.subscribe('t')
  await expect.poll(() => here.nodes()).toStrictEqual([right.self])
  here.broadcast('t', 'e', { n: 'x' })
  expect(await raw.receive({ timeoutMs: 20_000 })).toMatchObject({
    payload: new Map([[Buffer.from('n'), Buffer.from('x')]]),
  })
  await topic.receive()
  const waiting = expect(topic.receive()).rejects.toMatchObject({ code: 'NODE_EXITED' })
  const ended = expect(raw.receive()).rejects.toMatchObject({ code: 'NODE_EXITED', reason: atom('shutdown') })
  here.close()
  await waiting
  expect(() => here.publish('t', 1)).toThrow(expect.objectContaining({ code: 'NODE_CLOSED' }))
  expect(() => here.subscribe('t')).toThrow(expect.objectContaining({ code: 'NODE_CLOSED' }))
  expect(left.pubsub('Ours')).not.toBe(here)
  expect(() => left.pubsub('Pool', { poolSize: 0 })).toThrow(expect.objectContaining({ code: 'NODE_BAD_OPTION' }))
  const looped = (async () => {
    for await (const _message of there.subscribe('t')) expect.unreachable()
  })()
  await right.close()
  await ended
  // A loop over what comes ends as that over a mailbox does.
  await looped
  expect(() => right.pubsub('Late')).toThrow(expect.objectContaining({ code: 'NODE_CLOSED' }))
})

it('ends with its scope, and the next one hears everybody again', async () => {
  await using again = await startOurs('again')
  const first = again.pubsub(PUBSUB)
  const heard = first.subscribe('scope')
  await again.connect(phoenix.name)
  await vi.waitFor(() => expect(first.nodes()).toStrictEqual([phoenix.name]), PATIENCE)
  const ended = expect(heard.receive()).rejects.toMatchObject({ code: 'NODE_EXITED' })
  again.pg('Elixir.Phoenix.PubSub').close()
  await ended
  expect(() => first.publish('scope', 'lost')).toThrow(expect.objectContaining({ code: 'NODE_CLOSED' }))

  const second = again.pubsub(PUBSUB)
  expect(second).not.toBe(first)
  using topic = second.subscribe('scope')
  await vi.waitFor(() => expect(second.nodes()).toStrictEqual([phoenix.name]), PATIENCE)
  const ours = `Enum.any?(:pg.get_members(Phoenix.PubSub, ${PUBSUB}.Adapter), &(node(&1) == :"${again.self}"))`
  await vi.waitFor(async () => expect(await phoenix.eval(ours)).toBe('true'), PATIENCE)
  await phoenix.eval(`Phoenix.PubSub.broadcast(${PUBSUB}, "scope", :hello)`)
  expect(await topic.receive({ timeoutMs: 20_000 })).toMatchObject({ type: 'message', message: atom('hello') })
})
