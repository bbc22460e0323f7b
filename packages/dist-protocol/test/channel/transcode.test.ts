import { readFileSync } from 'node:fs'
import { type Atom, atom, ByteWriter, decode, inspect, writeTerm } from '@dynsrv/etf'
import { describe, expect, it } from 'vitest'
import { EncodedTerm } from '../../src/channel/encoded-term.ts'
import { transcode } from '../../src/channel/transcode.ts'
import { bytesOf, join, toHex } from '../captures.ts'

interface Vector {
  readonly name: string
  readonly otp: readonly string[]
  readonly hex: string
}

const VECTORS = (
  JSON.parse(readFileSync(new URL('../../../../fixtures/etf/vectors.json', import.meta.url), 'utf8')) as Vector[]
).filter(({ hex }) => !/^83(50|79)/.test(hex)) // compressed and LOCAL_EXT never travel between nodes

const VERSION = Uint8Array.of(131)
const INLINE = () => -1

function passOn(bytes: Uint8Array, start: number, atoms: readonly Atom[] = [], ref: (name: Atom) => number = INLINE) {
  const writer = new ByteWriter()
  transcode(new EncodedTerm(bytes, start, bytes.length, atoms), writer, { atomRef: ref, records: true, largeIds: true })
  return writer.take()
}

/** Gives each atom a number, as a header does. */
class Refs {
  readonly atoms: Atom[] = []
  readonly ref = (name: Atom): number => {
    const known = this.atoms.indexOf(name)
    return known === -1 ? this.atoms.push(name) - 1 : known
  }
}

describe('terms that OTP encoded', () => {
  it.each(VECTORS)('$name (OTP $otp) passes byte for byte', ({ hex }) => {
    expect(toHex(passOn(bytesOf(hex), 1))).toBe(hex.slice(2))
  })

  it.each(VECTORS)('$name (OTP $otp) means the same when its atoms stood in a header', ({ hex }) => {
    const original = decode(bytesOf(hex), { float: 'boxed' })
    const writer = new ByteWriter()
    const [here, there] = [new Refs(), new Refs()]
    writeTerm(writer, original, { atomRef: here.ref })
    const referring = writer.take()
    const inline = passOn(referring, 0, here.atoms)
    expect(inspect(decode(join(VERSION, inline), { float: 'boxed' }))).toBe(inspect(original))
    const again = passOn(referring, 0, here.atoms, there.ref)
    const arrived = new EncodedTerm(again, 0, again.length, there.atoms).decode({ float: 'boxed' })
    expect(inspect(arrived)).toBe(inspect(original))
  })

  it('cut short anywhere are refused', () => {
    for (const { hex } of VECTORS) {
      const bytes = bytesOf(hex)
      // Long ones are all the same byte in the middle.
      for (let length = 1; length < Math.min(bytes.length, 300); length++) {
        expect(() => passOn(bytes.subarray(0, length), 1)).toThrow(expect.objectContaining({ code: 'DIST_MALFORMED' }))
      }
    }
  })
})

it('a fun whose module stood in a header gets the size that it has without', () => {
  const { hex } = VECTORS.find((vector) => vector.hex.startsWith('8370'))!
  const fun = bytesOf(hex).subarray(1)
  const headBytes = 1 + 4 + 1 + 16 + 4 + 4
  const oldAtom = 1 + 2 + ((fun[headBytes + 1]! << 8) | fun[headBytes + 2]!)
  expect(fun[headBytes]).toBe(100)
  const [head, rest] = [fun.subarray(0, headBytes), fun.subarray(headBytes + oldAtom)]
  const expected = Buffer.from(join(head, bytesOf('7706'), Buffer.from('a_name'), rest))
  expected.writeUInt32BE(expected.length - 1, 1)
  const list = (...elements: Uint8Array[]) => join(bytesOf('6c00000002'), ...elements, bytesOf('6a'))
  const referring = list(join(head, bytesOf('5200'), rest), fun)
  expect(toHex(passOn(referring, 0, [atom('a_name')]))).toBe(toHex(list(expected, fun)))
})

describe('a native record', () => {
  const record = (flags: number) => Uint8Array.of(67, 0, 0, 0, 1, flags, 119, 1, 97, 119, 1, 98, 119, 1, 102, 97, 1)
  const pass = (bytes: Uint8Array, records: boolean) => () =>
    transcode(new EncodedTerm(bytes, 0, bytes.length), new ByteWriter(), { atomRef: INLINE, records, largeIds: true })

  it('passes with the flags that OTP 29 takes, and with no others', () => {
    for (let flags = 0; flags < 256; flags++) {
      if (flags < 2) expect(toHex(passOn(record(flags), 0))).toBe(toHex(record(flags)))
      else expect(pass(record(flags), true)).toThrow(expect.objectContaining({ code: 'DIST_MALFORMED' }))
    }
  })

  it('does not pass to a peer that takes none', () => {
    expect(pass(record(0), false)).toThrow(expect.objectContaining({ code: 'DIST_BAD_CONTROL', fault: 'local' }))
  })
})
