import { describe, expect, it } from 'vitest'

/** A value that a program passes by mistake, made anew for each call. */
const MADE = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  false: () => false,
  zero: () => 0,
  'a negative number': () => -1,
  'a fraction': () => 1.5,
  'a huge number': () => 1e300,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  'a bigint': () => 10n,
  'an empty text': () => '',
  'a text': () => 'odd value',
  'a long text': () => 'x'.repeat(1_000_000),
  'half a character': () => 'a\ud800b',
  'a control character': () => 'a\u0000\u001b[2J\nb',
  'a symbol': () => Symbol('odd'),
  'a function': () => () => undefined,
  'a class': () => class Odd {},
  'an empty object': () => ({}),
  'an object without prototype': () => Object.create(null),
  'an object of another kind': () => ({ oddField: 1 }),
  'an empty array': () => [],
  'a sparse array': () => new Array(3),
  'a map': () => new Map([['odd', 1]]),
  'a date': () => new Date(Number.NaN),
  'a promise': () => Promise.resolve({}),
  'an error': () => new Error('odd'),
  bytes: () => Uint8Array.of(1, 2, 3),
  'a circle': () => {
    const circle: Record<string, unknown> = {}
    circle.self = circle
    return circle
  },
  'a getter that throws': () => Object.defineProperty({}, 'oddField', { enumerable: true, get: fail }),
  'a proxy that throws': () =>
    new Proxy(() => undefined, { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail, apply: fail }),
  'a proxy that was revoked': () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
} as const satisfies Readonly<Record<string, () => unknown>>

function fail(): never {
  throw new Error('this value throws when it is touched')
}

/** The names of the odd values. */
export type Odd = keyof typeof MADE

/** Odd values by name, each made anew when it is called. */
export const ODD_VALUES: Readonly<Record<Odd, () => unknown>> = MADE
const ODD = Object.keys(MADE) as Odd[]

/** Groups of odd values that are right in some places. */
export const ODD_TEXTS: readonly Odd[] = [
  'an empty text',
  'a text',
  'a long text',
  'half a character',
  'a control character',
]
export const ODD_FILLED_TEXTS: readonly Odd[] = ODD_TEXTS.filter((odd) => odd !== 'an empty text')
/** Options that may all be left out. */
export const ODD_OPTIONS: readonly Odd[] = ['undefined', 'an empty object', 'an object without prototype']
/** What is taken for a function until it is called. */
export const ODD_FUNCTIONS: readonly Odd[] = ['a function', 'a class', 'a proxy that throws']
export const ODD_LISTS: readonly Odd[] = ['an empty array']
export const EVERY_ODD_VALUE: readonly Odd[] = ODD

/** A right argument, and the odd values that are right in its place too. */
export interface Argument {
  readonly value: () => unknown
  readonly takes: readonly Odd[]
}

/** An argument, made anew for each call. */
export function argument(value: () => unknown, ...takes: readonly (Odd | readonly Odd[])[]): Argument {
  return { value, takes: takes.flat() }
}

/** How one function is called. */
export interface Call {
  readonly args: readonly Argument[]
  /** Methods of what it gives, or of the class that it is, by name. Each method has to be there. */
  readonly methods?: Readonly<Record<string, Call>>
  /** Methods that only take what nobody can pass wrong, or that are tested elsewhere. */
  readonly without?: readonly string[]
}

/** A function with its arguments. */
export function call(...args: readonly Argument[]): Call {
  return { args }
}

/** A function or a class whose result has methods. */
export function making(
  args: readonly Argument[],
  methods: Readonly<Record<string, Call>>,
  without: readonly string[] = [],
): Call {
  return { args, methods, without }
}

type Callable = (...args: unknown[]) => unknown

/**
 * Calls every exported function and every method of what they make with each odd value in each position: it throws (or
 * rejects with) a coded error for a wrong value, unless the table says that the value is right in that place. Classes of
 * errors are made of anything without throwing.
 *
 * @param exports what the package exports
 * @param calls how each of its functions is called; one that is missing is a failed test
 */
export function testOddArguments(
  exports: Readonly<Record<string, unknown>>,
  calls: Readonly<Record<string, Call>>,
): void {
  const functions = Object.entries(exports).filter(
    (entry): entry is [string, Callable] => typeof entry[1] === 'function',
  )
  const errors = functions.filter(([, each]) => each.prototype instanceof Error)
  const others = functions.filter(([, each]) => !(each.prototype instanceof Error))

  describe('odd values', () => {
    it('are tried in every exported function', () => {
      expect(Object.keys(calls).sort()).toEqual(others.map(([name]) => name).sort())
    })

    for (const [name, make] of errors) {
      it(`${name} is made of anything`, () => {
        for (const odd of ODD) {
          const value = ODD_VALUES[odd]
          const error = Reflect.construct(make, [value(), value(), value()]) as Error
          expect(typeof error.message, odd).toBe('string')
        }
      })
    }

    for (const [name, each] of others) {
      const spec = calls[name]
      if (spec !== undefined) testCall(name, (args) => invoke(each, args), spec)
    }
  })
}

/** What the arguments of the table make, and what it is called with. */
type Invoke = (args: unknown[]) => unknown

function testCall(name: string, invoked: Invoke, { args, methods, without = [] }: Call): void {
  const right = () => args.map(({ value }) => value())
  for (const [position, { takes }] of args.entries()) {
    it(`${name}: argument ${position + 1}`, async () => {
      const wrong: string[] = []
      for (const odd of ODD) {
        const values = right()
        values[position] = ODD_VALUES[odd]()
        const fault = judged(await outcomeOf(() => invoked(values)), takes.includes(odd))
        if (fault !== undefined) wrong.push(`${odd}: ${fault}`)
      }
      expect(wrong).toEqual([])
    })
  }
  it(`${name}: without a wrong argument`, async () => {
    const outcome = await outcomeOf(
      () => invoked(right()),
      async (made) => {
        if (methods === undefined) return
        expect(methodsOf(made).sort()).toEqual([...Object.keys(methods), ...without].sort())
      },
    )
    expect(judged(outcome, true)).toBeUndefined()
  })
  for (const [method, spec] of Object.entries(methods ?? {})) {
    const asked: Invoke = async (values) => {
      const made = (await invoked(right())) as Record<string, Callable>
      try {
        return await drained(made[method]!(...values))
      } finally {
        await closed(made)
      }
    }
    testCall(`${name}().${method}`, asked, spec)
  }
}

interface Outcome {
  readonly error?: unknown
}

/** What goes on by itself refuses a wrong argument sooner than that. */
const MOMENT_MS = 100
/** A call that is not done by then will never be. */
const PATIENCE_MS = 10_000

async function outcomeOf(
  run: () => unknown,
  look: (made: unknown) => Promise<void> = async () => undefined,
): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${PATIENCE_MS} ms`)), PATIENCE_MS)
  })
  try {
    const made = await Promise.race([(async () => drained(run()))(), late])
    try {
      await look(made)
    } finally {
      await closed(made)
    }
    return {}
  } catch (error) {
    return { error: error ?? new Error(`it threw ${error}`) }
  } finally {
    clearTimeout(timer)
  }
}

/** The first value of what goes on by itself. */
async function drained(result: unknown): Promise<unknown> {
  const generator = result as Partial<AsyncGenerator> | null | undefined
  if (typeof generator?.next !== 'function' || typeof generator.return !== 'function') return result
  const first = generator.next()
  const waits = new Promise((resolve) => setTimeout(resolve, MOMENT_MS))
  try {
    return await Promise.race([first, waits])
  } finally {
    // One that waits for what never comes is ended when what made it is closed.
    for (const end of [first, generator.return(undefined)]) end.catch(() => undefined)
  }
}

async function closed(made: unknown): Promise<void> {
  const close = (made as { close?: unknown } | null | undefined)?.close
  if (typeof close === 'function') await close.call(made)
}

/** What is wrong with an outcome; undefined when nothing is. */
function judged({ error }: Outcome, taken: boolean): string | undefined {
  if (error === undefined) return taken ? undefined : 'it was taken'
  const { code, hint, category, docs, message } = error as Readonly<Record<string, unknown>>
  const coded = [code, hint, category, docs, message].every((text) => typeof text === 'string' && text !== '')
  if (!coded) return `no coded error: ${(error as Error).stack ?? String(error)}`
  if (taken && category === 'option') return `it was refused: ${message}`
  return taken || category === 'option' ? undefined : `${code} is no error of an argument: ${message}`
}

/** The public methods of an object, of its classes too. */
function methodsOf(made: unknown): string[] {
  const names = new Set<string>()
  for (
    let each = made;
    each !== null && each !== undefined && each !== Object.prototype && each !== Function.prototype;
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(each))) {
      if (typeof value === 'function' && name !== 'constructor' && name !== 'prototype') names.add(name)
    }
    each = Object.getPrototypeOf(each)
  }
  return [...names]
}

function invoke(each: Callable, args: readonly unknown[]): unknown {
  const isClass = /^class\b/.test(Function.prototype.toString.call(each))
  return isClass ? Reflect.construct(each, args) : each(...args)
}
