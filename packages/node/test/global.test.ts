import { atom } from '@dynsrv/etf'
import { expect, it } from 'vitest'
import { startBeamPeer } from './support/beam-peer.ts'
import { next, startOurs } from './support/nodes.ts'

it('a visible node lets global:sync return, shares names and locks, and is meshed', async () => {
  await using first = await startBeamPeer('first')
  await using second = await startBeamPeer('second')
  await using node = await startOurs('visible', { hidden: false })
  expect(await first.eval(`net_kernel:connect_node('${second.name}')`)).toBe('true')
  await node.connect(first.name)
  await expect
    .poll(() => node.global.known().sort(), { timeout: 15_000 })
    .toStrictEqual([first.name, second.name].sort())
  expect(node.connected().sort()).toStrictEqual([first.name, second.name].sort())
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

it('a hidden node says why it has no part in it', async () => {
  await using node = await startOurs('hidden')
  expect(() => node.global).toThrow(expect.objectContaining({ code: 'NODE_BAD_OPTION' }))
})
