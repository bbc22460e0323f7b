import { describe, expect, it } from 'vitest'
import {
  atom,
  decode,
  decodeFirst,
  EtfError,
  ExternalFun,
  encode,
  equals,
  Float,
  inspect,
  type Term,
  Tuple,
  tuple,
} from '../../src/index.ts'

function fails(code: string) {
  return expect.objectContaining({ name: 'EtfError', code })
}

/** `[[[…]]]`, `{{{…}}}` and `#{k => #{…}}` around a number. */
function nested(depth: number, kind: 'list' | 'tuple' | 'map' | 'key'): Term {
  let term: Term = 700
  for (let level = 0; level < depth; level++) {
    if (kind === 'list') term = [term]
    else if (kind === 'tuple') term = tuple(term)
    else term = kind === 'map' ? new Map([['k', term]]) : new Map([[term, 1]])
  }
  return term
}

describe('depth', () => {
  it.each([
    'list',
    'tuple',
    'map',
    'key',
  ] as const)('nests as deep as the limit allows, and no call stack ends it: %s', (kind) => {
    const depth = 40_000
    const value = nested(depth, kind)
    const bytes = encode(value, { maxDepth: depth })
    const read = decode(bytes, { limits: { depth } })
    expect(Buffer.compare(encode(read, { maxDepth: depth }), bytes)).toBe(0)
    expect(inspect(read).length).toBeGreaterThan(depth)
    if (kind !== 'key') expect(equals(read, value)).toBe(true)
    expect(() => decode(bytes, { limits: { depth: depth - 1 } })).toThrow(fails('ETF_LIMIT_DEPTH'))
    expect(() => encode(value, { maxDepth: depth - 1 })).toThrow(fails('ETF_LIMIT_DEPTH'))
  })

  it('refuses more than 10 000 levels unless asked', () => {
    expect(() => decode(encode(nested(10_001, 'list'), { maxDepth: 20_000 }))).toThrow(fails('ETF_LIMIT_DEPTH'))
    expect(decode(encode(nested(10_000, 'tuple')))).toBeInstanceOf(Tuple)
  })

  it('refuses a value that contains itself', () => {
    const list: Term[] = []
    list.push(list, list)
    expect(() => encode(list)).toThrow(fails('ETF_LIMIT_DEPTH'))
  })

  it('reads a list whose tail is a list whose tail is a list without nesting at all', () => {
    const part = [108, 0, 0, 0, 1, 97, 7]
    const parts = Array.from({ length: 100_000 }, () => part).flat()
    expect(decode(new Uint8Array([131, ...parts, 106]), { limits: { depth: 1 } })).toHaveLength(100_000)
  })

  it('refuses keys inside keys beyond 32, where each would be compared as a whole', () => {
    let key: Term = 1
    for (let level = 0; level < 40; level++)
      key = new Map<Term, Term>([
        [tuple(key), 1],
        [tuple(0), 2],
      ])
    expect(() => decode(encode(key))).toThrow(fails('ETF_LIMIT_KEY_DEPTH'))
    expect(decode(encode(key), { limits: { keyDepth: 50 } })).toBeInstanceOf(Map)
  })
})

describe('memory in proportion to input', () => {
  const HUGE = [
    ['list', [108, 255, 255, 255, 255]],
    ['tuple', [105, 255, 255, 255, 255]],
    ['map', [116, 255, 255, 255, 255]],
    ['binary', [109, 255, 255, 255, 255]],
    ['integer', [111, 255, 255, 255, 255, 0]],
    ['bit string', [77, 255, 255, 255, 255, 3]],
    ['record', [67, 255, 255, 255, 255, 0, 119, 1, 97, 119, 1, 98]],
    ['fun', [112, 0, 0, 0, 9, 0, ...new Array(16).fill(0), 0, 0, 0, 0, 255, 255, 255, 255]],
  ] as const

  it.each(HUGE)('refuses an announced size before allocating for it: %s', (_name, head) => {
    const before = process.memoryUsage().rss
    for (let round = 0; round < 200; round++) {
      expect(() => decode(new Uint8Array([131, ...head, 97, 1]))).toThrow(EtfError)
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
  })

  it('counts what outer containers still wait for, so that nesting cannot announce the same bytes twice', () => {
    // Each list announces all bytes behind it; without the count 1000 of them would ask for 4 MB each.
    const bytes = new Uint8Array(500_000)
    bytes[0] = 131
    const view = new DataView(bytes.buffer)
    let at = 1
    for (; at < 5_000; at += 5) {
      bytes[at] = 108
      view.setUint32(at + 1, 490_000)
    }
    bytes.fill(106, at)
    expect(() => decode(bytes)).toThrow(expect.objectContaining({ code: 'ETF_TRUNCATED', offset: 11 }))
  })
})

describe('other limits', () => {
  it('terms', () => {
    const bytes = encode([1000, [2000, 3000], 4000])
    expect(() => decode(bytes, { limits: { terms: 4 } })).toThrow(fails('ETF_LIMIT_TERMS'))
    expect(decode(bytes, { limits: { terms: 5 } })).toStrictEqual([1000, [2000, 3000], 4000])
    expect(() => decode(encode([1, 2, 3]), { limits: { terms: 2 } })).toThrow(fails('ETF_LIMIT_TERMS'))
  })

  it('inflated size', () => {
    const bomb = encode(new Uint8Array(50_000_000), { compressed: 9 })
    expect(bomb.length).toBeLessThan(60_000)
    expect(() => decode(bomb, { limits: { inflatedBytes: 1_000_000 } })).toThrow(fails('ETF_LIMIT_INFLATED'))
    const lying = bomb.slice()
    new DataView(lying.buffer).setUint32(2, 1_000)
    expect(() => decode(lying)).toThrow(fails('ETF_BAD_COMPRESSED'))
    expect(() => decode(new Uint8Array([131, 80, 3, 255, 255, 255, 120, 156]))).toThrow(fails('ETF_BAD_COMPRESSED'))
  })

  it('integers', () => {
    const bytes = encode(2n ** 800n)
    expect(() => decode(bytes, { limits: { integerBytes: 100 } })).toThrow(fails('ETF_LIMIT_INTEGER'))
    expect(decode(bytes, { limits: { integerBytes: 101 } })).toBe(2n ** 800n)
    expect(() => encode(2n ** (8n * 524_287n))).toThrow(fails('ETF_LIMIT_INTEGER'))
  })

  it('atoms, counted in characters', () => {
    const wide = new Uint8Array([131, 118, 3, 252, ...Buffer.from('🐢'.repeat(255))])
    expect(inspect(decode(wide))).toContain('🐢')
    expect(() => decode(wide, { limits: { atomCharacters: 254 } })).toThrow(fails('ETF_LIMIT_ATOM'))
    expect(() => decode(new Uint8Array([131, 119, 3, 97, 98, 99]), { limits: { atomCharacters: 2 } })).toThrow(
      expect.objectContaining({ code: 'ETF_LIMIT_ATOM', offset: 3 }),
    )
  })

  it('exported funs of more arguments than a fun takes', () => {
    const [module, name] = [atom('m'), atom('f')]
    expect([...encode(new ExternalFun(module, name, 255))].slice(-2)).toStrictEqual([97, 255])
    for (const arity of [256, -1, 1.5, Number.NaN]) {
      expect(() => encode(new ExternalFun(module, name, arity))).toThrow(fails('ETF_NOT_ENCODABLE'))
    }
  })

  it('options that are none', () => {
    expect(() => decode(encode(1), { limits: { depth: -1 } })).toThrow(fails('ETF_BAD_OPTION'))
    expect(() => decode(encode(1), { limits: { dpeth: 1 } as never })).toThrow(fails('ETF_BAD_OPTION'))
    expect(() => decode(encode(1), { binary: 'string' as never })).toThrow(fails('ETF_BAD_OPTION'))
  })
})

describe('map keys', () => {
  it.each([
    ['integers', [97, 1, 97, 1, 97, 1, 97, 2]],
    ['an integer in two encodings', [97, 1, 97, 1, 98, 0, 0, 0, 1, 97, 2]],
    ['binaries', [109, 0, 0, 0, 1, 65, 97, 1, 109, 0, 0, 0, 1, 65, 97, 2]],
    ['a list in two encodings', [107, 0, 1, 7, 97, 1, 108, 0, 0, 0, 1, 97, 7, 106, 97, 2]],
    ['an atom in two encodings', [119, 1, 97, 97, 1, 100, 0, 1, 97, 97, 2]],
  ])('refuses a key twice: %s', (_name, pairs) => {
    const bytes = new Uint8Array([131, 116, 0, 0, 0, 2, ...pairs])
    for (const binary of ['bytes', 'text', 'view'] as const) {
      for (const map of ['map', 'object'] as const) {
        expect(() => decode(bytes, { binary, map })).toThrow(fails('ETF_DUPLICATE_KEY'))
      }
    }
  })

  it.each([1, 24, 25, 300])('tells binaries of %i bytes apart, and from lists of the same bytes', (length) => {
    const binaries = [0, 65, 200].map((last) => new Uint8Array(length).fill(200).fill(last, length - 1))
    const map = new Map<Term, Term>([...binaries, ...binaries.map((bytes) => [...bytes])].map((key) => [key, 1]))
    const bytes = encode(map)
    // The third key of six becomes the first again.
    const twice = Buffer.from(bytes)
    twice[twice.indexOf(encode(binaries[2]!).subarray(1)) + 4 + length] = 0
    for (const binary of ['bytes', 'text', 'view'] as const) {
      expect((decode(bytes, { binary }) as Map<Term, Term>).size).toBe(6)
      expect(() => decode(twice, { binary })).toThrow(fails('ETF_DUPLICATE_KEY'))
    }
  })

  it('keeps 1 and 1.0 apart, and 0.0 and -0.0', () => {
    for (const keys of [
      [1, new Float(1)],
      [new Float(0), new Float(-0)],
      [tuple(1), tuple(new Float(1))],
    ]) {
      const bytes = encode(new Map<Term, Term>(keys.map((key) => [key, 'x'])))
      expect(equals([...(decode(bytes) as Map<Term, Term>).keys()], keys)).toBe(true)
      expect(
        Buffer.compare(
          encode(decode(bytes)),
          bytes.map((byte) => byte),
        ),
      ).toBe(0)
    }
  })
})

describe('splitting', () => {
  it('leaves the rest on the same memory', () => {
    const glued = Buffer.concat([encode('a'), encode(['b'])])
    const { value, rest } = decodeFirst(glued, { binary: 'text' })
    expect(value).toBe('a')
    expect(rest.buffer).toBe(glued.buffer)
    expect(decode(rest, { binary: 'text' })).toStrictEqual(['b'])
  })
})

describe('numbers as keys', () => {
  /** The hashes of V8, as its source has them. */
  const longHash = (key: bigint) => {
    const cut = (value: bigint) => BigInt.asUintN(64, value)
    let hash = cut(~key + (key << 18n))
    hash ^= hash >> 31n
    hash = cut(hash * 21n)
    hash ^= hash >> 11n
    hash = cut(hash + (hash << 6n))
    hash ^= hash >> 22n
    return Number(hash & 0x3fff_ffffn)
  }
  const shortHash = (key: number) => {
    const cut = (value: bigint) => BigInt.asUintN(32, value)
    let hash = cut(~BigInt(key) + (BigInt(key) << 15n))
    hash ^= hash >> 12n
    hash = cut(hash + (hash << 2n))
    hash ^= hash >> 4n
    hash = cut(hash * 2057n)
    return Number((hash ^ (hash >> 16n)) & 0x3fff_ffffn)
  }
  const bitsOf = (value: number) => new DataView(Float64Array.of(value).buffer).getBigUint64(0, true)
  const some = (count: number, keyAt: (index: number) => Term, wanted: (key: Term) => boolean = () => true) => {
    const map = new Map<Term, Term>()
    for (let index = 0; map.size < count; index++) if (wanted(keyAt(index))) map.set(keyAt(index), 1)
    return map
  }
  const CHOSEN: readonly (readonly [string, ReadonlyMap<Term, Term>])[] = [
    [
      'integers',
      some(
        1_100,
        (index) => index * 3,
        (key) => shortHash(key as number) % 512 === 7,
      ),
    ],
    [
      'negative integers',
      some(
        1_100,
        (index) => -index * 5 - 1,
        (key) => shortHash(key as number) % 512 === 7,
      ),
    ],
    [
      'integers of more than 32 bits',
      some(
        1_100,
        (index) => index + 2 ** 40,
        (key) => longHash(bitsOf(key as number)) % 512 === 7,
      ),
    ],
    [
      'floats',
      some(
        1_100,
        (index) => index + 0.25,
        (key) => longHash(bitsOf(key as number)) % 512 === 7,
      ),
    ],
    [
      'integers of more than 53 bits',
      some(
        1_100,
        (index) => 2n ** 60n + BigInt(index),
        (key) => longHash(key as bigint) % 512 === 7,
      ),
    ],
    ['integers of one lower half', some(1_100, (index) => (BigInt(index + 1) << 64n) + 5n)],
    ['negative integers of one lower half', some(1_100, (index) => -(BigInt(index + 1) << 64n) - 5n)],
  ]

  it.each(CHOSEN)('are refused when they were chosen to collide: %s', (_what, map) => {
    const bytes = encode(map)
    expect(() => decode(bytes)).toThrow(fails('ETF_LIMIT_KEYS'))
    expect(() => decode(bytes, { map: 'object' })).toThrow(fails('ETF_LIMIT_KEYS'))
    let deep: Term = map
    for (let level = 0; level < 300; level++) deep = tuple(deep)
    expect(() => decode(encode(deep))).toThrow(fails('ETF_LIMIT_KEYS'))
  })

  it.each([
    ['in a row', (index: number) => index - 10_000],
    ['multiples of a power of two', (index: number) => index * 65_536],
    ['times in milliseconds', (index: number) => 1_700_000_000_000 + index * 1_000],
    ['floats', (index: number) => index / 10 + 0.01],
    [
      'ids of a time and a counter',
      (index: number) => ((1_000_000_000_000n + BigInt(index >> 3)) << 22n) + BigInt(index & 7),
    ],
    ['large integers', (index: number) => BigInt(index) ** 7n + 2n ** 90n],
  ])('are welcome otherwise: %s', (_what, keyAt) => {
    const map = some(20_000, keyAt)
    expect(equals(decode(encode(map)), map)).toBe(true)
  })
})
