import { atom, type Pid, Reference, type Term, type Tuple, tuple } from '@dynsrv/etf'
import type { Beam } from '@dynsrv/tools/beam'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Mailbox, Node } from '../../src/index.ts'
import { startBeamPeer } from '../support/beam-peer.ts'
import { next, startOurs } from '../support/nodes.ts'

let erl: Beam
let node: Node
beforeAll(async () => {
  erl = await startBeamPeer('signals')
  node = await startOurs('signals')
  await node.connect(erl.name)
})
afterAll(async () => {
  await node.close()
  await erl.stop()
})

const patience = { timeoutMs: 5_000 }
const elements = (term: Term): readonly Term[] => (term as Tuple).elements

/** A process on the Erlang node that ends with the reason it is told, and tells its pid. */
async function remote(mailbox: Mailbox, ...before: string[]): Promise<Pid> {
  await erl.eval(`spawn(fun() -> ${[...before, ''].join(', ')} {${mailbox.name}, '${node.self}'} ! self(),
    receive {stop, Why} -> exit(Why) end end)`)
  return (await mailbox.receive(patience)) as Pid
}

describe('a monitor of a remote process', () => {
  it('tells how it ended, by pid and by name', async () => {
    using mailbox = node.mailbox('watcher')
    const pid = await remote(mailbox, 'register(watched, self())')
    const byPid = mailbox.monitor(pid)
    const byName = mailbox.monitor({ name: 'watched', node: erl.name })
    mailbox.send(pid, tuple(atom('stop'), tuple(atom('shutdown'), 7)))
    const downs = [await mailbox.receive(patience), await mailbox.receive(patience)].map(elements)
    const reason = tuple(atom('shutdown'), 7)
    expect(downs).toContainEqual([atom('DOWN'), byPid, atom('process'), pid, reason])
    expect(downs).toContainEqual([
      atom('DOWN'),
      byName,
      atom('process'),
      tuple(atom('watched'), atom(erl.name)),
      reason,
    ])
  })

  it('is noproc for nobody, and silent once taken back', async () => {
    using mailbox = node.mailbox('watcher')
    const none = mailbox.monitor({ name: 'nobody_at_all', node: erl.name })
    expect(elements(await mailbox.receive(patience)).slice(1)).toStrictEqual([
      none,
      atom('process'),
      tuple(atom('nobody_at_all'), atom(erl.name)),
      atom('noproc'),
    ])
    const pid = await remote(mailbox)
    const ref = mailbox.monitor(pid)
    mailbox.demonitor(ref)
    const still = mailbox.monitor(pid)
    mailbox.send(pid, tuple(atom('stop'), atom('normal')))
    expect(elements(await mailbox.receive(patience))[1]).toStrictEqual(still)
    expect(mailbox.length).toBe(0)
  })

  it('is noconnection for a node that cannot be reached', async () => {
    using mailbox = node.mailbox('watcher')
    mailbox.monitor({ name: 'x', node: 'gone_1@127.0.0.1' })
    expect(elements(await mailbox.receive(patience))[4]).toBe(atom('noconnection'))
  })
})

describe('a monitor of ours by a remote process', () => {
  it('hears the reason', async () => {
    const mailbox = node.mailbox('doomed')
    const waits = erl.eval(`Ref = monitor(process, {doomed, '${node.self}'}), {doomed, '${node.self}'} ! ready,
      receive {'DOWN', Ref, process, Who, Why} -> {Who, Why} end`)
    await mailbox.receive(patience)
    mailbox.exit(atom('boom'))
    expect(await waits).toBe(`{{doomed,'${node.self}'},boom}`)
  })
})

describe('a link', () => {
  it('brings the end of a remote process, trapped or not', async () => {
    using mailbox = node.mailbox({ name: 'linked', trapExit: true })
    const pid = await remote(mailbox)
    mailbox.link(pid)
    mailbox.send(pid, tuple(atom('stop'), atom('oops')))
    expect(await mailbox.receive(patience)).toStrictEqual(tuple(atom('EXIT'), pid, atom('oops')))

    const victim = node.mailbox('victim')
    const other = await remote(victim)
    victim.link(other)
    victim.send(other, tuple(atom('stop'), atom('oops')))
    expect(await victim.ended).toBe(atom('oops'))
    await expect(victim.receive()).rejects.toMatchObject({ code: 'NODE_EXITED', reason: atom('oops') })
  })

  it('ends a remote process with ours', async () => {
    using watcher = node.mailbox('watcher')
    const mailbox = node.mailbox('linked')
    const pid = await remote(mailbox)
    watcher.monitor(pid)
    mailbox.link(pid)
    mailbox.exit(atom('bye'))
    expect(elements(await watcher.receive(patience))[4]).toBe(atom('bye'))
  })

  it('taken back brings nothing any more, and linking again works', async () => {
    using mailbox = node.mailbox({ name: 'linked', trapExit: true })
    for (let round = 0; round < 20; round++) {
      const pid = await remote(mailbox)
      mailbox.link(pid)
      mailbox.unlink(pid)
      if (round % 2 === 1) mailbox.link(pid)
      const ref = mailbox.monitor(pid)
      mailbox.send(pid, tuple(atom('stop'), atom('oops')))
      const first = elements(await mailbox.receive(patience))
      if (round % 2 === 1) {
        const second = elements(await mailbox.receive(patience))
        expect([first[0], second[0]]).toEqual(expect.arrayContaining([atom('EXIT'), atom('DOWN')]))
      } else {
        expect(first.slice(0, 2)).toStrictEqual([atom('DOWN'), ref])
      }
      expect(mailbox.length).toBe(0)
    }
  })

  it('made by the other side can be taken back by it', async () => {
    const mailbox = node.mailbox('asked')
    const done = erl.eval(`{asked, '${node.self}'} ! self(), Pid = receive P -> P end, process_flag(trap_exit, true),
      link(Pid), unlink(Pid), link(Pid), Pid ! go, receive {'EXIT', Pid, Why} -> Why end`)
    const pid = (await mailbox.receive(patience)) as Pid
    mailbox.send(pid, mailbox.pid)
    await mailbox.receive(patience)
    mailbox.exit(atom('last'))
    expect(await done).toBe('last')
  })

  it('to nobody says noproc', async () => {
    using mailbox = node.mailbox({ name: 'linked', trapExit: true })
    const pid = await remote(mailbox)
    const ref = mailbox.monitor(pid)
    mailbox.send(pid, tuple(atom('stop'), atom('normal')))
    await mailbox.receive({ ...patience, match: (m) => elements(m)[1] === ref || elements(m)[1] instanceof Reference })
    mailbox.link(pid)
    expect(await mailbox.receive(patience)).toStrictEqual(tuple(atom('EXIT'), pid, atom('noproc')))
  })
})

describe('exit signals', () => {
  it('from outside: normal is ignored, a reason ends, kill cannot be trapped', async () => {
    const mailbox = node.mailbox({ name: 'target' })
    const send = (why: string) => erl.eval(`{target, '${node.self}'} ! self(), receive {pid, P} -> exit(P, ${why}) end`)
    const answer = async (): Promise<void> => {
      const from = (await mailbox.receive(patience)) as Pid
      mailbox.send(from, tuple(atom('pid'), mailbox.pid))
    }
    await Promise.all([send('normal'), answer()])
    mailbox.trapExit = true
    await Promise.all([send('trapped'), answer()])
    expect(elements(await mailbox.receive(patience))[2]).toBe(atom('trapped'))
    await Promise.all([send('kill'), answer()])
    expect(await mailbox.ended).toBe(atom('killed'))
  })

  it('of ours end a remote process', async () => {
    using mailbox = node.mailbox('killer')
    const pid = await remote(mailbox)
    mailbox.monitor(pid)
    mailbox.exitOther(pid, atom('kill'))
    expect(elements(await mailbox.receive(patience))[4]).toBe(atom('killed'))
  })
})

it('a lost node ends links and monitors with noconnection', async () => {
  await using other = await startBeamPeer('lost')
  using mailbox = node.mailbox({ name: 'losing', trapExit: true })
  await other.eval(`net_kernel:connect_node('${node.self}')`)
  await other.eval(`spawn(fun() -> {losing, '${node.self}'} ! self(), receive stop -> ok end end)`)
  const pid = (await mailbox.receive(patience)) as Pid
  mailbox.link(pid)
  mailbox.monitor(pid)
  await other.kill()
  const reasons = [await mailbox.receive(patience), await mailbox.receive(patience)].map((m) => elements(m).at(-1))
  expect(reasons).toStrictEqual([atom('noconnection'), atom('noconnection')])
})

it.each([
  ['give way to others', false, 2_000],
  ['have all fired before a new link comes up', true, 5_000],
])('many monitors of a lost node %s', async (_, comesBack, firedAtOnce) => {
  await using ours = await startOurs('watches')
  await using peer = await startOurs('watched')
  const watched = peer.mailbox().pid
  const watcher = ours.mailbox()
  await ours.connect(peer.self)
  const fired = new Promise<number>((resolve) => {
    // What a monitor sends comes in a microtask.
    ours.once(comesBack ? 'nodeup' : 'nodedown', () => queueMicrotask(() => resolve(watcher.length)))
  })
  for (let index = 0; index < 5_000; index++) watcher.monitor(watched)
  await ours.ping(peer.self)
  if (comesBack) {
    // The next link of the peer takes the place of this one while that still counts as up.
    await using replaces = await startOurs('watched', { name: peer.self, listen: false })
    await replaces.connect(ours.self)
  } else await ours.disconnect(peer.self)
  expect(await fired).toBe(firedAtOnce)
  await expect.poll(() => watcher.length).toBe(5_000)
})

describe('what ends before the link is up that it waits for', () => {
  it('has ended for the peer too', async () => {
    using watcher = node.mailbox('watcher')
    const [held, ended, odd] = [await remote(watcher), await remote(watcher), await remote(watcher)]
    for (const pid of [ended, odd]) watcher.monitor(pid)
    let open = (): void => undefined
    const gate = new Promise<undefined>((resolve) => {
      open = () => resolve(undefined)
    })
    await using late = await startOurs('late', { locate: () => gate })
    const box = late.mailbox({ trapExit: true })
    const refs = [box.monitor(held), box.monitor(held)]
    for (const ref of refs) box.demonitor(ref)
    box.link(held)
    box.unlink(held)
    const doomed = late.mailbox()
    doomed.monitor(held)
    doomed.link(ended)
    doomed.exit(atom('gone_before'))
    const unsayable = late.mailbox()
    unsayable.link(odd)
    unsayable.exit(Symbol('unsayable') as unknown as Term)
    await expect(late.call(held, atom('nothing'), { timeoutMs: 1 })).rejects.toMatchObject({ code: 'NODE_TIMEOUT' })
    expect(late.connected()).toEqual([])
    const up = next(late, 'nodeup')
    open()
    await up
    // Whatever came before it was taken before it is answered.
    expect(await late.erpc(erl.name, 'erlang', 'process_info', [held, [atom('monitored_by'), atom('links')]])).toEqual([
      tuple(atom('monitored_by'), []),
      tuple(atom('links'), []),
    ])
    const downs = [await watcher.receive(patience), await watcher.receive(patience)].map((down) => elements(down))
    expect(downs.map((down) => down[3])).toEqual([ended, odd])
    expect(downs[0]![4]).toBe(atom('gone_before'))
    expect(box.length).toBe(0)
    watcher.send(held, tuple(atom('stop'), atom('normal')))
  })
})
