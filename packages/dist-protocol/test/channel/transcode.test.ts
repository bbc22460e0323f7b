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

describe('a leaf that BEAM refuses', () => {
  const bytes = (...parts: readonly (number | Uint8Array | string)[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part as string))))
  const node = bytes(119, 3, 'e@h')
  const zeros = (count: number) => Buffer.alloc(count)
  const text = (value: string) => bytes(99, value.padEnd(31, '\0'))
  const fun = ({ free = 0, module = bytes(119, 1, 'm'), creator = bytes(88, node, zeros(12)) } = {}) =>
    bytes(
      112,
      zeros(4),
      1,
      zeros(16),
      zeros(4),
      zeros(2),
      free >>> 8,
      free & 255,
      module,
      97,
      0,
      97,
      1,
      creator,
      Buffer.alloc(free, 106),
    )
  const refuses =
    (term: Uint8Array, largeIds = true) =>
    () => {
      const target = { atomRef: INLINE, records: true, largeIds }
      transcode(new EncodedTerm(term, 0, term.length), new ByteWriter(), target)
    }

  it.each([
    ['a float of text without a zero byte', bytes(99, '1.'.padEnd(31, '0'))],
    ['a float of text that is none', text('zz')],
    ['an infinite float of text', text('1.0e999')],
    ['NaN', bytes(70, 0x7f, 0xf8, zeros(6))],
    ['infinity', bytes(70, 0x7f, 0xf0, zeros(6))],
    ['an atom of 256 characters', bytes(118, 1, 0, 'a'.repeat(256))],
    ['an atom of 256 Latin-1 characters', bytes(100, 1, 0, Buffer.alloc(256, 0xe9))],
    ['an atom of bad UTF-8', bytes(119, 2, 0xff, 0xfe)],
    ['an atom with half a character', bytes(119, 3, 0xed, 0xa0, 0x80)],
    ['an integer of 524281 bytes', bytes(111, 0, 7, 0xff, 0xf9, 0, Buffer.alloc(524_281, 255))],
    ['a bit string of 0 bits', bytes(77, 0, 0, 0, 1, 0, 1)],
    ['a bit string of 9 bits', bytes(77, 0, 0, 0, 1, 9, 1)],
    ['a bit string of no bytes', bytes(77, 0, 0, 0, 0, 3)],
    ['a reference of no words', bytes(90, 0, 0, node, zeros(4))],
    ['a reference of six words', bytes(90, 0, 6, node, zeros(28))],
    ['an old reference of 19 bits', bytes(114, 0, 1, node, 1, 0, 4, 0, 0)],
    ['a pid of a creation of 4', bytes(103, node, zeros(8), 4)],
    ['a port of a creation of 4', bytes(102, node, zeros(4), 4)],
    ['a fun of 256 variables', fun({ free: 256 })],
    ['a fun whose module is a number', fun({ module: bytes(97, 1) })],
    ['a fun of nobody', fun({ creator: bytes(97, 1) })],
  ])('%s does not pass, alone or inside', (_what, term) => {
    for (const whole of [term, bytes(104, 2, 97, 1, term), bytes(116, 0, 0, 0, 1, 97, 1, term)]) {
      expect(refuses(whole)).toThrow(expect.objectContaining({ code: 'DIST_MALFORMED' }))
    }
  })

  // The bounds are those of a real OTP 23.
  it.each([
    ['a pid', (large: boolean) => bytes(88, node, 0, 0, large ? 0x80 : 0x7f, 0xff, zeros(8))],
    ['a serial', (large: boolean) => bytes(88, node, zeros(4), 0, 0, large ? 0x20 : 0x1f, 0xff, zeros(4))],
    ['an old pid', (large: boolean) => bytes(103, node, 0, 0, large ? 0x80 : 0x7f, 0xff, zeros(5))],
    ['a port', (large: boolean) => bytes(89, node, large ? 0x10 : 0x0f, 0xff, 0xff, 0xff, zeros(4))],
    ['a port of 64 bits', (large: boolean) => (large ? bytes(120, node, zeros(12)) : bytes(89, node, zeros(8)))],
    ['a reference', (large: boolean) => bytes(90, 0, large ? 4 : 3, node, zeros(large ? 20 : 16))],
    [
      'the creator of a fun',
      (large: boolean) => fun({ creator: bytes(88, node, 0, 0, large ? 0x80 : 0x7f, 0xff, zeros(8)) }),
    ],
  ])('%s that is larger than OTP 23 takes passes only to later ones', (_what, make) => {
    for (const whole of [make(true), bytes(104, 1, make(true))]) {
      expect(refuses(whole)).not.toThrow()
      expect(refuses(whole, false)).toThrow(expect.objectContaining({ code: 'DIST_BAD_CONTROL', fault: 'local' }))
    }
    expect(refuses(make(false), false)).not.toThrow()
    // What is decoded and written again keeps to the same bounds.
    const write = (term: Uint8Array, largeIds: boolean) => () =>
      writeTerm(new ByteWriter(), decode(join(VERSION, term)), { largeIds })
    expect(write(make(true), true)).not.toThrow()
    if (make(true)[0] !== 120)
      expect(write(make(true), false)).toThrow(expect.objectContaining({ code: 'ETF_NOT_ENCODABLE' }))
    expect(write(make(false), false)).not.toThrow()
  })
})
