import { randomBytes } from 'node:crypto'
import dns from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import net from 'node:net'
import os from 'node:os'

/** The machine, as a program may write it for the option `world`, with a count of the sockets that are made. */
export function countingWorld() {
  const made = { servers: 0, connections: 0 }
  const world = {
    clock: {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      setTimeout,
      clearTimeout,
      setInterval,
      clearInterval,
      setImmediate,
    },
    random: { number: Math.random, bytes: randomBytes },
    network: {
      connect: (options) => {
        made.connections += 1
        return net.connect(options)
      },
      createServer: (options, onConnection) => {
        made.servers += 1
        return net.createServer(options, onConnection)
      },
      lookup: (host, options) => dns.lookup(host, { ...options, all: true }),
      interfaces: () => os.networkInterfaces(),
    },
    files: { read: (path) => readFile(path) },
    system: {
      env: process.env,
      print: (text) => process.stdout.write(text),
      warn: (text) => process.emitWarning(text),
    },
  }
  return { world, made }
}
