import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type Atom, atom, ExternalFun, Pid, Reference, type Term, tuple } from '@dynsrv/etf'
import { realWorld } from '@dynsrv/kit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Mailbox, Node } from '../src/index.ts'
import { countOperations } from './support/count-operations.ts'
import { CREATION, FLAGS, joinByHand, passThrough } from './support/join-by-hand.ts'
import { startOurs } from './support/nodes.ts'

const NAME = 'hoards_1@127.0.0.1'
const THEIRS = atom(NAME)
const DFLAG_PUBLISHED = 1n
const COUNT = 1_000
/** Twice as much may cost twice as much, and a little that is there whatever it is. */
const GROWTH = 2.4

/** Without timers: on a busy machine, what is tried again by and by would fall into another part of the count each time. */
const inert = () => ({ unref: () => undefined, ref: () => undefined }) as never
const world = {
  ...realWorld,
  clock: {
    ...realWorld.clock,
    setTimeout: inert,
    setInterval: inert,
    clearTimeout: () => undefined,
  },
}

let node: Node
let box: Mailbox
beforeEach(async () => {
  node = await startOurs('hoarded', { hidden: false, preventOverlappingPartitions: false, world })
  box = node.mailbox('box')
  node.expose('js', { 'wait/0': () => new Promise<null>(() => undefined) })
  node.serve({
    name: 'throws',
    info: () => {
      throw new Error('this one')
    },
  })
  node.serve({ name: 'busy', call: () => new Promise<null>(() => undefined) })
})
afterEach(() => node.close())

const pid = (id: number): Pid => new Pid(THEIRS, id, 0, CREATION)
const ref = (id: number): Reference => new Reference(THEIRS, CREATION, [id, 7, 7])
const send = (to: string, message: Term, from = 1): Buffer =>
  passThrough(tuple(6, pid(from), atom(''), atom(to)), message)
const call = (to: string, request: Term, id: number): Buffer =>
  send(to, tuple(atom('$gen_call'), tuple(pid(id), ref(id)), request), id)
const spawn = (id: number): Buffer =>
  passThrough(tuple(29, ref(id), pid(id), pid(id), tuple(atom('js'), atom('wait'), 0), [atom('monitor')]), [])
const cast = (message: Term): Term => tuple(atom('$gen_cast'), message)
const nodes = (count: number): Term[] => numbers(count).map((id) => atom(`mesh${id}@h.test`))
const inserts = (count: number, node: (id: number) => Atom): Term[] =>
  numbers(count).map((id) => tuple(atom('insert'), tuple(id, new Pid(node(id), id, 0, CREATION), METHOD)))
const METHOD = new ExternalFun(atom('global'), atom('random_exit_name'), 3)
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

/** What one peer may pile up here, by count: frames that it sends. */
const HOARDS: Readonly<Record<string, (count: number) => Buffer[]>> = {
  'global locks, each of its own process': (count) =>
    numbers(count).map((id) => call('global_name_server', tuple(atom('set_lock'), tuple(id, pid(id))), id)),
  'global locks, all of one process': (count) =>
    numbers(count).map((id) => call('global_name_server', tuple(atom('set_lock'), tuple(id, pid(1))), 1)),
  'one global lock, shared by many processes': (count) =>
    numbers(count).map((id) => call('global_name_server', tuple(atom('set_lock'), tuple(atom('l'), 1)), id)),
  'global names': (count) =>
    numbers(count).map((id) => call('global_name_server', tuple(atom('register'), id, pid(id), METHOD), id)),
  'members of one group': (count) => [
    send('pg', tuple(atom('discover'), pid(1))),
    ...numbers(count).map((id) => send('pg', tuple(atom('join'), pid(1), atom('group'), pid(id)))),
  ],
  'groups of one process': (count) => [
    send('pg', tuple(atom('discover'), pid(1))),
    ...numbers(count).map((id) => send('pg', tuple(atom('join'), pid(1), id, pid(1)))),
  ],
  'scopes of groups': (count) => numbers(count).map((id) => send('pg', tuple(atom('discover'), pid(id)))),
  links: (count) => numbers(count).map((id) => passThrough(tuple(1, pid(id), box.pid))),
  monitors: (count) => numbers(count).map((id) => passThrough(tuple(19, pid(id), box.pid, ref(id)))),
  'monitors by name': (count) => numbers(count).map((id) => passThrough(tuple(19, pid(id), atom('box'), ref(id)))),
  'functions that run, as processes': (count) => numbers(count).map(spawn),
  'functions that run, by rex': (count) =>
    numbers(count).map((id) => call('rex', tuple(atom('call'), atom('js'), atom('wait'), [], atom('user')), id)),
  'calls that wait for a server': (count) => numbers(count).map((id) => call('busy', 1, id)),
  'processes, and monitors by name that nobody has set up taken back': (count) => [
    ...numbers(count).map(spawn),
    ...numbers(count).map((id) => passThrough(tuple(20, pid(id), atom('box'), ref(id)))),
  ],
  'processes, and monitors by name taken back': (count) => [
    ...numbers(count).map(spawn),
    ...numbers(count).map((id) => passThrough(tuple(19, pid(id), atom('box'), ref(id + count)))),
    ...numbers(count).map((id) => passThrough(tuple(20, pid(id), atom('box'), ref(id + count)))),
  ],
  'monitors of a server, and messages that it throws at': (count) =>
    numbers(count).flatMap((id) => [
      passThrough(tuple(19, pid(id), atom('throws'), ref(id))),
      send('throws', tuple(pid(id + count), 1)),
    ]),
  'groups that a list of pids leaves': (count) => [
    send('pg', tuple(atom('discover'), pid(1))),
    ...numbers(count).map((id) => send('pg', tuple(atom('join'), pid(1), id, pid(id)))),
    send('pg', tuple(atom('leave'), pid(1), numbers(count).map(pid), numbers(count))),
  ],
  'notices of lost connections': (count) =>
    numbers(count).map((id) =>
      send('global_name_server', tuple(atom('lost_connection'), atom(`n${id}@h.test`), 1, 1, atom('other@h.test'))),
    ),
  'nodes of a mesh, each dropped again': (count) => [
    send('global_name_server', cast(tuple(atom('new_nodes'), THEIRS, [], [], nodes(count), []))),
    ...nodes(count).map((name) => send('global_name_server', tuple(atom('remove_connection'), name))),
  ],
  'nodes of a mesh, named in one message': (count) => [
    send('global_name_server', cast(tuple(atom('new_nodes'), THEIRS, [], [], nodes(count), []))),
  ],
  'global names in one message': (count) => [
    send(
      'global_name_server',
      cast(
        tuple(
          atom('new_nodes'),
          THEIRS,
          inserts(count, () => THEIRS),
          [],
          [],
          [],
        ),
      ),
    ),
  ],
  'global names of one node that is not there': (count) => [
    send(
      'global_name_server',
      cast(
        tuple(
          atom('new_nodes'),
          THEIRS,
          inserts(count, () => atom('a@h.test')),
          [],
          [],
          [],
        ),
      ),
    ),
  ],
  'global names, each of another node that is not there': (count) => [
    send(
      'global_name_server',
      cast(
        tuple(
          atom('new_nodes'),
          THEIRS,
          inserts(count, (id) => atom(`mesh${id}@h.test`)),
          [],
          [],
          [],
        ),
      ),
    ),
  ],
  'groups in one message': (count) => [
    send('pg', tuple(atom('discover'), pid(1))),
    send(
      'pg',
      cast(
        tuple(
          atom('sync'),
          pid(1),
          numbers(count).map((id) => tuple(id, [pid(id)])),
        ),
      ),
    ),
  ],
  'messages that nobody reads': (count) => numbers(count).map((id) => send('box', id)),
}

async function hoard(frames: readonly Buffer[]): Promise<Socket> {
  const socket = await joinByHand(node, NAME, { flags: FLAGS | DFLAG_PUBLISHED })
  socket.resume()
  socket.write(Buffer.concat(frames))
  // What the last frame does shows that those before it have been handled.
  const done = new Promise<void>((resolve) => {
    const last = node.mailbox()
    node.register('last', last)
    void last.receive().then(() => {
      last.close()
      resolve()
    })
  })
  socket.write(send('last', atom('done')))
  await done
  return socket
}

async function leave(socket: Socket): Promise<void> {
  const down = once(node, 'nodedown')
  socket.destroy()
  await down
  // Promises of what has ended settle.
  await new Promise((resolve) => setImmediate(resolve))
}

async function costs(frames: readonly Buffer[]): Promise<{ readonly hoarding: number; readonly leaving: number }> {
  let socket: Socket | undefined
  const hoarding = await countOperations(async () => {
    socket = await hoard(frames)
  })
  const leaving = await countOperations(() => leave(socket!))
  return { hoarding, leaving }
}

it.each(
  Object.entries(HOARDS),
)('twice as much costs twice as much when a peer comes and goes: %s', async (_, frames) => {
  node.pg()
  await costs(frames(COUNT))
  while (box.length > 0) await box.receive()
  const single = await costs(frames(COUNT))
  while (box.length > 0) await box.receive()
  const twice = await costs(frames(2 * COUNT))
  expect(single.hoarding).toBeGreaterThan(COUNT)
  expect(twice.hoarding / single.hoarding).toBeLessThan(GROWTH)
  expect(twice.leaving / Math.max(single.leaving, COUNT)).toBeLessThan(GROWTH)
})
