import { realWorld } from '@dynsrv/kit'
import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import { MAILBOX_FULL, MailboxQueue, type OverflowPolicy } from '../../src/process/mailbox-queue.ts'

/** A queue with room for so many messages, and what it said. */
function bounded(maxMessages: number, whenFull?: OverflowPolicy) {
  const said: unknown[] = []
  const parts = {
    ...realWorld,
    full: (policy: OverflowPolicy) => said.push(policy),
    exit: (reason: unknown) => said.push(reason),
  }
  return { queue: new MailboxQueue<number>({ content: 'message', maxMessages, whenFull, ...parts }), said }
}

const roomy = (): MailboxQueue<number> => bounded(Number.POSITIVE_INFINITY).queue

/** What a queue does, done by an array. */
type Step = { readonly push: number } | { readonly take: number } | { readonly shift: true }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ push: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ take: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.constant({ shift: true as const }) },
)

describe('a mailbox queue', () => {
  it('keeps the order, whatever is taken out of its middle', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = roomy()
        let model: number[] = []
        for (const one of steps) {
          if ('push' in one) {
            queue.push(one.push)
            model.push(one.push)
          } else if ('take' in one) {
            const at = model.indexOf(one.take)
            expect(queue.take((message) => message === one.take)?.message).toBe(at < 0 ? undefined : one.take)
            model = model.filter((_, index) => index !== at)
          } else if (model.length > 0) expect(queue.shift()).toBe(model.shift())
          expect(queue.length).toBe(model.length)
        }
        expect(Array.from({ length: queue.length }, () => queue.shift())).toEqual(model)
      }),
    )
  })

  it('gives a message to the waiter that has waited longest of those that want it', () => {
    const queue = roomy()
    const got: string[] = []
    const wait = (who: string, match?: (n: number) => boolean) =>
      queue.wait(
        match,
        (n) => got.push(`${who} ${n}`),
        () => got.push(`${who} failed`),
      )
    wait('large', (n) => n > 10)
    wait('first')
    const forget = wait('forgotten')
    wait('second')
    forget()
    for (const n of [1, 12, 2, 3]) queue.push(n)
    expect(got).toEqual(['first 1', 'large 12', 'second 2'])
    expect(queue.shift()).toBe(3)
  })

  it('tells who waits of the end, once', () => {
    const queue = roomy()
    const errors: unknown[] = []
    queue.wait(
      undefined,
      () => undefined,
      (error) => errors.push(error),
    )
    queue.end(() => 'over')
    queue.end(() => 'over again')
    expect(errors).toEqual(['over'])
  })

  it.each([{ options: undefined }, { options: {} }])('gives what is left, then the error of the end: $options', async ({
    options,
  }) => {
    const queue = roomy()
    const waits = queue.receive(options)
    queue.push(1)
    queue.push(2)
    expect(await waits).toBe(1)
    queue.end(() => new Error('over'))
    expect(await queue.receive(options)).toBe(2)
    await expect(queue.receive(options)).rejects.toThrow('over')
  })

  it('ends each receive once, by end, timeout or abort, and loses nothing by it', async () => {
    const queue = roomy()
    const abort = new AbortController()
    const late = queue.receive({ timeoutMs: 1, signal: abort.signal })
    await expect(late).rejects.toMatchObject({ code: 'NODE_TIMEOUT', message: 'no message within 1 ms' })
    const aborted = queue.receive({ signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await expect(queue.receive({ signal: abort.signal })).rejects.toThrow('enough')
    queue.push(1)
    expect(queue.length).toBe(1)
    const ended = queue.receive({ match: (n) => n === 2 })
    queue.end(() => new Error('over'))
    await expect(ended).rejects.toThrow('over')
  })

  it('keeps thousands of messages in order', () => {
    const queue = roomy()
    for (let n = 0; n < 10_000; n++) queue.push(n)
    for (let n = 0; n < 10_000; n++) expect(queue.shift()).toBe(n)
    queue.push(1)
    expect(queue.shift()).toBe(1)
  })

  it.each([
    { whenFull: undefined, kept: [1, 2], said: ['dropNewest'] },
    { whenFull: 'dropNewest', kept: [1, 2], said: ['dropNewest'] },
    { whenFull: 'dropOldest', kept: [3, 4], said: ['dropOldest'] },
    { whenFull: 'exit', kept: [1, 2], said: ['exit', MAILBOX_FULL, MAILBOX_FULL] },
  ] as const)('with $whenFull keeps its bound, counts what is lost, and says so once an episode', (example) => {
    const { queue, said } = bounded(2, example.whenFull)
    for (const n of [1, 2, 3, 4]) queue.push(n)
    expect([queue.length, queue.dropped, said]).toEqual([2, 2, example.said])
    expect([queue.shift(), queue.shift()]).toEqual(example.kept)
    for (const n of [5, 6, 7]) queue.push(n)
    expect([queue.length, queue.dropped]).toEqual([2, 3])
    expect(said.slice(example.said.length)).toEqual(example.said.slice(0, example.whenFull === 'exit' ? 2 : 1))
  })
})
