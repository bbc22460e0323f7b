import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import { MailboxQueue } from '../../src/process/mailbox-queue.ts'

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
        const queue = new MailboxQueue<number>()
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
    const queue = new MailboxQueue<number>()
    const got: string[] = []
    queue.wait(
      (n) => n > 10,
      (n) => got.push(`large ${n}`),
    )
    queue.wait(undefined, (n) => got.push(`first ${n}`))
    const forget = queue.wait(undefined, (n) => got.push(`forgotten ${n}`))
    queue.wait(undefined, (n) => got.push(`second ${n}`))
    forget()
    for (const n of [1, 12, 2, 3]) queue.push(n)
    expect(got).toEqual(['first 1', 'large 12', 'second 2'])
    expect(queue.shift()).toBe(3)
  })

  it('tells who waits of the end, once', () => {
    const queue = new MailboxQueue<number>()
    const errors: unknown[] = []
    queue.wait(
      undefined,
      () => undefined,
      (error) => errors.push(error),
    )
    queue.fail(() => 'over')
    queue.fail(() => 'over again')
    expect(errors).toEqual(['over'])
  })

  it('keeps thousands of messages in order', () => {
    const queue = new MailboxQueue<number>()
    for (let n = 0; n < 10_000; n++) queue.push(n)
    for (let n = 0; n < 10_000; n++) expect(queue.shift()).toBe(n)
    queue.push(1)
    expect(queue.shift()).toBe(1)
  })
})
