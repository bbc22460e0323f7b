import { atom, atoms, type Term, t, tuple } from '@dynsrv/etf'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import * as z from 'zod'
import type { MismatchedMessage, Node, PubSub, PubSubMessage, Warning } from '../../src/index.ts'
import { startOurs } from '../support/nodes.ts'

let node: Node
let pubsub: PubSub
const warnings: Warning[] = []
beforeAll(async () => {
  node = await startOurs('typed_messages')
  node.on('warning', (warning) => warnings.push(warning))
  pubsub = node.pubsub('MyApp.PubSub')
})
afterAll(() => node.close())

const schema = {
  events: { new_msg: t.fields({ body: t.text() }), typing: z.object({ who: z.string() }) },
  message: t.tuple(t.atom('closed'), t.text()),
}

function publishAll(topic: string): void {
  pubsub.broadcast(topic, 'new_msg', { body: 'one' })
  pubsub.broadcast(topic, 'new_msg', { body: 1 })
  pubsub.broadcast(topic, 'other', { body: 'two' })
  pubsub.broadcast(topic, 'typing', atoms({ who: atom('ada') }))
  pubsub.publish(topic, 'odd')
  pubsub.publish(topic, tuple(atom('closed'), 'bye'))
}

describe('a subscription with schemas', () => {
  it('gives what fits, typed by the event, and counts what does not', async () => {
    warnings.length = 0
    using room = pubsub.subscribe('room:1', { schema })
    publishAll('room:1')
    const seen: unknown[] = []
    for await (const message of room) {
      if (message.type === 'message') {
        expectTypeOf(message.message).toEqualTypeOf<['closed', string]>()
        seen.push(message.message[1])
        break
      }
      if (message.event === 'new_msg') {
        expectTypeOf(message.payload).toEqualTypeOf<{ body: string }>()
        seen.push(message.payload.body)
      } else {
        expectTypeOf(message.payload).toEqualTypeOf<{ who: string }>()
        seen.push(message.payload.who)
      }
    }
    expect(seen).toEqual(['one', 'ada', 'bye'])
    expect(room.mismatches).toBe(3)
    expect(warnings.map(({ code, message }) => [code, message])).toEqual([
      [
        'MISMATCH',
        'left out of the topic room:1 of MyApp.PubSub: the payload of new_msg.body: expected text, found 1 (number 1)',
      ],
    ])
  })

  it('hands what does not fit to onMismatch, which may throw', async () => {
    const mismatches: MismatchedMessage[] = []
    using room = pubsub.subscribe('room:2', {
      schema: { events: { new_msg: t.fields({ body: t.text() }) } },
      onMismatch: (mismatch) => {
        mismatches.push(mismatch)
        throw new Error('no')
      },
    })
    publishAll('room:2')
    const only = await room.receive()
    expectTypeOf(only.event).toEqualTypeOf<'new_msg'>()
    expect(only.payload).toEqual({ body: 'one' })
    await expect(room.receive({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'NODE_TIMEOUT' })
    expect(mismatches.map(({ path, reason }) => [path, reason])).toEqual([
      ['.body', 'expected text, found 1'],
      ['', 'no schema is for the event other'],
      ['', 'no schema is for the event typing'],
      ['', 'no schema is for such a message'],
      ['', 'no schema is for such a message'],
    ])
  })

  it('calls its listener in order, also where a schema answers later', async () => {
    warnings.length = 0
    const seen: string[] = []
    const slow = v.pipeAsync(
      v.object({ body: v.string() }),
      v.checkAsync(async ({ body }) => {
        if (body === 'first') await new Promise((resolve) => setImmediate(resolve))
        return body !== 'bad'
      }, 'bad'),
    )
    using room = pubsub.subscribe(
      'room:3',
      (message) => {
        expectTypeOf(message.payload).toEqualTypeOf<{ body: string }>()
        seen.push(message.payload.body)
        if (message.payload.body === 'throws') throw new Error('in the listener')
      },
      { schema: { events: { new_msg: slow } } },
    )
    for (const body of ['first', 'bad', 'throws', 'last']) pubsub.broadcast('room:3', 'new_msg', { body })
    await expect.poll(() => seen).toEqual(['first', 'throws', 'last'])
    expect(room.mismatches).toBe(1)
    expect(warnings.map(({ code }) => code)).toEqual(['MISMATCH', 'HANDLER_THREW'])
  })

  it('is what it was without schemas, and refuses what is none', async () => {
    using room = pubsub.subscribe('room:4')
    pubsub.publish('room:4', 5)
    expectTypeOf(await room.receive()).toEqualTypeOf<PubSubMessage>()
    expect(() => pubsub.subscribe('room:4', { schema: { events: { a: 'text' } } } as never)).toThrow(
      expect.objectContaining({ code: 'NODE_BAD_OPTION', message: expect.stringContaining('schema.events.a') }),
    )
  })
})

describe('monitor', () => {
  it('calls back once with the reason, and not when it was taken back', async () => {
    const reasons: Term[] = []
    using first = node.mailbox()
    using second = node.mailbox()
    const ended = new Promise<void>((resolve) => {
      node.monitor(first.pid, (reason) => {
        reasons.push(reason)
        resolve()
      })
    })
    node.monitor(second.pid, () => reasons.push(atom('never'))).close()
    const missing = new Promise<Term>((resolve) => node.monitor('nobody', resolve))
    second.close()
    first.exit(atom('finished'))
    await ended
    expect(await missing).toBe(atom('noproc'))
    expect(reasons).toEqual([atom('finished')])
  })

  it('warns of what its callback throws', async () => {
    const warned = new Promise<Warning>((resolve) => node.once('warning', resolve))
    node.monitor('nobody', async () => {
      throw new Error('in the callback')
    })
    expect(await warned).toMatchObject({
      code: 'HANDLER_THREW',
      message: 'what monitors the process nobody threw: in the callback',
    })
  })
})
