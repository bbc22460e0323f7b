import type { Socket } from 'node:net'
import { atom, encode, type Term, tuple } from '@dynsrv/etf'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FLAGS, joinByHand, passThrough } from '../support/join-by-hand.ts'
import { asks, pidOf, ping, referenceOf, type SmallHeap, startSmall } from '../support/small-heap.ts'

const HONEST = 'honest_all@127.0.0.1'
/** Fragments need the distribution header, and with it the atom cache. */
const DFLAG_DIST_HDR_ATOM_CACHE = 0x2000n
const DFLAG_FRAGMENTS = 0x80_0000n
const IN_ALL = 'limits.maxInAllBytes'
/** The first refusal is told, and then each time that they are ten times as many. */
const MOST_WARNINGS = 7

let small: SmallHeap
beforeEach(async () => {
  small = await startSmall()
})
afterEach(() => small[Symbol.dispose]())

const send = (name: string, to: string, message: Term): Buffer =>
  passThrough(tuple(6, pidOf(name), atom(''), atom(to)), message)
const call = (name: string, to: string, request: Term): Buffer =>
  send(name, to, tuple(atom('$gen_call'), tuple(pidOf(name), referenceOf(name)), request))
const spawns = (name: string, id: number, what: string): Buffer =>
  passThrough(
    tuple(29, referenceOf(name, id), pidOf(name), pidOf(name), tuple(atom('js'), atom(what), 0), [atom('monitor')]),
    [],
  )
const monitors = (name: string, id: number): Buffer =>
  passThrough(tuple(19, pidOf(name, id), atom('box'), referenceOf(name, id)))
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)
const names = (count: number): string[] => numbers(count).map((number) => `attacks${number}_all@127.0.0.1`)

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const frame = (...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([u32(body.length), body])
}
const FRAGMENT_BYTES = 64 * 1024
/** The first of many fragments of a message, with no atoms in its header. */
function firstFragment(name: string, sequence: number): Buffer {
  const control = encode(tuple(6, pidOf(name), atom(''), atom('box'))).subarray(1)
  const ids = Buffer.concat([u32(0), u32(sequence), u32(0), u32(1_000)])
  return frame(Buffer.from([131, 69]), ids, Buffer.from([0]), Buffer.from(control), Buffer.alloc(FRAGMENT_BYTES, 106))
}

async function written(socket: Socket, frames: Iterable<Buffer>): Promise<void> {
  let batch: Buffer[] = []
  const write = () => new Promise<void>((resolve) => socket.write(Buffer.concat(batch.splice(0)), () => resolve()))
  for (const one of frames) {
    if (batch.push(one) === 500) await write()
  }
  await write()
  batch = []
}

interface Attack {
  readonly names: readonly string[]
  readonly flags?: bigint
  readonly frames: (name: string) => Iterable<Buffer>
}

function* each(count: number, make: (id: number) => Buffer): Generator<Buffer, void> {
  for (let id = 1; id <= count; id++) yield make(id)
}

/** Each stays below the limits that a peer has by itself. Slow: only hundreds of thousands of them would end such a heap. */
const ATTACKS: Readonly<Record<string, Attack>> = {
  'three names that hold 199 000 monitors each': {
    names: names(3),
    frames: (name) => each(199_000, (id) => monitors(name, id)),
  },
  'five names whose members of process groups stay below the limit': {
    names: names(5),
    *frames(name) {
      yield send(name, 'pg', tuple(atom('discover'), pidOf(name)))
      yield* each(180, (part) =>
        send(
          name,
          'pg',
          tuple(
            atom('join'),
            pidOf(name),
            atom('group'),
            numbers(1_000).map((id) => pidOf(name, part * 1_000 + id)),
          ),
        ),
      )
    },
  },
  'twenty-five names that spawn what hangs': {
    names: names(25),
    frames: (name) => each(9_900, (id) => spawns(name, id, 'hang')),
  },
  'eight names that leave messages unread': {
    names: names(8),
    frames: (name) => each(1_000, (id) => send(name, 'box', numbers(5_000).fill(0x7fff_0000 + id))),
  },
}

/** An honest peer is served as if there were nobody else. */
async function isServed(honest: Socket): Promise<void> {
  await ping(honest, HONEST)
  const answers = await asks(
    honest,
    HONEST,
    Buffer.concat([
      ...numbers(10).map((id) => monitors(HONEST, 100 + id)),
      ...numbers(10).map((id) => spawns(HONEST, 200 + id, 'hang')),
      send(HONEST, 'box', atom('hello')),
      send(HONEST, 'pg', tuple(atom('discover'), pidOf(HONEST))),
      send(HONEST, 'pg', tuple(atom('join'), pidOf(HONEST), atom('honest'), pidOf(HONEST))),
      call(HONEST, 'memory', atom('tell')),
    ]),
    'told',
  )
  expect(answers).not.toContain('system_limit')
}

function expectRefusals(): void {
  const { child, said } = small
  expect(child.exitCode).toBe(null)
  const over = said.filter(({ limit }) => limit === IN_ALL)
  expect(over.length).toBeGreaterThan(0)
  for (const { peer } of over) expect(over.filter((one) => one.peer === peer).length).toBeLessThan(MOST_WARNINGS)
  expect(said.filter(({ peer, down }) => peer === HONEST || down === HONEST)).toStrictEqual([])
}

it.each(Object.entries(ATTACKS))(
  '%s do not end a process with a heap of 300 MB, and leave others theirs',
  async (_, { names: attackers, frames }) => {
    const sockets: Socket[] = []
    for (const name of attackers) {
      const socket = await joinByHand(small, name)
      sockets.push(socket)
      socket.resume()
      await written(socket, frames(name))
      await ping(socket, name)
    }
    const honest = await joinByHand(small, HONEST)
    await isServed(honest)
    expectRefusals()
    expect(small.said.filter(({ down }) => down !== undefined)).toStrictEqual([])
    for (const socket of [...sockets, honest]) socket.destroy()
  },
  240_000,
)

it('unfinished messages of ten peers together take no more than all may keep', async () => {
  const flags = FLAGS | DFLAG_DIST_HDR_ATOM_CACHE | DFLAG_FRAGMENTS
  const sockets: Socket[] = []
  for (const name of names(10)) {
    const socket = await joinByHand(small, name, { flags })
    sockets.push(socket)
    socket.resume()
    await written(
      socket,
      each(400, (sequence) => firstFragment(name, sequence)),
    )
    // What the last frame does shows that those before it have been handled.
    socket.write(
      frame(
        Buffer.from([131, 68, 0]),
        Buffer.from(encode(tuple(6, pidOf(name), atom(''), atom('net_kernel'))).subarray(1)),
        Buffer.from(
          encode(
            tuple(atom('$gen_call'), tuple(pidOf(name), referenceOf(name)), tuple(atom('is_auth'), atom(name))),
          ).subarray(1),
        ),
      ),
    )
  }
  const honest = await joinByHand(small, HONEST)
  await isServed(honest)
  const { buffersMb } = small.said.find((one) => one.buffersMb !== undefined)!
  expect(buffersMb).toBeLessThan(130)
  expect(small.child.exitCode).toBe(null)
  for (const socket of [...sockets, honest]) socket.destroy()
}, 120_000)
