import { atom, charlist, Float, ImproperList, Pid, Reference, type Term, Tuple, tuple } from '@dynsrv/etf'
import { expect, it } from 'vitest'
import { deferred } from '../../src/deferred.ts'
import { NODE_LIMITS } from '../../src/node-options.ts'
import { type Origin, PeerUses } from '../../src/process/peer-use.ts'
import { groupLeader } from '../../src/system/group-leader.ts'
import { ioFormat } from '../../src/system/io-format.ts'

const MOST = 10_000
const FROM = new Pid(atom('a@h'), 1, 0, 4)
const REF = new Reference(atom('a@h'), 4, [1, 2, 3])
const OK = atom('ok')
const DEPTH = 100_000
const WIDTH = 1_000_000

interface Answered {
  readonly reply: Term
  readonly printed: readonly string[]
  readonly warnings: readonly string[]
}

/** What peers use here, by the limits of a node. */
function usesOf(limits?: Partial<typeof NODE_LIMITS>): PeerUses {
  return new PeerUses({ limits: { ...NODE_LIMITS, ...limits }, warn: () => undefined, giveUp: () => false })
}

type Ask = (node: string, name: string, args: readonly Term[]) => Promise<Term>

/** Puts a request to a group leader, which must answer it once. */
async function answered(request: Term, ask: Ask = () => Promise.reject(new Error('badarg'))): Promise<Answered> {
  const printed: string[] = []
  const warnings: string[] = []
  const uses = usesOf()
  const { promise, resolve } = deferred<Term>()
  let replies = 0
  const handler = groupLeader({
    ...{ ask, uses, maxPrintedBytes: MOST },
    output: (text) => printed.push(text),
    warn: ({ message }) => warnings.push(message),
    send: (to, message) => {
      expect(to).toBe(FROM)
      const [tag, as, reply] = (message as Tuple).elements
      expect(tag).toBe(atom('io_reply'))
      expect(as).toBe(REF)
      replies++
      resolve(reply)
    },
  })
  const use = uses.of('b@h')
  handler(tuple(atom('io_request'), FROM, REF, request), { peer: 'b@h', use } as Origin)
  const reply = await promise
  expect(replies).toBe(1)
  expect(use).toMatchObject({ links: 0, heldBytes: 0 })
  return { reply, printed, warnings }
}

const format = (text: string, args: readonly Term[]): Term =>
  tuple(atom('put_chars'), atom('unicode'), atom('io_lib'), atom('format'), [charlist(text), args])

const ARGUMENTS: Readonly<Record<string, readonly Term[]>> = {
  ...{ n: [], '~': [], c: [955], s: [atom('abc')], w: [tuple(1)], p: [[1]], i: [1] },
  ...{ b: [255], B: [255], x: [255, charlist('0x')], X: [255, charlist('0x')], '+': [255], '#': [255] },
  ...{ f: [new Float(1.5)], e: [new Float(1.5)], g: [new Float(1.5)] },
}
const LARGE = ['30000000', '999999999', '1000000000', '99999999999999999999', '9'.repeat(400), '*']

function cases(): [string, Term[]][] {
  return Object.entries(ARGUMENTS).flatMap(([letter, args]) =>
    LARGE.flatMap((size) => {
      const given = size === '*' ? [2 ** 52] : []
      return [
        [`~${size}${letter}`, [...given, ...args]],
        [`~-${size}${letter}`.replace('-*', '*'), [...given.map((each) => -each), ...args]],
        [`~.${size}${letter}`, [...given, ...args]],
        [`~${size}.10${letter}`, [...given, ...args]],
        [`~${size}.${size}..t${letter}`, [...given, ...given, ...args]],
        [`before ~${size}${letter} behind ~w~n`, [...given, ...args, 1]],
      ] as [string, Term[]][]
    }),
  )
}

it('no width and no precision makes more than is wanted', () => {
  let known = 0
  for (const [text, args] of cases()) {
    const made = ioFormat(text, args, MOST)
    if (made === undefined) continue
    known++
    expect(made.length, text.slice(0, 40)).toBeLessThan(4 * MOST)
  }
  expect(known).toBeGreaterThan(200)
})

it('what is over the limit is cut with a mark, and is a success', async () => {
  let cut = 0
  for (const [text, args] of cases()) {
    const { reply, printed } = await answered(format(text, args))
    const all = printed.join('')
    const length = Buffer.byteLength(all)
    expect(length, text.slice(0, 40)).toBeLessThan(MOST + 80)
    if (length <= MOST) continue
    cut++
    expect(reply).toBe(OK)
    expect(all).toMatch(/… \[cut: limits\.maxPrintedBytes is 10000\]\n$/)
  }
  expect(cut).toBeGreaterThan(200)
})

it.each([
  ['~20000s', [atom('abc')], ' '.repeat(MOST)],
  ['~-20000s', [atom('abc')], `abc${' '.repeat(MOST - 3)}`],
  ['~15000.14998s', [atom('abc')], `  abc${' '.repeat(MOST - 5)}`],
  ['~-15000..*s', [42, atom('abc')], `abc${'*'.repeat(MOST - 3)}`],
  ['~20000.3..c', [97], '.'.repeat(MOST)],
  ['~-20000.3..c', [97], `aaa${'.'.repeat(MOST - 3)}`],
  ['~20000w', [1], ' '.repeat(MOST)],
  ['x~20000n', [], `x${'\n'.repeat(MOST - 1)}`],
  // A character that is cut through is left out.
  ['~20000tc', [0x20ac], '€'.repeat(3333)],
] as [string, Term[], string][])('prints the beginning of %s', async (text, args, beginning) => {
  const { printed } = await answered(format(text, args))
  expect(printed.join('').split('… [cut')[0]).toBe(beginning)
})

it('the limit is one for all requests in a request, and they are printed at once', async () => {
  const put = tuple(atom('put_chars'), atom('unicode'), charlist('abc'))
  const { reply, printed } = await answered(tuple(atom('requests'), Array<Term>(MOST).fill(put)))
  expect(reply).toBe(OK)
  expect(printed.map((text) => text.length < MOST + 80)).toStrictEqual([true])
})

/** Processor time for `work` of both sizes, the better of three. */
function growth(small: () => void, large: () => void): number {
  const took = (work: () => void): number => {
    const begin = process.cpuUsage()
    work()
    return process.cpuUsage(begin).user
  }
  return Math.min(...Array.from({ length: 3 }, () => Math.max(took(small), 1_000)).map((base) => took(large) / base))
}

it.each([
  '~s',
  '~w',
  '~p',
  '~c',
  '~n',
  '~~',
  '~5w',
  '~i',
  'x~n~p',
])('takes time in proportion to how often %s is there', (sequence) => {
  const run = (count: number) => () => {
    const args = /[nswpci]/.test(sequence.at(-1)!) && sequence !== '~n' ? Array<Term>(count).fill(7) : []
    const values = sequence === '~s' ? args.map(() => atom('a')) : args
    // What ends within 80 columns is certain.
    const text = sequence === '~p' ? `${sequence}\n`.repeat(count) : sequence.repeat(count)
    expect(ioFormat(text, values, MOST)).toBeDefined()
  }
  run(20_000)()
  // Four times as much work may take eight times as long on a busy machine, but not sixteen.
  expect(growth(run(20_000), run(80_000))).toBeLessThan(12)
})

const nested = (wrap: (inner: Term) => Term, leaf: Term): Term => {
  let term = leaf
  for (let depth = 0; depth < DEPTH; depth++) term = wrap(term)
  return term
}
const LISTS = nested((inner) => [inner], [])
const TUPLES = nested((inner) => tuple(inner), [])
const MAPS = nested((inner) => new Map([[1, inner]]), [])
const MIXED = nested((inner) => tuple([new Map<Term, Term>([[1, inner]])]), [])
const IMPROPER = nested((inner) => new ImproperList([inner], atom('x')), [])
const WIDE = Array<Term>(WIDTH).fill(65)
const HALF_WIDE = WIDE.slice(0, 50_000)
const DEEP = { LISTS, TUPLES, MAPS, MIXED, IMPROPER }
const TERMS = { ...DEEP, HALF_WIDE, wideTuple: new Tuple(HALF_WIDE), text: 'x'.repeat(50_000) }

it('prints what is deep and wide, or has it formatted, or refuses it, and always answers', async () => {
  const asked: string[] = []
  const ask: Ask = (_, name) => {
    asked.push(name)
    return Promise.resolve([charlist('by the node that prints')])
  }
  for (const [name, term] of Object.entries(TERMS)) {
    const requests: Term[] = [
      term,
      tuple(term),
      tuple(term, term),
      ...[
        'put_chars',
        'setopts',
        'requests',
        'get_line',
        'get_chars',
        'get_until',
        'get_geometry',
        'get_password',
      ].flatMap((kind) => [
        tuple(atom(kind), term),
        tuple(atom(kind), atom('unicode'), term),
        tuple(atom(kind), [term]),
        tuple(atom(kind), atom('latin1'), term, term, term),
      ]),
      ...['~w', '~p', '~s', '~ts', '~20w', '~20.30p', '~W', '~c', '~b', '~x', '~*w'].map((text) =>
        format(text, [term]),
      ),
      format('~*.*s', [term, term, term]),
      tuple(atom('put_chars'), atom('unicode'), atom('io_lib'), atom('write'), [term]),
      tuple(atom('put_chars'), atom('unicode'), atom('io_lib'), atom('format'), term),
      tuple(atom('put_chars'), atom('unicode'), atom('io_lib'), atom('format'), [term, term]),
    ]
    for (const request of requests) {
      const { reply, warnings, printed } = await answered(request, ask)
      expect(reply, name).toBeDefined()
      // No fault of ours: every one was dealt with.
      expect(warnings, name).toStrictEqual([])
      expect(printed.join('').length).toBeLessThan(MOST + 80)
    }
  }
  expect(asked.length).toBeGreaterThan(5)
})

it('writes what nests deeply as it is', () => {
  expect(ioFormat('~w', [LISTS])).toBe('['.repeat(DEPTH + 1) + ']'.repeat(DEPTH + 1))
  expect(ioFormat('~w', [TUPLES])).toBe(`${'{'.repeat(DEPTH)}[]${'}'.repeat(DEPTH)}`)
  expect(ioFormat('~w', [WIDE])?.length).toBe(3 * WIDTH + 1)
  expect(ioFormat('~s', [WIDE])?.length).toBe(WIDTH)
  expect(ioFormat('~p', [tuple(WIDE)])).toBeUndefined()
})

it('requests may hold requests as deep as they are sent, and as many', async () => {
  const put = (text: string): Term => tuple(atom('put_chars'), atom('unicode'), charlist(text))
  const deep = nested((inner) => tuple(atom('requests'), [inner]), put('deep'))
  expect(await answered(deep)).toMatchObject({ reply: OK, printed: ['deep'] })
  // What stands behind those inside comes after them.
  const inside = tuple(atom('requests'), [put('1'), tuple(atom('requests'), [put('2'), put('3')]), put('4')])
  expect(await answered(inside)).toMatchObject({ reply: OK, printed: ['1234'] })
  const wide = tuple(atom('requests'), Array<Term>(WIDTH).fill(atom('getopts')))
  expect((await answered(wide)).reply).toHaveLength(2)
  const failing = tuple(atom('requests'), [put('1'), tuple(atom('requests'), [atom('foo')]), put('2')])
  expect(await answered(failing)).toMatchObject({ reply: tuple(atom('error'), atom('request')), printed: ['1'] })
})

it('what was printed before another node is asked comes first', async () => {
  const ask: Ask = () => Promise.resolve(charlist('asked'))
  const parts = [charlist('1'), format('~p', [new Map()]), charlist('3')].map((each) =>
    each instanceof Tuple ? each : tuple(atom('put_chars'), atom('unicode'), each),
  )
  expect((await answered(tuple(atom('requests'), parts), ask)).printed).toStrictEqual(['1', 'asked3'])
})

it('a fault while it formats, or asks, or answers is an answer too', async () => {
  const hostile = new Proxy(tuple(1), {
    getPrototypeOf: () => {
      throw new Error('no prototype')
    },
  })
  const { reply, warnings } = await answered(format('~w', [hostile]))
  expect(reply).toStrictEqual(tuple(atom('error'), atom('request')))
  expect(warnings).toStrictEqual([expect.stringContaining('no prototype')])
  const asked = await answered(format('~p', [new Map()]), () => {
    throw new Error('no link')
  })
  expect(asked.reply).toStrictEqual(tuple(atom('error'), atom('format')))

  // `{error, Request}` cannot be sent for every request.
  const replies: Term[] = []
  const handler = groupLeader({
    ask: () => Promise.reject(new Error('not asked')),
    maxPrintedBytes: MOST,
    uses: usesOf(),
    output: () => undefined,
    warn: () => undefined,
    send: (_, message) => {
      const reply = (message as Tuple).elements[2] as Tuple
      if (reply.elements[1] !== atom('request')) throw new Error('too deep')
      replies.push(reply)
    },
  })
  handler(tuple(atom('io_request'), FROM, REF, tuple(atom('put_chars'), atom('unicode'), LISTS, atom('x'))), undefined)
  handler(tuple(atom('io_request'), FROM, REF, tuple(atom('put_chars'), atom('unicode'), tuple(LISTS))), undefined)
  expect(replies).toHaveLength(2)
})

it('a peer that does not answer its own questions makes us hold no more than it may', async () => {
  const uses = usesOf({ maxHeldBytes: 100_000 })
  const use = uses.of('b@h')
  const replies: Term[] = []
  const handler = groupLeader({
    ask: () => new Promise(() => undefined),
    ...{ maxPrintedBytes: MOST, uses, output: () => undefined, warn: () => undefined },
    send: (_, message) => replies.push((message as Tuple).elements[2]),
  })
  const request = format('~p', [new Map([[1, 'x'.repeat(10_000)]])])
  for (let index = 0; index < 20; index++)
    handler(tuple(atom('io_request'), FROM, REF, request), { peer: 'b@h', use } as Origin)
  await new Promise((resolve) => setImmediate(resolve))
  expect(use.heldBytes).toBeLessThan(100_000)
  expect(replies).toHaveLength(11)
})
