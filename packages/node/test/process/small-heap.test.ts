import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { atom, encode, Pid, Reference, type Term, tuple } from '@dynsrv/etf'
import { afterEach, expect, it } from 'vitest'
import { COOKIE } from '../support/beam-peer.ts'
import { CREATION, joinByHand, passThrough } from '../support/join-by-hand.ts'

const MESSAGE_BYTES = 17_000_000
const HEAP_MB = 300
const FLOODS = 'floods_heap@127.0.0.1'
const OTHER = 'innocent_heap@127.0.0.1'
const WAIT_MS = 120_000

let child: ChildProcess | undefined
afterEach(() => {
  child?.kill()
})

interface Said {
  readonly port?: number
  readonly code?: string
  readonly limit?: string
  readonly peer?: string
  readonly down?: string
}

/** A node in a process with a small heap, for which nobody is too silent, and what it says of itself. */
async function startSmall(options: object): Promise<{ readonly port: number; readonly said: Said[] }> {
  const program = fileURLToPath(new URL('../support/small-heap.mjs', import.meta.url))
  const args = [
    `--max-old-space-size=${HEAP_MB}`,
    program,
    'small@127.0.0.1',
    COOKIE,
    JSON.stringify({ netTickTimeMs: 600_000, ...options }),
  ]
  child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const said: Said[] = []
  const lines = createInterface({ input: child.stdout! })
  lines.on('line', (line) => said.push(JSON.parse(line) as Said))
  await once(lines, 'line')
  return { port: said[0]!.port!, said }
}

const u32 = (value: number) => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]

/** A list of so many equal elements as fit, below so many tuples. */
function listOf(element: readonly number[], below = 0): Buffer {
  const count = Math.floor(MESSAGE_BYTES / element.length)
  const elements = Buffer.alloc(count * element.length, Buffer.from(element))
  const around = Buffer.alloc(2 * below, Buffer.from([104, 1]))
  return Buffer.concat([around, Buffer.from([108, ...u32(count)]), elements, Buffer.from([106])])
}

/** A list of elements that differ in a number of five letters. */
function listOfOdd(front: readonly number[], back: readonly number[]): Buffer {
  const size = front.length + 5 + back.length
  const count = Math.floor(MESSAGE_BYTES / size)
  const bytes = listOf([...front, 97, 97, 97, 97, 97, ...back])
  for (let index = 0, at = 5 + front.length; index < count; index++, at += size) {
    for (let place = 0, rest = index; place < 5; place++, rest = Math.floor(rest / 26))
      bytes[at + place] = 97 + (rest % 26)
  }
  return bytes
}

const KINDS: Readonly<Record<string, () => Buffer>> = {
  'empty lists': () => listOf([106]),
  'lists of one': () => listOf([108, 0, 0, 0, 1, 97, 1, 106]),
  strings: () => listOf([107, 0, 1, 7]),
  'empty tuples': () => listOf([104, 0]),
  'tuples of one': () => listOf([104, 1, 97, 1]),
  'tuples of one below 250 others': () => listOf([104, 1, 97, 1], 250),
  'lists of one below 250 others': () => listOf([108, 0, 0, 0, 1, 97, 1, 106], 250),
  'empty maps': () => listOf([116, 0, 0, 0, 0]),
  'maps of one': () => listOf([116, 0, 0, 0, 1, 97, 1, 97, 1]),
  'maps of one below 250 others': () => listOf([116, 0, 0, 0, 1, 97, 1, 97, 1], 250),
  'empty binaries': () => listOf([109, 0, 0, 0, 0]),
  floats: () => listOf([70, 63, 248, 0, 0, 0, 0, 0, 1], 0),
  'new atoms': () => listOfOdd([119, 5], []),
  'objects of new names': () => listOfOdd([116, 0, 0, 0, 1, 109, 0, 0, 0, 5], [97, 1]),
  // These are taken, until there is no more room for what waits.
  'large integers': () => listOf([110, 8, 0, 255, 255, 255, 255, 255, 255, 255, 255]),
}

const pid = (name: string) => new Pid(atom(name), 1, 0, CREATION)

function send(name: string, to: string, payload: Buffer): Buffer {
  const control = encode(tuple(6, pid(name), atom(''), atom(to)))
  const head = Buffer.alloc(5)
  head.writeUInt32BE(1 + control.length + 1 + payload.length)
  head[4] = 112
  return Buffer.concat([head, control, Buffer.from([131]), payload])
}

/** Asks as `net_adm:ping` does, and waits for the answer: the node itself answers whatever else waits. */
async function ask(socket: Socket, name: string): Promise<void> {
  const request: Term = tuple(
    atom('$gen_call'),
    tuple(pid(name), new Reference(atom(name), CREATION, [1, 7, 7])),
    tuple(atom('is_auth'), atom(name)),
  )
  let came = ''
  const closed = new AbortController()
  const close = () => closed.abort(new Error(`the link of ${name} is gone`))
  socket.once('close', close)
  const signal = AbortSignal.any([AbortSignal.timeout(WAIT_MS), closed.signal])
  socket.write(passThrough(tuple(6, pid(name), atom(''), atom('net_kernel')), request))
  while (!came.includes('yes')) {
    const [chunk] = (await once(socket, 'data', { signal })) as [Buffer]
    came += chunk.toString('latin1')
  }
  socket.off('close', close)
}

it.each([
  ['as decode gives them', {}, /./, ['decode.limits.memoryBytes', 'decode.limits.atomBytes', 'limits.maxUnreadBytes']],
  ['as start gives them', { decode: { map: 'object', binary: 'text' } }, /map|object/, ['decode.limits.memoryBytes']],
] as const)(
  'a flood of messages of 17 MB, each many nested terms, does not end a process with a heap of 300 MB: %s',
  async (_how, options, kinds, over) => {
    const { port, said } = await startSmall(options)
    const floods = await joinByHand({ port }, FLOODS)
    const other = await joinByHand({ port }, OTHER)
    for (const [kind, make] of Object.entries(KINDS)) {
      if (!kinds.test(kind)) continue
      const bytes = make()
      for (const to of kind === 'large integers' ? ['box', 'box', 'reads'] : ['box'])
        floods.write(send(FLOODS, to, bytes))
      await ask(floods, FLOODS)
      await ask(other, OTHER)
      expect(child!.exitCode, kind).toBe(null)
    }
    expect(said.filter(({ down }) => down !== undefined)).toStrictEqual([])
    const limits = new Set(said.flatMap(({ limit, peer }) => (limit === undefined ? [] : [`${peer} ${limit}`])))
    expect(limits).toStrictEqual(new Set(over.map((limit) => `${FLOODS} ${limit}`)))
    floods.destroy()
    other.destroy()
  },
  400_000,
)
