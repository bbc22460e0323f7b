import { once } from 'node:events'
import { atom, ExternalFun, Pid, type Term, tuple } from '@dynsrv/etf'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Node, NodeEvent } from '../../src/index.ts'
import { CREATION, FLAGS, joinByHand, passThrough } from '../support/join-by-hand.ts'
import { startOurs } from '../support/nodes.ts'

const NAME = 'names_1@127.0.0.1'
const THEIRS = atom(NAME)
const DFLAG_PUBLISHED = 1n
const METHOD = new ExternalFun(atom('global'), atom('random_exit_name'), 3)
const COUNT = 2_000

let node: Node
let lookups: number
const events: NodeEvent[] = []
beforeEach(async () => {
  lookups = 0
  events.length = 0
  const locate = async () => {
    lookups++
    return undefined
  }
  node = await startOurs('named', { hidden: false, preventOverlappingPartitions: false, locate })
  node.on('event', (event) => void events.push(event))
})
afterEach(() => node.close())

const made = (id: number) => atom(`mesh${id}@127.0.0.1`)
const every = <T>(make: (id: number) => T): T[] => Array.from({ length: COUNT }, (_, at) => make(at))
const newNodes = (operations: Term[], nodes: Term[]): Term =>
  tuple(atom('$gen_cast'), tuple(atom('new_nodes'), THEIRS, operations, [], nodes, []))

/** What one message may name, by the way in which it does. */
const NAMED: Readonly<Record<string, () => Term>> = {
  'members of the cluster': () =>
    newNodes(
      [],
      every((id) => tuple(made(id), 8)),
    ),
  'nodes of global names': () =>
    newNodes(
      every((id) => tuple(atom('insert'), tuple(id, new Pid(made(id), 1, 0, CREATION), METHOD))),
      [],
    ),
}

it.each(
  Object.entries(NAMED),
)('the nodes that one message names are not dialled all at once, and no more than its share: %s', async (_, message) => {
  const socket = await joinByHand(node, NAME, { flags: FLAGS | DFLAG_PUBLISHED })
  socket.resume()
  const refused = once(node, 'warning')
  const last = node.mailbox()
  node.register('last', last)
  const send = (to: string, term: Term) =>
    passThrough(tuple(6, new Pid(THEIRS, 1, 0, CREATION), atom(''), atom(to)), term)
  socket.write(Buffer.concat([send('global_name_server', message()), send('last', 1)]))
  await last.receive()
  // They are begun by now: each asks where its node is.
  await new Promise((resolve) => setImmediate(resolve))
  expect(lookups).toBeGreaterThan(0)
  expect(lookups).toBeLessThanOrEqual(128)
  expect(await refused).toMatchObject([{ code: 'OVER_LIMIT', peer: NAME, limit: 'limits.maxDials' }])
  // Once, and each time that it is ten times as much.
  const codes = events.flatMap((event) => (event.type === 'warning' ? [event.code] : []))
  expect(codes.length).toBeLessThanOrEqual(4)
  expect(new Set(codes)).toEqual(new Set(['OVER_LIMIT']))
  expect(node.global.names().length).toBeLessThanOrEqual(1_000)
  socket.destroy()
})

// As with OTP 27; of a visible node it would be believed there, too.
it.each<[string, Term[]]>([
  ['in_sync in its name', [tuple(atom('$gen_cast'), tuple(atom('in_sync'), atom('h_1@127.0.0.1'), true))]],
  ['its name among new nodes', [newNodes([], [tuple(atom('h_1@127.0.0.1'), 8)])]],
  [
    'init_connect in its name',
    [
      tuple(
        atom('$gen_cast'),
        tuple(
          atom('init_connect'),
          tuple(8, 1),
          atom('h_1@127.0.0.1'),
          tuple(atom('locker'), atom('no_longer_a_pid'), new Map(), new Pid(THEIRS, 1, 0, CREATION)),
        ),
      ),
    ],
  ],
])('a hidden node is not dropped because another peer lies of it: %s', async (_, lies) => {
  await node.close()
  node = await startOurs('named', { hidden: false })
  const hidden = await joinByHand(node, 'h_1@127.0.0.1', { flags: FLAGS })
  const socket = await joinByHand(node, NAME, { flags: FLAGS | DFLAG_PUBLISHED })
  for (const each of [hidden, socket]) each.resume()
  const last = node.mailbox()
  node.register('last', last)
  const global = (term: Term) =>
    passThrough(tuple(6, new Pid(THEIRS, 1, 0, CREATION), atom(''), atom('global_name_server')), term)
  const lost = tuple(atom('lost_connection'), THEIRS, 1, 1, atom('h_1@127.0.0.1'))
  const removed = tuple(atom('remove_connection'), atom('h_1@127.0.0.1'))
  socket.write(
    Buffer.concat([
      ...[...lies, lost, removed].map(global),
      passThrough(tuple(6, new Pid(THEIRS, 1, 0, CREATION), atom(''), atom('last')), 1),
    ]),
  )
  await last.receive()
  expect(node.connected()).toContain('h_1@127.0.0.1')
  for (const each of [hidden, socket]) each.destroy()
})
