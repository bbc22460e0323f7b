import { readFileSync } from 'node:fs'
import { atom, ByteWriter, type DecodeOptions, Pid, writeTerm } from '@dynsrv/etf'
import { describe, expect, it } from 'vitest'
import { Channel, DFLAG_EXIT_PAYLOAD, HIDDEN_FLAGS } from '../../src/index.ts'
import { bytesOf, join, toHex } from '../captures.ts'

const VECTORS = (
  JSON.parse(readFileSync(new URL('../../../../fixtures/etf/vectors.json', import.meta.url), 'utf8')) as {
    readonly name: string
    readonly hex: string
  }[]
).filter(({ hex }) => !/^83(50|79)/.test(hex)) // compressed and LOCAL_EXT never travel between nodes

/** What a peer has that is too old for reasons outside the control tuple: no header, no fragments. */
const OLD = 0xd075f5fbcn & ~DFLAG_EXIT_PAYLOAD
const OURS = { name: 'ours@127.0.0.1', flags: HIDDEN_FLAGS, creation: 1 }
const PEER = { name: 'peer@127.0.0.1', flags: HIDDEN_FLAGS, creation: 2 }
const [own, other] = [new Pid(atom(OURS.name), 1, 0, 1), new Pid(atom(PEER.name), 2, 0, 2)]

function channel(flags: bigint, decode?: DecodeOptions): Channel {
  return new Channel({ self: OURS, peer: PEER, flags, ...(decode !== undefined && { decode }) })
}

function encoded(...terms: Pid[]): Uint8Array {
  const writer = new ByteWriter()
  for (const term of terms) writeTerm(writer, term)
  return writer.take()
}

/** `{3, From, To, Reason}` in a frame without header. */
function exitFrame(reason: Uint8Array): Uint8Array {
  const body = join(Uint8Array.of(112, 131, 104, 4, 97, 3), encoded(other, own), reason)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return join(length, body)
}

const DECODES: readonly DecodeOptions[] = [{}, { binary: 'text', map: 'object' }, { binary: 'view', float: 'boxed' }]

describe.each(DECODES)('an exit reason inside the control tuple, decoded with %o', (decode) => {
  it.each(VECTORS)('$name passes byte for byte', ({ hex }) => {
    const reason = bytesOf(hex).subarray(1)
    const [message] = channel(OLD, decode).receive(exitFrame(reason))
    if (message?.type !== 'message') throw new Error(`it came as ${message?.type}`)
    const { payload } = message
    expect(toHex(payload!.bytes.subarray(payload!.start, payload!.end))).toBe(toHex(reason))

    const toOld = channel(OLD)
    toOld.send({ op: 'EXIT', from: own, to: other }, payload)
    const inside = join(Uint8Array.of(112, 131, 104, 4, 97, 3), encoded(own, other), reason)
    expect(toHex(join(...toOld.takeOutput()).subarray(4))).toBe(toHex(inside))

    const toNew = channel(OLD | DFLAG_EXIT_PAYLOAD)
    toNew.send({ op: 'EXIT', from: own, to: other }, payload)
    const behind = join(Uint8Array.of(112, 131, 104, 3, 97, 24), encoded(own, other), Uint8Array.of(131), reason)
    expect(toHex(join(...toNew.takeOutput()).subarray(4))).toBe(toHex(behind))
  })
})
