// Sends binaries over a socket, by their own memory and copied, to a process that only counts bytes.
// node sending.mjs [rounds = 9]
import { fork } from 'node:child_process'
import { once } from 'node:events'
import net from 'node:net'
import { Channel, HIDDEN_FLAGS } from '@dynsrv/dist-protocol'
import { atom, Pid, tuple } from '@dynsrv/etf'

const SIZES = [4096, 8192, 16_384, 65_536, 1_048_576]
const BYTES_A_ROUND = 64 * 1024 * 1024
const WRITE_BYTES = 64 * 1024
const WAYS = { copied: Number.POSITIVE_INFINITY, shared: 4096 }

if (process.send === undefined) await measure(Number(process.argv[2] ?? 9))
else sink()

/** Prints its port, then a line for each whole round that has come. */
function sink() {
  const buffer = Buffer.allocUnsafeSlow(256 * 1024)
  const server = net.createServer({ pauseOnConnect: true }, (accepted) => {
    let due = 0
    const socket = new net.Socket({
      handle: accepted._handle,
      onread: {
        buffer,
        callback: (bytes) => {
          due -= bytes
          if (due === 0) process.send('all')
          return true
        },
      },
    })
    process.on('message', (bytes) => {
      due += bytes
      if (due === 0) process.send('all')
    })
    socket.resume()
    socket.on('close', () => process.exit())
  })
  server.listen(0, '127.0.0.1', () => process.send(server.address().port))
}

async function measure(rounds) {
  const child = fork(new URL(import.meta.url))
  const [port] = await once(child, 'message')
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const js = { name: 'js@localhost', flags: HIDDEN_FLAGS, creation: 4 }
  const beam = { name: 'beam@localhost', flags: HIDDEN_FLAGS, creation: 5 }
  const [from, to] = [new Pid(atom(js.name), 1, 0, 4), new Pid(atom(beam.name), 1, 0, 5)]

  async function round(size, shareBinariesFrom) {
    const channel = new Channel({ self: js, peer: beam, flags: HIDDEN_FLAGS, shareBinariesFrom })
    const message = tuple(atom('bytes'), new Uint8Array(size))
    const all = once(child, 'message')
    let sent = 0
    const start = performance.now()
    const cpu = process.cpuUsage()
    for (let left = BYTES_A_ROUND; left > 0; left -= size) {
      channel.send({ op: 'SEND_SENDER', from, to }, message)
      if (channel.pendingBytes < WRITE_BYTES && left > size) continue
      while (channel.pendingBytes > 0) {
        const chunks = channel.takeOutput(WRITE_BYTES)
        let flowing = true
        socket.cork()
        for (const chunk of chunks) {
          flowing = socket.write(chunk)
          sent += chunk.length
        }
        socket.uncork()
        if (!flowing) await once(socket, 'drain')
      }
    }
    child.send(sent)
    await all
    const { user, system } = process.cpuUsage(cpu)
    return { ms: performance.now() - start, cpu: (user + system) / 1000 }
  }

  for (const size of SIZES) {
    const times = { copied: [], shared: [] }
    for (let turn = 0; turn <= rounds; turn++) {
      for (const [way, from] of Object.entries(WAYS)) {
        const time = await round(size, from)
        if (turn > 0) times[way].push(time)
      }
    }
    const middle = (way, what) => times[way].map((time) => time[what]).sort((a, b) => a - b)[Math.floor(rounds / 2)]
    const rate = (way) => Math.round(BYTES_A_ROUND / 1e3 / middle(way, 'ms'))
    const cpu = (way) => ((middle(way, 'cpu') * 1000 * size) / BYTES_A_ROUND).toFixed(2)
    console.log(
      `${size} bytes: copied ${rate('copied')} MB/s, ${cpu('copied')} µs of CPU each; ` +
        `shared ${rate('shared')} MB/s, ${cpu('shared')} µs`,
    )
  }
  socket.end()
}
