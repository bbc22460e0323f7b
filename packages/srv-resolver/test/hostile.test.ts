import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeReply, encodeQuery } from '../src/dns-message.ts'
import { ResolverError } from '../src/index.ts'
import { Zone } from '../src/zone.ts'
import { answerQuery, decodeQuery } from '../src/zone-answer.ts'

const NAME = 'my-service.service.consul'
const QUESTION = { id: 4_711, name: NAME, type: 'SRV' } as const

const ZONE = new Zone([
  { type: 'SRV', name: NAME, target: `a.${NAME}`, port: 9001 },
  { type: 'SRV', name: NAME, target: `b.${NAME}`, port: 9002 },
  { type: 'A', name: `a.${NAME}`, address: '192.0.2.1' },
])
const ANSWER = answerQuery(ZONE, decodeQuery(encodeQuery(QUESTION, 1_232))!, 65_535)

it('a corrupted answer is read, ignored, or a ResolverError, nothing else', () => {
  expect(decodeReply(ANSWER, QUESTION, 'test')?.srv).toHaveLength(2)
  const corruption = fc.array(fc.tuple(fc.nat(ANSWER.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(corruption, fc.nat(ANSWER.length), (changes, length) => {
      const bytes = Uint8Array.from(ANSWER)
      for (const [position, value] of changes) bytes[position] = value
      for (const input of [bytes, bytes.subarray(0, length)]) {
        try {
          decodeReply(input, QUESTION, 'test')
        } catch (error) {
          expect(error).toBeInstanceOf(ResolverError)
        }
      }
    }),
    { numRuns: 3_000 },
  )
})

it('compression pointers that lead in a circle are malformed', () => {
  const loop = Uint8Array.from(ANSWER)
  loop.set([0xc0, 12], 12)
  expect(() => decodeReply(loop, QUESTION, 'test')).toThrow(expect.objectContaining({ code: 'DNS_MALFORMED' }))
})

it('a corrupted query never ends the server', () => {
  const query = encodeQuery(QUESTION, 1_232)
  fc.assert(
    fc.property(fc.nat(query.length - 1), fc.nat(255), (position, value) => {
      const bytes = Uint8Array.from(query)
      bytes[position] = value
      const decoded = decodeQuery(bytes)
      if (decoded !== undefined) expect(answerQuery(ZONE, decoded, 512).length).toBeLessThanOrEqual(512)
    }),
    { numRuns: 2_000 },
  )
})
