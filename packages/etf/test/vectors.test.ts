import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { decode, decodeFirst, EtfError, encode, equals } from '../src/index.ts'
import { BeamPeer, OTP_RELEASE } from './beam-peer.ts'

interface Vector {
  readonly name: string
  readonly otp: readonly string[]
  readonly opts: string
  readonly hex: string
}

const VECTORS = JSON.parse(
  readFileSync(new URL('../../../fixtures/etf/vectors.json', import.meta.url), 'utf8'),
) as Vector[]

/** Old tags and deflated terms: we read them and write the plain tags of today. */
const WRITTEN_OTHERWISE = /minor_version,[01]|compressed/

/** ATOM_EXT and a length of two bytes, wherever it stands; OTP before 26 writes it unless asked for version 2. */
function hasLatin1Atom(hex: string): boolean {
  return /^83(64|.*64(?=00..))/.test(hex)
}

/** The port tag that OTP 26 and later write for small numbers; ours is the one that OTP 23 knows as well. */
function hasWidePort(hex: string): boolean {
  return /78770.*000000000000/.test(hex)
}

const peer = new BeamPeer()
afterAll(() => peer[Symbol.asyncDispose]())

describe.each(VECTORS)('OTP $otp: $name $opts', ({ otp, hex, opts }) => {
  const bytes = new Uint8Array(Buffer.from(hex, 'hex'))
  const term = decode(bytes, { float: 'boxed' })

  it('is written as OTP writes it, or as a term that is the same for OTP', async () => {
    const written = encode(term)
    if (!WRITTEN_OTHERWISE.test(opts) && !hasLatin1Atom(hex) && !hasWidePort(hex)) {
      expect(Buffer.from(written).toString('hex')).toBe(hex)
    }
    // What only later releases write, the one that is asked may not know.
    const known = otp.some((release) => Number.parseInt(release, 10) <= OTP_RELEASE)
    if (known || (await peer.verdict(bytes)) !== 'badarg') expect(await peer.isSame(bytes, written)).toBe(true)
    expect(equals(decode(written, { float: 'boxed' }), term)).toBe(true)
  })

  it('leaves what follows it', () => {
    const glued = new Uint8Array([...bytes, 131, 97, 1])
    expect([...decodeFirst(glued).rest]).toEqual([131, 97, 1])
    expect(() => decode(glued)).toThrow(expect.objectContaining({ code: 'ETF_TRAILING_BYTES' }))
  })

  it('is refused at every shorter length', () => {
    const step = Math.max(1, Math.floor(bytes.length / 300))
    for (let length = 0; length < bytes.length; length += step) {
      const cut = bytes.slice(0, length)
      let outcome: unknown = 'a term'
      try {
        decode(cut)
      } catch (error) {
        outcome = error
      }
      expect(outcome).toBeInstanceOf(EtfError)
    }
  })
})

describe('stable map order', () => {
  it.each(
    VECTORS.filter(({ opts, otp }) => opts === '[deterministic]' && otp.includes('29')),
  )('is that of [deterministic]: $name', ({ hex }) => {
    const term = decode(Buffer.from(hex, 'hex'), { float: 'boxed' })
    expect(Buffer.from(encode(term, { deterministic: true })).toString('hex')).toBe(hex)
  })
})
