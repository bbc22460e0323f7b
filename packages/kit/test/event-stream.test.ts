import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { eventStream, MAX_WAITING_EVENTS, MAX_WAITING_REPORTS } from '../src/event-stream.ts'

interface Numbered {
  readonly type: 'nodeup' | 'refused'
  readonly number: number
}

function open() {
  const emitter = new EventEmitter<{ event: [Numbered] }>()
  const ended = new AbortController()
  const stream = eventStream<Numbered>((listener) => {
    emitter.on('event', listener)
    return () => emitter.off('event', listener)
  }, ended.signal)
  const emit = (type: Numbered['type'], count: number): void => {
    for (let number = 1; number <= count; number++) emitter.emit('event', { type, number })
  }
  return { emitter, stream, ended, emit }
}

async function rest(stream: AsyncIterable<{ readonly type: string; readonly count?: number }>): Promise<unknown[]> {
  const seen = new Map<string, number>()
  let missed: number | undefined
  for await (const { type, count } of stream) {
    seen.set(type, (seen.get(type) ?? 0) + 1)
    if (type === 'missed') missed = count
  }
  return [...seen, ['count', missed]]
}

it('hands out each event in order, and ends with the signal once what waits is read', async () => {
  const { emitter, stream, ended, emit } = open()
  const first = stream.next()
  emit('nodeup', 3)
  expect((await first).value).toMatchObject({ number: 1 })
  ended.abort()
  emit('nodeup', 3)
  expect(await rest(stream)).toStrictEqual([
    ['nodeup', 2],
    ['count', undefined],
  ])
  expect(emitter.listenerCount('event')).toBe(0)
})

it('leaves out what a slow reader has no room for, counts it, and keeps room for what strangers do not cause', async () => {
  const { stream, ended, emit } = open()
  const first = stream.next()
  emit('nodeup', 1)
  await first
  emit('refused', MAX_WAITING_REPORTS + 7)
  emit('nodeup', MAX_WAITING_EVENTS)
  ended.abort()
  expect(await rest(stream)).toStrictEqual([
    ['refused', MAX_WAITING_REPORTS],
    ['nodeup', MAX_WAITING_EVENTS - MAX_WAITING_REPORTS],
    ['missed', 1],
    ['count', 7 + MAX_WAITING_REPORTS],
  ])
})

it('has room again for what comes when some was read, and takes its listener back when the reader stops', async () => {
  const { emitter, stream, emit } = open()
  const first = stream.next()
  emit('refused', 1)
  await first
  emit('refused', MAX_WAITING_REPORTS + 1)
  for (let read = 0; read < MAX_WAITING_REPORTS; read++)
    expect((await stream.next()).value).toMatchObject({ type: 'refused' })
  expect((await stream.next()).value).toStrictEqual({ type: 'missed', count: 1 })
  emit('refused', 1)
  expect((await stream.next()).value).toMatchObject({ type: 'refused' })
  await stream.return()
  expect(emitter.listenerCount('event')).toBe(0)
})
