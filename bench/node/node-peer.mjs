// Our end of the node bench: the public API as a program uses it. Commands and answers as in node_bench.erl.
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { Static } from '@dynsrv/epmd-shim'
import { atom, tuple } from '@dynsrv/etf'
import { mesh } from './mesh.mjs'

const [name, cookie, known, build = '@dynsrv/node'] = process.argv.slice(2)
const { startNode } = await import(build)
const listen = { host: '127.0.0.1' }
const node = await startNode({ name, cookie, epmd: new Static(JSON.parse(known)), listen })

const [BLAST, COUNT, COUNT_NAMED, DATA, ECHO, GO] = ['blast', 'count', 'count_named', 'data', 'echo', 'go'].map(atom)

const now = process.hrtime.bigint
const since = (begin) => Number(now() - begin)

/** The median and the 99th percentile. */
function percentiles(times) {
  const sorted = times.toSorted((a, b) => a - b)
  return [sorted[sorted.length >> 1], sorted[Math.floor((sorted.length * 99) / 100)]]
}

const COMMANDS = {
  send: (hub, size, count) => send(hub, COUNT, size, count),
  sendname: (hub, size, count) => send(hub, COUNT_NAMED, size, count),
  recv: (from, size, count) => receive(from, size, count),
  keep: (from, size, count) => receive(from, size, count, []),
  async echo(hub, count) {
    const mailbox = node.mailbox()
    const echo = await node.erpc(hub, 'erlang', 'whereis', [ECHO])
    const times = []
    for (let index = -1000; index < count; index++) {
      const begin = now()
      mailbox.send(echo, tuple(ECHO, mailbox.pid, index))
      await mailbox.receive()
      if (index >= 0) times.push(since(begin))
    }
    mailbox.close()
    return percentiles(times)
  },

  rpc: (hub, inFlight, count) => calls(inFlight, count, () => node.erpc(hub, 'erlang', 'node')),
  rex: (hub, inFlight, count) => calls(inFlight, count, () => node.rpc(hub, 'erlang', 'node')),

  async setup(hub, count) {
    await node.disconnect(hub)
    await pause(100)
    const times = []
    for (let index = 0; index < count; index++) {
      const begin = now()
      await node.connect(hub)
      times.push(since(begin))
      await node.disconnect(hub)
      await pause(10)
    }
    return percentiles(times)
  },

  async collect() {
    for (let round = 0; round < 3; round++) {
      globalThis.gc()
      await pause(20)
    }
    return [node.connected().length]
  },

  mesh: (count) => mesh(startNode, count),
}

async function send(hub, way, size, count) {
  const mailbox = node.mailbox()
  mailbox.send({ name: 'sink', node: hub }, tuple(way, mailbox.pid, count))
  const answer = (await mailbox.receive()).elements[1]
  const sink = way === COUNT ? answer : { name: answer.name, node: hub }
  const bytes = new Uint8Array(size).fill(120)
  const begin = now()
  for (let index = 0; index < count; index++) {
    if (!mailbox.send(sink, tuple(DATA, index, bytes))) await node.drained(hub)
  }
  const disordered = (await mailbox.receive()).elements[1]
  mailbox.close()
  return [since(begin), disordered]
}

/** @param kept where messages are put that the program keeps */
async function receive(from, size, count, kept) {
  const mailbox = node.mailbox()
  mailbox.send({ name: 'source', node: from }, tuple(BLAST, mailbox.pid, count, size))
  const source = (await mailbox.receive()).elements[1]
  const begin = now()
  mailbox.send(source, GO)
  let came = 0
  let disordered = 0
  for await (const message of mailbox) {
    if (message.elements[1] !== came) disordered++
    kept?.push(message)
    if (++came === count) break
  }
  mailbox.close()
  return [since(begin), disordered]
}

async function calls(inFlight, count, call) {
  const begin = now()
  const worker = async () => {
    for (let left = count / inFlight; left > 0; left--) await call()
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return [since(begin)]
}

console.log(`ready ${process.pid} ${node.port}`)
for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...rest] = line.split(' ')
  try {
    const numbers = await COMMANDS[command](...rest.map((text) => (/^\d+$/.test(text) ? Number(text) : text)))
    console.log(`= ${numbers.join(' ')}`)
  } catch (error) {
    console.log(`! ${error.stack.replaceAll('\n', ' ')}`)
  }
}
await node.close()
