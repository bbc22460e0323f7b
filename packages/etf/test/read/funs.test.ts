import { describe, expect, it } from 'vitest'
import { atom, decode, decodeTerm, encode, Fun, Pid, type Term, writeTerm } from '../../src/index.ts'
import { ByteWriter } from '../../src/write/byte-writer.ts'

const NODE = atom('a@localhost')
const NAMES = [NODE, atom('module'), atom('a_free_variable')]
const inline = (): number => -1
const fromHeader = (name: unknown): number => (NAMES as unknown[]).indexOf(name)

/** A fun as BEAM writes it, around what `inner` writes. */
function writeFun(writer: ByteWriter, atomRef: typeof fromHeader, count: number, inner: () => void): void {
  const start = writer.length
  writer.u8(112)
  writer.u32(0)
  writer.u8(1)
  writer.bytes(new Uint8Array(16).fill(7))
  writer.u32(3)
  writer.u32(count)
  for (const term of [NAMES[1], 3, 77, new Pid(NODE, 1, 2, 3)] as Term[]) writeTerm(writer, term, { atomRef })
  inner()
  writer.setU32(start + 1, writer.length - start - 1)
}

/** Funs inside a map and a list inside a fun, with atoms before, between and behind them. */
function written(atomRef: typeof fromHeader): Uint8Array {
  const writer = new ByteWriter()
  const leaf = (value: Term) => writeFun(writer, atomRef, 1, () => writeTerm(writer, value, { atomRef }))
  writeFun(writer, atomRef, 3, () => {
    writeTerm(writer, NAMES[2]!, { atomRef })
    writer.u8(116)
    writer.u32(2)
    leaf(1)
    writeTerm(writer, NAMES[2]!, { atomRef })
    leaf(2)
    writeTerm(writer, 1.5, { atomRef })
    writer.u8(108)
    writer.u32(2)
    leaf([NAMES[2]!, NAMES[0]!])
    // An integer in more bytes than it needs: nothing is written anew that stays as it is.
    writer.bytes(new Uint8Array([98, 0, 0, 0, 1]))
    writer.u8(106)
  })
  return writer.take()
}

describe('a fun', () => {
  it('is kept byte for byte, and a copy of its own', () => {
    const bytes = written(inline)
    const input = Buffer.concat([Buffer.from([131]), bytes])
    const fun = decode(input) as Fun
    expect(fun).toBeInstanceOf(Fun)
    input.fill(0)
    expect(Buffer.compare(fun.bytes, bytes)).toBe(0)
    expect(Buffer.compare(encode(fun).subarray(1), bytes)).toBe(0)
  })

  it('is kept as it would have come with its atoms in place, the sizes of the funs inside it too', () => {
    const bytes = written(fromHeader)
    expect(bytes.length).toBeLessThan(written(inline).length - 100)
    const { value, end } = decodeTerm(bytes, 0, { atoms: NAMES })
    expect(end).toBe(bytes.length)
    expect(Buffer.from((value as Fun).bytes).toString('hex')).toBe(Buffer.from(written(inline)).toString('hex'))
    const two = Buffer.concat([Buffer.from([104, 2]), bytes, bytes])
    for (const one of (decodeTerm(two, 0, { atoms: NAMES }).value as { elements: Fun[] } & Term).elements) {
      expect(Buffer.compare(one.bytes, written(inline))).toBe(0)
    }
  })

  it.each([
    ['atoms in place', inline],
    ['atoms of a header', fromHeader],
  ])(
    'inside thousands of others is not copied for each: %s',
    (_what, atomRef) => {
      const nest = (levels: number, size: number) => {
        const writer = new ByteWriter()
        const heads: number[] = []
        for (let level = 0; level < levels; level++) {
          heads.push(writer.length)
          writeFun(writer, atomRef, 1, () => undefined)
        }
        writeTerm(writer, new Uint8Array(size))
        for (const head of heads) writer.setU32(head + 1, writer.length - head - 1)
        return writer.take()
      }
      const { value } = decodeTerm(nest(9_000, 48 * 1024 * 1024), 0, { atoms: NAMES })
      expect((value as Fun).bytes.length).toBeGreaterThan(48 * 1024 * 1024)
    },
    60_000,
  )
})
