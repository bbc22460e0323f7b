import { once } from 'node:events'
import type { Socket } from 'node:net'
import { atom, encode, Pid, Reference, type Term, tuple } from '@dynsrv/etf'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Mailbox, Node, Warning } from '../../src/index.ts'
import { CREATION, joinByHand, passThrough } from '../support/join-by-hand.ts'
import { startOurs } from '../support/nodes.ts'

const FLOODS = 'floods_atoms@127.0.0.1'
const OTHER = 'innocent_1@127.0.0.1'
const WAIT = { timeoutMs: 20_000 }
const LIMIT = 'decode.limits.atomBytes'

let node: Node
let inbox: Mailbox
let warnings: Warning[]
let downs: unknown[]
let turn = 0
beforeEach(async () => {
  node = await startOurs('atoms', { decode: { limits: { atomBytes: 100_000 } } })
  inbox = node.mailbox('inbox')
  node.serve({ name: 'server', call: () => atom('done') })
  warnings = []
  downs = []
  node.on('warning', (warning) => warnings.push(warning))
  node.on('nodedown', (down) => downs.push(down))
  turn++
})
afterEach(() => node.close())

/** A list of atoms by its bytes: made here as atoms, they would be known in this process. */
function newAtoms(prefix: string, count: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(count)
  const names = Array.from({ length: count }, (_, index) => Buffer.from(`${prefix}_${turn}_${index}`))
  return Buffer.concat([
    Buffer.from([108]),
    length,
    ...names.map((name) => Buffer.concat([Buffer.from([119, name.length]), name])),
    Buffer.from([106]),
  ])
}

/** A control tuple and a payload without its version byte, in a frame. */
function frame(control: Buffer | Term, payload: Buffer): Buffer {
  const tuple = Buffer.isBuffer(control) ? control : Buffer.from(encode(control))
  const body = Buffer.concat([Buffer.from([112]), tuple, Buffer.from([131]), payload])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length)
  return Buffer.concat([length, body])
}

const pid = (name: string, id = 1) => new Pid(atom(name), id, 0, CREATION)
const sendTo = (name: string, to: string) => tuple(6, pid(name), atom(''), atom(to))

function answersOf(socket: Socket): () => string {
  let came = ''
  socket.on('data', (chunk: Buffer) => {
    came += chunk.toString('latin1')
  })
  return () => came
}

describe('a peer that floods with new atoms', () => {
  it('loses its own messages, hears that of its calls, and no other peer notices', async () => {
    const floods = await joinByHand(node, FLOODS)
    const other = await joinByHand(node, OTHER)
    const answers = answersOf(floods)
    for (let message = 0; message < 10; message++)
      floods.write(frame(sendTo(FLOODS, 'inbox'), newAtoms(`many${message}`, 100)))
    // {'$gen_call', {Pid, Ref}, NewAtoms}
    const reference = encode(new Reference(atom(FLOODS), CREATION, [1, 7, 7])).subarray(1)
    const head = [
      104,
      3,
      ...encode(atom('$gen_call')).subarray(1),
      104,
      2,
      ...encode(pid(FLOODS)).subarray(1),
      ...reference,
    ]
    const ask = passThrough(tuple(19, pid(FLOODS), atom('server'), new Reference(atom(FLOODS), CREATION, [1, 7, 7])))
    floods.write(
      Buffer.concat([ask, frame(sendTo(FLOODS, 'server'), Buffer.concat([Buffer.from(head), newAtoms('call', 100)]))]),
    )
    await expect.poll(answers).toContain(LIMIT)
    expect(inbox.length).toBeGreaterThan(0)
    expect(inbox.length).toBeLessThan(4)
    expect(new Set(warnings.map(({ code, limit, peer }) => `${code} ${limit} ${peer}`))).toStrictEqual(
      new Set([`OVER_LIMIT ${LIMIT} ${FLOODS}`]),
    )
    const warned = warnings.length
    // What is known costs nothing, and others have a share of their own.
    const before = inbox.length
    floods.write(frame(sendTo(FLOODS, 'inbox'), newAtoms('many0', 100)))
    floods.write(frame(sendTo(FLOODS, 'inbox'), Buffer.from(encode(atom('known')).subarray(1))))
    other.write(frame(sendTo(OTHER, 'inbox'), newAtoms('other', 100)))
    await expect.poll(() => inbox.length).toBe(before + 3)
    expect(warnings).toHaveLength(warned)
    expect(downs).toStrictEqual([])
    floods.destroy()
    other.destroy()
  })

  it('has no more room because it comes again', async () => {
    const first = await joinByHand(node, FLOODS)
    for (let message = 0; message < 4; message++)
      first.write(frame(sendTo(FLOODS, 'inbox'), newAtoms(`first${message}`, 100)))
    await expect.poll(() => warnings.length).toBeGreaterThan(0)
    const kept = inbox.length
    first.destroy()
    await once(node, 'nodedown')
    const again = await joinByHand(node, FLOODS)
    again.write(frame(sendTo(FLOODS, 'inbox'), newAtoms('again', 100)))
    again.write(frame(sendTo(FLOODS, 'inbox'), Buffer.from([97, 1])))
    await expect.poll(() => inbox.length).toBe(kept + 1)
    again.destroy()
  })

  it('loses control messages that name them, and not its link', async () => {
    const floods = await joinByHand(node, FLOODS)
    floods.write(frame(sendTo(FLOODS, 'inbox'), newAtoms('full', 240)))
    const kept = await inbox.receive(WAIT)
    for (let message = 0; message < 50; message++) {
      const name = Buffer.from(`nobody_${'x'.repeat(200)}_${turn}_${message}`)
      const front = [Buffer.from([131, 104, 4, 97, 6]), encode(pid(FLOODS)).subarray(1), encode(atom('')).subarray(1)]
      const toNobody = Buffer.concat([...front, Buffer.from([119, name.length]), name])
      floods.write(frame(toNobody, Buffer.from([97, 1])))
    }
    floods.write(frame(sendTo(FLOODS, 'inbox'), Buffer.from([97, 1])))
    expect(await inbox.receive(WAIT)).toBe(1)
    expect(kept).toHaveLength(240)
    expect(warnings).toContainEqual(
      expect.objectContaining({
        code: 'OVER_LIMIT',
        limit: LIMIT,
        message: expect.stringContaining('control message'),
      }),
    )
    expect(downs).toStrictEqual([])
    floods.destroy()
  })
})

describe('an exit reason in the control tuple, as older nodes send it, that is over a limit', () => {
  it('ends what it is for, and costs the link nothing', async () => {
    await node.close()
    node = await startOurs('reasons', { decode: { limits: { depth: 20 } } })
    node.on('nodedown', (down) => downs.push(down))
    node.on('warning', (warning) => warnings.push(warning))
    const box = node.mailbox({ name: 'linked', trapExit: true })
    const socket = await joinByHand(node, OTHER)
    let reason: Term = 1
    for (let level = 0; level < 30; level++) reason = [reason]
    socket.write(passThrough(tuple(8, pid(OTHER), box.pid, reason)))
    socket.write(passThrough(tuple(6, pid(OTHER), atom(''), atom('linked')), 1))
    expect(await box.receive(WAIT)).toMatchObject({
      elements: [atom('EXIT'), {}, { elements: [atom('system_limit'), expect.anything()] }],
    })
    expect(await box.receive(WAIT)).toBe(1)
    expect(warnings).toMatchObject([{ code: 'OVER_LIMIT', limit: 'decode.limits.depth', peer: OTHER }])
    expect(downs).toStrictEqual([])
    socket.destroy()
  })
})
