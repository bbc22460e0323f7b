// A sender without limits of its own: it encodes all messages first, as BEAM would frame them, and then only writes.
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { AcceptorHandshake, Channel, HIDDEN_FLAGS } from '@dynsrv/dist-protocol'
import { ErlEpmd } from '@dynsrv/epmd-shim'
import { atom, Pid, tuple } from '@dynsrv/etf'

const WRITE_BYTES = 256 * 1024
const [name, cookie] = process.argv.slice(2)
const epmd = new ErlEpmd()
const self = { name, flags: HIDDEN_FLAGS, creation: 77 }
const from = new Pid(atom(name), 100, 0, self.creation)

const server = createServer({ noDelay: true }, (socket) => {
  const challenge = randomInt(2 ** 32)
  const handshake = new AcceptorHandshake({ self, cookie, challenge, decide: () => 'ok' })
  let channel
  let prepared
  const pending = []
  const flush = () => {
    while (pending.length > 0 && socket.write(pending.shift()));
  }
  const handle = ({ control, payload }) => {
    if (control.op === 'REG_SEND' && control.toName.name === 'source') {
      const [, to, count, size] = payload.decode().elements
      // Encoded first, so that the atoms that it brings are there for the others; written last.
      channel.send({ op: 'SEND_SENDER', from, to }, tuple(atom('ready'), from))
      const ready = channel.takeOutput()
      const bytes = new Uint8Array(size).fill(120)
      for (let index = 0; index < count; index++) {
        channel.send({ op: 'SEND_SENDER', from, to }, tuple(atom('data'), index, bytes))
      }
      prepared = []
      const all = Buffer.concat(channel.takeOutput())
      for (let at = 0; at < all.length; at += WRITE_BYTES) prepared.push(all.subarray(at, at + WRITE_BYTES))
      pending.push(...ready)
      flush()
    } else if (control.op === 'SEND' || control.op === 'SEND_SENDER') {
      pending.push(...prepared)
      prepared = undefined
      flush()
    }
  }
  const apply = (outputs) => {
    for (const output of outputs) {
      if (output.type === 'send') socket.write(output.bytes)
      else if (output.type === 'message') handle(output)
      else if (output.type === 'failed') socket.destroy(output.error)
      else if (output.type === 'connected') {
        channel = new Channel(output)
        apply(channel.receive(output.rest))
      }
    }
  }
  socket.on('data', (chunk) => apply(channel === undefined ? handshake.receive(chunk) : channel.receive(chunk)))
  socket.on('drain', flush)
  socket.on('error', (error) => console.error(error))
  const ticker = setInterval(() => {
    if (channel === undefined) return
    channel.tick()
    pending.push(...channel.takeOutput())
    flush()
  }, 15_000)
  socket.on('close', () => clearInterval(ticker))
  apply(handshake.start())
})

server.listen(0, '127.0.0.1', async () => {
  await epmd.registerNode(name.split('@')[0], server.address().port, 'inet')
  console.log(`ready ${process.pid} ${server.address().port}`)
})
process.stdin.on('end', () => process.exit()).resume()
