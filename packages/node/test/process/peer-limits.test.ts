import { once } from 'node:events'
import { atom, Pid, Reference, type Term, tuple } from '@dynsrv/etf'
import { expect, it } from 'vitest'
import type { Node, Warning } from '../../src/index.ts'
import { CREATION, joinByHand, passThrough } from '../support/join-by-hand.ts'
import { startOurs } from '../support/nodes.ts'

const WAIT = { timeoutMs: 20_000 }
const MB = 1_000_000
const LARGE = new Uint8Array(MB)

it('messages of a peer that nobody reads fill its room, cost it the rest, and no other peer anything', async () => {
  await using node = await startOurs('reads', { limits: { maxUnreadBytes: 5 * MB } })
  await using floods = await startOurs('floods')
  await using other = await startOurs('other')
  const warnings: Warning[] = []
  node.on('warning', (warning) => warnings.push(warning))
  const [inbox, second] = [node.mailbox('inbox'), node.mailbox('second')]
  let finish: (() => void) | undefined
  node.serve({
    name: 'server',
    call: () =>
      new Promise<Term>((resolve) => {
        finish = () => resolve(atom('done'))
      }),
  })
  const to = (name: string) => ({ name, node: node.self })
  for (let sent = 0; sent < 20; sent++) floods.send(to(sent % 2 === 0 ? 'inbox' : 'second'), LARGE)
  await floods.ping(node.self)
  expect(inbox.length + second.length).toBe(5)
  expect(warnings).toMatchObject([{ code: 'OVER_LIMIT', limit: 'limits.maxUnreadBytes', peer: floods.self }])
  // A caller hears it at once, what the node itself answers is answered, and others have room of their own.
  await expect(floods.call(to('server'), 1, WAIT)).rejects.toMatchObject({ code: 'NODE_EXITED' })
  expect(await floods.ping(node.self)).toBe('pong')
  for (let sent = 0; sent < 3; sent++) other.send(to('inbox'), LARGE)
  await other.ping(node.self)
  expect(inbox.length + second.length).toBe(8)
  // What is read makes room; so does the end of a mailbox, though nobody reads what is in it.
  second.close()
  while (inbox.length > 0) await inbox.receive()
  floods.send(to('inbox'), atom('again'))
  expect(await inbox.receive(WAIT)).toBe(atom('again'))
  const call = floods.call(to('server'), 1, WAIT)
  await expect.poll(() => finish).toBeDefined()
  finish!()
  expect(await call).toBe(atom('done'))
  expect(warnings).toHaveLength(1)
})

it.each([
  ['dropNewest', [0, 1]],
  ['dropOldest', [3, 4]],
] as const)('a mailbox of 1.5 MB is full with two messages of 1 MB: %s', async (whenFull, left) => {
  await using node = await startOurs('reads')
  await using floods = await startOurs('floods')
  const inbox = node.mailbox({ name: 'inbox', maxBytes: 1.5 * MB, whenFull })
  for (let number = 0; number < 5; number++) floods.send({ name: 'inbox', node: node.self }, tuple(number, LARGE))
  await floods.ping(node.self)
  const numbers: Term[] = []
  while (inbox.length > 0)
    numbers.push(((await inbox.receive()) as Iterable<Term>)[Symbol.iterator]().next().value as Term)
  expect(numbers).toStrictEqual(left)
})

it('links and monitors of a peer are bounded, and those over it fail with system_limit', async () => {
  await using node = await startOurs('linked', { limits: { maxLinks: 10 } })
  const inbox = node.mailbox({ trapExit: true })
  const join = async (name: string) => {
    const socket = await joinByHand(node, name)
    let answers = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      answers = Buffer.concat([answers, chunk])
    })
    const pid = (id: number) => new Pid(atom(name), id, 0, CREATION)
    const ref = (id: number) => new Reference(atom(name), CREATION, [id, 7, 7])
    const refused = () => answers.toString('latin1').split('system_limit').length - 1
    return { socket, pid, ref, refused }
  }
  const flood = await join('flood_1@127.0.0.1')
  const [link, monitor] = [
    (id: number) => passThrough(tuple(1, flood.pid(id), inbox.pid)),
    (id: number) => passThrough(tuple(19, flood.pid(id), inbox.pid, flood.ref(id))),
  ]
  const ids = Array.from({ length: 10 }, (_, index) => index + 1)
  flood.socket.write(Buffer.concat(ids.flatMap((id) => [link(id), monitor(id)])))
  await expect.poll(flood.refused).toBe(10)
  const held = () => node.inspect().processes.find(({ kind }) => kind === 'mailbox')
  expect(held()).toMatchObject({ links: 5, watchers: 5 })
  // The same again changes nothing, and what ends makes room.
  flood.socket.write(Buffer.concat([link(1), passThrough(tuple(35, 1, flood.pid(1), inbox.pid)), link(11)]))
  await expect.poll(held).toMatchObject({ links: 5, watchers: 5 })
  flood.socket.write(passThrough(tuple(20, flood.pid(2), inbox.pid, flood.ref(2))))
  await expect.poll(held).toMatchObject({ links: 5, watchers: 4 })
  flood.socket.write(monitor(12))
  await expect.poll(held).toMatchObject({ links: 5, watchers: 5 })
  expect(flood.refused()).toBe(10)
  const other = await join('other_1@127.0.0.1')
  other.socket.write(passThrough(tuple(1, other.pid(1), inbox.pid)))
  await expect.poll(held).toMatchObject({ links: 6 })
  // A peer that comes back begins anew.
  flood.socket.destroy()
  await once(node, 'nodedown')
  expect(held()).toMatchObject({ links: 1, watchers: 0 })
  const again = await join('flood_1@127.0.0.1')
  again.socket.write(Buffer.concat(ids.map((id) => passThrough(tuple(1, again.pid(id), inbox.pid)))))
  await expect.poll(held).toMatchObject({ links: 11 })
  for (const { socket } of [again, other]) socket.destroy()
})

it('what a peer has running is bounded, through erpc and rex together, and leaves others theirs', async () => {
  await using node = await startOurs('runs', { limits: { maxSpawned: 4 } })
  await using floods = await startOurs('floods')
  await using other = await startOurs('other')
  const finish: (() => void)[] = []
  node.expose('js', { wait: () => new Promise<Term>((resolve) => finish.push(() => resolve(atom('done')))) })
  const calls = [
    ...Array.from({ length: 2 }, () => floods.erpc(node.self, 'js', 'wait', [], WAIT)),
    ...Array.from({ length: 2 }, () => floods.rpc(node.self, 'js', 'wait', [], WAIT)),
  ]
  await expect.poll(() => finish.length).toBe(4)
  const limit = { reason: atom('system_limit') }
  await expect(floods.erpc(node.self, 'js', 'wait', [], WAIT)).rejects.toMatchObject(limit)
  await expect(floods.spawn(node.self, 'js', 'wait', [], WAIT)).rejects.toMatchObject(limit)
  await expect(floods.rpc(node.self, 'js', 'wait', [], WAIT)).rejects.toMatchObject(limit)
  const others = [other.erpc(node.self, 'js', 'wait', [], WAIT), other.rpc(node.self, 'js', 'wait', [], WAIT)]
  await expect.poll(() => finish.length).toBe(6)
  for (const end of finish.splice(0)) end()
  expect(await Promise.all([...calls, ...others])).toStrictEqual(Array(6).fill(atom('done')))
  const more = floods.erpc(node.self, 'js', 'wait', [], WAIT)
  await expect.poll(() => finish.length).toBe(1)
  finish[0]!()
  expect(await more).toBe(atom('done'))
})

it('global names and locks of a peer are bounded, make room again, and leave others theirs', async () => {
  await using node = await startOurs('shares', {
    ...{ hidden: false, preventOverlappingPartitions: false },
    // Ten, and the monitor that each call is.
    limits: { maxLinks: 11 },
  })
  const warnings: Warning[] = []
  node.on('warning', (warning) => warnings.push(warning))
  await using floods = await startOurs('floods')
  await using other = await startOurs('other')
  const ask = (from: Node, kind: string, ...args: Term[]) =>
    from.call({ name: 'global_name_server', node: node.self }, tuple(atom(kind), ...args), WAIT)
  const lock = (id: number) => tuple(tuple(atom('lock'), id), atom('mine'))
  const granted: Term[] = []
  for (let id = 1; id <= 12; id++) granted.push(await ask(floods, 'set_lock', lock(id)))
  expect(granted).toStrictEqual([...Array<Term>(10).fill(true), false, false])
  // The one that it has may be taken again, and what is let go makes room.
  expect(await ask(floods, 'set_lock', lock(1))).toBe(true)
  await ask(floods, 'del_lock', lock(1))
  expect(await ask(floods, 'set_lock', lock(11))).toBe(true)
  expect(await ask(other, 'set_lock', lock(12))).toBe(true)
  for (let id = 2; id <= 11; id++) await ask(floods, 'del_lock', lock(id))
  const { pid } = floods.mailbox()
  for (let id = 1; id <= 12; id++) await ask(floods, 'register', id, pid, atom('method'))
  expect(node.global.names()).toHaveLength(10)
  expect(warnings).toMatchObject(Array<unknown>(2).fill({ code: 'OVER_LIMIT', limit: 'limits.maxLinks' }))
  await ask(floods, 'unregister', 1)
  await ask(floods, 'register', 12, pid, atom('method'))
  expect(node.global.whereis(12)).toStrictEqual(pid)
  // A name that moves is the same one.
  await ask(floods, 'register', 12, pid, atom('method'))
  expect(node.global.names()).toHaveLength(10)
})

it('global names and locks count as much as they take', async () => {
  await using node = await startOurs('shares', {
    ...{ hidden: false, preventOverlappingPartitions: false },
    limits: { maxHeldBytes: 1_000_000 },
  })
  const warnings: Warning[] = []
  node.on('warning', (warning) => warnings.push(warning))
  await using floods = await startOurs('floods')
  const ask = (kind: string, ...args: Term[]) =>
    floods.call({ name: 'global_name_server', node: node.self }, tuple(atom(kind), ...args), WAIT)
  // Each takes 40 bytes for a character at most, and names are kept twice.
  const large = (id: number) => tuple(id, 'x'.repeat(10_000))
  const { pid } = floods.mailbox()
  for (let id = 1; id <= 3; id++) await ask('register', large(id), pid, atom('method'))
  expect(node.global.names()).toHaveLength(1)
  expect(warnings[0]).toMatchObject({ code: 'OVER_LIMIT', message: expect.stringMatching(/limits\.maxHeldBytes/) })
  expect(await ask('set_lock', tuple(large(1), atom('mine')))).toBe(false)
  await ask('unregister', large(1))
  expect(await ask('set_lock', tuple(large(1), atom('mine')))).toBe(true)
  expect(await ask('set_lock', tuple(large(2), atom('mine')))).toBe(true)
  expect(await ask('set_lock', tuple(large(3), atom('mine')))).toBe(false)
})
