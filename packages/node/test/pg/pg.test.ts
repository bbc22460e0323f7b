import { once } from 'node:events'
import { atom, Pid, Tuple, tuple } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Node } from '../../src/index.ts'
import { startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'

let erl: Beam
let node: Node
beforeAll(async () => {
  erl = await startBeamPeer('groups')
  node = await startOurs('groups')
  // A scope lives as long as its starter, which is the evaluating process here.
  await erl.eval(`{ok, _} = pg:start_link()`)
  await erl.eval(`P = spawn(fun Loop() -> receive {to, Pid, M} -> Pid ! M, Loop() end end), pg:join(room, P)`)
})
afterAll(async () => {
  await node.close()
  await erl.stop()
})

const alive = () => erl.eval('is_pid(whereis(pg))')

it('a hidden node shares the groups of BEAM nodes, both ways', async () => {
  const pg = node.pg()
  expect(node.pg()).toBe(pg)
  const joined = once(pg, 'join')
  await node.connect(erl.name)
  expect(await joined).toMatchObject([{ group: atom('room') }])
  const [theirs] = pg.members(atom('room'))
  expect(theirs).toBeInstanceOf(Pid)
  expect(theirs!.node).toBe(atom(erl.name))

  using mailbox = node.mailbox()
  pg.join(atom('room'), mailbox)
  pg.join(atom('room'), mailbox)
  await expect.poll(() => erl.eval('length(pg:get_members(room))')).toBe('3')
  await erl.eval('[P ! hello || P <- pg:get_members(room), node(P) =/= node()], ok')
  expect([await mailbox.receive(), await mailbox.receive()]).toStrictEqual([atom('hello'), atom('hello')])
  expect(pg.leave(atom('room'), mailbox)).toBe(true)
  await expect.poll(() => erl.eval('length(pg:get_members(room))')).toBe('2')
  expect(pg.broadcast(atom('room'), tuple(atom('to'), mailbox.pid, 7))).toBe(2)
  const got = [await mailbox.receive(), await mailbox.receive()]
  expect(got).toContain(7)

  mailbox.close()
  await expect.poll(() => erl.eval('length(pg:get_members(room))')).toBe('1')
  expect(pg.leave(atom('room'), mailbox)).toBe(false)
  expect(await alive()).toBe('true')
})

it('changes there are told here, and a closed scope is forgotten there', async () => {
  const pg = node.pg()
  const left = once(pg, 'leave')
  await erl.eval('[P] = pg:get_local_members(room), pg:join({any, "term"}, P), exit(P, kill)')
  expect(await left).toMatchObject([{ pids: [expect.any(Pid)] }])
  await expect.poll(() => pg.groups()).toStrictEqual([])
  using mailbox = node.mailbox()
  pg.join('text', mailbox)
  await expect.poll(() => erl.eval('length(pg:get_members(<<"text">>))')).toBe('1')
  pg.close()
  await expect.poll(() => erl.eval('pg:get_members(<<"text">>)')).toBe('[]')
  expect(await alive()).toBe('true')
})

it('a lost node takes its members with it', async () => {
  await using other = await startBeamPeer('other')
  await other.eval('{ok, _} = pg:start_link(), pg:join(gone, self())')
  const pg = node.pg()
  await other.eval(`net_kernel:connect_node('${node.self}')`)
  await expect.poll(() => pg.members(atom('gone'))).toHaveLength(1)
  const left = once(pg, 'leave')
  await other.kill()
  expect(await left).toMatchObject([{ group: atom('gone') }])
  expect(pg.members(atom('gone'))).toStrictEqual([])
})

it('a listener that throws is told as a warning, and the link stays', async () => {
  const pg = node.pg('thrown')
  const warned = once(node, 'warning')
  pg.once('join', () => {
    throw new Error('mine')
  })
  await using other = await startOurs('other')
  using mailbox = other.mailbox()
  other.pg('thrown').join(atom('g'), mailbox)
  await other.connect(node.self)
  expect(await warned).toMatchObject([
    { code: 'HANDLER_THREW', message: expect.stringMatching(/join listener.*thrown.*mine/) },
  ])
  expect(await node.ping(other.self)).toBe('pong')
})

it('two nodes of ours share groups, and odd messages harm nobody', async () => {
  await using other = await startOurs('other')
  using mailbox = other.mailbox()
  other.pg('mine').join(atom('g'), mailbox)
  const pg = node.pg('mine')
  for (const odd of [1, atom('x'), tuple(atom('join'), 1), tuple(atom('sync'), mailbox.pid, 3)]) node.send('mine', odd)
  await other.connect(node.self)
  await expect.poll(() => pg.members(atom('g'))).toStrictEqual([mailbox.pid])
})

// Which of these are one group OTP says itself.
const GROUPS =
  '{x,1} {x,1.0} {x,0} 1 1.0 #{a=>1,b=>2.0} #{b=>2.0,a=>1} #{b=>2,a=>1} #{1=>a} #{1.0=>a} "a" <<"a">> a <<1:1>> [a|b] [] {} #{}'

it.each(['exact', 'plain'] as const)('groups are told apart as OTP does it: %s values', async (values) => {
  await using ours = await startOurs('apart', { values })
  await ours.connect(erl.name)
  const groups = `[${GROUPS.split(' ').join(',')}]`
  await erl.eval(`begin P = spawn(fun() -> receive stop -> ok end end), persistent_term:put(member, P),
    [pg:join({apart, G}, P) || G <- ${groups}] end`)
  const theirs = `[G || {apart, _} = G <- pg:which_groups()]`
  const count = Number(await erl.eval(`length(${theirs})`))
  const pg = ours.pg()
  const found = () => pg.groups().filter((group) => group instanceof Tuple && group.elements[0] === atom('apart'))
  await expect.poll(() => found().length).toBe(count)

  // A group as it came from the scope is that group.
  using mailbox = ours.mailbox()
  const sizes = found().map((group) => pg.members(group).length)
  for (const group of found()) pg.join(group, mailbox)
  const joined = `[G || G <- ${theirs}, length([P || P <- pg:get_members(G), node(P) =/= node()]) =:= 1]`
  await expect.poll(() => erl.eval(`length(${joined})`)).toBe(String(count))
  for (const [index, group] of found().entries()) expect(pg.members(group)).toHaveLength(sizes[index]! + 1)
  for (const group of found()) expect(pg.leave(group, mailbox)).toBe(true)
  await erl.eval('persistent_term:get(member) ! stop')
  await expect.poll(() => found()).toStrictEqual([])
})

it('a scope is synced when each peer has told its members, or has no such scope', async () => {
  await using fresh = await startOurs('syncs')
  const early = fresh.pg()
  expect(early.isSynced).toBe(true)
  await early.synced()
  await erl.eval('pg:join(synced, spawn(fun() -> receive stop -> ok end end))')
  await fresh.connect(erl.name)
  expect(early.isSynced).toBe(false)
  expect(early.members(atom('synced'))).toHaveLength(0)
  await early.synced()
  expect(early.members(atom('synced'))).toHaveLength(1)

  const none = fresh.pg('no_such_scope')
  expect(none.isSynced).toBe(false)
  await none.synced()
  expect(none.isSynced).toBe(true)
  expect(none.groups()).toEqual([])

  await erl.eval(`register(silent, spawn(fun Loop() -> receive stop -> ok after infinity -> Loop() end end))`)
  const silent = fresh.pg('silent')
  await expect(silent.synced({ signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
  const ended = new AbortController()
  const waits = silent.synced({ signal: ended.signal })
  ended.abort('enough')
  await expect(waits).rejects.toBe('enough')
  const until = silent.synced()
  await erl.eval('exit(whereis(silent), kill)')
  await until
  const closed = fresh.pg('pg_of_nobody')
  const open = closed.synced()
  closed.close()
  await open
  await expect(silent.synced({ signl: 1 } as never)).rejects.toMatchObject({ code: 'NODE_BAD_OPTION' })
})
