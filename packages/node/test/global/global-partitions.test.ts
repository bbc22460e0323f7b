import { atom, type Term } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { expect, it } from 'vitest'
import type { Node } from '../../src/index.ts'
import { startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'

const PATIENCE = { timeout: 30_000, interval: 50 }

/** OTP gives a process one name only. */
const PROCESS = 'spawn(fun() -> receive stop -> ok end end)'

const visible = (label: string) => startOurs(label, { hidden: false })
const knows = (node: Node, others: readonly string[]) =>
  expect.poll(() => node.global.known().sort(), PATIENCE).toStrictEqual([...others].sort())
const holder = (node: Node, name: Term) => node.global.whereis(name)?.node.name
const beamHolder = (beam: Beam, name: string) =>
  beam.eval(`case global:whereis_name(${name}) of undefined -> undefined; P -> node(P) end`)

it('a node that meets us alone shares names with all that we know, and they with it', async () => {
  await using ours = await visible('ours')
  await using first = await startBeamPeer('first')
  await ours.connect(first.name)
  await knows(ours, [first.name])
  await using late = await startBeamPeer('late')
  for (const [beam, name] of [
    [first, 'of_first'],
    [late, 'of_late'],
  ] as const) {
    expect(await beam.eval(`global:register_name(${name}, ${PROCESS})`)).toBe('yes')
  }
  expect(await late.eval(`net_kernel:connect_node('${ours.self}')`)).toBe('true')
  await knows(ours, [first.name, late.name])
  await expect.poll(() => beamHolder(first, 'of_late'), PATIENCE).toBe(`'${late.name}'`)
  await expect.poll(() => beamHolder(late, 'of_first'), PATIENCE).toBe(`'${first.name}'`)
  expect([holder(ours, atom('of_first')), holder(ours, atom('of_late'))]).toStrictEqual([first.name, late.name])
  // The two know each other as well: what one registers from now on, the other has.
  await expect.poll(() => late.eval('lists:sort(nodes())'), PATIENCE).toBe(`['${first.name}','${ours.self}']`)
  expect(await late.eval(`global:register_name(after_it, ${PROCESS})`)).toBe('yes')
  await expect.poll(() => beamHolder(first, 'after_it'), PATIENCE).toBe(`'${late.name}'`)
  for (const beam of [first, late]) expect(await beam.eval('global:sync()')).toBe('ok')
  // Nobody has kept the lock.
  using mailbox = ours.mailbox()
  await ours.global.register(atom('of_ours'), mailbox, { timeoutMs: 20_000 })
  for (const beam of [first, late]) expect(await beamHolder(beam, 'of_ours')).toBe(`'${ours.self}'`)
})

it.each([
  ['we settle it', 'aaa', 'zzz'],
  ['the other node settles it', 'zzz', 'aaa'],
])('a name that two parts gave to different processes is left to one of them: %s', async (_who, ourLabel, beamLabel) => {
  await using ours = await visible(ourLabel)
  await using beam = await startBeamPeer(beamLabel)
  using mailbox = ours.mailbox()
  await ours.global.register(atom('clash'), mailbox)
  await beam.eval('register(clashing, spawn(fun() -> receive stop -> ok end end))')
  expect(await beam.eval('global:register_name(clash, whereis(clashing))')).toBe('yes')
  await ours.connect(beam.name)
  await knows(ours, [beam.name])
  // OTP's default: the process of the greater node is killed.
  const [winner, killed] = ourLabel === 'aaa' ? [ours.self, beam.name] : [beam.name, ours.self]
  await expect.poll(() => beamHolder(beam, 'clash'), PATIENCE).toBe(`'${winner}'`)
  await expect.poll(() => holder(ours, atom('clash')), PATIENCE).toBe(winner)
  if (killed === ours.self) expect(await mailbox.ended).toBe(atom('killed'))
  else await expect.poll(() => beam.eval('whereis(clashing)'), PATIENCE).toBe('undefined')
  expect(mailbox.alive).toBe(killed !== ours.self)
})

it('a conflict is settled by the methods of global only', async () => {
  await using ours = await visible('ours')
  await using beam = await startBeamPeer('beam')
  await ours.connect(beam.name)
  using mailbox = ours.mailbox('named')
  ours.expose('mine', { pid: () => mailbox.pid })
  const refused = beam.eval(`erpc:call('${ours.self}', global, resolve_it, [fun lists:foldl/3, x, self(), self()])`)
  await expect(refused).rejects.toThrow('undef')
  const settle = `{P, M} = {erpc:call('${ours.self}', mine, pid, []), fun global:notify_all_name/3}, erpc:call('${ours.self}', global, resolve_it, [M, x, P, self()])`
  expect(await beam.eval(settle)).toBe('none')
  expect(await mailbox.receive({ timeoutMs: 20_000 })).toMatchObject({
    elements: [atom('global_name_conflict'), atom('x'), { node: atom(beam.name) }],
  })
  expect(await beam.eval('receive {global_name_conflict, x, Other} -> node(Other) end')).toBe(`'${ours.self}'`)
  expect(mailbox.alive).toBe(true)
})

it('nodes of ours share names without any BEAM node, and mesh', async () => {
  await using left = await visible('left')
  await using right = await visible('right')
  using one = left.mailbox()
  using two = right.mailbox()
  await left.global.register('one', one)
  await right.global.register('two', two)
  await left.connect(right.self)
  await Promise.all([knows(left, [right.self]), knows(right, [left.self])])
  for (const node of [left, right])
    expect([holder(node, 'one'), holder(node, 'two')]).toStrictEqual([left.self, right.self])

  await using third = await visible('third')
  using three = third.mailbox()
  await third.global.register('three', three)
  await third.connect(right.self)
  const all = [left.self, right.self, third.self]
  await Promise.all(
    [left, right, third].map((node) =>
      knows(
        node,
        all.filter((other) => other !== node.self),
      ),
    ),
  )
  for (const node of [left, right, third]) {
    await expect.poll(() => ['one', 'two', 'three'].map((name) => holder(node, name)), PATIENCE).toStrictEqual(all)
  }
  await third.global.register('last', three, { timeoutMs: 20_000 })
  expect([left, right].map((node) => holder(node, 'last'))).toStrictEqual([third.self, third.self])
  three.close()
  await expect
    .poll(() => [left, right].map((node) => holder(node, 'last')), PATIENCE)
    .toStrictEqual([undefined, undefined])
})

it('a ring of nodes that all connect at once becomes one mesh with one table of names', async () => {
  await using beam = await startBeamPeer('beam')
  const nodes = await Promise.all(Array.from({ length: 6 }, (_, n) => visible(`ring${n}`)))
  await using _nodes = {
    [Symbol.asyncDispose]: async () => void (await Promise.all(nodes.map((node) => node.close()))),
  }
  await Promise.all(nodes.map((node, n) => node.global.register(`name ${n}`, node.mailbox())))
  /** As a membership loop does with each poll: a link that is lost on the way has others dropped too. */
  const connect = () =>
    Promise.allSettled([
      ...nodes.map((node, n) => node.connect(nodes[(n + 1) % nodes.length]!.self)),
      nodes[3]!.connect(beam.name),
    ])
  const known = async () => {
    await connect()
    return nodes.map((node) => node.global.known().length)
  }
  const slow = { timeout: 60_000, interval: 100 }
  await expect.poll(known, slow).toStrictEqual(nodes.map(() => 6))
  await expect.poll(() => nodes.map((node) => node.global.names().length), slow).toStrictEqual(nodes.map(() => 6))
  await expect.poll(() => beam.eval('length(global:registered_names())'), slow).toBe('6')
  expect(await beam.eval('global:sync()')).toBe('ok')
  expect(await beam.eval('global:register_name(last, self())')).toBe('yes')
  expect(nodes.map((node) => holder(node, atom('last')))).toStrictEqual(nodes.map(() => beam.name))
}, 150_000)
