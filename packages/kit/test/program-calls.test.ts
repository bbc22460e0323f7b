import { describe, expect, it, vi } from 'vitest'
import { answerNow, callProgram, isThenable, listening } from '../src/index.ts'

const error = new Error('broken')

/** Every way in which a function of a program can go wrong. */
const ODD: Record<string, () => unknown> = {
  throws: () => {
    throw error
  },
  rejects: async () => {
    throw error
  },
  'gives a promise that rejects later': () => new Promise((_resolve, reject) => setImmediate(() => reject(error))),
  'gives a thenable that rejects': () => ({
    // biome-ignore lint/suspicious/noThenProperty: it is what is tried
    then: (_resolve: unknown, reject: (cause: Error) => void) => reject(error),
  }),
  'never settles': () => new Promise(() => undefined),
}

const settled = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)))

// What stays unhandled fails the run: vitest reports it as an error of its own.
describe.each(Object.entries(ODD))('a function of the program that %s', (name, run) => {
  it('stops nobody who calls it', async () => {
    const failed = vi.fn()
    callProgram(run, failed)
    await settled()
    expect(failed.mock.calls).toEqual(name === 'never settles' ? [] : [[error]])
  })

  it('becomes a process warning as a listener', async () => {
    const warn = vi.fn()
    listening({ warn }, { name: 'onEvent', code: 'A_CODE' }, run)()
    await settled()
    const warning = ['onEvent threw: broken', { code: 'A_CODE', detail: expect.stringContaining('broken') }]
    expect(warn.mock.calls).toEqual(name === 'never settles' ? [] : [warning])
  })

  it('is refused where its answer is needed at once', async () => {
    const refused = new Error('refused')
    expect(() => answerNow(run, () => refused)).toThrow(name === 'throws' ? error : refused)
    await settled()
  })
})

it('gives what is no promise', () => {
  // biome-ignore lint/suspicious/noThenProperty: it looks like a promise and is none
  const object = { then: 1 }
  for (const answer of [true, false, null, undefined, 0, object]) {
    expect(
      answerNow(
        () => answer,
        () => error,
      ),
    ).toBe(answer)
  }
})

it('what comes later is recognised by its `then`, whichever library made it', () => {
  const then = () => undefined
  const later = [Promise.resolve(), Object.fromEntries([['then', then]]), Object.assign(() => 1, { then })]
  expect(later.map(isThenable)).toEqual([true, true, true])
  const now = [undefined, null, 1, 'then', {}, [], () => 1, Object.fromEntries([['then', 1]])]
  expect(now.filter(isThenable)).toEqual([])
})
