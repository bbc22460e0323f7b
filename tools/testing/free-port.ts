import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/** A TCP and UDP port of 127.0.0.1 that is free right now; another program may still take it. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const socket = createSocket('udp4')
  const udpIsFree = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false)).bind(port, '127.0.0.1', () => resolve(true))
  })
  socket.close()
  await new Promise((resolve) => server.close(resolve))
  return udpIsFree ? port : freePort()
}
