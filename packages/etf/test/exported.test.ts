import {
  argument,
  call,
  EVERY_ODD_VALUE,
  making,
  ODD_FUNCTIONS,
  ODD_OPTIONS,
  ODD_TEXTS,
  type Odd,
  testOddArguments,
} from '@dynsrv/tools/odd-values'
import { testSoundOptions } from '@dynsrv/tools/options'
import { expect, it } from 'vitest'
import * as api from '../src/index.ts'

const { atom, encode, t, tuple } = api

/** Any value, as a term: it has one, or a coded error says why not. */
const term = argument(() => 1, EVERY_ODD_VALUE)
const options = argument(() => ({}), ODD_OPTIONS)
const bytes = argument(() => encode('odd'), 'bytes')
const node = argument(() => atom('a@b'))
const number = (value: number, ...takes: readonly Odd[]) => argument(() => value, takes)
const u32 = number(1, 'zero')
const writer = argument(() => new api.ByteWriter())
const list = argument(() => [1], 'a sparse array')
const flag = argument(() => true, 'true', 'false')
const anything = argument(() => 1, EVERY_ODD_VALUE)
const matcher = argument(() => t.any())
const FILLED = ODD_TEXTS.filter((odd) => odd !== 'an empty text')
const bound = argument(() => 1, 'undefined', 'null', 'zero', 'a negative number', 'a huge number', 'a bigint')

const text = { toString: call(), toJSON: call() }
const identifier = { ...text, equals: call(anything) }
const valueText = { ...text, valueOf: call() }
const day = new api.PlainDate(2024, 1, 31)
const noon = new api.PlainTime(12, 0)
const codec = { decode: () => ({}), encode: () => ({}) }
const fields = argument(
  () => ({}),
  'an empty object',
  'an object without prototype',
  'an object of another kind',
  'a circle',
)
const callback = argument(() => () => undefined, ODD_FUNCTIONS)

it('no atom is made with new, for two of one name would not be equal', () => {
  expect(() => Reflect.construct(api.Atom, ['a', encode('a')])).toThrow(
    expect.objectContaining({ code: 'ETF_BAD_OPTION', message: expect.stringContaining('atom(name)') }),
  )
})

const { Atom: _, ...others } = api

testOddArguments(others, {
  AtomShare: making([], {}),
  Binary: making([bytes, number(0, 'zero', 'undefined'), number(1, 'zero', 'undefined')], {
    ...text,
    toBytes: call(),
  }),
  BitString: making([bytes, number(3)], text),
  ByteWriter: making(
    [number(16, 'zero', 'undefined'), number(16, 'zero', 'undefined', 'a fraction', 'a huge number', 'Infinity')],
    {
      u8: call(number(1, 'zero')),
      u16: call(number(1, 'zero')),
      u32: call(u32),
      bytes: call(bytes),
      share: call(bytes),
      reserve: call(number(1, 'zero')),
      truncate: call(number(0, 'zero')),
      reset: call(),
      written: call(),
      take: call(),
      takeParts: call(),
    },
    ['setU32'],
  ),
  ExternalFun: making([node, node, number(1, 'zero')], text),
  Float: making([number(1, 'zero', 'a negative number', 'a fraction', 'a huge number')], { ...text, valueOf: call() }),
  Fun: making(
    [node, number(1, 'zero'), u32, number(1, 'zero', 'a negative number'), argument(() => Uint8Array.of(112))],
    text,
  ),
  ImproperList: making(
    [
      list,
      argument(
        () => 1,
        EVERY_ODD_VALUE.filter((odd) => !odd.endsWith('array')),
      ),
    ],
    text,
  ),
  LocalTerm: making([bytes], text),
  Matcher: making(
    [
      argument(() => 'odd', ODD_TEXTS),
      argument(() => () => ({ ok: true, value: 1 }), ODD_FUNCTIONS),
      argument(() => () => ({ ok: true, value: 1 }), 'undefined', ODD_FUNCTIONS),
    ],
    {
      match: call(
        term,
        argument(() => '', 'undefined', ODD_TEXTS),
      ),
      describe: call(argument(() => 'elixir', 'undefined')),
      test: call(term),
      parse: call(term),
      decode: call(bytes, options),
      unmatch: call(
        anything,
        argument(() => '', 'undefined', ODD_TEXTS),
      ),
      write: call(anything),
      map: call(
        callback,
        argument(() => undefined, 'undefined', ODD_FUNCTIONS),
      ),
    },
    [],
  ),
  NativeRecord: making([node, node, flag, argument(() => [[atom('a'), 1]], 'an empty array')], text),
  Pid: making([node, u32, u32, u32], identifier),
  Port: making([node, argument(() => 1n, 'a bigint'), u32], identifier),
  Reference: making([node, u32, argument(() => [1, 2, 3])], identifier),
  SeededMap: making(
    [argument(() => [[1, 2]], 'undefined', 'null', 'an empty array', 'a map')],
    {
      get: call(anything),
      has: call(anything),
      set: call(anything, anything),
      delete: call(anything),
      clear: call(),
    },
    // As in a Map; what a callback throws is its own.
    ['entries', 'forEach', 'keys', 'values'],
  ),
  TermDecoder: making([options], {
    decode: call(
      argument(() => encode('odd')),
      number(1, 'zero'),
      number(6),
      argument(() => [], 'undefined', 'an empty array', 'a sparse array'),
    ),
    atom: call(argument(() => 'ok', ODD_TEXTS)),
  }),
  TermEncoder: making([options], { write: call(writer, term) }),
  Tuple: making([argument(() => [1], 'a sparse array', 'an empty array')], text),
  Decimal: making(
    [number(1, 'a negative number'), argument(() => 1n, 'a bigint'), number(1, 'zero', 'a negative number')],
    valueText,
  ),
  PlainDate: making([number(2024, 'zero', 'a negative number'), number(1), number(1)], text),
  PlainDateTime: making([argument(() => day), argument(() => noon)], text),
  PlainTime: making(
    [
      number(1, 'zero'),
      number(1, 'zero'),
      number(1, 'zero', 'undefined'),
      number(1, 'zero', 'undefined'),
      number(6, 'zero', 'undefined'),
    ],
    text,
  ),
  Range: making(
    [
      number(1, 'zero', 'a negative number'),
      number(2, 'zero', 'a negative number'),
      number(1, 'undefined', 'a negative number'),
    ],
    text,
  ),
  StructType: making([argument(() => 'A'), argument(() => codec)], { encode: call(anything) }, ['decode']),
  Version: making(
    [
      number(1, 'zero'),
      number(1, 'zero'),
      number(1, 'zero'),
      argument(() => [], 'undefined', 'an empty array'),
      argument(() => 'b', 'undefined', 'null', ODD_TEXTS),
    ],
    text,
  ),
  atom: call(argument(() => 'a', ODD_TEXTS)),
  atoms: call(fields),
  charlist: call(
    argument(
      () => 'a',
      ODD_TEXTS.filter((odd) => odd !== 'half a character'),
    ),
  ),
  decode: call(bytes, options),
  decodeFirst: call(bytes, options),
  decodeTerm: call(bytes, number(1, 'zero'), options),
  encode: call(term, options),
  encodeInto: call(writer, term, options),
  encodedLength: call(term, options),
  isLargeId: call(bytes, number(1, 'zero')),
  equals: call(term, term),
  fromJson: call(argument(() => 1, EVERY_ODD_VALUE)),
  inspect: call(term, options),
  mismatchText: call(
    argument(() => ({ path: '', expected: 'odd', found: 1 })),
    argument(() => 'elixir', 'undefined'),
  ),
  clause: call(
    argument(() => [t.any()], 'an empty array'),
    argument(() => t.any()),
  ),
  contract: call(
    argument(() => 'lists', 'a text', 'a control character'),
    argument(() => ({ f: { name: 'f', clauses: [] } }), 'an empty object', 'an object without prototype'),
  ),
  contractClient: call(
    argument(() => api.contract('lists', {})),
    argument(() => async () => 1, ODD_FUNCTIONS),
  ),
  isEtfError: call(anything),
  struct: call(
    argument(() => 'A'),
    fields,
  ),
  toJson: call(term),
  tuple: call(term, term),
  writeTerm: call(writer, term, options),
})

testOddArguments(t, {
  any: call(),
  anyTuple: call(),
  bits: call(
    argument(() => 8, 'undefined', 'zero'),
    argument(() => 1, 'undefined', 'zero'),
  ),
  chardata: call(),
  float: call(),
  fun: call(argument(() => 1, 'undefined', 'zero')),
  improperList: call(matcher, matcher),
  integer: call(bound, bound),
  iodata: call(),
  iolist: call(),
  keywords: call(argument(() => ({ a: t.any() }), 'an empty object', 'an object without prototype')),
  lazy: call(
    argument(() => 'name', FILLED),
    argument(() => () => t.any(), ODD_FUNCTIONS),
  ),
  never: call(),
  nonEmpty: call(matcher),
  object: call(
    argument(() => ({ a: t.any() }), 'an empty object', 'an object without prototype'),
    argument(() => ({}), ODD_OPTIONS),
  ),
  opaque: call(
    argument(() => 'name', ODD_TEXTS, 'an empty text'),
    matcher,
  ),
  pairs: call(argument(() => ({ key: t.any(), value: t.any() }))),
  port: call(),
  range: call(bound, bound),
  atom: call(argument(() => 'a', ODD_TEXTS)),
  bigint: call(),
  boolean: call(),
  bytes: call(
    argument(() => 8, 'undefined', 'zero'),
    argument(() => 1, 'undefined', 'zero'),
  ),
  charlist: call(argument(() => 1, 'undefined', 'zero')),
  cons: call(matcher, matcher),
  fields: call(
    argument(() => ({ a: t.any() }), 'an empty object', 'an object without prototype'),
    argument(() => ({}), ODD_OPTIONS),
  ),
  instance: call(argument(() => Date, 'a class')),
  int: call(),
  keyword: call(argument(() => ({ a: t.any() }), 'an empty object', 'an object without prototype')),
  list: call(matcher),
  literal: call(term),
  map: call(matcher, matcher),
  number: call(),
  optional: call(matcher),
  pid: call(),
  reference: call(),
  result: call(
    argument(() => t.any(), 'undefined'),
    argument(() => t.any(), 'undefined'),
  ),
  set: call(matcher),
  text: call(),
  tuple: call(matcher, matcher),
  union: call(matcher, matcher),
})

const setU32 = (at: number, value: number) => {
  const out = new api.ByteWriter()
  out.u32(0)
  out.setU32(at, value)
}

testOddArguments({ setU32 }, { setU32: call(number(0, 'zero'), u32) })

testOddArguments(
  Object.fromEntries(
    Object.entries({
      any: t.any(),
      bits: t.bits(),
      chardata: t.chardata(),
      float: t.float(),
      fun: t.fun(),
      improperList: t.improperList(t.any(), t.any()),
      integer: t.integer(),
      iodata: t.iodata(),
      iolist: t.iolist(),
      keywords: t.keywords({ a: t.any() }),
      lazy: t.lazy('name', () => t.any()),
      nonEmpty: t.nonEmpty(t.any()),
      object: t.object({ a: t.any() }),
      opaque: t.opaque('name', t.any()),
      pairs: t.pairs({ key: t.any(), value: t.any() }),
      range: t.range(),
      atom: t.atom(),
      bytes: t.bytes(),
      charlist: t.charlist(),
      cons: t.cons(t.any(), t.any()),
      fields: t.fields({ a: t.any() }),
      instance: t.instance(Date),
      keyword: t.keyword({ a: t.any() }),
      list: t.list(t.int()),
      set: t.set(t.any()),
      literal: t.literal(tuple(1)),
      map: t.map(t.any(), t.any()),
      text: t.text(),
      result: t.result(t.any()),
      tuple: t.tuple(t.any()),
      union: t.union(t.int(), t.text()),
    }).map(([name, shape]) => [`t.${name}`, (value: api.Term) => shape.test(value)]),
  ),
  Object.fromEntries(
    [
      'any',
      'bits',
      'chardata',
      'float',
      'fun',
      'improperList',
      'integer',
      'iodata',
      'iolist',
      'keywords',
      'lazy',
      'nonEmpty',
      'object',
      'opaque',
      'pairs',
      'range',
      'atom',
      'bytes',
      'charlist',
      'cons',
      'fields',
      'instance',
      'keyword',
      'list',
      'literal',
      'map',
      'result',
      'set',
      'text',
      'tuple',
      'union',
    ].map((name) => [`t.${name}`, call(term)]),
  ),
)

testSoundOptions(
  new URL('../src/index.ts', import.meta.url),
  {
    DecodeOptions: { take: (given) => api.decode(encode(1), given), nested: { limits: {} } },
    DecodeTermOptions: { take: (given) => api.decodeTerm(encode(1), 1, given), nested: { limits: {} } },
    EncodeOptions: { take: (given) => encode(1, given) },
    FieldsOptions: { take: (given) => t.fields({}, given) },
    ObjectOptions: { take: (given) => t.object({}, given) },
    InspectOptions: { take: (given) => api.inspect(1, given) },
    StructOptions: { take: (given) => new api.StructType('A', { ...codec, ...given }) },
    WriteOptions: { take: (given) => api.writeTerm(new api.ByteWriter(), 1, given) },
  },
  {
    CodedErrorOptions: 'the details of an error: making one never throws',
    EtfErrorOptions: 'the details of an error: making one never throws',
  },
)
