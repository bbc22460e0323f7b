// Splits a stream of small frames, and decodes it, in turns; prints what share of decoding the splitting is.
import { hrtime } from 'node:process'
import { Channel, HIDDEN_FLAGS, PacketReader } from '@dynsrv/dist-protocol'
import { atom, Pid, tuple } from '@dynsrv/etf'

const FRAMES = 20_000
const CHUNK_BYTES = 65_536
const ROUNDS = 41

const identity = (name) => ({ name, flags: HIDDEN_FLAGS, creation: 1 })
const ends = { self: identity('a@localhost'), peer: identity('b@localhost'), flags: HIDDEN_FLAGS }

const sender = new Channel(ends)
const from = new Pid(atom('a@localhost'), 120, 0, 1)
const to = new Pid(atom('b@localhost'), 121, 0, 1)
const message = tuple(atom('hello'), 42, new Uint8Array(Buffer.from('world')))
for (let frame = 0; frame < FRAMES; frame++) sender.send({ op: 'SEND_SENDER', from, to }, message)
const stream = Buffer.concat(sender.takeOutput())
const chunks = []
for (let at = 0; at < stream.length; at += CHUNK_BYTES) chunks.push(stream.subarray(at, at + CHUNK_BYTES))

function split() {
  const reader = new PacketReader(4, 1 << 20)
  let frames = 0
  for (const chunk of chunks) {
    reader.push(chunk)
    while (reader.next()) frames += 1
  }
  return frames
}

function decodeAll() {
  const channel = new Channel(ends)
  let frames = 0
  for (const chunk of chunks) {
    for (const output of channel.receive(chunk)) {
      if (output.payload.decode().length === 3) frames += 1
    }
  }
  return frames
}

/** Nanoseconds per frame. */
function time(run) {
  const start = hrtime.bigint()
  const frames = run()
  if (frames !== FRAMES) throw new Error(`${frames} frames came of ${FRAMES}`)
  return Number(hrtime.bigint() - start) / FRAMES
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]
}

const splits = []
const decodes = []
const shares = []
for (let round = -5; round < ROUNDS; round++) {
  const splitNs = time(split)
  const decodeNs = time(decodeAll)
  if (round < 0) continue
  splits.push(splitNs)
  decodes.push(decodeNs)
  shares.push(splitNs / decodeNs)
}
console.log(`${FRAMES} frames of ${Math.round(stream.length / FRAMES)} bytes in chunks of ${CHUNK_BYTES}`)
console.log(
  `split ${median(splits).toFixed(0)} ns a frame, decoded ${median(decodes).toFixed(0)} ns: ${median(shares).toFixed(3)}`,
)
