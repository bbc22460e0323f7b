import { once } from 'node:events'
import { atom } from '@dynsrv/etf'
import { expect, it } from 'vitest'
import { startOurs } from '../support/nodes.ts'

const GROUP = atom('prices')

it('what is exposed with a group is found by its name, and not any more once it is taken back or the node drains', async () => {
  await using caller = await startOurs('caller')
  await using served = await startOurs('served')
  const scope = caller.pg('dynsrv')
  const joined = once(scope, 'join')
  const exposed = served.expose('prices', { quote: () => 7 }, { group: true })
  served.expose('alone', { quote: () => 8 })
  await caller.connect(served.self)
  await joined
  expect(scope.groups()).toEqual([GROUP])
  const [member] = scope.members(GROUP)
  expect(await caller.erpc(member!.node.name, 'prices', 'quote', [])).toBe(7)

  const left = once(scope, 'leave')
  exposed.close()
  await left
  expect(scope.members(GROUP)).toEqual([])
  await expect(caller.erpc(served.self, 'prices', 'quote', [])).rejects.toMatchObject({ reason: atom('undef') })

  const back = once(scope, 'join')
  served.expose('prices', { quote: () => 9 }, { group: true })
  await back
  // Before the link goes, which would take the members away too.
  const drained = once(scope, 'leave').then(() => caller.connected())
  await served.drain()
  expect(await drained).toEqual([served.self])
  expect(scope.members(GROUP)).toEqual([])
})
