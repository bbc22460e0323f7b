import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import { ByteWriter, encode, encodeInto, tuple } from '../../src/index.ts'

describe('a writer that shares', () => {
  it('hands out a large binary on its own memory, between what it wrote', () => {
    const writer = new ByteWriter(64, 1000)
    const large = new Uint8Array(1000).fill(3)
    const term = tuple('before', large, 'behind')
    encodeInto(writer, term)
    expect(writer.length).toBe(encode(term).length)
    expect(writer.sharedLength).toBe(1000)
    expect(Buffer.compare(writer.written(), encode(term))).toBe(0)
    const parts = writer.takeParts()
    expect(parts[1]).toBe(large)
    expect(Buffer.compare(Buffer.concat(parts), encode(term))).toBe(0)
    expect(writer.length).toBe(0)
    expect(writer.takeParts()).toStrictEqual([])
  })

  it('joins them when taken as one', () => {
    const writer = new ByteWriter(64, 10)
    writer.u32(1)
    writer.share(new Uint8Array([2, 3]))
    writer.u16(0x0405)
    writer.setU32(0, 6)
    expect([...writer.take()]).toStrictEqual([0, 0, 0, 6, 2, 3, 4, 5])
    writer.share(new Uint8Array([9]))
    writer.reset()
    expect(writer.length).toBe(0)
  })

  it('is cut anywhere as if all of it were its own', () => {
    const step = fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 40 }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.nat(), fc.array(step, { maxLength: 3 }), (steps, cut, more) => {
        const writer = new ByteWriter(16)
        const add = (all: typeof steps) => {
          for (const [shares, bytes] of all) {
            if (shares) writer.share(bytes)
            else writer.bytes(bytes)
          }
        }
        add(steps)
        const whole = Buffer.concat(steps.map(([, bytes]) => bytes))
        const kept = cut % (whole.length + 1)
        writer.truncate(kept)
        expect(writer.length).toBe(kept)
        add(more)
        const wanted = Buffer.concat([whole.subarray(0, kept), ...more.map(([, bytes]) => bytes)])
        expect(Buffer.compare(Buffer.concat(writer.takeParts()), wanted)).toBe(0)
      }),
      { numRuns: 2000 },
    )
  })
})
