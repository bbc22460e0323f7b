import { readFileSync } from 'node:fs'
import fc from '@dynsrv/tools/property'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeFirst, EtfError, encode } from '../../src/index.ts'
import { BeamPeer, OTP_RELEASE } from '../beam-peer.ts'

interface Vector {
  readonly hex: string
}

const VECTORS = JSON.parse(
  readFileSync(new URL('../../../../fixtures/etf/vectors.json', import.meta.url), 'utf8'),
) as readonly Vector[]
const SEEDS = VECTORS.filter(({ hex }) => hex.length <= 600).map(({ hex }) => Buffer.from(hex, 'hex'))

/** Every tag, and small numbers, do more harm to an encoding than other bytes. */
const TELLING = [...Array.from({ length: 12 }, (_, byte) => byte), ...Array.from({ length: 64 }, (_, tag) => 67 + tag)]
const byte = fc.oneof(fc.constantFrom(...TELLING), fc.nat({ max: 255 }))
const changes = fc.array(fc.tuple(fc.nat(), byte), { maxLength: 4 })
const seed = fc.constantFrom(...SEEDS)
const insertion = fc.option(fc.tuple(seed, fc.nat()), { nil: undefined })
const cut = fc.option(fc.nat(), { nil: undefined })

/**
 * Bytes that are no question for a healthy VM: atoms by their number in its own table (73, 75), cache references outside
 * of distribution (82), funs (112, 113), of which some shapes crash releases, and what only it can read (121).
 */
const UNASKED = [73, 75, 82, 112, 113, 121]
/** Identifiers: OTP 23 has narrower numbers in them than every later release. */
if (OTP_RELEASE < 24) UNASKED.push(88, 89, 90, 101, 102, 103, 114, 120)

const mutated = fc
  .tuple(seed, insertion, cut, changes)
  .map(([start, inserted, end, edits]) => {
    let bytes = Buffer.from(start)
    if (inserted !== undefined) {
      const at = 1 + (inserted[1] % bytes.length)
      bytes = Buffer.concat([bytes.subarray(0, at), inserted[0].subarray(1), bytes.subarray(at)])
    }
    if (end !== undefined && end % 8 === 0) bytes = bytes.subarray(0, 2 + (end % bytes.length))
    for (const [at, value] of edits) if (bytes.length > 1) bytes[1 + (at % (bytes.length - 1))] = value
    return bytes
  })
  .filter((bytes) => !UNASKED.some((unasked) => bytes.includes(unasked)))
  // Only the node itself knows which of its own identifiers are impossible.
  .filter((bytes) => !bytes.includes('nonode@nohost'))

const peer = new BeamPeer()
afterAll(() => peer[Symbol.asyncDispose]())

/** The differences that docs/protocol.md lists. */
function isListed(error: EtfError): boolean {
  return /one to five words|bit string of 0 bytes/.test(error.message)
}

describe('a corrupted encoding', () => {
  it('is a term for us when it is one for BEAM, the same one, and of as many bytes', async () => {
    let accepted = 0
    let refused = 0
    await fc.assert(
      fc.asyncProperty(mutated, async (bytes) => {
        const verdict = await peer.verdict(bytes)
        let ours: ReturnType<typeof decodeFirst>
        try {
          ours = decodeFirst(bytes, { float: 'boxed' })
        } catch (error) {
          expect(error).toBeInstanceOf(EtfError)
          if (!isListed(error as EtfError)) expect(verdict, String(error)).toBe('badarg')
          refused++
          return
        }
        expect(String(bytes.length - ours.rest.length)).toBe(verdict)
        expect(await peer.isSame(bytes, encode(ours.value))).toBe(true)
        accepted++
      }),
      { numRuns: 5_000 },
    )
    expect(accepted).toBeGreaterThan(1_000)
    expect(refused).toBeGreaterThan(1_000)
  }, 120_000)
})
