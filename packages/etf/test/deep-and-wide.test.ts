import { inspect as inspectValue } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  Atom,
  atom,
  atoms,
  ByteWriter,
  charlist,
  decode,
  decodeFirst,
  decodeTerm,
  ElixirError,
  encode,
  encodedLength,
  encodeInto,
  equals,
  fromJson,
  ImproperList,
  inspect,
  isEtfError,
  type Json,
  NativeRecord,
  SeededMap,
  type Term,
  TermDecoder,
  TermEncoder,
  Tuple,
  t,
  toJson,
  tuple,
  writeTerm,
} from '../src/index.ts'

/**
 * By default deeper than calls nest, and wider than a call takes arguments; `DEEP=100000 WIDE=1000000` shows, too, what takes
 * more time than in proportion.
 */
const [DEPTH, WIDTH] = [Number(process.env.DEEP ?? 15_000), Number(process.env.WIDE ?? 130_000)]
const MOST = { maxDepth: 1_000_000 }
const ROOM = { limits: { depth: 1_000_000 } }

/** Puts a term inside another, again and again. */
function nested(wrap: (inner: Term, depth: number) => Term): Term {
  let term: Term = []
  for (let depth = 0; depth < DEPTH; depth++) term = wrap(term, depth)
  return term
}

const STRUCT = atom('__struct__')
const WRAPS: Readonly<Record<string, (inner: Term) => Term>> = {
  lists: (inner) => [inner],
  tuples: (inner) => tuple(inner),
  maps: (inner) => new Map([[1, inner]]),
  keys: (inner) => new Map([[inner, 1]]),
  objects: (inner) => ({ a: inner }),
  improper: (inner) => new ImproperList([inner], 1),
  records: (inner) => new NativeRecord(atom('m'), atom('r'), true, [[atom('f'), inner]]),
  sets: (inner) => new Set([inner]),
  structs: (inner) =>
    new Map<Term, Term>([
      [STRUCT, atom('Elixir.Foo')],
      [atom('a'), inner],
    ]),
  mapSets: (inner) =>
    new Map<Term, Term>([
      [STRUCT, atom('Elixir.MapSet')],
      [atom('map'), new Map([[inner, []]])],
    ]),
}
const kinds = Object.values(WRAPS)

const wide = <T>(each: (index: number) => T): T[] => Array.from({ length: WIDTH }, (_, index) => each(index))

/** Made once for each, since they take their time. */
const TERMS: Readonly<Record<string, () => Term>> = {
  ...Object.fromEntries(Object.entries(WRAPS).map(([name, wrap]) => [`${name}, deep`, () => nested(wrap)])),
  'all kinds, deep': () => nested((inner, depth) => kinds[depth % kinds.length]!(inner)),
  'a list, wide': () => wide(() => 65),
  'a list of many kinds, wide': () => wide((index) => (index % 2 === 0 ? index + 0.5 : `a${index}`)),
  'a tuple, wide': () => new Tuple(wide(() => atom('a'))),
  'a map, wide': () => new Map(wide((index) => [index, index])),
  'an object, wide': () => Object.fromEntries(wide((index) => [`k${index}`, index])),
  'a set, wide': () => new Set(wide((index) => index)),
  'an improper list, wide': () =>
    new ImproperList(
      wide(() => 1),
      2,
    ),
  'a keyword list, wide': () => wide((index) => tuple(atom('k'), index)),
  'a key, wide': () => new Map([[wide(() => 1), 1]]),
  'text, long': () => 'x'.repeat(WIDTH),
  'bytes, long': () => new Uint8Array(WIDTH).fill(255),
}

/** Each public function that walks a term. What it does not take it refuses with a code. */
const FUNCTIONS: Readonly<Record<string, (term: Term, same: Term) => unknown>> = {
  encode: (term) => encode(term),
  'encode, as deep as it is': (term) => encode(term, MOST),
  'encode, deterministic': (term) => encode(term, { ...MOST, deterministic: true }),
  'encode, compressed': (term) => encode(term, { ...MOST, compressed: true }),
  'encode with what has no term inside': (term) => encode([term, Number.NaN], MOST),
  encodedLength: (term) => encodedLength(term, MOST),
  encodeInto: (term) => encodeInto(new ByteWriter(), term, MOST),
  writeTerm: (term) => writeTerm(new ByteWriter(), term, MOST),
  'TermEncoder.write': (term) => new TermEncoder(MOST).write(new ByteWriter(), term),
  decode: (term) => decode(encode(term, MOST), ROOM),
  'decode, in default limits': (term) => decode(encode(term, MOST)),
  'decode, plain': (term) => decode(encode(term, MOST), { ...ROOM, values: 'plain' }),
  decodeFirst: (term) => decodeFirst(encode(term, MOST), ROOM),
  decodeTerm: (term) => decodeTerm(encode(term, MOST), 1, ROOM),
  TermDecoder: (term) => {
    const bytes = encode(term, MOST)
    return new TermDecoder(ROOM).decode(bytes, 1, bytes.length)
  },
  'what came in plain, shown': (term) => inspect(decode(encode(term, MOST), { ...ROOM, values: 'plain' })),
  'what came in plain, again': (term) => encode(decode(encode(term, MOST), { ...ROOM, values: 'plain' }), MOST),
  'what came in plain, as JSON': (term) => toJson(decode(encode(term, MOST), { ...ROOM, values: 'plain' })),
  inspect: (term) => inspect(term),
  'inspect, as Elixir': (term) => inspect(term, { syntax: 'elixir' }),
  toJson: (term) => toJson(term),
  fromJson: (term) => fromJson(term as Json),
  equals: (term, same) => equals(term, same),
  'equals, one level off': (term, same) => equals(term, [same]),
  atoms: (term) => atoms(term as Record<string, Term>),
  charlist: (term) => charlist(term as string),
  SeededMap: (term) => new SeededMap([[term, 1]]).get(term),
  ElixirError: (term) => String(new ElixirError(term as never)),
  't.any': (term) => t.any().write(t.any().parse(term)),
  't.literal': (term, same) => t.literal(term).parse(same),
  't.int': (term) => t.int().parse(term),
  't.text': (term) => t.text().parse(term),
  't.bytes': (term) => t.bytes().parse(term),
  't.charlist': (term) => t.charlist().parse(term),
  't.list': (term) => t.list(t.int()).parse(term),
  't.tuple': (term) => t.tuple(t.int()).parse(term),
  't.map': (term) => t.map(t.int(), t.any()).parse(term),
  't.map of values': (term) => t.map(t.any(), t.int()).parse(term),
  't.set': (term) => t.set(t.any()).parse(term),
  't.fields': (term) => t.fields({ a: t.int() }).parse(term),
  't.keyword': (term) => t.keyword({ k: t.text() }).parse(term),
  't.cons': (term) => t.cons(t.int(), t.int()).parse(term),
  't.instance': (term) => t.instance(Date).parse(term),
  't.union': (term) => t.union(t.int(), t.list(t.text())).parse(term),
  't.result': (term) => t.result(t.int()).parse(term),
}

describe.each(Object.keys(TERMS))('%s', (name) => {
  let term: Term
  let same: Term
  beforeAll(() => {
    term = TERMS[name]!()
    same = TERMS[name]!()
  })

  it.each(Object.keys(FUNCTIONS))('%s works, or refuses it with a code', (called) => {
    try {
      FUNCTIONS[called]!(term, same)
    } catch (error) {
      expect(isEtfError(error), String(error).slice(0, 500)).toBe(true)
      expect((error as Error).message.length).toBeLessThan(2_000)
    }
  })

  it('its own methods work, or refuse it with a code', () => {
    // What JavaScript itself makes of arrays and plain objects is not ours.
    if (term === null || typeof term !== 'object' || Array.isArray(term)) return
    if (!(term instanceof Tuple || term instanceof ImproperList || term instanceof NativeRecord)) return
    expect(term.toString().length).toBeGreaterThan(DEPTH)
    expect(inspectValue(term).length).toBeGreaterThan(DEPTH)
    try {
      JSON.stringify(term)
    } catch (error) {
      expect(isEtfError(error), String(error).slice(0, 500)).toBe(true)
    }
  })
})

it('a path that is long, and keys that are, are shown by their ends', () => {
  const refused = (term: Term): string => {
    try {
      encode(term, MOST)
    } catch (error) {
      return (error as Error).message
    }
    return ''
  }
  const deep = (leaf: unknown): Term => {
    let term = leaf as Term
    for (let depth = 0; depth < 1_000; depth++) term = [0, term]
    return term
  }
  expect(refused(deep(Symbol('x')))).toMatch(/^(\[1\]){50}…(\[1\]){50}: /)
  expect(refused(new Map([['x'.repeat(1_000), Symbol('x') as unknown as Term]]))).toMatch(/^\.get\(<<"x{100,130}…\): /)
})

it('an atom that is deep inside is found again in no time', () => {
  const name = 'inside'
  expect(inspect(nested((inner) => tuple(atom(name), inner)))).toContain(Atom.of(name).name)
})
