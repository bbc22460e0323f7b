import { Atom, AtomShare, atom, encode, Pid, Reference, type Term, tuple } from '@dynsrv/etf'
import { describe, expect, it } from 'vitest'
import {
  Channel,
  type ChannelOptions,
  type ChannelOutput,
  DFLAG_DIST_HDR_ATOM_CACHE,
  DFLAG_FRAGMENTS,
  type EncodedTerm,
} from '../../src/index.ts'

const OURS = { name: 'a@h', flags: 0n, creation: 1 }
const PEER = { name: 'b@h', flags: 0n, creation: 2 }
const HEADERS = DFLAG_DIST_HDR_ATOM_CACHE | DFLAG_FRAGMENTS
const [from, to] = [new Pid(atom('b@h'), 1, 0, 2), new Pid(atom('a@h'), 1, 0, 1)]

function channelOf(flags: bigint, options: Partial<ChannelOptions> = {}): Channel {
  return new Channel({ self: OURS, peer: PEER, flags, ...options })
}

function frame(...parts: readonly (ArrayLike<number> | Uint8Array)[]): Uint8Array {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return new Uint8Array(Buffer.concat([length, body]))
}

/** Without distribution headers. */
function passThrough(control: Term, payload?: Term): Uint8Array {
  const options = { maxDepth: 1_000 }
  return frame([112], encode(control, options), payload === undefined ? [] : encode(payload, options))
}

const nested = (depth: number): Term => {
  let term: Term = 1
  for (let level = 0; level < depth; level++) term = [term]
  return term
}

function only(outputs: readonly ChannelOutput[]): ChannelOutput {
  expect(outputs).toHaveLength(1)
  return outputs[0]!
}

function payloadOf(output: ChannelOutput): EncodedTerm {
  if (output.type !== 'message')
    throw new Error(`${output.type} is no message: ${output.type === 'failed' ? output.error.message : ''}`)
  return output.payload!
}

describe('an exit reason in the control tuple that is over a limit', () => {
  const token = tuple(1, 2, 3)
  const reason = nested(60)
  it.each([
    ['EXIT', tuple(3, from, to, reason)],
    ['EXIT2', tuple(8, from, to, reason)],
    ['EXIT', tuple(13, from, to, token, reason)],
    ['EXIT2', tuple(18, from, to, token, reason)],
    ['MONITOR_P_EXIT', tuple(21, from, to, new Reference(atom('a@h'), 1, [1, 2, 3]), reason)],
  ] as const)('costs the reason: %s %s', (op, control) => {
    const channel = channelOf(0n, { decode: { limits: { depth: 50 } } })
    const output = only(channel.receive(passThrough(control)))
    expect(output).toMatchObject({ type: 'message', control: { op } })
    expect(() => payloadOf(output).decode()).toThrow(
      expect.objectContaining({ code: 'ETF_LIMIT_DEPTH', category: 'limit', limit: 'limits.depth' }),
    )
    expect(payloadOf(output).decode({ limits: { depth: 60 } })).toStrictEqual(reason)
    expect(only(channel.receive(passThrough(tuple(3, from, to, atom('normal')))))).toMatchObject({ type: 'message' })
  })
})

describe('a control message that is over a limit', () => {
  it('is left out, and the link goes on', () => {
    const channel = channelOf(0n, { decode: { limits: { depth: 50 } } })
    const output = only(channel.receive(passThrough(tuple(12, atom(''), to, nested(60)), 1)))
    expect(output).toMatchObject({ type: 'refused', error: { code: 'ETF_LIMIT_DEPTH', category: 'limit' } })
    expect(only(channel.receive(passThrough(tuple(2, atom(''), to), 'hello')))).toMatchObject({ type: 'message' })
    expect(channel.state).toBe('open')
  })
})

/** A frame whose header sets these slots anew, then refers to those; the terms refer to them in this order. */
function withHeader(fresh: Record<number, string>, known: readonly number[], terms: readonly ArrayLike<number>[]) {
  const entries = Object.entries(fresh)
  const count = entries.length + known.length
  const nibbles = [...entries.map(() => 8), ...known.map(() => 0), 0]
  const flags = Array.from(
    { length: count === 0 ? 0 : (count >> 1) + 1 },
    (_, at) => nibbles[2 * at]! | ((nibbles[2 * at + 1] ?? 0) << 4),
  )
  const refs = [
    ...entries.map(([slot, name]) => [Number(slot), name.length, ...Buffer.from(name)]),
    ...known.map((slot) => [slot]),
  ]
  return frame([131, 68, count, ...flags, ...refs.flat()], ...terms)
}

const cacheRef = (index: number) => [82, index]
const bare = (term: Term) => encode(term).subarray(1)
/** SEND to the process of ours. */
const SEND = [104, 3, 97, 2, ...bare(atom('')), ...bare(to)]

describe('atoms beyond the share of a peer', () => {
  const decode = { limits: { atomBytes: 1_900 } }

  it('cost the message that brings them, in the header or in the term, and no other', () => {
    const atoms = new AtomShare()
    const channel = channelOf(HEADERS, { decode, atoms })
    const names = { 1: 'share_one', 2: 'share_two', 3: 'share_three', 4: 'share_four' }
    const list = [104, 4, ...[0, 1, 2, 3].flatMap(cacheRef)]
    const kept = payloadOf(only(channel.receive(withHeader(names, [], [SEND, list])))).decode()
    expect(kept).toMatchObject({ length: 4 })
    const used = atoms.usedBytes
    expect(used).toBeGreaterThan(1_500)
    const refused = expect.objectContaining({
      code: 'ETF_LIMIT_ATOM_TABLE',
      category: 'limit',
      limit: 'limits.atomBytes',
    })
    // In the header, and again where the same place of the cache is referred to.
    const five = payloadOf(
      only(channel.receive(withHeader({ 5: 'share_five', 6: 'share_six' }, [], [SEND, cacheRef(0)]))),
    )
    expect(() => five.decode()).toThrow(refused)
    expect(() => payloadOf(only(channel.receive(withHeader({}, [6], [SEND, cacheRef(0)])))).decode()).toThrow(refused)
    // In the term itself.
    const inTerm = payloadOf(only(channel.receive(withHeader({}, [], [SEND, [119, 9, ...Buffer.from('share_new')]]))))
    expect(() => inTerm.decode()).toThrow(refused)
    expect(() => inTerm.decode({ binary: 'text', limits: decode.limits })).toThrow(refused)
    // What is known costs nothing.
    expect(payloadOf(only(channel.receive(withHeader({}, [2, 1], [SEND, cacheRef(1)])))).decode()).toBe(
      atom('share_one'),
    )
    const own = atom('share_five')
    expect(payloadOf(only(channel.receive(withHeader({}, [5], [SEND, cacheRef(0)])))).decode()).toBe(own)
    expect(atoms.usedBytes).toBe(used)
    // Another peer is not concerned.
    const other = channelOf(HEADERS, { decode })
    expect(
      payloadOf(only(other.receive(withHeader({ 1: 'share_other' }, [], [SEND, cacheRef(0)])))).decode(),
    ).toBeInstanceOf(Atom)
    expect(channel.state).toBe('open')
  })

  it('cost a control message that needs them, whole or in fragments', () => {
    const channel = channelOf(HEADERS, { decode: { limits: { atomBytes: 0 } } })
    const regSend = [104, 4, 97, 6, ...bare(from), ...bare(atom('')), ...cacheRef(0)]
    const refused = { type: 'refused', error: { code: 'ETF_LIMIT_ATOM_TABLE', limit: 'limits.atomBytes' } }
    expect(only(channel.receive(withHeader({ 7: 'share_name' }, [], [regSend, [97, 1]])))).toMatchObject(refused)
    const [length, count, rest] = [17, 2, withHeader({}, [7], [regSend, [97]]).subarray(6)]
    const ids = (fragment: number) => [...Buffer.alloc(8, 1), ...Buffer.alloc(7), fragment]
    expect(channel.receive(frame([131, 69], ids(count), rest))).toStrictEqual([])
    expect(only(channel.receive(frame([131, 70], ids(1), [1])))).toMatchObject(refused)
    expect(only(channel.receive(withHeader({}, [], [SEND, [97, length]])))).toMatchObject({ type: 'message' })
  })
})

it('a small binary does not keep the chunk that it came in', () => {
  const channel = channelOf(0n)
  const small = new Uint8Array(70).fill(9)
  const frames = Array.from({ length: 500 }, () => passThrough(tuple(2, atom(''), to), small))
  const chunk = new Uint8Array(Buffer.concat(frames))
  const terms = channel.receive(chunk).map((output) => payloadOf(output).decode() as Uint8Array)
  expect(terms).toHaveLength(500)
  for (const term of terms) {
    expect(term).toStrictEqual(small)
    expect(term.buffer.byteLength).toBeLessThan(200)
  }
  const alone = new Uint8Array(frames[0]!)
  expect((payloadOf(only(channel.receive(alone))).decode() as Uint8Array).buffer).toBe(alone.buffer)
})
