import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeQuery } from '../../src/client/dns-message.ts'
import { readAnswer } from '../../src/client/read-answer.ts'
import { dnsClient, type ResolverError, startZoneServer, type ZoneRecord } from '../../src/index.ts'
import { Zone } from '../../src/zone/zone.ts'
import { zoneResponse } from '../../src/zone/zone-response.ts'

const NAME = 'my-service.service.consul'
const RECORDS: ZoneRecord[] = [
  { type: 'SRV', name: NAME, target: `a.${NAME}`, port: 9001 },
  { type: 'SRV', name: NAME, target: `b.${NAME}`, port: 9002 },
  { type: 'A', name: `a.${NAME}`, address: '192.0.2.1' },
  { type: 'TXT', name: `b.${NAME}`, text: 'x' },
]
const QUERY = encodeQuery(4711, NAME, 'SRV', 1232)
const ANSWER = respond(QUERY)!

function respond(bytes: Uint8Array, transport: 'udp' | 'tcp' = 'udp'): Uint8Array | undefined {
  return zoneResponse({
    query: decodeMessage(bytes),
    bytes,
    transport,
    zone: new Zone(RECORDS),
    apex: '',
    serves: true,
    negativeTtlSeconds: 5,
    compressTargets: true,
    faults: [],
    turn: 0,
    random: () => 0,
  })
}

function codeOf(read: () => unknown): string {
  try {
    read()
    return 'none'
  } catch (error) {
    return (error as ResolverError).code ?? String(error)
  }
}

describe('a message from a stranger', () => {
  it('is read, or is DNS_MALFORMED, nothing else, with any bytes changed or missing', () => {
    expect(decodeMessage(ANSWER).answers).toHaveLength(2)
    const corruption = fc.array(fc.tuple(fc.nat(ANSWER.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(corruption, fc.nat(ANSWER.length), (changes, length) => {
        const bytes = Uint8Array.from(ANSWER)
        for (const [position, value] of changes) bytes[position] = value
        for (const input of [bytes, bytes.subarray(0, length)]) {
          expect(['none', 'DNS_MALFORMED']).toContain(codeOf(() => decodeMessage(input)))
        }
      }),
      { numRuns: 5_000 },
    )
  })

  it('is DNS_MALFORMED when it ends early, at every length', () => {
    for (let length = 0; length < ANSWER.length; length++) {
      expect(codeOf(() => decodeMessage(ANSWER.subarray(0, length)))).toBe('DNS_MALFORMED')
    }
  })

  it.each([
    ['a pointer to itself', [12, 0xc0, 12]],
    ['a pointer ahead', [12, 0xc0, 40]],
    ['a label of an unknown kind', [12, 0x80]],
    ['counts beyond its size', [6, 0xff, 0xff]],
  ])('is DNS_MALFORMED for %s', (_what, [at, ...values]) => {
    const bytes = Uint8Array.from(ANSWER)
    bytes.set(values, at)
    expect(codeOf(() => decodeMessage(bytes))).toBe('DNS_MALFORMED')
  })

  describe('a dot inside a label', () => {
    const name = (...labels: readonly string[]) =>
      Buffer.concat([...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.from([0])])
    const record = (owner: Buffer, type: number, data: Buffer) =>
      Buffer.concat([owner, Buffer.from([0, type, 0, 1, 0, 0, 0, 5, 0, data.length]), data])
    const asked = name('svc', 'test')
    const message = (answers: readonly Buffer[], additionals: readonly Buffer[] = []) => {
      const header = Buffer.from([0, 1, 0x81, 0x80, 0, 1, 0, answers.length, 0, 0, 0, additionals.length])
      return Buffer.concat([header, asked, Buffer.from([0, 33, 0, 1]), ...answers, ...additionals])
    }
    const srv = (target: Buffer) => record(asked, 33, Buffer.concat([Buffer.from([0, 1, 0, 1, 0, 99]), target]))
    const good = srv(name('good', 'svc', 'test'))
    const address = record(name('good.svc', 'test'), 1, Buffer.from([192, 0, 2, 1]))

    it.each([
      ['a target', message([srv(name('a.b', 'svc', 'test')), good]), ['a\\b.svc.test', 'good.svc.test']],
      ['a target of dots', message([good, srv(name('...', 'svc', 'test'))]), ['good.svc.test', '\\\\\\.svc.test']],
      ['the owner of an answer', message([record(name('svc.test'), 33, srv(asked).subarray(-16)), good]), undefined],
      ['the owner of an address', message([good], [address]), ['good.svc.test']],
    ])('in %s costs that record', (_where, bytes, targets) => {
      const before = Uint8Array.from(bytes)
      const { answers, additionals } = decodeMessage(bytes)
      expect(Uint8Array.from(bytes)).toStrictEqual(before)
      const ofAsked = answers.filter((each) => each.name === 'svc.test' && each.type === 'SRV')
      expect(ofAsked.map((each) => each.type === 'SRV' && each.target)).toStrictEqual(targets ?? ['good.svc.test'])
      expect(additionals.filter((each) => each.name === 'good.svc.test')).toStrictEqual([])
    })

    it('that is the length of another label is refused', () => {
      // The second target is what stands inside of the label of the first.
      const inner = Buffer.concat([Buffer.from([0x2e]), Buffer.alloc(0x2e, 0x61), Buffer.from([0])])
      const first = srv(Buffer.concat([Buffer.from([inner.length]), inner, Buffer.from([0])]))
      const at = message([]).length + asked.length + 10 + 6 + 1
      const second = srv(Buffer.from([0xc0 | (at >> 8), at & 0xff]))
      expect(codeOf(() => decodeMessage(message([first, second])))).toBe('DNS_MALFORMED')
    })
  })

  describe('a malformed record', () => {
    const asked = Buffer.from([3, 115, 118, 99, 0])
    const message = (type: number, answers: readonly Buffer[], additionals: readonly Buffer[]) => {
      const header = Buffer.from([0, 1, 0x81, 0x80, 0, 1, 0, answers.length, 0, 0, 0, additionals.length])
      return Buffer.concat([header, asked, Buffer.from([0, type, 0, 1]), ...answers, ...additionals])
    }
    const record = (type: number, ...data: readonly number[]) =>
      Buffer.concat([asked, Buffer.from([0, type, 0, 1, 0, 0, 0, 5, 0, data.length, ...data])])
    const SRV = record(33, 0, 1, 0, 1, 0, 99, 1, 97, 0)
    /** By type, data that is not what it should be. */
    const MALFORMED: readonly (readonly [string, Buffer])[] = [
      ['TXT, too short', record(16, 200, 1, 2)],
      ['TXT, one text too many', record(16, 1, 65, 9)],
      ['A', record(1, 192, 0, 2)],
      ['AAAA', record(28, 1)],
      ['NS', record(2, 5, 97)],
      ['MX', record(15, 1)],
      ['PTR', record(12, 1)],
      ['HINFO', record(13, 200)],
      ['NAPTR', record(35, 0, 1, 0, 1, 99)],
      ['CAA', record(1, 0, 9)],
      ['RRSIG', record(46, 1)],
      ['NSEC', record(47, 1, 97)],
      ['DNSKEY', record(48)],
      ['SVCB', record(64, 0)],
    ]

    it.each(MALFORMED)('of a type that was not asked for costs itself: %s', (_, bad) => {
      for (const [answers, additionals] of [
        [[SRV, bad], []],
        [[bad, SRV], []],
        [[SRV], [bad]],
      ] as const) {
        const read = decodeMessage(message(33, answers, additionals))
        expect(read.answers).toMatchObject([{ type: 'SRV', target: 'a', port: 99 }])
        expect(read.additionals).toStrictEqual([])
      }
    })

    it.each([
      ['TXT', 16, record(16, 200, 1, 2)],
      ['A', 1, record(1, 192, 0, 2)],
      ['SRV', 33, record(33, 0, 1)],
      ['CNAME', 33, record(5, 9, 97)],
    ] as const)('that was asked for, or leads there, costs the answer, which would be taken for all: %s', (_, type, bad) => {
      const text = expect.not.stringContaining('overflow') as string
      expect(() => decodeMessage(message(type, [bad], []))).toThrow(
        expect.objectContaining({ code: 'DNS_MALFORMED', message: text }),
      )
    })
  })

  it('loses only its additional section when that alone is unsound, past the reach of pointers', () => {
    const filler = Buffer.alloc(11 + 0x4000)
    filler.set([0, 0, 99, 0, 1, 0, 0, 0, 0, (filler.length - 11) >> 8, 0])
    const astray = [0x80, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 192, 0, 2, 1]
    const padded = (records: Uint8Array, counts: readonly number[]) =>
      Buffer.concat([
        Buffer.from([0, 1, 0x80, 0, 0, 0, 0, counts[0]!, 0, 0, 0, counts[1]!]),
        records,
        Buffer.from(astray),
      ])
    expect(decodeMessage(padded(filler, [1, 1])).additionals).toStrictEqual([])
    expect(codeOf(() => decodeMessage(padded(filler, [2, 0])))).toBe('DNS_MALFORMED')
    expect(codeOf(() => decodeMessage(padded(filler.subarray(0, 11).fill(0, 9), [1, 1])))).toBe('DNS_MALFORMED')
  })

  it('cannot make us follow thousands of pointers for each of thousands of names', () => {
    // One unknown record full of pointers, each to the one before, then records that all start at the last of them.
    const chain = Buffer.alloc(0x3000)
    for (let at = 2; at < chain.length; at += 2) chain.writeUInt16BE(0xc000 | (23 + at - 2), at)
    const last = 0xc000 | (23 + chain.length - 2)
    const record = Buffer.from([last >> 8, last & 0xff, 0, 99, 0, 1, 0, 0, 0, 0, 0, 0])
    const count = 4000
    const header = Buffer.from([0, 1, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    header.writeUInt16BE(count + 1, 6)
    const carrier = Buffer.from([0, 0, 99, 0, 1, 0, 0, 0, 0, 0, 0])
    carrier.writeUInt16BE(chain.length, 9)
    const bytes = Buffer.concat([header, carrier, chain, ...Array.from({ length: count }, () => record)])
    expect(codeOf(() => decodeMessage(bytes))).toBe('DNS_MALFORMED')
  })
})

it.each([false, true])('records of foreign names are not an empty zone (authoritative: %s)', (authoritative) => {
  const message = { ...decodeMessage(ANSWER), authoritative, recursionAvailable: true }
  expect(codeOf(() => readAnswer({ ...message, authorities: [] }, `other.${NAME}`, 'SRV'))).toBe('DNS_MALFORMED')
  expect(readAnswer(message, NAME, 'SRV').records).toHaveLength(2)
})

describe('a zone server', () => {
  it('answers or ignores corrupted questions and stays within the size that the client takes', () => {
    fc.assert(
      fc.property(fc.nat(QUERY.length - 1), fc.nat(255), (position, value) => {
        const bytes = Uint8Array.from(QUERY)
        bytes[position] = value
        if (codeOf(() => decodeMessage(bytes)) !== 'none') return
        const { ednsBytes } = decodeMessage(bytes)
        expect(respond(bytes)!.length).toBeLessThanOrEqual(Math.max(512, Math.min(ednsBytes, 4096)))
      }),
      { numRuns: 3_000 },
    )
  })

  it.each([
    ['loop', 'DNS_MALFORMED'],
    ['hugeCounts', 'DNS_MALFORMED'],
    ['garbage', 'DNS_MALFORMED'],
    ['wrongId', 'DNS_MALFORMED'],
    ['foreignName', 'DNS_MALFORMED'],
  ] as const)('that answers with %s makes a bounded error over UDP, and over TCP', async (fault, code) => {
    await using zone = await startZoneServer({ records: RECORDS })
    zone.setFault(fault)
    const settings = { servers: [zone.address], timeoutMs: 150, tries: 1 }
    await expect(dnsClient(settings).resolveSrv(NAME)).rejects.toMatchObject({ code, server: zone.address })
    await expect(dnsClient({ ...settings, transport: 'tcp' }).resolveSrv(NAME)).rejects.toMatchObject({
      code: 'DNS_MALFORMED',
    })
  })
})
