import { createHash } from 'node:crypto'
import { once } from 'node:events'
import net from 'node:net'
import type { Node } from '../../src/index.ts'
import { COOKIE } from './beam-peer.ts'

/** What a hidden OTP 25 node announces, without atom cache and fragments. */
export const FLAGS = 0xd075f5fbcn

/** Says the handshake by hand, as a dialling BEAM node does, so that anything can be said behind it. */
export async function joinByHand(node: Node, name: string): Promise<net.Socket> {
  const socket = net.connect(node.port!, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  const say = (body: Buffer): void => {
    const head = Buffer.alloc(2)
    head.writeUInt16BE(body.length)
    socket.write(Buffer.concat([head, body]))
  }
  const hello = Buffer.alloc(15)
  hello.write('N')
  hello.writeBigUInt64BE(FLAGS, 1)
  hello.writeUInt32BE(0x1234_5678, 9)
  hello.writeUInt16BE(name.length, 13)
  say(Buffer.concat([hello, Buffer.from(name)]))
  let came = Buffer.alloc(0)
  while (came.length < 5 || came.length < 5 + 2 + came.readUInt16BE(5)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    came = Buffer.concat([came, chunk])
  }
  const challenge = came.readUInt32BE(5 + 2 + 1 + 8)
  const digest = createHash('md5').update(`${COOKIE}${challenge}`).digest()
  say(Buffer.concat([Buffer.from('r'), Buffer.from([0, 0, 0, 1]), digest]))
  await once(socket, 'data')
  return socket
}
