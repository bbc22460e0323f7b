import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import { decode, EtfError, encode, inspect } from '../src/index.ts'
import { term } from './arbitrary-term.ts'

const OPTIONS = fc.record({
  binary: fc.constantFrom('bytes', 'text', 'view'),
  map: fc.constantFrom('map', 'object'),
  float: fc.constantFrom('number', 'boxed'),
})

describe('a corrupted encoding', () => {
  it('still decodes or raises EtfError, nothing else, and a value encodes and prints', () => {
    const corruption = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(term, corruption, OPTIONS, (value, flips, options) => {
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
