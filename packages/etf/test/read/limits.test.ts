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
  TermDecoder,
  Tuple,
  tuple,
} from '../../src/index.ts'

/** Over a limit, and the option is named. */
function over(code: string, limit: string) {
  return expect.objectContaining({
    name: 'EtfError',
    category: 'limit',
    code,
    limit,
    message: expect.stringContaining(limit),
  })
}

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

  it('lets 100 000 levels through unless asked', () => {
    expect(decode(encode(nested(100_000, 'tuple')))).toBeInstanceOf(Tuple)
    const deeper = encode(nested(100_001, 'list'), { maxDepth: 200_000 })
    expect(() => decode(deeper)).toThrow(over('ETF_LIMIT_DEPTH', 'limits.depth'))
    expect(() => encode(nested(100_001, 'list'))).toThrow(over('ETF_LIMIT_DEPTH', 'maxDepth'))
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

  it('reads keys inside keys inside keys once, however deep', () => {
    let key: Term = 1
    for (let level = 0; level < 20_000; level++) {
      key = new Map<Term, Term>([
        [tuple(key), 1],
        [tuple(0), 2],
      ])
    }
    const bytes = encode(key)
    const start = performance.now()
    const read = decode(bytes)
    expect(Buffer.compare(encode(read), bytes)).toBe(0)
    expect(Buffer.compare(encode(read, { deterministic: true }), encode(key, { deterministic: true }))).toBe(0)
    expect(equals(read, key)).toBe(true)
    // In the square of the depth it would be half an hour.
    expect(performance.now() - start).toBeLessThan(20_000)
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

describe('memory', () => {
  const many = (count: number, bytes: readonly number[]) => {
    const all = new Uint8Array(7 + count * bytes.length)
    all.set([131, 108])
    new DataView(all.buffer).setUint32(2, count)
    for (let index = 0; index < count; index++) all.set(bytes, 6 + index * bytes.length)
    all[all.length - 1] = 106
    return all
  }
  /** What one takes; `measured-memory.test.ts` proves the figures. */
  const SMALL: readonly (readonly [string, readonly number[], number])[] = [
    ['empty lists', [106], 40],
    ['empty tuples', [104, 0], 72],
    ['tuples', [104, 1, 97, 1], 96],
    ['empty maps', [116, 0, 0, 0, 0], 192],
    ['maps', [116, 0, 0, 0, 1, 97, 1, 97, 1], 192],
    ['binaries', [109, 0, 0, 0, 0], 112],
    ['lists', [108, 0, 0, 0, 1, 98, 0, 0, 1, 0, 106], 64],
    ['strings', [107, 0, 1, 1], 64],
    ['floats', [70, 63, 248, 0, 0, 0, 0, 0, 1], 8],
    ['large integers', [110, 8, 0, ...new Array(8).fill(255)], 32],
    ['pids', [88, 119, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1], 64],
    ['pids of large numbers', [88, 119, 0, 0, 0, 0, 1, 0, 0, 0, 0, 255, 0, 0, 1], 80],
    ['references', [90, 0, 1, 119, 0, 0, 0, 0, 1, 0, 0, 0, 1], 128],
    ['old references', [114, 0, 1, 119, 0, 1, 0, 0, 0, 1], 128],
    ['ports', [89, 119, 0, 0, 0, 0, 1, 0, 0, 0, 1], 80],
    ['functions', [113, 119, 0, 119, 0, 97, 1], 56],
    ['bit strings', [77, 0, 0, 0, 1, 3, 32], 152],
    ['records', [67, 0, 0, 0, 1, 0, 119, 0, 119, 0, 119, 1, 97, 97, 1], 184],
  ]

  it.each(SMALL)('is counted for %s', (_what, bytes, each) => {
    const count = 10_000
    const all = many(count, bytes)
    // And the list itself.
    const needed = 48 + count * each
    expect(decode(all, { limits: { memoryBytes: needed } })).toHaveLength(count)
    expect(() => decode(all, { limits: { memoryBytes: needed - 8 } })).toThrow(
      over('ETF_LIMIT_MEMORY', 'limits.memoryBytes'),
    )
  })

  it('is counted while it is taken, so that no term takes more before it is refused', () => {
    const bomb = new Uint8Array(30_000_007).fill(106)
    bomb.set([131, 108, 0x01, 0xc9, 0xc3, 0x80])
    const memoryBytes = 280 * 1024 * 1024
    const before = process.memoryUsage().heapUsed
    expect(() => decode(bomb, { limits: { memoryBytes } })).toThrow(over('ETF_LIMIT_MEMORY', 'limits.memoryBytes'))
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(1.5 * memoryBytes)
    // What the list alone would take is refused before it is made.
    expect(() => decode(bomb, { limits: { memoryBytes: 8 * 30_000_000 } })).toThrow(
      expect.objectContaining({ code: 'ETF_LIMIT_MEMORY', offset: 6 }),
    )
  })

  it('of objects of ever new names stays what it is counted for, and those of others stay small', () => {
    const decoder = new TermDecoder({ map: 'object' })
    const bytesOf = (names: readonly string[]): number => {
      const bytes = encode(new Map(names.map((name) => [name, 1])))
      decoder.decode(bytes, 1, bytes.length)
      return decoder.foundBytes
    }
    const record = ['id', 'name', 'email']
    bytesOf(record)
    expect(bytesOf(record)).toBe(56)
    for (let number = 0; number < 5_000; number++) bytesOf([`name_${number >> 1}`, 'b', 'c'])
    expect(bytesOf(record)).toBe(56)
    expect(bytesOf(['a_new_name', 'b', 'c'])).toBe(8 * (11 + 3 * 8 + 4))
    bytesOf(['name_2499', 'b', 'c'])
    expect(bytesOf(['name_2499', 'b', 'c'])).toBe(8 * (11 + 3 * 8))
  })

  it('does not matter where the bytes are no term', () => {
    const limits = { memoryBytes: 1 }
    for (const bytes of [
      [131, 108, 255, 255, 255, 255, 106],
      [131, 200, 1, 2],
      [131, 104, 2, 97, 1],
      [131, 88, 119],
    ]) {
      const code = bytes[1] === 108 ? 'ETF_TRUNCATED' : bytes[1] === 200 ? 'ETF_UNKNOWN_TAG' : /./
      expect(() => decode(new Uint8Array(bytes), { limits })).toThrow(
        expect.objectContaining({ name: 'EtfError', code: expect.stringMatching(code) }),
      )
    }
  })
})

describe('what BEAM nodes send', () => {
  it('is let through: a list of ten million and one integers', () => {
    const count = 10_000_001
    const bytes = new Uint8Array(7 + 5 * count)
    const view = new DataView(bytes.buffer)
    bytes.set([131, 108])
    view.setUint32(2, count)
    for (let index = 0; index < count; index++) {
      bytes[6 + 5 * index] = 98
      view.setInt32(7 + 5 * index, index + 1)
    }
    bytes[bytes.length - 1] = 106
    const list = decode(bytes) as readonly number[]
    expect([list.length, list[0], list[count - 1]]).toStrictEqual([count, 1, count])
  })

  it('is let through: a binary of 70 MB', () => {
    const binary = new Uint8Array(70_000_000).fill(7)
    const bytes = encode(binary)
    expect((decode(bytes) as Uint8Array).length).toBe(70_000_000)
    expect((decode(encode(binary, { compressed: 1 })) as Uint8Array).length).toBe(70_000_000)
  })

  it('is let through: the largest integers of OTP 26 and earlier', () => {
    const bytes = new Uint8Array(7 + 4_194_296).fill(255)
    bytes.set([131, 111])
    new DataView(bytes.buffer).setUint32(2, 4_194_296)
    bytes[6] = 0
    expect(decode(bytes) === 2n ** (8n * 4_194_296n) - 1n).toBe(true)
    // Later releases close the connection over them.
    expect(() => encode(decode(bytes))).toThrow(fails('ETF_LIMIT_INTEGER'))
    expect(encode(2n ** (8n * 524_280n) - 1n)).toHaveLength(7 + 524_280)
    expect(() => encode(2n ** (8n * 524_280n))).toThrow(fails('ETF_LIMIT_INTEGER'))
  })
})

describe('other limits', () => {
  it('inflated size', () => {
    const bomb = encode(new Uint8Array(50_000_000), { compressed: 9 })
    expect(bomb.length).toBeLessThan(60_000)
    expect(() => decode(bomb, { limits: { inflatedBytes: 1_000_000 } })).toThrow(
      over('ETF_LIMIT_INFLATED', 'limits.inflatedBytes'),
    )
    const lying = bomb.slice()
    new DataView(lying.buffer).setUint32(2, 1_000)
    expect(() => decode(lying)).toThrow(fails('ETF_BAD_COMPRESSED'))
    expect(() => decode(new Uint8Array([131, 80, 3, 255, 255, 255, 120, 156]))).toThrow(fails('ETF_BAD_COMPRESSED'))
  })

  it('integers', () => {
    const bytes = encode(2n ** 800n)
    expect(() => decode(bytes, { limits: { integerBytes: 100 } })).toThrow(
      over('ETF_LIMIT_INTEGER', 'limits.integerBytes'),
    )
    expect(decode(bytes, { limits: { integerBytes: 101 } })).toBe(2n ** 800n)
  })

  it('atoms, counted in characters', () => {
    const wide = new Uint8Array([131, 118, 3, 252, ...Buffer.from('🐢'.repeat(255))])
    expect(inspect(decode(wide))).toContain('🐢')
    expect(() => decode(wide, { limits: { atomCharacters: 254 } })).toThrow(
      over('ETF_LIMIT_ATOM', 'limits.atomCharacters'),
    )
    expect(() => decode(new Uint8Array([131, 119, 3, 97, 98, 99]), { limits: { atomCharacters: 2 } })).toThrow(
      expect.objectContaining({ code: 'ETF_LIMIT_ATOM', offset: 3 }),
    )
  })

  it('maps of more pairs than a Map holds, before anything is made', () => {
    const pairs = 2 ** 24 + 1
    const bytes = new Uint8Array(6 + 2 * pairs).fill(106)
    bytes.set([131, 116, pairs >>> 24, pairs >> 16, pairs >> 8, pairs])
    const heap = process.memoryUsage().heapUsed
    for (const [before, map] of [
      [0, 'map'],
      [0, 'object'],
      [300, 'map'],
    ] as const) {
      // Below 200 levels another reader takes over.
      const nested = Buffer.concat([
        Buffer.from([131]),
        Buffer.alloc(2 * before, Buffer.from([104, 1])),
        bytes.subarray(1),
      ])
      const limits = { memoryBytes: Number.POSITIVE_INFINITY }
      expect(() => decode(nested, { map, limits })).toThrow(
        expect.objectContaining({ code: 'ETF_LIMIT_SIZE', category: 'limit', offset: 6 + 2 * before }),
      )
    }
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(50_000_000)
  })

  it('exported funs of more arguments than a fun takes', () => {
    const [module, name] = [atom('m'), atom('f')]
    expect([...encode(new ExternalFun(module, name, 255))].slice(-2)).toStrictEqual([97, 255])
    for (const arity of [256, -1, 1.5, Number.NaN]) {
      expect(() => new ExternalFun(module, name, arity)).toThrow(fails('ETF_BAD_OPTION'))
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

  it.each([1, 24, 25, 300])('keeps binaries of %i bytes apart, and apart from lists of the same bytes', (length) => {
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
