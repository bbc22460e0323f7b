import { atom, Binary, encode, Pid, type Term, tuple } from '@dynsrv/etf'
import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import {
  Channel,
  DFLAG_DIST_HDR_ATOM_CACHE,
  DFLAG_FRAGMENTS,
  DistError,
  type EncodedTerm,
  HIDDEN_FLAGS,
} from '../../src/index.ts'
import { BEAM, JS } from '../handshake/handshake-pairs.ts'

const FRAMINGS = [
  ['pass-through', HIDDEN_FLAGS & ~(DFLAG_FRAGMENTS | DFLAG_DIST_HDR_ATOM_CACHE)],
  ['headers, no atom cache', HIDDEN_FLAGS & ~DFLAG_DIST_HDR_ATOM_CACHE],
  ['headers and atom cache, no fragments', HIDDEN_FLAGS & ~DFLAG_FRAGMENTS],
  ['headers, atom cache and fragments', HIDDEN_FLAGS],
] as const

const FROM = new Pid(atom(JS.name), 1, 0, 4)
const TO = new Pid(atom(BEAM.name), 2, 0, 4)

function channels(flags: bigint, shareBinariesFrom?: number) {
  return {
    sender: new Channel({ self: JS, peer: BEAM, flags, ...(shareBinariesFrom && { shareBinariesFrom }) }),
    receiver: new Channel({ self: BEAM, peer: JS, flags }),
  }
}

function payloads(receiver: Channel, bytes: Uint8Array): EncodedTerm[] {
  return receiver.receive(bytes).map((output) => {
    if (output.type !== 'message' || output.payload === undefined) throw new Error(`a ${output.type} came`)
    return output.payload
  })
}

describe.each(FRAMINGS)('large binaries, %s', (_name, flags) => {
  it.each([4096, 65_536, 1_000_000])('of %d bytes are handed over on their own memory', (size) => {
    const { sender, receiver } = channels(flags)
    const large = new Uint8Array(size).fill(7)
    sender.send({ op: 'SEND', to: TO }, tuple(atom('file'), large, 'end'))
    const pending = sender.pendingBytes
    const chunks = sender.takeOutput()
    const sent = Buffer.concat(chunks)
    expect(sent.length).toBe(pending)
    const own = chunks.filter(({ buffer }) => buffer !== large.buffer)
    expect(own.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(4096 + 64 * (size / 65_536))
    const [payload] = payloads(receiver, sent)
    expect(Buffer.compare(encode(payload!.decode()), encode(tuple(atom('file'), large, 'end')))).toBe(0)
  })

  it('and whatever else waits take about as much memory as they are long', () => {
    const { sender } = channels(flags)
    const memory = new Uint8Array(1_000_000)
    const messages: Term[] = [
      ...Array.from({ length: 3_000 }, (_, number) => tuple(atom('small'), 'x'.repeat(number % 300))),
      ...Array.from({ length: 100 }, (_, number) => memory.subarray(number * 5_000, number * 5_000 + 5_000)),
      ...Array.from({ length: 20 }, (_, number) => Array.from({ length: number * 5_000 }, () => 123_456)),
    ]
    for (const message of messages) sender.send({ op: 'SEND', to: TO }, message)
    const pending = sender.pendingBytes
    const held = new Set(sender.takeOutput().map(({ buffer }) => buffer))
    expect(held).not.toContain(memory.buffer)
    expect([...held].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(1.5 * pending)
  })

  it('are copied when asked, and small ones always', () => {
    for (const [size, shareFrom] of [
      [100_000, Number.POSITIVE_INFINITY],
      [4095, undefined],
    ] as const) {
      const { sender, receiver } = channels(flags, shareFrom)
      const bytes = new Uint8Array(size).fill(7)
      sender.send({ op: 'SEND', to: TO }, bytes)
      bytes.fill(8)
      const [payload] = payloads(receiver, Buffer.concat(sender.takeOutput()))
      expect((payload!.decode() as Uint8Array).every((byte) => byte === 7)).toBe(true)
    }
  })

  it('of a message that cannot be encoded leave nothing behind', () => {
    const { sender, receiver } = channels(flags)
    const large = new Uint8Array(5000).fill(1)
    sender.send({ op: 'SEND', to: TO }, [large, 'first'])
    const pending = sender.pendingBytes
    expect(() => sender.send({ op: 'SEND', to: TO }, [large, large, Number.NaN])).toThrow('NaN')
    expect(sender.pendingBytes).toBe(pending)
    sender.send({ op: 'SEND', to: TO }, ['second', large])
    const came = payloads(receiver, Buffer.concat(sender.takeOutput())).map((payload) => payload.decode())
    expect(came).toHaveLength(2)
    expect(Buffer.compare(encode(came[1]!), encode(['second', large]))).toBe(0)
  })

  it('make the same bytes as copied ones, whatever is around them and however they are taken', () => {
    const size = fc.constantFrom(1, 4095, 4096, 5000, 16_384, 65_536, 65_537, 140_000)
    const kind = fc.constantFrom('bytes', 'view', 'pair', 'text', 'atom')
    const messages = fc.array(fc.array(fc.tuple(kind, size), { maxLength: 3 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(messages, fc.constantFrom(1, 70_000, 1e9), (shapes, maxBytes) => {
        const terms = shapes.map((shape) => shape.map(([name, length]) => part(name, length)))
        const [shared, copied] = [channels(flags), channels(flags, Number.POSITIVE_INFINITY)]
        for (const { sender } of [shared, copied]) {
          for (const term of terms) sender.send({ op: 'SEND_SENDER', from: FROM, to: TO }, term)
        }
        const taken: Uint8Array[] = []
        while (shared.sender.pendingBytes > 0) taken.push(...shared.sender.takeOutput(maxBytes))
        const sent = Buffer.concat(taken)
        expect(Buffer.compare(sent, Buffer.concat(copied.sender.takeOutput()))).toBe(0)
        const came = payloads(shared.receiver, sent).map((payload) => encode(payload.decode()))
        expect(Buffer.compare(Buffer.concat(came), Buffer.concat(terms.map((term) => encode(term))))).toBe(0)
      }),
      { numRuns: 30 },
    )
  })
})

function part(kind: string, length: number): Term {
  const bytes = new Uint8Array(length).fill(length % 251)
  if (kind === 'bytes') return bytes
  if (kind === 'view') return new Binary(bytes, 1)
  if (kind === 'pair') return tuple(bytes, bytes)
  return kind === 'text' ? 'x'.repeat(length % 300) : atom(`a${length}`)
}

it('the length from which binaries are shared must be positive', () => {
  expect(() => channels(HIDDEN_FLAGS, -1)).toThrow(DistError)
})
