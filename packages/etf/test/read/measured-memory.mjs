// Prints for each kind of term what V8 keeps for many of them, and what the decoder has counted. Needs --expose-gc, and
// the built package, so that the heap is this program's alone.
import {
  atom,
  BitString,
  ExternalFun,
  encode,
  Float,
  ImproperList,
  NativeRecord,
  Pid,
  Port,
  Reference,
  TermDecoder,
  Tuple,
} from '../../dist/index.js'

const NODE = atom('a@b')
const times = (count, make) => Array.from({ length: count }, (_, index) => make(index))
const tuple = (elements) => new Tuple(elements)
const map = (size, key, value = () => 1) => new Map(times(size, (index) => [key(index), value(index)]))
const text = (size, letter = 'x') => letter.repeat(size)
const bytesOf = (size) => new Uint8Array(size).fill(200)
function nest(depth, inner, around) {
  let term = inner
  for (let level = 0; level < depth; level++) term = around(term)
  return term
}
/** A fun of `lists:map/2` with these free variables, as OTP encodes them. */
function fun(index, ...variables) {
  const u32 = (value) => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]
  const parts = [[119, 1, 109], [97, 1], [98, ...u32(index)], [...encode(new Pid(NODE, 1, 2, 3))].slice(1)]
  const rest = [...parts, ...variables.map((term) => [...encode(term)].slice(1))].flat()
  const body = [1, ...times(16, () => 7), ...u32(index), ...u32(variables.length), ...rest]
  return Uint8Array.from([112, ...u32(body.length + 4), ...body])
}

/** By name: what makes the term of a number, how many of them, and how they are decoded. */
const KINDS = {}
function kind(name, make, options = {}) {
  KINDS[name] = { one: (number) => encode(make(number), { maxDepth: 5_000 }).subarray(1), options }
}

for (const size of [0, 1, 3, 8, 300]) {
  kind(`tuples of ${size}`, (n) => times(50, () => tuple(times(size, () => n))))
  kind(`lists of ${size} integers`, (n) => times(50, () => times(size, () => 1000 + n)))
  kind(`lists of ${size} atoms`, () => times(50, () => times(size, () => NODE)))
}
for (const size of [1, 200]) kind(`strings of ${size}`, () => times(50, () => times(size, () => 7)))
kind('large integers in 32 bits', (n) => tuple(times(100, () => 2_000_000_000 + n)))
kind('lists of lists', (n) => nest(180, [n], (inner) => [inner]))
for (const [what, around] of [
  ['lists', (inner) => [inner]],
  ['tuples', (inner) => tuple([inner])],
  ['maps', (inner) => new Map([[1, inner]])],
])
  kind(`${what} 1000 deep`, (n) => nest(1000, n, around))
const below = (inner) => nest(250, inner, (level) => tuple([level]))
kind('tuples below 250 others', (n) => below(times(500, () => tuple([n]))))
kind('lists below 250 others', (n) => below(times(500, () => [1000 + n])))
kind('integers below 250 others', (n) => below(times(500, () => 1000 + n)))
kind('maps below 250 others', (n) => below(times(200, () => new Map([[n, 1]]))))
kind('objects below 250 others', (n) => below(times(200, () => new Map([['a', n]]))), { map: 'object' })
for (const size of [0, 1, 4, 5, 17, 100, 1000]) {
  const count = size > 50 ? 2 : 40
  kind(`maps of ${size}`, (n) => times(count, () => map(size, (index) => index * 7919 + n)))
  kind(`maps of ${size} atoms`, () => times(count, () => map(size, (index) => atom(`key_${index}`))))
  kind(`objects of ${size} atoms`, () => times(count, () => map(size, (index) => atom(`key_${index}`))), {
    map: 'object',
  })
  kind(`objects of ${size} texts`, () => times(count, () => map(size, (index) => `text_${index}`)), { map: 'object' })
  kind(`maps of ${size}, as no object`, (n) => times(count, () => map(size, (index) => index * 7919 + n)), {
    map: size > 0 ? 'object' : 'map',
  })
}
for (const size of [1, 3, 8, 12, 30])
  kind(`objects of ${size} new names`, (n) => times(20, (m) => map(size, (index) => `${index}_${m}_${n}`)), {
    map: 'object',
    binary: 'text',
  })
for (const size of [100, 1000])
  kind(`seeded maps of ${size}`, (n) => map(size, (index) => (BigInt(index + n) << 70n) + 7n))
kind('maps of tuples', (n) => map(100, (index) => tuple([index, n])))
kind('structs', (n) =>
  times(
    20,
    () =>
      new Map([
        [atom('__struct__'), atom('Elixir.Some')],
        [atom('at'), n],
        [atom('by'), 'x'],
      ]),
  ),
)
kind(
  'structs as objects',
  (n) =>
    times(
      20,
      () =>
        new Map([
          [atom('__struct__'), atom('Elixir.Some')],
          [atom('at'), n],
        ]),
    ),
  {
    map: 'object',
  },
)
for (const size of [0, 10, 70, 1000]) {
  for (const binary of ['bytes', 'view'])
    kind(`binaries of ${size} as ${binary}`, () => times(100, () => bytesOf(size)), { binary })
  if (size > 0) kind(`binaries of ${size} as text`, () => times(100, () => text(size)), { binary: 'text' })
}
kind('large binaries as text', () => text(200_000), { binary: 'text' })
kind('text of Latin-1', () => times(20, () => text(100, 'é')), { binary: 'text' })
kind('text of others', () => times(20, () => text(100, '€')), { binary: 'text' })
for (const float of ['number', 'boxed']) {
  kind(`floats in tuples, ${float}`, (n) => tuple(times(100, () => n + 0.5)), { float })
  kind(`floats in lists, ${float}`, (n) => times(100, () => n + 0.5), { float })
  kind(`floats and others in lists, ${float}`, (n) => times(100, (index) => (index % 2 === 0 ? n + 0.5 : NODE)), {
    float,
  })
  kind(`floats and then others in lists, ${float}`, (n) => times(100, (index) => (index < 50 ? n + 0.5 : NODE)), {
    float,
  })
  kind(`floats in short lists, ${float}`, (n) => times(50, () => [n + 0.5, n + 1.5]), { float })
  kind(
    `floats in maps, ${float}`,
    (n) =>
      map(
        50,
        (index) => index,
        () => new Float(n + 0.5),
      ),
    { float },
  )
}
for (const bits of [40, 64, 65, 128, 500, 60_000])
  kind(`integers of ${bits} bits`, (n) =>
    tuple(times(bits > 1000 ? 3 : 100, () => (1n << BigInt(bits - 1)) + BigInt(n))),
  )
kind('pids', (n) => times(100, () => new Pid(NODE, n, 0, 1)))
kind('pids of large numbers', (n) => times(100, () => new Pid(NODE, 0x8000_0000 + n, 0, 0x9000_0000)))
kind('ports', (n) => times(100, () => new Port(NODE, BigInt(n), 1)))
for (const words of [1, 3, 5])
  kind(`references of ${words}`, (n) =>
    times(
      100,
      () =>
        new Reference(
          NODE,
          1,
          times(words, () => n),
        ),
    ),
  )
kind('exported funs', () => times(100, () => new ExternalFun(NODE, NODE, 2)))
KINDS.funs = { one: (n) => fun(n), options: {} }
KINDS['funs of a binary'] = { one: (n) => fun(n, bytesOf(1000), [n]), options: {} }
kind('bit strings', () => times(100, () => new BitString(Uint8Array.of(1, 2, 0xe0), 3)))
for (const size of [0, 1, 10])
  kind(`records of ${size}`, (n) =>
    times(
      30,
      () =>
        new NativeRecord(
          NODE,
          NODE,
          true,
          times(size, (index) => [atom(`f_${index}`), n]),
        ),
    ),
  )
kind('improper lists', (n) => times(100, () => new ImproperList([n], 7)))
KINDS['lists in pieces'] = {
  one: () => Uint8Array.from([...times(200, () => [108, 0, 0, 0, 1, 97, 1]).flat(), 106]),
  options: {},
}

const ISO = atom('Elixir.Calendar.ISO')
const struct = (module, fields) =>
  new Map(
    [['__struct__', atom(`Elixir.${module}`)], ...Object.entries(fields)].map(([key, value]) => [
      typeof key === 'string' ? atom(key) : key,
      value,
    ]),
  )
const day = (n) => ({ calendar: ISO, year: 2000 + (n % 20), month: 1 + (n % 12), day: 1 + (n % 28) })
const time = (n) => ({ hour: n % 24, minute: n % 60, second: 7, microsecond: tuple([123456, 6]) })
const uri = (host, path) => ({
  scheme: 'https',
  userinfo: null,
  host,
  port: 443,
  path,
  query: null,
  fragment: null,
  authority: host,
})
const setOf = (size, element) => struct('MapSet', { map: map(size, element, () => []) })
/** What comes as text is as long as this in each of them, in characters. */
const LENGTHS = [5, 600]
/** By name, the structs that have values of their own in JavaScript. */
const STRUCTS = {
  dates: (n) => struct('Date', day(n)),
  times: (n) => struct('Time', { calendar: ISO, ...time(n) }),
  'naive times': (n) => struct('NaiveDateTime', { ...day(n), ...time(n) }),
  'points in time': (n) =>
    struct('DateTime', { ...day(n), ...time(n), time_zone: 'Etc/UTC', zone_abbr: 'UTC', utc_offset: 0, std_offset: 0 }),
  'points in time elsewhere': (n) =>
    struct('DateTime', {
      ...day(n),
      ...time(n),
      time_zone: 'Europe/Zürich€',
      zone_abbr: 'MEZ',
      utc_offset: 3600,
      std_offset: 3600,
    }),
  decimals: (n) => struct('Decimal', { sign: 1, coef: n, exp: -2 }),
  'large decimals': (n) => struct('Decimal', { sign: 1, coef: (1n << 4_000n) + BigInt(n), exp: -2 }),
  'decimals that are too large': (n) => struct('Decimal', { sign: 1, coef: (1n << 5_000n) + BigInt(n), exp: -2 }),
  'decimals that are none': () => struct('Decimal', { sign: 1, coef: atom('NaN'), exp: 0 }),
  ranges: (n) => struct('Range', { first: 1, last: n, step: 1 }),
  versions: (n) => struct('Version', { major: 1, minor: n, patch: 0, pre: [], build: null }),
  'versions with parts': (n) => struct('Version', { major: 1, minor: n, patch: 0, pre: ['rc', 1], build: 'of-today' }),
}
for (const size of [0, 4, 300]) {
  STRUCTS[`sets of ${size} integers`] = (n) => setOf(size, (index) => index + n)
  STRUCTS[`sets of ${size} texts`] = (n) => setOf(size, (index) => `text_${index}_${n}`)
  STRUCTS[`sets of ${size} atoms`] = () => setOf(size, (index) => atom(`key_${index}`))
  STRUCTS[`sets of ${size} tuples`] = (n) => setOf(size, (index) => tuple([index, n]))
}
for (const length of LENGTHS) {
  for (const letter of ['x', 'é', '€', '😀']) {
    const path = (n) => `/${n}${text(length, letter)}`
    STRUCTS[`URIs with a path of ${length} ${letter}`] = (n) => struct('URI', uri('a.example', path(n)))
    STRUCTS[`URIs with a fragment of ${length} ${letter}`] = (n) =>
      struct('URI', { ...uri('a.example', '/'), fragment: path(n) })
    STRUCTS[`exceptions of ${length} ${letter}`] = (n) =>
      struct('ArgumentError', { __exception__: true, message: path(n) })
  }
  if (length < 50)
    for (const letter of ['é', '€'])
      STRUCTS[`URIs with a host of ${length} ${letter}`] = (n) =>
        struct('URI', uri(`${text(length, letter)}${n}.example`, '/'))
}
STRUCTS['exceptions with fields'] = (n) =>
  struct('KeyError', { __exception__: true, key: n, term: [n, n], message: null })
STRUCTS['relative URIs'] = (n) => struct('URI', { ...uri(null, `/a/${n}`), scheme: null, port: null })
for (const [name, one] of Object.entries(STRUCTS)) {
  kind(`${name}, plain`, (n) => times(20, (m) => one(20 * n + m)), { values: 'plain' })
  kind(
    `${name} in exceptions in exceptions, plain`,
    (n) => times(10, (m) => nest(3, one(20 * n + m), (inner) => struct('Wrap', { __exception__: true, inner }))),
    { values: 'plain' },
  )
}
kind(
  'sets of points in time, plain',
  (n) => times(5, (m) => setOf(10, (index) => STRUCTS['points in time'](n + m + index))),
  { values: 'plain' },
)

const turn = () => new Promise((resolve) => setImmediate(resolve))
async function usedBytes() {
  for (let round = 0; round < 2; round++) {
    await turn()
    globalThis.gc()
  }
  // `external` has the array buffers in it.
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

// Where it makes arrays V8 learns what comes into them: all kinds come first, as they do in a program.
const decoders = new Map(Object.entries(KINDS).map(([name, { options }]) => [name, new TermDecoder(options)]))
for (let round = 0; round < 20; round++)
  for (const [name, decoder] of decoders) {
    const bytes = KINDS[name].one(round)
    decoder.decode(bytes, 0, bytes.length)
  }

const measured = {}
for (const [name, decoder] of decoders) {
  const { one } = KINDS[name]
  let input = one(1_000)
  decoder.decode(input, 0, input.length)
  // About four megabytes of each: what else happens in the heap is small beside it.
  const count = Math.ceil(4_000_000 / decoder.foundBytes)
  const inputs = times(count, (number) => one(1_000 + number))
  const kept = new Array(count).fill(undefined)
  let counted = 0
  const before = await usedBytes()
  for (let index = 0; index < count; index++) {
    input = inputs[index]
    kept[index] = decoder.decode(input, 0, input.length)
    counted += decoder.foundBytes
  }
  measured[name] = { counted, kept: (await usedBytes()) - before, of: kept.length + inputs.length }
}
console.log(JSON.stringify(measured))
