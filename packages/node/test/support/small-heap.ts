import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { atom, Pid, Reference, type Term, tuple } from '@dynsrv/etf'
import { COOKIE } from './beam-peer.ts'
import { CREATION, passThrough } from './join-by-hand.ts'

const HEAP_MB = 300
const WAIT_MS = 120_000

/** What a node with a small heap says of itself. */
export interface Said {
  readonly port?: number
  readonly code?: string
  readonly limit?: string
  readonly peer?: string
  readonly down?: string
  readonly buffersMb?: number
}

export interface SmallHeap extends Disposable {
  readonly port: number
  readonly said: Said[]
  readonly child: ChildProcess
}

/** A node in a process with a heap of 300 MB, for which nobody is too silent, and what it says of itself. */
export async function startSmall(options: object = {}): Promise<SmallHeap> {
  const program = fileURLToPath(new URL('small-heap.mjs', import.meta.url))
  const settings = JSON.stringify({ netTickTimeMs: 600_000, ...options })
  const args = [`--max-old-space-size=${HEAP_MB}`, program, 'small@127.0.0.1', COOKIE, settings]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const said: Said[] = []
  const lines = createInterface({ input: child.stdout! })
  lines.on('line', (line) => said.push(JSON.parse(line) as Said))
  await once(lines, 'line')
  return { port: said[0]!.port!, said, child, [Symbol.dispose]: () => void child.kill() }
}

export const pidOf = (name: string, id = 1): Pid => new Pid(atom(name), id, 0, CREATION)
export const referenceOf = (name: string, id = 1): Reference => new Reference(atom(name), CREATION, [id, 7, 7])

/** Sends a request, and waits until the answer has this text. */
export async function asks(socket: Socket, name: string, frames: Buffer, answer: string): Promise<string> {
  let came = ''
  const closed = new AbortController()
  const close = () => closed.abort(new Error(`the link of ${name} is gone`))
  socket.once('close', close)
  const signal = AbortSignal.any([AbortSignal.timeout(WAIT_MS), closed.signal])
  socket.write(frames)
  while (!came.includes(answer)) {
    const [chunk] = (await once(socket, 'data', { signal })) as [Buffer]
    came += chunk.toString('latin1')
  }
  socket.off('close', close)
  return came
}

/** Asks as `net_adm:ping` does: the node itself answers whatever else waits. */
export async function ping(socket: Socket, name: string): Promise<void> {
  const request: Term = tuple(
    atom('$gen_call'),
    tuple(pidOf(name), referenceOf(name)),
    tuple(atom('is_auth'), atom(name)),
  )
  await asks(socket, name, passThrough(tuple(6, pidOf(name), atom(''), atom('net_kernel')), request), 'yes')
}
