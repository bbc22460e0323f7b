import { describe, expect, it } from 'vitest'
import { Binary, decode, encode, Float } from '../../src/index.ts'

const BYTES = encode(new Map<string, number | Float>([['a', new Float(1)]]))
const BINARY = encode('text')
const fails = (code: string) => expect.objectContaining({ name: 'EtfError', code })

describe('the options of one call', () => {
  it('say nothing for the next', () => {
    for (let round = 0; round < 3; round++) {
      expect(decode(BINARY)).toStrictEqual(new Uint8Array(Buffer.from('text')))
      expect(decode(BINARY, { binary: 'text' })).toBe('text')
      expect(decode(BINARY, { binary: 'view' })).toBeInstanceOf(Binary)
      expect(decode(BYTES, { map: 'object' })).toStrictEqual({ a: 1 })
      expect(decode(BYTES, { map: 'object', float: 'boxed' })).toStrictEqual({ a: new Float(1) })
      expect(decode(BYTES, { binary: 'text' })).toStrictEqual(new Map([['a', 1]]))
      expect(() => decode(BYTES, { binary: 'text', limits: { memoryBytes: 1 } })).toThrow(fails('ETF_LIMIT_MEMORY'))
      expect(decode(BYTES, { binary: 'text' })).toStrictEqual(new Map([['a', 1]]))
    }
  })

  it('are checked each time, and a failed call leaves nothing behind', () => {
    for (let round = 0; round < 2; round++) {
      expect(() => decode(BINARY, { binary: 'words' as 'text' })).toThrow(fails('ETF_BAD_OPTION'))
      expect(() => decode(BINARY.subarray(0, 7))).toThrow(fails('ETF_TRUNCATED'))
      expect(() => decode(Buffer.concat([BINARY, BINARY]))).toThrow(fails('ETF_TRAILING_BYTES'))
      expect(() => decode(new Uint8Array([131]))).toThrow(fails('ETF_TRUNCATED'))
      expect(decode(BINARY)).toStrictEqual(new Uint8Array(Buffer.from('text')))
    }
  })
})
