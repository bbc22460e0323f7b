import fc from '@dynsrv/tools/property'
import { afterAll, describe, expect, it } from 'vitest'
import {
  atom,
  decode,
  ExternalFun,
  encode,
  Float,
  ImproperList,
  inspect,
  NativeRecord,
  Pid,
  Port,
  Reference,
  type Term,
  tuple,
} from '../../src/index.ts'
import { knownTo } from '../arbitrary-term.ts'
import { BeamPeer, OTP_RELEASE } from '../beam-peer.ts'

const { leaf, term } = knownTo(OTP_RELEASE)
const peer = new BeamPeer()
afterAll(() => peer[Symbol.asyncDispose]())

const mapOf = (keys: Iterable<Term>) => new Map<Term, Term>([...keys].map((key) => [key, 1]))
/** The keys as they stand in an encoding, printed. */
const keysIn = (bytes: Uint8Array) =>
  [...(decode(bytes, { float: 'boxed' }) as Map<Term, Term>).keys()].map((key) => inspect(key))

/** Keys that are near one another, so that each rule of the order decides now and then. */
const near = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: -3, max: 3 }).map((value) => new Float(value)),
  fc.integer({ min: -3, max: 3 }).map((value) => value + 0.5),
  fc.bigInt({ min: 2n ** 53n - 2n, max: 2n ** 53n + 2n }),
  fc.constantFrom(new Float(2 ** 53), new Float(1e30), 10n ** 30n, -(10n ** 30n), new Float(-1e30)),
  fc.constantFrom('', 'a', 'ab', 'b', 'é', atom('a'), atom('ab'), atom('é'), atom(''), true, null, undefined),
)
const inNear = fc.oneof(
  near,
  fc.array(near, { maxLength: 3 }),
  fc.array(near, { maxLength: 3 }).map((elements) => tuple(...elements)),
  fc.tuple(near, fc.constantFrom(0, atom('a'), 'a')).map(([first, tail]) => new ImproperList([first, 1], tail)),
  fc.uniqueArray(near, { maxLength: 3, selector: (key) => inspect(key) }).map(mapOf),
)
const deep = fc.oneof(
  inNear,
  fc.tuple(inNear, inNear).map(([a, b]) => tuple(a, b)),
  fc.array(inNear, { maxLength: 2 }),
  fc.tuple(inNear, inNear).map(([key, value]) => new Map<Term, Term>([[key, value]])),
)
const node = fc.constantFrom(atom('a@h'), atom('b@h'))
const small = fc.integer({ min: 0, max: 2 })
const identifier = fc.oneof(
  fc.tuple(node, small, small, small).map(([name, id, serial, creation]) => new Pid(name, id, serial, 5 + creation)),
  fc.tuple(node, small, small).map(([name, id, creation]) => new Port(name, BigInt(id), 5 + creation)),
  fc
    .tuple(node, small, small, small, small)
    .map(([name, creation, ...words]) => new Reference(name, 5 + creation, words)),
  fc.tuple(small, small, small).map(([m, f, arity]) => new ExternalFun(atom(`m${m}`), atom(`f${f}`), arity)),
)

describe.skipIf(OTP_RELEASE < 24)('the deterministic order of keys', () => {
  it.each([
    ['numbers, texts and atoms', near],
    ['containers of them, one in another', deep],
    ['identifiers and functions', identifier],
    ['all kinds of leaves', leaf],
    ['any terms', term],
  ])(
    'is that of BEAM: %s',
    async (_what, key) => {
      const keys = fc.uniqueArray(key, { maxLength: 40, selector: (one) => inspect(one) })
      await fc.assert(
        fc.asyncProperty(keys, async (all) => {
          const ours = encode(mapOf(all), { deterministic: true })
          expect(keysIn(ours)).toStrictEqual(keysIn(await peer.deterministic(ours)))
        }),
        { numRuns: 400 },
      )
    },
    60_000,
  )

  it('is the same whatever the order of insertion, and for plain objects', () => {
    fc.assert(
      fc.property(fc.uniqueArray(deep, { maxLength: 12, selector: (one) => inspect(one) }), (all) => {
        const one = encode(mapOf(all), { deterministic: true })
        const other = encode(mapOf(all.toReversed()), { deterministic: true })
        expect(Buffer.compare(one, other)).toBe(0)
      }),
    )
    const objects = [
      { b: 1, a: 2 },
      { a: 2, b: 1 },
    ]
    for (const keys of ['text', 'atom'] as const) {
      const [one, other] = objects.map((object) =>
        encode([object, mapOf([object, { c: 1 }])], { deterministic: true, keys }),
      )
      expect(Buffer.compare(one!, other!)).toBe(0)
    }
  })

  it('puts native records between tuples and maps', () => {
    const record = (name: string, field: string, value: Term) =>
      new NativeRecord(atom('m'), atom(name), false, [[atom(field), value]])
    const keys = [
      mapOf([]),
      record('b', 'a', 1),
      record('a', 'b', 1),
      record('a', 'a', 2),
      record('a', 'a', 1),
      tuple(1),
    ]
    const order = decode(encode(mapOf(keys), { deterministic: true })) as Map<Term, Term>
    expect([...order.keys()].map((key) => inspect(key))).toStrictEqual(keys.toReversed().map((key) => inspect(key)))
  })
})
