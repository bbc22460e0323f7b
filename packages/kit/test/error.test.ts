import { describe, expect, it } from 'vitest'
import {
  CodedError,
  type CodedErrorOptions,
  codeOf,
  type ErrorTable,
  inspectTakesLong,
  isCoded,
  messageOf,
} from '../src/index.ts'

type Code = 'TOY_LATE' | 'TOY_BAD'

const WORDS: ErrorTable<Code> = {
  TOY_LATE: { happened: 'Late.', why: 'Slow.', hint: 'Wait.', category: 'lookup', retryable: true, fault: 'peer' },
  TOY_BAD: { happened: 'Bad.', why: 'Wrong.', hint: 'Mend it.', category: 'option' },
}

class ToyError extends CodedError<Code> {
  override readonly name = 'ToyError'

  constructor(code: Code, message: string, options?: CodedErrorOptions) {
    super(WORDS, code, message, options)
  }
}

describe('a coded error', () => {
  it('takes from the table what is not given', () => {
    const cause = new Error('below')
    expect(new ToyError('TOY_LATE', 'too late', { cause })).toMatchObject({
      ...{
        code: 'TOY_LATE',
        message: 'too late',
        hint: 'Wait.',
        retryable: true,
        fault: 'peer',
        category: 'lookup',
        cause,
      },
      docs: expect.stringMatching(/errors\.md#TOY_LATE$/),
    })
    expect(new ToyError('TOY_BAD', 'no', { hint: 'Do this.', retryable: true })).toMatchObject({
      ...{ hint: 'Do this.', retryable: true, fault: 'local', category: 'option' },
    })
    expect('cause' in new ToyError('TOY_BAD', 'no')).toBe(false)
  })

  it('is made of anything, and never throws another one', () => {
    const hostile = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no')
        },
      },
    )
    const make = ToyError as unknown as new (...args: unknown[]) => ToyError
    for (const odd of [undefined, null, 5, Symbol('s'), {}, hostile]) {
      expect(new make(odd, odd, odd)).toMatchObject({ hint: 'Read the message.', category: 'option' })
      expect(new make('TOY_BAD', odd, odd)).toMatchObject({ hint: 'Mend it.', message: expect.any(String) })
    }
    expect(new make('TOY_BAD', Symbol('s')).message).toBe('Symbol(s)')
    expect(new make('toString', 'm').category).toBe('option')
  })

  it('is recognised by its shape, whichever copy of the class made it', () => {
    const copy = { code: 'TOY_BAD', message: 'm', hint: 'h', category: 'option' }
    expect([new ToyError('TOY_BAD', 'no'), copy].map(isCoded)).toEqual([true, true])
    expect([new Error('no'), Object.assign(new Error(), { code: 'ENOENT' }), null, undefined, 'x'].some(isCoded)).toBe(
      false,
    )
  })

  it('can be asked for its code and its message, whatever was thrown', () => {
    const hostile = Object.create(Error.prototype, {
      message: {
        get: () => {
          throw new Error('no')
        },
      },
      toString: {
        value: () => {
          throw new Error('no')
        },
      },
      code: {
        get: () => {
          throw new Error('no')
        },
      },
    })
    expect(
      [new ToyError('TOY_BAD', 'no'), new Error('e'), 'x', null, Symbol('s'), hostile].map((e) => [
        codeOf(e),
        messageOf(e),
      ]),
    ).toEqual([
      ['TOY_BAD', 'no'],
      [undefined, 'e'],
      [undefined, 'x'],
      [undefined, 'null'],
      [undefined, 'Symbol(s)'],
      [undefined, 'something that cannot be shown'],
    ])
  })

  it('shows a plain object that was thrown', () => {
    expect(messageOf({ status: 404 })).toBe('{ status: 404 }')
    expect(messageOf(Object.create(null))).toBe('something that cannot be shown')
  })
})

it('the message of an integer of 4 MB that was thrown, alone or in a list, takes no long time', () => {
  const huge = 1n << 33_000_000n
  const begun = performance.now()
  expect(messageOf(huge)).toBe('a bigint of 33000001 bits')
  expect(messageOf([huge])).toBe('an object')
  expect(messageOf([[huge]])).toBe('an object')
  expect(inspectTakesLong({ a: [new Map([[1, { b: huge }]])] })).toBe(true)
  expect(performance.now() - begun).toBeLessThan(2_000)
  expect(messageOf(12n)).toBe('12')
  expect(inspectTakesLong({ a: [new Set([1n]), 'x', null] })).toBe(false)
})
