import { on } from 'node:events'
import type { Socket } from 'node:net'
import { PacketReader } from '@dynsrv/dist-protocol'
import { atom, decode, decodeTerm, Pid, Reference, type Term, tuple } from '@dynsrv/etf'
import { describe, expect, it } from 'vitest'
import { startBeamPeer } from '../support/beam-peer.ts'
import { CREATION, joinByHand, passThrough } from '../support/join-by-hand.ts'
import { startOurs } from '../support/nodes.ts'

const THIRD = atom('third@127.0.0.1')
const OK = atom('ok')
const REASON = atom('reason')

/** A node that is joined by hand, and a process that lives there. */
interface Joined {
  readonly port: number
  readonly live: Pid
}

/** Each link has a name of its own: a node may take a while to forget the one before. */
let links = 0

const refOf = ({ node, creation }: Pid): Reference => new Reference(node, creation, [77, 88, 99])

/** Whom a control message can name: a process of the sender, of another node, of the receiver, of an earlier one of it. */
const WHO = {
  peer: (_: Pid, peer: Pid) => peer,
  third: () => new Pid(THIRD, 9, 0, 5),
  live: (live: Pid) => live,
  stale: ({ node, id, serial, creation }: Pid) => new Pid(node, id, serial, (creation ^ 1) >>> 0),
}

type Who = keyof typeof WHO
const EVERYONE = Object.keys(WHO) as Who[]

type Build = (from: Pid, to: Pid, ref: Reference) => readonly [control: Term, payload?: Term]

/** Those in which the sender speaks of a process of its own to one of the receiver. */
const LIFE: Readonly<Record<string, Build>> = {
  LINK: (from, to) => [tuple(1, from, to)],
  EXIT: (from, to) => [tuple(3, from, to, REASON)],
  UNLINK: (from, to) => [tuple(4, from, to)],
  EXIT2: (from, to) => [tuple(8, from, to, REASON)],
  MONITOR_P: (from, to, ref) => [tuple(19, from, to, ref)],
  DEMONITOR_P: (from, to, ref) => [tuple(20, from, to, ref)],
  MONITOR_P_EXIT: (from, to, ref) => [tuple(21, from, to, ref, REASON)],
  PAYLOAD_EXIT: (from, to) => [tuple(24, from, to), REASON],
  PAYLOAD_EXIT2: (from, to) => [tuple(26, from, to), REASON],
  PAYLOAD_MONITOR_P_EXIT: (from, to, ref) => [tuple(28, from, to, ref), REASON],
  SPAWN_REPLY: (from, to) => [tuple(31, refOf(to), to, 0, from)],
  UNLINK_ID: (from, to) => [tuple(35, 7, from, to)],
  UNLINK_ID_ACK: (from, to) => [tuple(36, 7, from, to)],
}

/** Those that anybody may have sent, and that may have reached the wrong node. */
const MESSAGES: Readonly<Record<string, Build>> = {
  SEND: (_, to) => [tuple(2, atom(''), to), OK],
  REG_SEND: (from) => [tuple(6, from, atom(''), atom('nobody')), OK],
  GROUP_LEADER: (from, to) => [tuple(7, from, to)],
  SEND_SENDER: (from, to) => [tuple(22, from, to), OK],
  ALIAS_SEND: (from, to) => [tuple(33, from, refOf(to)), OK],
}

const SPAWN: Readonly<Record<string, Build>> = {
  SPAWN_REQUEST: (from, to, ref) => [tuple(29, ref, from, to, tuple(atom('nobody'), atom('nothing'), 0), []), []],
}

const ALTACT: Readonly<Record<string, Build>> = {
  ALTACT_MESSAGE: (from, to) => [tuple(37, 0, from, to), OK],
}

type Outcome = 'open' | 'closed'

/** Whether the link is still there behind a message: a monitor of nobody is answered on a link that is. */
async function outcome({ port, live }: Joined, build: Build, from: Who, to: Who): Promise<Outcome> {
  const name = `byhand_${++links}@127.0.0.1`
  const peer = new Pid(atom(name), 9, 0, CREATION)
  const socket = await joinByHand({ port }, name)
  const message = build(WHO[from](live, peer), WHO[to](live, peer), refOf(peer))
  const probe = tuple(19, peer, atom('nobody_at_all'), new Reference(peer.node, CREATION, [1, 2, 3]))
  socket.write(Buffer.concat([passThrough(...message), passThrough(probe)]))
  let came = Buffer.alloc(0)
  try {
    const chunks = on(socket, 'data', { close: ['close', 'end'] }) as AsyncIterable<[Buffer]>
    for await (const [chunk] of chunks) {
      came = Buffer.concat([came, chunk])
      if (came.includes('nobody_at_all')) return 'open'
    }
    return 'closed'
  } finally {
    socket.destroy()
  }
}

interface Case {
  readonly op: string
  readonly from: Who
  readonly to: Who
}

/** All cases of these messages in which the outcome is another than the rule says. */
async function exceptions(
  live: () => Promise<Joined>,
  messages: Readonly<Record<string, Build>>,
  rule: (names: Case) => Outcome | undefined,
): Promise<string[]> {
  const found: string[] = []
  for (const [op, build] of Object.entries(messages)) {
    for (const from of EVERYONE) {
      for (const to of EVERYONE) {
        const due = rule({ op, from, to })
        if (due === undefined) continue
        const got = await outcome(await live(), build, from, to)
        if (got !== due) found.push(`${op} from ${from} to ${to}: ${got}`)
      }
    }
  }
  return found
}

/** A process of the sender speaks to one of the receiver, which may be gone. */
const ownToOurs = ({ from, to }: Case): Outcome =>
  from === 'peer' && (to === 'live' || to === 'stale') ? 'open' : 'closed'
const ofSender = ({ from }: Case): Outcome => (from === 'peer' ? 'open' : 'closed')
const always = (): Outcome => 'open'

describe('a control message in the name of a process of another node', () => {
  it('closes the link to us, and messages of anybody do not', async () => {
    await using node = await startOurs('names')
    const live = async () => ({ port: node.port!, live: node.mailbox({ trapExit: true }).pid })
    expect(await exceptions(live, LIFE, ownToOurs)).toStrictEqual([])
    expect(await exceptions(live, SPAWN, ofSender)).toStrictEqual([])
    expect(await exceptions(live, MESSAGES, always)).toStrictEqual([])
    // It carries exits as well, so its sender is looked at whatever it carries.
    expect(await exceptions(live, ALTACT, ofSender)).toStrictEqual([])
  }, 60_000)

  it('closes the link to a BEAM node as it closes the one to us', async () => {
    await using erl = await startBeamPeer('names')
    const port = Number(/_(\d+)@/.exec(erl.name)![1])
    const release = Number((await erl.eval('list_to_integer(erlang:system_info(otp_release))')) as string)
    const spawned = 'base64:encode_to_string(term_to_binary(spawn(fun() -> receive never -> ok end end)))'
    const live = async () => ({
      port,
      live: decode(Buffer.from((await erl.eval(spawned)).slice(1, -1), 'base64')) as Pid,
    })
    // Those whose opcode the release has not yet, or no more.
    const unknown = new Set(
      release < 24 ? ['UNLINK_ID', 'UNLINK_ID_ACK', 'ALIAS_SEND'] : release > 25 ? ['UNLINK'] : [],
    )
    const likeUs = await exceptions(live, LIFE, (names) => {
      const { op, from, to } = names
      if (unknown.has(op)) return undefined
      // Over an exit in its own name it crashes; over one for an earlier incarnation it closes, and we drop that.
      if (/EXIT2$/.test(op) && from === 'live') return undefined
      if (/EXIT$|UNLINK/.test(op) && !/MONITOR/.test(op) && to === 'stale') return undefined
      // It looks at the reference of these, and so do we besides.
      if (/MONITOR_P_EXIT|SPAWN_REPLY/.test(op) && (from === 'third' || from === 'stale' || to === 'stale'))
        return undefined
      return ownToOurs(names)
    })
    expect(likeUs).toStrictEqual([])
    expect(await exceptions(live, MESSAGES, ({ op }) => (unknown.has(op) ? undefined : 'open'))).toStrictEqual([])
  }, 60_000)
})

describe('a peer that knows what another peer is asked', () => {
  it('cannot answer in its place, end its monitor, or report its spawn', async () => {
    await using node = await startOurs('asks')
    const [asked, forger] = await Promise.all(
      ['asked_1@127.0.0.1', 'forger_1@127.0.0.1'].map((name) => joinByHand(node, name)),
    )
    const mine = new Pid(atom('forger_1@127.0.0.1'), 9, 0, CREATION)
    const inbox = node.mailbox()
    const ref = inbox.monitor({ name: 'somebody', node: 'asked_1@127.0.0.1' })
    const spawned = node.spawn('asked_1@127.0.0.1', 'm', 'f', [], { timeoutMs: 300 })
    const gone = expect(spawned).rejects.toMatchObject({ code: 'NODE_TIMEOUT' })
    const spawn = await spawnRequest(asked!)
    forger!.write(passThrough(tuple(21, atom('somebody'), inbox.pid, ref, REASON)))
    forger!.write(passThrough(tuple(31, spawn.ref, spawn.from, 0, mine)))
    // The number of a reference is known to whom it was shown; its last word only to them.
    const { node: home, creation, words } = ref
    const guess = new Reference(home, creation, [words[0]!, words[1]!, (words[2]! ^ 1) >>> 0])
    asked!.write(passThrough(tuple(21, atom('somebody'), inbox.pid, guess, REASON)))
    await gone
    expect(inbox.length).toBe(0)
    asked!.write(passThrough(tuple(21, atom('somebody'), inbox.pid, ref, REASON)))
    expect(await inbox.receive({ timeoutMs: 5_000 })).toMatchObject({
      elements: [atom('DOWN'), ref, atom('process'), {}, REASON],
    })
    for (const socket of [asked!, forger!]) socket.destroy()
  })

  it('answers a call that was forwarded to it, as in BEAM', async () => {
    await using a = await startBeamPeer('forwards')
    await using b = await startBeamPeer('replies')
    await using node = await startOurs('asks')
    await node.connect(a.name)
    await b.eval(`register(replies, spawn(fun() -> receive {From, What} -> gen:reply(From, {from_b, What}) end end))`)
    await a.eval(
      `register(forwards, spawn(fun() -> receive {'$gen_call', From, What} -> {replies, '${b.name}'} ! {From, What} end,
      receive never -> ok end end))`,
    )
    expect(await node.call({ name: 'forwards', node: a.name }, atom('hello'))).toStrictEqual(
      tuple(atom('from_b'), atom('hello')),
    )
    expect(node.connected()).toContain(b.name)
  })
})

/** The reference and the sender of the next spawn request. */
async function spawnRequest(socket: Socket): Promise<{ ref: Reference; from: Pid }> {
  const reader = new PacketReader(4, 4096)
  for await (const [chunk] of on(socket, 'data') as AsyncIterable<[Buffer]>) {
    reader.push(chunk)
    while (reader.next()) {
      // Behind the byte of pass-through and that of the version.
      const { value } = decodeTerm(reader.bytes.subarray(0, reader.end), reader.start + 2)
      const [opcode, ref, from] = value as Iterable<Term>
      if (opcode === 29) return { ref: ref as Reference, from: from as Pid }
    }
  }
  throw new Error('no spawn request was sent')
}
