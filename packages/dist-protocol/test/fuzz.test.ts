// One invariant: any bytes give outputs, or `failed` with a DistError, in memory in proportion to them, and a machine that
// failed stays failed.
//
// A long run: FUZZ_RUNS=10000000 npx vitest run --project dist-protocol fuzz, with a FUZZ_SEED of its own

import { setImmediate as breathe } from 'node:timers/promises'
import { atom, EtfError, Pid } from '@dynsrv/etf'
import { expect, it } from 'vitest'
import { Channel, DistError, HIDDEN_FLAGS } from '../src/index.ts'
import { CAPTURES, packets } from './captures.ts'
import { acceptor, BEAM, initiator, JS } from './handshake/handshake-pairs.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 20_000)
const SEED = Number(process.env.FUZZ_SEED ?? 20_260_229)
const PID = new Pid(atom(JS.name), 1, 0, 4)
/** Longer frames say nothing new and cost time. */
const LONGEST = 2_000

/** Frames in the order of their connection, so that the atom cache makes sense. */
const WHOLE = CAPTURES.flatMap((recorded) =>
  (['A>B', 'B>A'] as const).map((dir) => packets(recorded, dir, 'dist').filter(({ length }) => length < LONGEST)),
).filter(({ length }) => length > 0)
const CONVERSATIONS = [...WHOLE, ...WHOLE.map((frames) => frames.flatMap(inFragments))]
const FROM_INITIATORS = CAPTURES.map((recorded) => packets(recorded, 'A>B', 'handshake'))
const FROM_ACCEPTORS = CAPTURES.map((recorded) => packets(recorded, 'B>A', 'handshake'))

/** A recorded message in three fragments, the last two with the ends of its payload. */
function inFragments(packet: Uint8Array, index: number): Uint8Array[] {
  if (packet.length < 80) return [packet]
  const [one, two] = [packet.length - 20, packet.length - 10]
  const parts = [packet.subarray(6, one), packet.subarray(one, two), packet.subarray(two)]
  return parts.map((part, at) => {
    const prefix = Buffer.alloc(22)
    prefix.writeUInt32BE(18 + part.length)
    prefix.set([131, at === 0 ? 69 : 70], 4)
    prefix.writeBigUInt64BE(BigInt(index + 1), 6)
    prefix.writeBigUInt64BE(BigInt(3 - at), 14)
    return new Uint8Array(Buffer.concat([prefix, part]))
  })
}

/** Mulberry32: small, and the same on every machine. */
function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

type Random = (below: number) => number

const INTERESTING = [
  0, 1, 4, 5, 67, 68, 69, 70, 80, 82, 88, 90, 97, 104, 107, 108, 109, 112, 113, 116, 119, 127, 128, 131, 255,
]

function mutate(packet: Uint8Array, headerBytes: 2 | 4, random: Random): Uint8Array {
  let bytes = Array.from(packet)
  for (let changes = 1 + random(3); changes > 0; changes--) {
    const at = random(bytes.length)
    const kind = random(6)
    if (kind === 0) bytes[at] = random(256)
    else if (kind === 1) bytes[at] = INTERESTING[random(INTERESTING.length)]!
    else if (kind === 2) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8))
    else if (kind === 3) bytes.splice(at, 1 + random(8))
    else if (kind === 4) bytes.splice(at, 0, ...bytes.slice(random(bytes.length), at + 1 + random(16)))
    else bytes = bytes.slice(0, at + 1)
  }
  const mutated = Uint8Array.from(bytes)
  // A length that fits lets the change through to the layers behind.
  if (random(4) > 0 && mutated.length >= headerBytes) {
    const size = mutated.length - headerBytes
    for (let i = 0; i < headerBytes; i++) mutated[i] = size >>> (8 * (headerBytes - 1 - i))
  }
  return mutated
}

function checkHandshake(random: Random): void {
  const asAcceptor = random(2) === 0
  const sources = asAcceptor ? FROM_INITIATORS : FROM_ACCEPTORS
  const source = sources[random(sources.length)]!
  const machine = asAcceptor
    ? acceptor({ assignName: (host) => ({ name: `x@${host}`, creation: 9 }) })
    : initiator({ peerName: 'b@localhost' })
  machine.start()
  const victim = random(source.length)
  for (const [index, packet] of source.entries()) {
    if (machine.state === 'connected') return
    const failed = machine.state === 'failed'
    const outputs = machine.receive(index === victim ? mutate(packet, 2, random) : packet)
    if (failed) expect(outputs).toStrictEqual([])
    const failure = outputs.find(({ type }) => type === 'failed')
    if ((machine.state === 'failed') !== (failed || failure !== undefined)) throw new Error('failed without saying so')
    if (failure !== undefined && !(failure.type === 'failed' && failure.error instanceof DistError))
      throw new Error('no DistError')
  }
}

function checkChannel(random: Random): void {
  const conversation = CONVERSATIONS[random(CONVERSATIONS.length)]!
  const channel = new Channel({ self: JS, peer: BEAM, flags: HIDDEN_FLAGS })
  const onward = new Channel({ self: BEAM, peer: JS, flags: HIDDEN_FLAGS })
  const victim = random(Math.min(conversation.length, 12))
  let received = 0
  for (let index = 0; index <= Math.min(victim + 2, conversation.length - 1); index++) {
    const bytes = index === victim ? mutate(conversation[index]!, 4, random) : conversation[index]!
    const failed = channel.state === 'failed'
    const outputs = channel.receive(bytes)
    if (failed && outputs.length > 0) throw new Error('a failed channel spoke')
    received += bytes.length
    const held = channel.readTarget()?.buffer.byteLength ?? 0
    if (held > 2 ** 20 + 2 ** 16 + 16 * received) throw new Error(`${held} bytes held for ${received} that came`)
    for (const output of outputs) {
      if (output.type === 'failed' && !(output.error instanceof DistError)) throw new Error('no DistError')
      if (output.type !== 'message' || output.payload === undefined) continue
      const { payload } = output
      attempt(() => payload.decode())
      attempt(() => onward.send({ op: 'SEND', to: output.control.op === 'SEND' ? output.control.to : PID }, payload))
      onward.takeOutput()
    }
    if ((channel.state === 'failed') !== (failed || outputs.at(-1)?.type === 'failed'))
      throw new Error('failed without saying so')
  }
}

/** A refusal by one of the two error classes is fine; anything else is a fault of ours. */
function attempt(run: () => unknown): void {
  try {
    run()
  } catch (error) {
    if (!(error instanceof EtfError || error instanceof DistError)) throw error
  }
}

// Slow: each stream is taken in as it comes off the wire, and what is rare shows in thousands.
it(`${RUNS} mutated streams, seed ${SEED}`, { timeout: 60_000 + RUNS }, async () => {
  const random = generator(SEED)
  for (let run = 0; run < RUNS; run++) {
    // A long run must let the test runner hear from this process now and then.
    if (run % 10_000 === 0) await breathe()
    try {
      if (run % 4 === 0) checkHandshake(random)
      else checkChannel(random)
    } catch (cause) {
      throw new Error(`run ${run} of seed ${SEED}`, { cause })
    }
  }
})
