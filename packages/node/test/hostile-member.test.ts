import type net from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { Atom, atom, encode, Pid, Reference, type Term, tuple } from '@dynsrv/etf'
import { expect, it } from 'vitest'
import type { Node } from '../src/index.ts'
import type { Way } from './support/attacker.ts'
import { startBeamPeer } from './support/beam-peer.ts'
import { joinByHand } from './support/join-by-hand.ts'
import { startOurs } from './support/nodes.ts'
import { TRANSPORTS } from './support/transports.ts'

const NAME = 'byhand_1@127.0.0.1'
/** How much is sent, and which of it: `HOSTILE_SEED=7 HOSTILE_ROUNDS=50000` explores. */
const [SEED, ROUNDS] = [Number(process.env.HOSTILE_SEED ?? 1), Number(process.env.HOSTILE_ROUNDS ?? 4_000)]
const THEIRS = atom(NAME)

/** A small generator, the same numbers for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

type Random = (below: number) => number

const pick = <T>(random: Random, from: readonly T[]): T => from[random(from.length)]!

/** What a member of the cluster may put anywhere. */
function hostileTerms(node: Node, known: readonly Pid[]): Term[] {
  const self = atom(node.self)
  const deep = Array.from({ length: 2_000 }).reduce<Term>((inner) => [inner], [])
  return [
    ...known,
    ...[0, -1, 2 ** 31, 2n ** 70n, -(2n ** 64n), 1.5, '', 'text', true, null, [], [1, 2], deep, new Map()],
    ...[atom(''), self, THEIRS, atom('ok'), atom('normal'), atom('kill'), atom('global'), atom('undefined')],
    ...[new Pid(THEIRS, 1, 0, 0x1234_5678), new Pid(self, 99_999, 0, node.creation), new Pid(self, 5, 0, 7)],
    new Pid(atom('third@127.0.0.1'), 1, 0, 1),
    ...[new Reference(THEIRS, 0x1234_5678, [1, 2, 3]), new Reference(self, node.creation, [1, 0, 0])],
    ...[tuple(), tuple(1), tuple(atom('a'), []), tuple(atom('global'), [new Pid(THEIRS, 1, 0, 0x1234_5678)])],
    ...[new Uint8Array(), new Uint8Array(70_000), new Map<Term, Term>([[[], tuple()]])],
  ]
}

const NAMES = [
  'net_kernel',
  'rex',
  'global_name_server',
  'pg',
  'Elixir.MyApp.PubSub',
  'server',
  'box',
  'user',
  'nobody',
]
const KINDS = (
  '$gen_call $gen_cast $system io_request io_reply system EXIT DOWN init_connect init_connect_ack exchange resolved new_nodes ' +
  'in_sync lock_set cancel_connect remove_connection lost_connection set_lock del_lock register unregister is_auth ' +
  'discover sync join leave forward_to_local call cast get_lines put_chars get_until setopts reply spawn_reply nodeup nodedown ' +
  'register_name unregister_name suspend resume get_state replace_state get_status terminate nonode block_call spawn_link'
).split(' ')

/** A message that looks like one of OTP's and is wrong somewhere. */
function message(random: Random, terms: readonly Term[], depth = 0): Term {
  const some = () => (depth < 3 && random(3) === 0 ? message(random, terms, depth + 1) : pick(random, terms))
  const kind = atom(pick(random, KINDS))
  const rest = Array.from({ length: random(6) }, some)
  switch (random(5)) {
    case 0:
      return tuple(atom('$gen_call'), tuple(pick(random, terms), some()), message(random, terms, depth + 1))
    case 1:
      return tuple(atom('$gen_cast'), some())
    case 2:
      return [kind, ...rest]
    default:
      return tuple(kind, ...rest)
  }
}

/** What follows the opcode: process, reference, number, atom, whatever. @see OTP `erl_dist_protocol` */
const SHAPES: readonly (readonly [opcode: number, args: string])[] = [
  ...([1, 4, 24] as const).map((opcode) => [opcode, 'pp'] as const),
  ...([2, 22, 7] as const).map((opcode) => [opcode, 'pp'] as const),
  ...([3, 8] as const).map((opcode) => [opcode, 'ppx'] as const),
  ...([19, 20, 31] as const).map((opcode) => [opcode, 'ppr'] as const),
  ...([21] as const).map((opcode) => [opcode, 'ppr'] as const),
  ...([35, 36] as const).map((opcode) => [opcode, 'npp'] as const),
  ...([33] as const).map((opcode) => [opcode, 'pr'] as const),
  ...([29] as const).map((opcode) => [opcode, 'rppmx'] as const),
  ...([31] as const).map((opcode) => [opcode, 'rpna'] as const),
  ...([37, 99] as const).map((opcode) => [opcode, 'nxxx'] as const),
]

function control(random: Random, terms: readonly Term[]): Term {
  const [opcode, shape] = pick(random, SHAPES)
  const fits: Record<string, (term: Term) => boolean> = {
    p: (term) => term instanceof Pid,
    r: (term) => term instanceof Reference,
    n: (term) => typeof term === 'number',
    a: (term) => term instanceof Atom,
  }
  const args = [...shape].map((kind) => {
    if (kind === 'm')
      return tuple(
        atom(pick(random, ['erpc', 'os', 'Elixir.MyApp.Js'])),
        atom(pick(random, ['execute_call', 'hello', 'cmd'])),
        random(5),
      )
    const able = random(40) === 0 ? terms : terms.filter(fits[kind] ?? (() => true))
    return pick(random, able)
  })
  return tuple(opcode, ...args)
}

function frame(head: Term, payload?: Term): Buffer {
  const body = Buffer.concat([Buffer.from([112]), encode(head), ...(payload === undefined ? [] : [encode(payload)])])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

/** Sends what a hostile member might, and joins again whenever it is dropped. */
async function attack(node: Node, way: Way, known: readonly Pid[]): Promise<void> {
  const random = randomOf(SEED)
  const terms = hostileTerms(node, known)
  let socket: net.Socket | undefined
  for (let round = 0; round < ROUNDS; round++) {
    if (socket === undefined || socket.destroyed || !node.connected().includes(NAME as never)) {
      socket?.destroy()
      socket = await joinByHand(node, NAME, { way })
      socket.resume()
    }
    const bytes =
      random(4) === 0
        ? frame(control(random, terms), random(2) === 0 ? message(random, terms) : undefined)
        : frame(
            tuple(6, new Pid(THEIRS, 1 + random(9), 0, 0x1234_5678), atom(''), atom(pick(random, NAMES))),
            message(random, terms),
          )
    const to = socket
    const written = new Promise((resolve) => to.write(bytes, resolve))
    if (round % 20 !== 0) continue
    await written
    // What the kernel has is read in the next turn at the latest.
    await turn()
    await turn()
  }
  socket?.destroy()
}

it.each(
  TRANSPORTS,
)('whatever a member of the cluster sends over $over, the node lives on and serves the others', async ({
  way,
  options,
  args,
}) => {
  await using erl = await startBeamPeer('healthy', { args })
  await using node = await startOurs('attacked', { ...options, hidden: false })
  const threw: string[] = []
  const reasons = new Set<string>()
  node.on('warning', ({ code, message: text }) => {
    if (code === 'HANDLER_THREW') threw.push(text)
  })
  node.on('nodedown', ({ node: peer, reason }) => {
    if (peer === NAME) reasons.add(reason.code)
  })
  const box = node.mailbox({ name: 'box', trapExit: true, maxMessages: 50, whenFull: 'dropOldest' })
  const server = node.serve({ name: 'server', call: (request) => request, cast: () => undefined })
  node.expose('Elixir.MyApp.Js', { hello: (name: Term) => name })
  node.pg().join(atom('all'), box)
  node.pubsub('MyApp.PubSub').subscribe('topic')
  await node.connect(erl.name)
  await attack(node, way, [box.pid, server.pid])

  // What is against the protocol ends the link; what is only nonsense is left lying, and no handler falls over it.
  expect(threw).toStrictEqual([])
  expect(
    [...reasons].filter((code) => !/^(DIST_MALFORMED|NODE_CLOSED_BY_PEER|NODE_CONNECTION_LOST)$/.test(code)),
  ).toEqual([])
  expect(node.connected()).toContain(erl.name)
  expect(await erl.eval(`rpc:call('${node.self}', 'Elixir.MyApp.Js', hello, [1])`)).toBe('1')
  await expect.poll(() => node.inspect().monitors).toBeLessThan(20)
  expect(node.inspect({ maxProcesses: 0 }).processCount).toBeLessThan(30)
}, 120_000)
