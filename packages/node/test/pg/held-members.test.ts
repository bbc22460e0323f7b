import { once } from 'node:events'
import { atom, encodedLength, Pid, type Term, tuple } from '@dynsrv/etf'
import { expect, it } from 'vitest'
import type { PgChange, Warning } from '../../src/index.ts'
import { CREATION, joinByHand, passThrough } from '../support/join-by-hand.ts'
import { startOurs } from '../support/nodes.ts'

/** A scope takes 400 bytes, a member 400, a group 400 and 40 for each byte of its name. */
const GROUP = atom('g')
const groupBytes = (group: Term) => 400 + 40 * encodedLength(group)
const ROOM_FOR_TEN = 400 + groupBytes(GROUP) + 10 * 400

async function heldBy(maxHeldBytes: number) {
  const node = await startOurs('holds', { limits: { maxHeldBytes } })
  const warnings: Warning[] = []
  node.on('warning', (warning) => warnings.push(warning))
  const scope = node.pg()
  const join = async (name: string) => {
    const socket = await joinByHand(node, name)
    socket.resume()
    const pid = (id: number) => new Pid(atom(name), id, 0, CREATION)
    const tell = async (...messages: readonly Term[]) => {
      for (const message of messages) socket.write(passThrough(tuple(6, pid(1), atom(''), atom('pg')), message))
      // What the last frame does shows that those before it have been handled.
      const last = node.mailbox()
      node.register('last', last)
      socket.write(passThrough(tuple(6, pid(1), atom(''), atom('last')), null))
      await last.receive()
      last.close()
    }
    const pids = (from: number, count: number) => Array.from({ length: count }, (_, at) => pid(from + at))
    return { socket, pid, pids, tell, discover: tuple(atom('discover'), pid(1)) }
  }
  return { node, scope, warnings, join }
}

it('members of groups are taken as far as their peer has room, and others have room of their own', async () => {
  const { node, scope, warnings, join } = await heldBy(ROOM_FOR_TEN)
  await using _node = node
  const joins: PgChange[] = []
  scope.on('join', (change) => joins.push(change))
  const flood = await join('flood_1@127.0.0.1')
  await flood.tell(flood.discover, tuple(atom('join'), flood.pid(1), GROUP, flood.pids(10, 25)))
  expect(scope.members(GROUP)).toEqual(flood.pids(10, 10))
  expect(joins).toEqual([{ group: GROUP, pids: flood.pids(10, 10) }])
  expect(warnings).toMatchObject([{ code: 'OVER_LIMIT', limit: 'limits.maxHeldBytes', peer: 'flood_1@127.0.0.1' }])
  // What leaves makes room; a process that joined twice takes two places.
  await flood.tell(
    tuple(atom('leave'), flood.pid(1), flood.pids(10, 2), [GROUP]),
    tuple(atom('join'), flood.pid(1), GROUP, [flood.pid(12), flood.pid(12), flood.pid(12)]),
  )
  expect(scope.members(GROUP)).toHaveLength(10)
  const other = await join('other_1@127.0.0.1')
  await other.tell(other.discover, tuple(atom('join'), other.pid(1), GROUP, other.pids(10, 10)))
  expect(scope.members(GROUP)).toHaveLength(20)
  // A peer that comes back begins anew.
  const down = once(node, 'nodedown')
  flood.socket.destroy()
  await down
  expect(scope.members(GROUP)).toHaveLength(10)
  const again = await join('flood_1@127.0.0.1')
  await again.tell(tuple(atom('sync'), again.pid(1), [tuple(GROUP, again.pids(10, 25))]))
  expect(scope.members(GROUP)).toHaveLength(20)
  // What is told again replaces what was told.
  await again.tell(tuple(atom('sync'), again.pid(1), [tuple(GROUP, again.pids(50, 4))]))
  expect(scope.members(GROUP)).toEqual([...other.pids(10, 10), ...again.pids(50, 4)])
  for (const { socket } of [again, other]) socket.destroy()
})

it('names of groups count as much as they take', async () => {
  const large = tuple(atom('x'), 'y'.repeat(1_000))
  const { node, scope, join } = await heldBy(100_000)
  await using _node = node
  const flood = await join('flood_1@127.0.0.1')
  const groups = Array.from({ length: 10 }, (_, at) => tuple(at, large))
  await flood.tell(flood.discover, ...groups.map((group) => tuple(atom('join'), flood.pid(1), group, flood.pid(1))))
  expect(scope.groups()).toHaveLength(2)
  await flood.tell(tuple(atom('leave'), flood.pid(1), flood.pid(1), groups))
  expect(scope.groups()).toHaveLength(0)
  await flood.tell(...groups.map((group) => tuple(atom('join'), flood.pid(1), group, flood.pid(1))))
  expect(scope.groups()).toHaveLength(2)
  flood.socket.destroy()
})

it('a scope speaks for itself: nobody tells members of another node', async () => {
  const { node, scope, join } = await heldBy(ROOM_FOR_TEN)
  await using _node = node
  const [one, two] = [await join('one_1@127.0.0.1'), await join('two_1@127.0.0.1')]
  await one.tell(one.discover, tuple(atom('join'), one.pid(1), GROUP, one.pids(10, 3)))
  await two.tell(tuple(atom('join'), one.pid(1), GROUP, one.pids(20, 7)))
  await two.tell(tuple(atom('leave'), one.pid(1), one.pids(10, 3), [GROUP]))
  expect(scope.members(GROUP)).toEqual(one.pids(10, 3))
  for (const { socket } of [one, two]) socket.destroy()
})
