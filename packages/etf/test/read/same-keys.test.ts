import { expect, it } from 'vitest'
import { decode, encode, type Term } from '../../src/index.ts'

const bytes = (...parts: readonly (number | Uint8Array)[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(typeof part === 'number' ? [part] : part)))
const u16 = (value: number) => bytes(value >>> 8, value & 255)
const u32 = (value: number) => bytes(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255)
const name = (text: string) => bytes(119, text.length, Buffer.from(text))

function reference(...words: readonly number[]): Buffer {
  return bytes(90, u16(words.length), name('e@h'), u32(5), ...words.map(u32))
}

interface FunParts {
  readonly size?: number
  readonly arity?: number
  readonly md5?: number
  readonly index?: number
  readonly module?: Buffer
  readonly oldIndex?: Buffer
  readonly uniq?: Buffer
  readonly creator?: number
  readonly free?: readonly Buffer[]
}

function fun({ size, arity = 1, md5 = 1, index = 0, module = name('m'), free = [], ...rest }: FunParts = {}): Buffer {
  const { oldIndex = bytes(97, 0), uniq = bytes(97, 1), creator = 1 } = rest
  const pid = bytes(88, name('e@h'), u32(creator), u32(0), u32(5))
  const head = [arity, Buffer.alloc(16, md5), u32(index), u32(free.length), module, oldIndex, uniq, pid]
  const body = bytes(...head, ...free)
  return bytes(112, u32(size ?? body.length + 4), body)
}

function pairs(...keys: readonly Buffer[]): Buffer {
  return bytes(116, u32(keys.length), ...keys.map((key) => bytes(key, 97, 1)))
}

const one = bytes(97, 1)
const inner = (free: Buffer) => fun({ free: [free] })

// What erl of OTP 23, 25, 27 and 29 says of each; one that refuses is enough, for a node may have any of them beside it.
const SAME: readonly (readonly [what: string, one: Buffer, other: Buffer])[] = [
  ['a reference and that with a word 0 behind', reference(1), reference(1, 0)],
  ['a reference of five words of which two are 0', reference(1, 2, 3), reference(1, 2, 3, 0, 0)],
  ['references of words that are all 0', reference(0), reference(0, 0)],
  ['funs of different announced sizes', fun(), fun({ size: 99 })],
  ['funs of different arities', fun(), fun({ arity: 2 })],
  ['funs of different creators', fun(), fun({ creator: 2 })],
  ['funs of different old indexes', fun(), fun({ oldIndex: bytes(97, 7) })],
  ['funs of different MD5 sums', fun(), fun({ md5: 2 })],
  ['funs of different older sums', fun(), fun({ uniq: bytes(97, 2) })],
  ['funs whose sums are written in two ways', fun(), fun({ uniq: bytes(98, u32(1)) })],
  ['funs whose modules are written in two ways', fun(), fun({ module: bytes(100, u16(1), Buffer.from('m')) })],
  ['funs with one integer in two ways', inner(one), inner(bytes(98, u32(1)))],
  ['funs with one list in two ways', inner(bytes(107, u16(1), 1)), inner(bytes(108, u32(1), one, 106))],
  ['funs with one map in two orders', inner(pairs(one, bytes(97, 2))), inner(pairs(bytes(97, 2), one))],
  ['funs with such references', inner(reference(1)), inner(reference(1, 0))],
  ['funs in funs', inner(fun()), inner(fun({ size: 99 }))],
  ['funs in keys of maps in funs', inner(pairs(fun(), one)), inner(pairs(one, fun({ arity: 3 })))],
  ['funs in tuples', bytes(104, 2, fun(), one), bytes(104, 2, fun({ creator: 9 }), one)],
]

const DIFFERENT: typeof SAME = [
  ['references', reference(1, 2), reference(1, 2, 3)],
  ['references with a word 0 in front', reference(1), reference(0, 1)],
  ['funs of one module', fun(), fun({ index: 1 })],
  ['funs of two versions of a module', fun(), fun({ md5: 2, uniq: bytes(97, 2) })],
  ['funs of two modules', fun(), fun({ module: name('n') })],
  ['funs with variables', inner(one), inner(bytes(97, 2))],
  ['funs with an integer and a float', inner(one), inner(bytes(70, 63, 240, 0, 0, 0, 0, 0, 0))],
  ['funs with more and fewer variables', inner(one), fun({ free: [one, one] })],
]

const options = [{}, { values: 'plain' }, { float: 'boxed' }, { map: 'object' }] as const

const whole = (...keys: readonly Buffer[]) => bytes(131, pairs(...keys))
const read = (key: Buffer) => decode(bytes(131, key), { float: 'boxed' })

it.each(SAME)('%s are one key', (_what, a, b) => {
  for (const each of options) {
    expect(() => decode(whole(a, b), each)).toThrow(expect.objectContaining({ code: 'ETF_DUPLICATE_KEY' }))
  }
  // Deep, where the reader keeps a stack of its own.
  const deep = bytes(131, ...new Array<Buffer>(400).fill(bytes(104, 1)), pairs(a, one, b))
  expect(() => decode(deep)).toThrow(expect.objectContaining({ code: 'ETF_DUPLICATE_KEY' }))
  const keys = [read(a), 1, read(b)] as const
  expect(() => encode(new Map<Term, Term>(keys.map((key) => [key, 1])))).toThrow(
    expect.objectContaining({ code: 'ETF_NOT_ENCODABLE' }),
  )
})

it.each(DIFFERENT)('%s are two keys', (_what, a, b) => {
  for (const each of options) {
    const map = decode(whole(a, b), each)
    expect(map).toHaveProperty('size', 2)
  }
  const map = decode(whole(a, b), { float: 'boxed' })
  expect(Buffer.from(encode(map)).equals(whole(a, b))).toBe(true)
})

it('reads funs in keys of funs in keys in time proportional to their size', () => {
  let key = fun()
  for (let depth = 0; depth < 2000; depth++) key = inner(pairs(key, one, fun({ index: 1 })))
  const before = process.cpuUsage()
  const map = decode(whole(key, fun()), { limits: { depth: Number.POSITIVE_INFINITY } })
  encode(map)
  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 1000).toBeLessThan(5_000)
})

it('gives a fun the size that it has, for OTP 23 believes it', () => {
  const lying = fun({ size: 99, free: [fun({ size: 5 })] })
  expect(Buffer.from(encode(decode(bytes(131, lying)))).equals(bytes(131, inner(fun())))).toBe(true)
})
