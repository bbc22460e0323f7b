import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeFirst, EtfError } from '../../src/index.ts'
import { BeamPeer, OTP_RELEASE } from '../beam-peer.ts'

interface Verdict {
  readonly unsafe: string
  readonly used: string
}

interface Malformed {
  readonly name: string
  readonly hex?: string
  readonly hex_head?: string
  readonly length_bytes?: number
  readonly sha256?: string
  readonly verdict: Readonly<Record<string, Verdict>>
}

const MALFORMED = JSON.parse(
  readFileSync(new URL('../../../../fixtures/etf/malformed.json', import.meta.url), 'utf8'),
) as Malformed[]

/** Where we differ from OTP 29 on purpose; each is argued in docs/protocol.md. */
const REFUSED_BY_US = new Set(["ATOM_INTERNAL_REF2 'I'", "ATOM_INTERNAL_REF3 'K'"])
const ACCEPTED_BY_US = new Set(['pid local node creation 0 huge id'])

/** The input; the one that is too long for the file is made again and checked against its digest. */
function bytesOf({ hex, hex_head: head, length_bytes: length, sha256 }: Malformed): Uint8Array {
  if (hex !== undefined) return new Uint8Array(Buffer.from(hex, 'hex'))
  const bytes = Buffer.concat([
    Buffer.from([131]),
    Buffer.from('6801'.repeat(100_000), 'hex'),
    Buffer.from('6a', 'hex'),
  ])
  expect(bytes.toString('hex').startsWith(head!)).toBe(true)
  expect(bytes.length).toBe(length)
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256)
  return bytes
}

function verdictOf(bytes: Uint8Array): string {
  try {
    const { rest } = decodeFirst(bytes, { limits: { depth: 1_000_000 } })
    return String(bytes.length - rest.length)
  } catch (error) {
    expect(error).toBeInstanceOf(EtfError)
    return 'badarg'
  }
}

describe.each(MALFORMED)('$name', (malformed) => {
  const { unsafe, used } = malformed.verdict['29'] ?? malformed.verdict.all!

  it('gets the verdict of OTP 29', () => {
    const verdict = verdictOf(bytesOf(malformed))
    if (REFUSED_BY_US.has(malformed.name)) expect(verdict).toBe('badarg')
    else if (ACCEPTED_BY_US.has(malformed.name)) expect(verdict).not.toBe('badarg')
    else expect(verdict).toBe(unsafe === 'badarg' ? 'badarg' : used)
  })
})

describe('corrupted encodings', () => {
  const peer = new BeamPeer()
  afterAll(() => peer[Symbol.asyncDispose]())

  it('get the verdict of a live BEAM', async () => {
    let random = 12_345
    const next = (below: number) => {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0
      return (random >>> 8) % below
    }
    const vectors = JSON.parse(
      readFileSync(new URL('../../../../fixtures/etf/vectors.json', import.meta.url), 'utf8'),
    ) as { readonly hex: string; readonly opts: string }[]
    const short = vectors.filter(({ hex }) => hex.length < 600)
    const differences: string[] = []
    for (let round = 0; round < 6_000; round++) {
      const bytes = new Uint8Array(Buffer.from(short[next(short.length)]!.hex, 'hex'))
      for (let flips = next(3); flips >= 0; flips--) bytes[1 + next(bytes.length - 1)] = next(256)
      const ours = verdictOf(bytes)
      const theirs = await peer.verdict(bytes)
      if ((ours === 'badarg') !== (theirs === 'badarg')) differences.push(Buffer.from(bytes).toString('hex'))
    }
    expect(differences.filter((hex) => !isKnownDifference(hex))).toEqual([])
  }, 60_000)
})

/**
 * What the live release judges otherwise than OTP 29 or than we do: internal atom numbers (73, 75), identifiers of the
 * very node that reads, references of no words, and from release to release bit strings of no bytes, 0.0 beside -0.0, and native records.
 */
function isKnownDifference(hex: string): boolean {
  // OTP 23 has narrower numbers in pids and ports, no 64-bit ports, and references of three words at most.
  if (OTP_RELEASE < 24 && /(58|59|66|67|72|78)(64|73|76|77)|5a000[45]/.test(hex)) return true
  return /^83(.*)(49|4b|43|79|6e6f6e6f6465|4d00000000|80000000|(5a|72)0000)/.test(hex)
}

describe('the flags of a native record', () => {
  const record = (flags: number) =>
    new Uint8Array([131, 67, 0, 0, 0, 1, flags, 119, 1, 97, 119, 1, 98, 119, 1, 102, 97, 1])

  it('are those of OTP 29: one says whether it is exported, the others are refused', () => {
    for (let flags = 0; flags < 256; flags++) {
      const verdict = flags < 2 ? '18' : 'badarg'
      expect(verdictOf(record(flags)), String(flags)).toBe(verdict)
    }
    expect(decodeFirst(record(1)).value).toMatchObject({ exported: true })
    expect(() => decodeFirst(record(2))).toThrow(expect.objectContaining({ code: 'ETF_BAD_RECORD' }))
  })
})
