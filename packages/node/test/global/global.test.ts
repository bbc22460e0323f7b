import { atom, inspect, tuple } from '@dynsrv/etf'
import { expect, it } from 'vitest'
import { startBeamPeer } from '../support/beam-peer.ts'
import { next, startOurs } from '../support/nodes.ts'
import { isStopped } from '../support/stopped.ts'

it('a visible node lets global:sync return, shares names and locks, and is meshed', async () => {
  await using first = await startBeamPeer('first')
  await using second = await startBeamPeer('second')
  await using node = await startOurs('visible', { hidden: false })
  expect(await first.eval(`net_kernel:connect_node('${second.name}')`)).toBe('true')
  await node.connect(first.name)
  await expect.poll(() => node.global.known().sort()).toStrictEqual([first.name, second.name].sort())
  await expect.poll(() => node.connected().sort()).toStrictEqual([first.name, second.name].sort())
  expect(await first.eval('global:sync()')).toBe('ok')
  expect(await second.eval('global:sync()')).toBe('ok')
  expect(await second.eval('lists:sort(nodes())')).toContain(node.self)

  expect(await first.eval('global:register_name(theirs, self())')).toBe('yes')
  await expect.poll(() => node.global.whereis(atom('theirs'))?.node.name).toBe(first.name)
  expect(await second.eval('global:set_lock({mine, self()})')).toBe('true')
  expect(await first.eval('global:set_lock({mine, self()}, [node() | nodes()], 0)')).toBe('false')
  expect(await second.eval('global:del_lock({mine, self()})')).toBe('true')

  using mailbox = node.mailbox()
  await node.global.register(atom('ours'), mailbox)
  expect(await second.eval(`node(global:whereis_name(ours))`)).toBe(`'${node.self}'`)
  await second.eval('global:send(ours, hello), ok')
  expect(await mailbox.receive({ timeoutMs: 5_000 })).toBe(atom('hello'))
  await expect(node.global.register(atom('theirs'), mailbox)).rejects.toMatchObject({ code: 'NODE_NAME_TAKEN' })
  await node.global.unregister(atom('ours'))
  expect(await first.eval('global:whereis_name(ours)')).toBe('undefined')
  await node.global.register(atom('ours'), mailbox)
  mailbox.close()
  await expect.poll(() => first.eval('global:whereis_name(ours)')).toBe('undefined')
  expect(node.global.names()).toStrictEqual([atom('theirs')])

  const down = next(node, 'nodedown')
  await first.kill()
  await down
  await expect.poll(() => node.global.names()).toStrictEqual([])
  expect(await second.eval('global:sync()')).toBe('ok')
})

it('names are given once, however many ask for one at the same time, and change hands when that is asked', async () => {
  await using first = await startBeamPeer('first')
  await using second = await startBeamPeer('second')
  await using node = await startOurs('visible', { hidden: false })
  await first.eval(`net_kernel:connect_node('${second.name}')`)
  await node.connect(first.name)
  await expect.poll(() => node.global.known()).toHaveLength(2)

  using mailbox = node.mailbox()
  const register =
    '[global:register_name({shared, N}, spawn(fun() -> receive stop -> ok end end)) || N <- lists:seq(1, 5)]'
  const wanted = [1, 2, 3, 4, 5].map((n) => tuple(atom('shared'), n))
  const [ours, theirs, others] = await Promise.all([
    Promise.allSettled(wanted.map((name) => node.global.register(name, mailbox, { timeoutMs: 60_000 }))),
    first.eval(register),
    second.eval(register),
  ])
  const gotten = (answer: string) => answer.slice(1, -1).split(',')
  for (const [index, name] of wanted.entries()) {
    const winners = [
      ours[index]!.status === 'fulfilled',
      gotten(theirs)[index] === 'yes',
      gotten(others)[index] === 'yes',
    ]
    expect(winners.filter(Boolean), `${inspect(name)} is had by one: ${winners}`).toHaveLength(1)
    const holder = [node.self, first.name, second.name][winners.indexOf(true)]
    expect(node.global.whereis(name)?.node.name).toBe(holder)
    for (const beam of [first, second]) {
      expect(await beam.eval(`node(global:whereis_name(${inspect(name)}))`)).toBe(`'${holder}'`)
    }
  }
  for (const result of ours)
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'NODE_NAME_TAKEN' })

  // Two of one node do not both get it either.
  const same = await Promise.allSettled([1, 2].map(() => node.global.register('same', mailbox)))
  expect(same.map(({ status }) => status).sort()).toStrictEqual(['fulfilled', 'rejected'])
  using heir = node.mailbox()
  await node.global.reregister('same', heir)
  await second.eval(`global:send(<<"same">>, inherited), ok`)
  expect(await heir.receive({ timeoutMs: 20_000 })).toBe(atom('inherited'))
  expect(await first.eval('global:re_register_name(<<"same">>, self())')).toBe('yes')
  await expect.poll(() => node.global.whereis('same')?.node.name).toBe(first.name)
})

it('a node that hangs keeps nobody from the lock of names for longer than we wait', async () => {
  await using healthy = await startBeamPeer('healthy')
  await using node = await startOurs('visible', { hidden: false })
  await node.connect(healthy.name)
  await expect.poll(() => node.global.known()).toHaveLength(1)
  await using hangs = await startBeamPeer('hangs')
  await node.connect(hangs.name)
  await expect.poll(() => node.global.known()).toHaveLength(2)
  using mailbox = node.mailbox()
  hangs.signal('SIGSTOP')
  await expect.poll(() => isStopped(hangs.pid)).toBe(true)
  await expect(node.global.register('late', mailbox, { timeoutMs: 500 })).rejects.toMatchObject({
    code: 'NODE_TIMEOUT',
  })
  const stop = new AbortController()
  const aborted = expect(node.global.register('late', mailbox, { signal: stop.signal })).rejects.toThrow('mine')
  stop.abort(new Error('mine'))
  await aborted
  // Nobody holds it where the node answers.
  await expect.poll(() => healthy.eval('global:set_lock({global, self()}, [node()], 0)')).toBe('true')
  expect(await healthy.eval('global:del_lock({global, self()}, [node()])')).toBe('true')
  hangs.signal('SIGCONT')
  await node.global.register('late', mailbox, { timeoutMs: 20_000 })
  expect(await hangs.eval('is_pid(global:whereis_name(<<"late">>))')).toBe('true')
})

it('a hidden node says why it has no part in it', async () => {
  await using node = await startOurs('hidden')
  expect(() => node.global).toThrow(expect.objectContaining({ code: 'NODE_BAD_OPTION' }))
})
