import { describe, expect, it } from 'vitest'
import { decodeTerm, EtfError, equals, Float, type Term, TermDecoder, tuple, writeTerm } from '../../src/index.ts'
import { ByteWriter } from '../../src/write/byte-writer.ts'

/** Terms behind one another, with a byte that belongs to none of them before and behind. */
function written(terms: readonly Term[]): Uint8Array {
  const writer = new ByteWriter()
  writer.u8(255)
  for (const term of terms) writeTerm(writer, term)
  writer.u8(255)
  return writer.take()
}

const TERMS: readonly Term[] = [
  1,
  tuple('text', [1, 2.5, new Map<Term, Term>([[tuple(new Float(1)), 'one']])]),
  new Uint8Array([1, 2, 3]),
  [[[[]]]],
]

describe('a decoder of many terms', () => {
  it('reads them one after the other, as decodeTerm does', () => {
    const bytes = written(TERMS)
    const decoder = new TermDecoder({ binary: 'text', float: 'boxed' })
    let at = 1
    for (const _ of TERMS) {
      const alone = decodeTerm(bytes, at, { binary: 'text', float: 'boxed' })
      expect(equals(decoder.decode(bytes, at, bytes.length), alone.value)).toBe(true)
      expect(decoder.end).toBe(alone.end)
      at = alone.end
    }
    expect(at).toBe(bytes.length - 1)
  })

  it('does not read behind the end it is given, and is usable after an error', () => {
    const bytes = written(TERMS)
    const decoder = new TermDecoder()
    const { end } = decodeTerm(bytes, 3)
    for (let cut = 3; cut < end; cut++) {
      expect(() => decoder.decode(bytes, 3, cut)).toThrow(expect.objectContaining({ code: 'ETF_TRUNCATED' }))
    }
    expect(equals(decoder.decode(bytes, 3, end), decodeTerm(bytes, 3).value)).toBe(true)
    expect(decoder.end).toBe(end)
  })

  it('does not read behind the end of what nests deeply', () => {
    let term: Term = [700]
    for (let level = 0; level < 300; level++) term = tuple(term)
    const bytes = written([term])
    const decoder = new TermDecoder()
    expect(equals(decoder.decode(bytes, 1, bytes.length - 1), term)).toBe(true)
    for (let cut = 1; cut < bytes.length - 1; cut++) {
      expect(() => decoder.decode(bytes, 1, cut)).toThrow(expect.objectContaining({ code: 'ETF_TRUNCATED' }))
    }
  })

  it('refuses an end outside the bytes, and options that do not exist', () => {
    expect(() => new TermDecoder().decode(new Uint8Array([97, 1]), 0, 3)).toThrow(EtfError)
    expect(() => new TermDecoder({ binary: 'string' as 'text' })).toThrow(
      expect.objectContaining({ code: 'ETF_BAD_OPTION' }),
    )
  })

  it('names the atoms of the header that it is given', () => {
    const decoder = new TermDecoder()
    expect(() => decoder.decode(new Uint8Array([82, 0]), 0, 2)).toThrow(
      expect.objectContaining({ code: 'ETF_BAD_ATOM_REF' }),
    )
  })
})
