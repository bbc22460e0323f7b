import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { encode, type Term } from '@dynsrv/etf'
import { OVER_TCP } from './attacker.ts'
import { COOKIE } from './beam-peer.ts'

/** What a hidden OTP 25 node announces, without atom cache and fragments. */
export const FLAGS = 0xd075f5fbcn

/** The creation under which {@link joinByHand} joins. */
export const CREATION = 0x1234_5678

/** Says the handshake by hand, as a dialling BEAM node does, so that anything can be said behind it. */
export async function joinByHand(
  node: { readonly port: number | undefined },
  name: string,
  { flags = FLAGS, way: { dial, headerBytes } = OVER_TCP } = {},
): Promise<Socket> {
  const socket = dial(node.port!)
  socket.on('error', () => socket.destroy())
  const say = (body: Buffer): void => {
    const head = Buffer.alloc(headerBytes)
    head.writeUIntBE(body.length, 0, headerBytes)
    socket.write(Buffer.concat([head, body]))
  }
  const hello = Buffer.alloc(15)
  hello.write('N')
  hello.writeBigUInt64BE(flags, 1)
  hello.writeUInt32BE(CREATION, 9)
  hello.writeUInt16BE(name.length, 13)
  say(Buffer.concat([hello, Buffer.from(name)]))
  let came = Buffer.alloc(0)
  const status = headerBytes + 'sok'.length
  const start = status + headerBytes
  while (came.length < start || came.length < start + came.readUIntBE(status, headerBytes)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    came = Buffer.concat([came, chunk])
  }
  const challenge = came.readUInt32BE(start + 1 + 8)
  const digest = createHash('md5').update(`${COOKIE}${challenge}`).digest()
  say(Buffer.concat([Buffer.from('r'), Buffer.from([0, 0, 0, 1]), digest]))
  await once(socket, 'data')
  return socket
}

/** A pass-through frame: a control tuple, and the payload of those that have one. */
export function passThrough(control: Term, ...payload: [payload?: Term]): Buffer {
  const body = Buffer.concat([Buffer.from([112]), encode(control), ...payload.map((term) => encode(term))])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}
