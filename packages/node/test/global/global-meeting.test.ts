import { Atom, atom, ExternalFun, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import { realWorld } from '@dynsrv/kit'
import { expect, it } from 'vitest'
import { GlobalConflict } from '../../src/global/global-conflict.ts'
import { GlobalMeeting, type GlobalMeetingParts } from '../../src/global/global-meeting.ts'
import { GlobalNameTable } from '../../src/global/global-name-table.ts'
import { NODE_LIMITS } from '../../src/node-options.ts'
import type { LinksAndMonitors } from '../../src/process/links-and-monitors.ts'
import type { LocalProcess } from '../../src/process/local-process.ts'
import { PeerUses } from '../../src/process/peer-use.ts'

const NODES = { ours: 'a@h.test', theirs: 'b@h.test', early: 'c@h.test', late: 'd@h.test' } as const
const pid = (node: string) => new Pid(atom(node), 5, 0, 1)

// Real nodes meet within milliseconds, in any order; this order is the one in which names were lost.
it('locks a node too that becomes part of ours while the lock is taken, before it tells names to it', async () => {
  const known: string[] = [NODES.early]
  const locked = new Set<string>()
  const told: { node: string; kind: string; locked: boolean }[] = []
  const call = async ({ node }: { node: string }, request: Term): Promise<Term> => {
    const kind = request instanceof Tuple ? (request.elements[0] as Atom).name : ''
    if (kind === 'set_lock') {
      locked.add(node)
      if (!known.includes(NODES.late)) known.push(NODES.late)
    } else locked.delete(node)
    return true
  }
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const parts = {
    clock: realWorld.clock,
    self: NODES.ours,
    locker: pid(NODES.ours),
    calls: { newCaller: () => ({}), call },
    life: { exit: () => release() },
    conflict: { compare: async () => ({ here: [], there: [] }) },
    cast: (node: string, message: Term) => {
      const [kind] = message instanceof Tuple ? message.elements : []
      told.push({ node, kind: kind instanceof Atom ? kind.name : '', locked: locked.has(node) })
    },
    names: () => [],
    entry: () => undefined,
    apply: () => undefined,
    known: () => known.map((node) => [node, 8] as const),
    requester: () => undefined,
    failed: (_node: string, error: unknown) => expect.fail(String(error)),
    met: () => undefined,
  } as unknown as GlobalMeetingParts
  const link = { node: NODES.theirs, version: 8, theirTag: 1, ourTag: 1, locker: pid(NODES.theirs) }
  const meeting = new GlobalMeeting(link, parts)
  expect(await meeting.begin()).toBe(true)
  meeting.lockSet(true)
  meeting.exchange([])
  meeting.resolved([tuple(atom('insert'), tuple(atom('x'), pid(NODES.theirs), atom('m')))], [])
  await released
  const newNodes = told.filter(({ kind }) => kind === '$gen_cast' || kind === 'new_nodes')
  expect(newNodes).toStrictEqual([NODES.early, NODES.late].map((node) => ({ node, kind: 'new_nodes', locked: true })))
  expect(locked).toStrictEqual(new Set())
})

// Both sides begin at once: our beginning was asked for before the other side's lock was there, and comes to its turn after.
it('locks its part once, whoever begins, and lets all of it go', async () => {
  const holders = new Map<object, number>()
  const call = async (_to: unknown, request: Term, _options: unknown, holder: object): Promise<Term> => {
    const kind = request instanceof Tuple ? (request.elements[0] as Atom).name : ''
    holders.set(holder, (holders.get(holder) ?? 0) + (kind === 'set_lock' ? 1 : -1))
    return true
  }
  const ended: object[] = []
  const parts = {
    clock: realWorld.clock,
    self: NODES.ours,
    locker: pid(NODES.ours),
    calls: { newCaller: () => ({}), call },
    life: { exit: (holder: object) => ended.push(holder) },
    conflict: { compare: async () => ({ here: [], there: [] }) },
    cast: () => undefined,
    names: () => [],
    entry: () => undefined,
    apply: () => undefined,
    known: () => [[NODES.early, 8]] as const,
    requester: () => [pid(NODES.ours), pid(NODES.theirs)],
    failed: (_node: string, error: unknown) => expect.fail(String(error)),
    met: () => undefined,
  } as unknown as GlobalMeetingParts
  const link = { node: NODES.theirs, version: 8, theirTag: 1, ourTag: 1, locker: pid(NODES.theirs) }
  const meeting = new GlobalMeeting(link, parts)
  meeting.lockSet(true)
  expect(await meeting.begin()).toBe(false)
  expect([...holders.values()]).toStrictEqual([2])
  meeting.exchange([])
  meeting.resolved([], [])
  await expect.poll(() => ended).toHaveLength(1)
  expect([...holders.values()]).toStrictEqual([0])
})

const told = { name: atom('x'), pid: pid(NODES.late), method: atom('m') }

function tableWith(isAwaited: boolean) {
  const watched: Pid[] = []
  let down = (): void => undefined
  const life = {
    monitor: (_owner: unknown, of: Pid, onDown: () => void) => {
      watched.push(of)
      down = onDown
      return 1
    },
    demonitor: () => undefined,
  } as unknown as LinksAndMonitors
  const table = new GlobalNameTable(
    {} as LocalProcess,
    life,
    new PeerUses({ limits: NODE_LIMITS, warn: () => undefined, giveUp: () => false }),
    () => isAwaited,
  )
  table.apply([{ type: 'insert', ...told }], undefined)
  return { table, watched, down: () => down() }
}

// To watch a process there is to dial its node, and a dial that comes to nothing would end the name though the next one gets through.
it('keeps a name that was told before the link to its node, and watches it from then on', () => {
  const { table, watched, down } = tableWith(true)
  expect(watched).toStrictEqual([])
  table.connected(NODES.early)
  expect(watched).toStrictEqual([])
  table.connected(NODES.late)
  expect(watched).toStrictEqual([told.pid])
  table.connected(NODES.late)
  expect(watched).toHaveLength(1)
  table.forget(NODES.late)
  expect(table.get(told.name)).toBeDefined()
  down()
  expect(table.get(told.name)).toBeUndefined()
})

it('drops a name whose node is given up before there was a link, and watches at once where none is awaited', () => {
  const { table } = tableWith(true)
  table.forget(NODES.late)
  expect(table.entries()).toStrictEqual([])
  expect(tableWith(false).watched).toStrictEqual([told.pid])
})

// The node of the process is in neither list while others still count its name, from a link that is about to end.
it('tells its part again of names that it has from nodes that are not in it', async () => {
  const conflict = new GlobalConflict({
    self: NODES.ours,
    clock: realWorld.clock,
    send: () => expect.fail('no conflict'),
    kill: () => expect.fail('no conflict'),
    erpc: () => Promise.reject(new Error('no conflict')),
  })
  const entry = (node: string) => ({ name: atom(node), pid: pid(node), method: atom('m') })
  const theirs = Object.values(NODES).map(entry)
  const isOfOurs = (node: string) => node === NODES.ours || node === NODES.early
  const { here, there } = await conflict.compare(NODES.theirs, theirs, (name) => entry((name as Atom).name), isOfOurs)
  expect(here).toStrictEqual([NODES.theirs, NODES.late].map((node) => ({ type: 'insert', ...entry(node) })))
  expect(there).toStrictEqual([])
})

it('settles many conflicts in turns of the event loop, since each may have a node dialled', async () => {
  const kills: Pid[] = []
  const turns: number[] = []
  const conflict = new GlobalConflict({
    self: NODES.ours,
    clock: realWorld.clock,
    send: () => expect.fail('its method kills'),
    kill: (pid) => void kills.push(pid),
    erpc: () => Promise.reject(new Error('it is ours')),
  })
  const method = new ExternalFun(atom('global'), atom('random_exit_name'), 3)
  const theirs = Array.from({ length: 200 }, (_, at) => ({ name: at, pid: pid(`z${at}@h.test`), method }))
  const own = { name: 0, pid: pid(NODES.ours), method }
  const turn = () => {
    turns.push(kills.length)
    if (kills.length < 200) setImmediate(turn)
  }
  setImmediate(turn)
  const { here } = await conflict.compare(
    NODES.theirs,
    theirs,
    () => own,
    () => true,
  )
  expect(kills).toStrictEqual(theirs.map(({ pid }) => pid))
  expect(here).toStrictEqual([])
  expect(turns.length).toBeGreaterThanOrEqual(3)
  for (const [at, done] of turns.entries()) expect(done - (turns[at - 1] ?? 0)).toBeLessThanOrEqual(64)
})
