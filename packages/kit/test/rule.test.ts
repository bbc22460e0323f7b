import { describe, expect, it } from 'vitest'
import {
  abortSignal,
  bound,
  bytes,
  callable,
  checksOf,
  duration,
  either,
  type Fault,
  filledText,
  flag,
  having,
  headerToken,
  httpUrl,
  iterable,
  listOf,
  nearest,
  oneOf,
  optional,
  optionsOf,
  port,
  type Rule,
  realWorld,
  recordOf,
  required,
  secret,
  shown,
  text,
  whole,
  worldShape,
} from '../src/index.ts'

class Refused extends Error {
  readonly hint: string

  constructor({ message, hint }: Fault) {
    super(message)
    this.hint = hint
  }
}

const checks = checksOf((fault) => new Refused(fault))

interface Limits {
  readonly maxSpawned?: number
  readonly maxQueuedBytes?: number
}

interface Options {
  readonly name: string
  readonly hidden?: boolean
  readonly limits?: Limits
  readonly servers?: readonly string[]
  readonly listen?: Limits | false
  readonly cookie?: string
}

const check = checks.options<Options>('start', {
  name: required(filledText),
  hidden: flag,
  limits: optionsOf<Limits>({ maxSpawned: whole(1), maxQueuedBytes: bound }),
  servers: listOf(filledText),
  listen: either(oneOf(false), optionsOf<Limits>({ maxSpawned: whole(1), maxQueuedBytes: bound })),
  cookie: secret(filledText),
})

const refusal = (options: unknown): string => {
  try {
    check(options)
  } catch (error) {
    if (error instanceof Refused) return `${error.message} | ${error.hint}`
    throw error
  }
  return 'taken'
}

describe('options', () => {
  it('are taken when each follows its rule; undefined counts as left out', () => {
    expect(refusal({ name: 'a@b', hidden: true, limits: { maxSpawned: 3 }, servers: ['x'], listen: false })).toBe(
      'taken',
    )
    expect(refusal({ name: 'a@b', hidden: undefined, limits: { maxSpawned: undefined } })).toBe('taken')
    expect(refusal(Object.assign(Object.create(null), { name: 'a@b' }))).toBe('taken')
  })

  it.each([
    [{ name: 'a@b', hiden: false }, 'start: there is no option hiden; did you mean hidden? | Write hidden.'],
    [
      { name: 'a@b', limits: { maxSpawnd: 1 } },
      'start: there is no option limits.maxSpawnd; did you mean limits.maxSpawned? | Write limits.maxSpawned.',
    ],
    [
      { name: 'a@b', listen: { maxSpawnd: 1 } },
      'start: there is no option listen.maxSpawnd; did you mean listen.maxSpawned? | Write listen.maxSpawned.',
    ],
    [
      { name: 'a@b', zebra: 1 },
      'start: there is no option zebra | The options are name, hidden, limits, servers, listen, cookie.',
    ],
    [
      { name: 'a@b', constructor: 1 },
      'start: there is no option constructor | The options are name, hidden, limits, servers, listen, cookie.',
    ],
    [{}, 'start: name is missing | Give name: a string that is not empty.'],
    [{ name: undefined }, 'start: name is missing | Give name: a string that is not empty.'],
    [{ name: 'a@b', hidden: 'no' }, "start: hidden must be true or false, not 'no' | Give true or false."],
    [{ name: 'a@b', hidden: null }, 'start: hidden must be true or false, not null | Give true or false.'],
    [
      { name: 'a@b', servers: ['a', ''] },
      "start: servers[1] must be a string that is not empty, not '' | Give a string that is not empty.",
    ],
    [
      { name: 'a@b', listen: 5 },
      'start: listen must be one of false or an object of options, not 5 | Give one of false or an object of options.',
    ],
  ])('%j are refused', (options, expected) => {
    expect(refusal(options)).toBe(expected)
  })

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [5, '5'],
    ['text', "'text'"],
    [[], '[]'],
    [new Map(), 'Map(0) {}'],
    [Promise.resolve({ name: 'a@b' }), "Promise { { name: 'a@b' } }"],
    [() => ({}), 'a function'],
  ])('%o is not an object of options', (options, shown) => {
    expect(refusal(options)).toBe(
      `start: the argument must be an object of options, not ${shown} | Give an object of options.`,
    )
  })

  it('never show a secret', () => {
    expect(refusal({ name: 'a@b', cookie: 42_4242 })).toBe(
      'start: cookie must be a string that is not empty, not a number | Give a string that is not empty.',
    )
    expect(refusal({ name: 'a@b', cookie: { key: 'hunter2' } })).not.toContain('hunter2')
  })

  it('whose getters throw are refused like others', () => {
    const getter = {
      name: 'a@b',
      get hidden(): boolean {
        throw new Error('no')
      },
    }
    const proxy = new Proxy(
      {},
      {
        ownKeys: () => {
          throw null
        },
      },
    )
    expect(refusal(getter)).toBe('start: the options cannot be read: no | Give a plain object.')
    expect(refusal(proxy)).toBe('start: the options cannot be read: null | Give a plain object.')
  })
})

describe('rules', () => {
  const takes = (rule: Rule, value: unknown) => rule.check(value, 'it') === undefined

  it.each<[string, Rule, readonly unknown[], readonly unknown[]]>([
    ['a duration', duration(), [0, 0.5, 5_000, 2 ** 31, 2 ** 53, Infinity], [-1, NaN, -Infinity, '5', null, 5n, {}]],
    ['a duration of at least 1', duration({ min: 1 }), [1, Infinity], [0, 0.9]],
    ['a port', port, [0, 1, 65_535], [-1, 65_536, 1.5, '80', NaN]],
    ['a bound', bound, [1, 10, Infinity], [0, -1, 1.5, NaN, '1']],
    ['a flag', flag, [true, false], [0, 1, 'true', null]],
    ['a text', text, ['', 'a'], [1, null, new String('a')]],
    ['a function', callable, [() => 1, class {}], [{}, 'f', null]],
    ['a signal', abortSignal, [AbortSignal.abort(), new AbortController().signal], [{}, null, { aborted: 1 }]],
    ['a thing with methods', having('get', 'set'), [new Map()], [{}, null, new Set()]],
    ['a record', recordOf(port), [{}, { a: 1 }], [{ a: 'x' }, [], null]],
    ['what can be gone through', iterable, [[], new Set(), new Map().keys()], ['abc', {}, null, 5]],
    ['what may be left out', optional(port), [undefined, 1], [null, '1']],
    ['an HTTP address', httpUrl, ['http://a', 'https://u:p@a.b:1/c?d'], ['ftp://a', 'a', '', 5, new URL('http://a')]],
    ['a token', headerToken, ['aB1-'], ['', 'a b', 'a\n', 'ä', 5]],
    [
      'a world',
      worldShape,
      [realWorld, { ...realWorld }],
      [{}, null, { ...realWorld, clock: undefined }, { ...realWorld, clock: {} }],
    ],
  ])('%s', (_title, rule, good, bad) => {
    expect(good.filter((value) => !takes(rule, value))).toEqual([])
    expect(bad.filter((value) => takes(rule, value))).toEqual([])
  })

  it('say what the nearest name is, or none', () => {
    expect(nearest('hiden', ['hidden', 'host'])).toBe('hidden')
    expect(nearest('polling_interval', ['pollingInterval', 'port'])).toBe('pollingInterval')
    expect(nearest('PORT', ['host', 'port'])).toBe('port')
    expect(nearest('zebra', ['hidden', 'host'])).toBeUndefined()
    expect(nearest('a', [])).toBeUndefined()
  })

  it('never show a secret of an address or a token', () => {
    const messages = [
      httpUrl.check('ftp://user:hunter2@a.test/?key=hunter2', 'url')?.message,
      headerToken.check('hunter2 hunter2', 'token')?.message,
    ]
    expect(messages).toEqual([
      "url must be a URL that begins with http:// or https://, not 'ftp://a.test/'",
      'token must be a string of printable ASCII without spaces, not a string of 15 characters',
    ])
  })

  it.each<[unknown, string]>([
    ['a\u202Eb\u001b[2J', "'a\\u{202e}b\\x1B[2J'"],
    ['\ud800', "'\\ud800'"],
    [new Error('one\ntwo'), '[Error: one\\u{a}two]'],
    ['x'.repeat(1_000_000), `'${'x'.repeat(60)}'... 999940 more characters`],
    [{ a: { b: { c: 1 } } }, '{ a: { b: [Object] } }'],
    [Symbol('s'), 'Symbol(s)'],
    [10n, '10n'],
    [1n << 10_000_000n, 'a bigint of 10000001 bits'],
    [[1n << 10_000_000n], 'an object'],
    [{ a: -(1n << 10_000_000n) }, 'an object'],
    [new Map([[1, 1n << 10_000_000n]]), 'an object'],
    [new Set([1n << 10_000_000n]), 'an object'],
    [Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key ${index}`, 1])), 'an object'],
  ])('show a value without letting it do anything', (value, expected) => {
    expect(shown(value)).toBe(expected)
  })

  it('show a value without asking it anything', () => {
    const ask = (): never => {
      throw new Error('it was asked')
    }
    expect(
      shown({
        __proto__: null,
        get name() {
          return ask()
        },
      }),
    ).toBe('[Object: null prototype] { name: [Getter] }')
    expect(shown(new Proxy({}, { get: ask, getPrototypeOf: ask, ownKeys: ask }))).toBe('{}')
  })

  it('refuse what throws when it is looked at', () => {
    const { proxy, revoke } = Proxy.revocable([], {})
    revoke()
    for (const given of [listOf(text), bytes, having('get'), optionsOf({ name: text })]) {
      expect(() => checks.argument('send', 'it', given, proxy)).toThrow(/^send: it cannot be read: .*revoked/)
    }
  })

  it('check an argument by its name', () => {
    expect(() => checks.argument('node.send', 'message', text, undefined)).toThrow(
      new Refused({ message: 'node.send: message must be a string, not undefined', hint: 'Give a string.' }),
    )
  })
})

it('shows no more than the beginning of a name that no option has', () => {
  const { check } = optionsOf<{ name: string }>({ name: filledText } as never)
  const fault = check({ [`${'x'.repeat(1_000_000)}`]: 1 }, '')
  expect(fault?.message).toBe(`there is no option ${'x'.repeat(99)}…`)
})
