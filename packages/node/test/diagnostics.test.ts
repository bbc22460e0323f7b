import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import { atom } from '@dynsrv/etf'
import { expect, it } from 'vitest'
import { type CallMessage, CHANNELS, type NodeEventMessage } from '../src/index.ts'
import { startOurs } from './support/nodes.ts'

it('events and calls are told to whoever listens on the channels', async () => {
  const events: string[] = []
  const onEvent = (message: unknown): void => {
    const { self, event } = message as NodeEventMessage
    events.push(`${self} ${event.type}`)
  }
  const calls: string[] = []
  const peers = new Set<string>()
  const subscribers = {
    start: (message: CallMessage) => calls.push(`start ${message.kind} ${message.to}`) && peers.add(message.peer),
    end: () => undefined,
    asyncStart: () => undefined,
    asyncEnd: () => calls.push('end'),
    error: (message: CallMessage & { error: unknown }) => calls.push((message.error as { code: string }).code),
  }
  const tracing = tracingChannel<CallMessage, CallMessage>(CHANNELS.call)
  subscribe(CHANNELS.event, onEvent)
  tracing.subscribe(subscribers)
  try {
    await using left = await startOurs('left')
    await using right = await startOurs('right')
    right.serve({ name: 'echo', call: (request) => request })
    await left.connect(right.self)
    const to = { name: 'echo', node: right.self }
    expect(await left.call(to, atom('x'))).toBe(atom('x'))
    await left.erpc(right.self, 'm', 'f', [1]).catch(() => undefined)
    expect(await left.ping(right.self)).toBe('pong')
    await left.ping('nobody_1@127.0.0.1').catch(() => undefined)
    expect(peers).toContain(right.self)
    expect(calls).toStrictEqual([
      `start call echo on ${right.self}`,
      'end',
      `start erpc m:f/1 on ${right.self}`,
      'NODE_REMOTE_ERROR',
      'end',
      `start ping ${right.self}`,
      'end',
      'start ping nobody_1@127.0.0.1',
      'NODE_REFUSED',
      'end',
    ])
    expect(events).toEqual(expect.arrayContaining([`${left.self} nodeup`, `${right.self} nodeup`]))
  } finally {
    unsubscribe(CHANNELS.event, onEvent)
    tracing.unsubscribe(subscribers)
  }
})
