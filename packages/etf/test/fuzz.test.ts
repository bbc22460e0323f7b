import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import {
  Decimal,
  decode,
  EtfError,
  encode,
  equals,
  inspect,
  PlainDate,
  PlainTime,
  Range,
  struct as structOf,
  type Term,
  Version,
} from '../src/index.ts'
import { term } from './arbitrary-term.ts'

const BOXED = { float: 'boxed' } as const

/** Values that stand for structs. */
const struct: fc.Arbitrary<Term> = fc.oneof(
  fc.date({ noInvalidDate: true, min: new Date('0000-01-01'), max: new Date('9999-12-31') }),
  fc.tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 12 })).map(([y, m]) => new PlainDate(y, m, 28)),
  fc.nat({ max: 999_999 }).map((micro) => new PlainTime(1, 2, 3, micro, 6)),
  fc.webUrl().map((url) => new URL(url)),
  fc.tuple(fc.bigInt({ min: 0n }), fc.integer()).map(([coef, exp]) => new Decimal(-1, coef, exp)),
  fc.tuple(fc.integer(), fc.integer()).map(([first, last]) => new Range(first, last)),
  fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.integer())).map((list) => new Set(list)),
  fc.constant(Version.from('1.2.3-rc.1')),
  fc.string({ unit: 'grapheme' }).map((message) => structOf('ArgumentError', { __exception__: true, message })),
)

const OPTIONS = fc.record({
  values: fc.constantFrom('exact', 'plain'),
  structs: fc.boolean(),
  binary: fc.constantFrom('bytes', 'text', 'view'),
  map: fc.constantFrom('map', 'object'),
  float: fc.constantFrom('number', 'boxed'),
})

describe('a corrupted encoding', () => {
  it('still decodes or raises EtfError, nothing else, and a value encodes and prints', () => {
    const corruption = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(fc.oneof(term, struct, fc.array(struct)), corruption, OPTIONS, (value, flips, options) => {
        const bytes = encode(value).slice()
        for (const [position, flip] of flips) bytes[1 + (position % (bytes.length - 1))]! ^= flip
        let decoded: ReturnType<typeof decode>
        try {
          decoded = decode(bytes, options)
        } catch (error) {
          expect(error).toBeInstanceOf(EtfError)
          const { offset, code } = error as EtfError
          if (code !== 'ETF_TRAILING_BYTES') expect(offset).toBeLessThanOrEqual(bytes.length)
          return
        }
        expect(inspect(decoded)).toBeTypeOf('string')
        expect(encode(decoded).length).toBeGreaterThan(1)
        // With every float boxed nothing is lost, whatever the values.
        if (options.float === 'boxed') expect(equals(decode(encode(decoded), BOXED), decode(bytes, BOXED))).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('bytes from anywhere', () => {
  it('decode or raise EtfError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decode(new Uint8Array([131, ...bytes]))
        } catch (error) {
          expect(error).toBeInstanceOf(EtfError)
        }
      }),
      { numRuns: 3_000 },
    )
  })
})
