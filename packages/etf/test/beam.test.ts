import fc from '@dynsrv/tools/property'
import { afterAll, describe, expect, it } from 'vitest'
import { type Binary, decode, encode, equals, inspect } from '../src/index.ts'
import { knownTo } from './arbitrary-term.ts'
import { BeamPeer, OTP_RELEASE } from './beam-peer.ts'

const { leaf, term } = knownTo(OTP_RELEASE)
const peer = new BeamPeer()
afterAll(() => peer[Symbol.asyncDispose]())

describe('a live BEAM', () => {
  it('reads what we write, and we read what it makes of it', async () => {
    await fc.assert(
      fc.asyncProperty(term, async (value) => {
        const bytes = encode(value)
        const answer = await peer.echo(bytes)
        expect(equals(decode(answer, { float: 'boxed' }), value)).toBe(true)
      }),
      { numRuns: 4_000 },
    )
  }, 120_000)

  it.each([
    'bytes',
    'text',
    'view',
  ] as const)('writes terms that come back as the same terms, binaries as %s', async (binary) => {
    for (let seed = 1; seed <= 20; seed++) {
      const encodings = decode(await peer.random(seed, 100), { binary: 'view' }) as readonly Binary[]
      for (const encoding of encodings) {
        const bytes = encoding.toBytes()
        const before = Buffer.from(bytes).toString('hex')
        const again = encode(decode(bytes, { float: 'boxed', binary }))
        expect(Buffer.from(bytes).toString('hex')).toBe(before)
        expect(await peer.isSame(bytes, again), before).toBe(true)
      }
    }
  }, 120_000)

  it('inflates what we deflate', async () => {
    const value = Array.from({ length: 500 }, () => 'the same text')
    const bytes = encode(value, { compressed: 9 })
    expect(bytes.length).toBeLessThan(encode(value).length / 10)
    expect(await peer.isSame(bytes, encode(value))).toBe(true)
    expect(equals(decode(bytes), value)).toBe(true)
  })

  it('prints leaves as inspect does', async () => {
    await fc.assert(
      fc.asyncProperty(leaf, async (value) => {
        const bytes = encode(value)
        const text = await peer.text(bytes)
        // BEAM shows the number of its node table where we show the node's name.
        fc.pre(!/^(<\d|#Port|#Ref)/.test(text))
        const ours = inspect(decode(bytes, { float: 'boxed' }))
        // BEAM writes the atoms of a fun in C, which quotes by rules of its own and knows only Latin-1.
        fc.pre(!/^fun .*(?:'|[^ -~])/.test(text) && !/^fun .*'/.test(ours))
        // OTP 23 shows no sign of a zero.
        expect(OTP_RELEASE < 24 ? ours.replace(/^-0\.0$/, '0.0') : ours).toBe(text)
      }),
      { numRuns: 2_000 },
    )
  }, 60_000)
})
