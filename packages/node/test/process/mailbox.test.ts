import { atom, tuple } from '@dynsrv/etf'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Node } from '../../src/index.ts'
import { next, startOurs } from '../support/nodes.ts'

let node: Node
beforeAll(async () => {
  node = await startOurs('mailboxes', { listen: false })
})
afterAll(() => node.close())

describe('a mailbox', () => {
  it('gives messages in order, or the first that matches', async () => {
    using mailbox = node.mailbox('a')
    for (const message of [1, 2, 'three', 4]) node.send('a', message)
    expect(mailbox.length).toBe(4)
    expect(await mailbox.receive({ match: (m) => typeof m === 'string' })).toBe('three')
    expect([await mailbox.receive(), await mailbox.receive(), await mailbox.receive()]).toStrictEqual([1, 2, 4])
  })

  it.each<[how: string, match: () => unknown, error: object]>([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
      { message: 'broken' },
    ],
    ['gives a promise', async () => true, { code: 'NODE_BAD_OPTION' }],
    [
      'gives a promise that rejects',
      async () => {
        throw new Error('broken')
      },
      { code: 'NODE_BAD_OPTION' },
    ],
    ['gives a promise that never settles', () => new Promise(() => undefined), { code: 'NODE_BAD_OPTION' }],
  ])('rejects a receive whose match %s, and lives on', async (_how, match, error) => {
    using mailbox = node.mailbox()
    const odd = { match: match as () => boolean }
    const waiting = expect(mailbox.receive(odd)).rejects.toMatchObject(error)
    const other = mailbox.receive({ match: (m) => m === 1 })
    node.send(mailbox.pid, 1)
    await waiting
    expect(await other).toBe(1)
    node.send(mailbox.pid, 2)
    await expect(mailbox.receive(odd)).rejects.toMatchObject(error)
    expect(await mailbox.receive()).toBe(2)
  })

  it('serves those who wait in their order', async () => {
    using mailbox = node.mailbox()
    const string = mailbox.receive({ match: (m) => typeof m === 'string' })
    const any = mailbox.receive()
    node.send(mailbox.pid, 1)
    node.send(mailbox.pid, 'text')
    expect(await any).toBe(1)
    expect(await string).toBe('text')
  })

  it('gives up by timeout and by abort, and loses nothing by it', async () => {
    using mailbox = node.mailbox()
    await expect(mailbox.receive({ timeoutMs: 1 })).rejects.toMatchObject({ code: 'NODE_TIMEOUT' })
    const reason = new Error('stop')
    await expect(mailbox.receive({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    node.send(mailbox.pid, 'kept')
    expect(await mailbox.receive()).toBe('kept')
  })

  it('iterates until it is closed, and tells an abnormal end', async () => {
    const mailbox = node.mailbox()
    node.send(mailbox.pid, 1)
    node.send(mailbox.pid, 2)
    const seen: unknown[] = []
    for await (const message of mailbox) if (seen.push(message) === 2) mailbox.close()
    expect(seen).toStrictEqual([1, 2])
    const shut = node.mailbox()
    shut.exit(atom('shutdown'))
    for await (const message of shut) seen.push(message)
    expect(seen).toStrictEqual([1, 2])
    const broken = node.mailbox()
    broken.exit(atom('oops'))
    await expect(broken[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'NODE_EXITED' })
    const other = node.mailbox()
    other.exit(atom('oops'))
    await expect(other.receive()).rejects.toMatchObject({ code: 'NODE_EXITED', reason: atom('oops') })
  })

  it('that is full drops the newest, drops the oldest or ends, and warns once', async () => {
    const warned = next(node, 'warning')
    using newest = node.mailbox({ maxMessages: 2 })
    for (const message of [1, 2, 3, 4]) node.send(newest.pid, message)
    expect(await warned).toMatchObject({ code: 'MAILBOX_FULL', pid: newest.pid })
    expect([await newest.receive(), await newest.receive(), newest.length]).toStrictEqual([1, 2, 0])
    using oldest = node.mailbox({ maxMessages: 2, whenFull: 'dropOldest' })
    for (const message of [1, 2, 3, 4]) node.send(oldest.pid, message)
    expect([await oldest.receive(), await oldest.receive(), oldest.length]).toStrictEqual([3, 4, 0])
    const ends = node.mailbox({ maxMessages: 1, whenFull: 'exit' })
    for (const message of [1, 2]) node.send(ends.pid, message)
    expect(await ends.ended).toBe(atom('mailbox_full'))
  })

  it('holds its name alone, and frees it', () => {
    const mailbox = node.mailbox('alone')
    expect(() => node.mailbox('alone')).toThrow(expect.objectContaining({ code: 'NODE_NAME_TAKEN' }))
    expect(node.whereis('alone')).toBe(mailbox.pid)
    node.register('second', mailbox.pid)
    expect(node.unregister('second')).toBe(true)
    mailbox.close()
    expect(node.whereis('alone')).toBeUndefined()
    expect(node.send('alone', 1)).toBe(false)
    expect(() => mailbox.link(mailbox.pid)).toThrow(expect.objectContaining({ code: 'NODE_EXITED' }))
  })

  it('links and watches others here', async () => {
    using mailbox = node.mailbox({ trapExit: true })
    const other = node.mailbox()
    mailbox.link(other.pid)
    const ref = mailbox.monitor(other.pid)
    other.exit(atom('done'))
    expect(await mailbox.receive()).toStrictEqual(tuple(atom('EXIT'), other.pid, atom('done')))
    expect(await mailbox.receive()).toStrictEqual(tuple(atom('DOWN'), ref, atom('process'), other.pid, atom('done')))
  })
})

it('without a listener there is no port, and events end with the node', async () => {
  const silent = await startOurs('silent', { listen: false })
  expect(silent.port).toBeUndefined()
  const events = (async () => {
    for await (const event of silent.events()) throw new Error(event.type)
  })()
  await silent.close()
  await events
  expect(() => silent.send('x', 1)).toThrow(expect.objectContaining({ code: 'NODE_CLOSED' }))
})
