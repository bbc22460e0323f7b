import { ByteWriter, decodeTerm, TermEncoder } from '@dynsrv/etf'
import { describe, expect, it } from 'vitest'
import { CONTROL, ControlWriter } from '../src/control/control-codec.ts'
import { AcceptorHandshake, Channel, type ChannelOutput, InitiatorHandshake, type NodeIdentity } from '../src/index.ts'
import { CAPTURES, type Capture, join, packets } from './captures.ts'
import { erlangText, noteText } from './erlang-text.ts'
import { connection } from './handshake/handshake-pairs.ts'

const CONNECTED = CAPTURES.filter(({ frames }) => frames.some(({ phase }) => phase === 'dist'))

/** A machine in the place of one of the two nodes, given the stream that the other one sent. */
interface Replay {
  readonly handshake: InitiatorHandshake | AcceptorHandshake
  readonly stream: Uint8Array
  readonly notes: readonly string[]
}

function replays(recorded: Capture): [string, () => Replay][] {
  const [fromA, fromB] = [packets(recorded, 'A>B', 'handshake'), packets(recorded, 'B>A', 'handshake')]
  const a = identityOf(fromA[0]!, 15)
  const b = identityOf(fromB[1]!, 19)
  const stream = (dir: 'A>B' | 'B>A') => join(...packets(recorded, dir, 'handshake'), ...packets(recorded, dir, 'dist'))
  const notes = (dir: 'A>B' | 'B>A') =>
    recorded.frames.filter((frame) => frame.dir === dir && frame.phase === 'dist').map(({ note }) => note)
  const asA = () => ({
    handshake: new InitiatorHandshake({
      self: a,
      peerName: b.name,
      cookie: recorded.cookie.A,
      challenge: Buffer.from(fromA.at(-1)!).readUInt32BE(3),
      version: fromA.length === 3 ? 5 : 6,
    }),
    stream: stream('B>A'),
    notes: notes('B>A'),
  })
  const asB = () => ({
    handshake: new AcceptorHandshake({
      self: b,
      cookie: recorded.cookie.B,
      challenge: Buffer.from(fromB[1]!).readUInt32BE(11),
      decide: () => 'ok',
    }),
    stream: stream('A>B'),
    notes: notes('A>B'),
  })
  return [
    ['the initiator', asA],
    ['the acceptor', asB],
  ]
}

/** Name, flags and creation from a recorded version 6 message; of an old-style name only what it has. */
function identityOf(packet: Uint8Array, nameAt: number): NodeIdentity {
  const bytes = Buffer.from(packet)
  if (bytes[2] === 0x6e) return { name: bytes.toString('latin1', 9), flags: 0x101df7fbdn, creation: 5 }
  return {
    name: bytes.toString('latin1', nameAt + 2),
    flags: bytes.readBigUInt64BE(3),
    creation: bytes.readUInt32BE(nameAt - 4),
  }
}

/** Feeds a stream in pieces through handshake and channel. */
function play({ handshake, stream }: Replay, pieces: Iterable<number>): { outputs: ChannelOutput[]; channel: Channel } {
  const outputs: ChannelOutput[] = []
  let channel: Channel | undefined
  handshake.start()
  let at = 0
  for (const size of pieces) {
    const piece = stream.subarray(at, at + size)
    at += size
    if (channel !== undefined) {
      outputs.push(...channel.receive(piece))
    } else {
      const said = handshake.receive(piece)
      if (handshake.state !== 'connected') continue
      const link = connection(said)
      channel = new Channel(link)
      outputs.push(...channel.receive(link.rest))
    }
    if (at >= stream.length) break
  }
  if (channel === undefined) throw new Error(`not connected: ${handshake.error?.message ?? handshake.state}`)
  return { outputs, channel }
}

function* every(size: number): Generator<number> {
  for (;;) yield size
}

function texts(outputs: readonly ChannelOutput[]): string[] {
  return outputs.map((output) => {
    if (output.type === 'failed') return `failed ${output.error.message}`
    if (output.type === 'tick') return 'tick'
    if (output.type === 'refused') return `refused ${output.error.message}`
    const payload = output.payload === undefined ? '' : ` payload ${erlangText(output.payload.decode())}`
    return `${output.control.op}${payload}`
  })
}

describe.each(CONNECTED.map((recorded) => [recorded.name, recorded] as const))('%s', (_name, recorded) => {
  describe.each(replays(recorded))('seen by %s', (_role, replay) => {
    it('says what the recording noted', () => {
      const { outputs, channel } = play(replay(), every(Number.POSITIVE_INFINITY))
      const { self, peer, flags } = channel
      const said = outputs.map((output) => {
        if (output.type !== 'message') return output.type
        const form = CONTROL.formsFor(flags).of(output.control.op)
        const out = new ByteWriter()
        const encoder = new TermEncoder()
        const writer = new ControlWriter(encoder, { self: peer.name, peer: self.name })
        writer.write(out, form, output.control, () => encoder.write(out, output.payload?.decode()))
        const tuple = decodeTerm(out.take(), 0).value
        const payload = output.payload === undefined ? '' : ` payload ${erlangText(output.payload.decode())}`
        return `ctl ${erlangText(tuple)}${payload}`
      })
      const noted = replay()
        .notes.filter((note) => !/^fragment (start|cont)(?!.*complete)/.test(note))
        .map(noteText)
      expect(said).toHaveLength(noted.length)
      for (const [index, note] of noted.entries()) {
        const text = note.endsWith('...') ? note.slice(0, -3) : note
        expect(said[index]!.slice(0, text.length)).toBe(text)
      }
    })

    it('is the same byte by byte, glued, and in odd pieces', () => {
      const whole = texts(play(replay(), every(Number.POSITIVE_INFINITY)).outputs)
      for (const size of [1, 2, 3, 5, 1448, 65_536]) {
        expect(texts(play(replay(), every(size)).outputs)).toStrictEqual(whole)
      }
    })

    it('is the same when cut once, at every byte', () => {
      const { stream } = replay()
      // Behind that the frames repeat themselves; byte by byte the whole stream was driven above.
      const last = Math.min(stream.length, 1024)
      const whole = texts(play(replay(), every(Number.POSITIVE_INFINITY)).outputs)
      for (let cut = 1; cut < last; cut += stream.length > 100_000 ? 23 : 1) {
        expect(texts(play(replay(), [cut, stream.length]).outputs)).toStrictEqual(whole)
      }
    })
  })
})
