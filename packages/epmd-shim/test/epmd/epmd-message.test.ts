import { readFileSync } from 'node:fs'
import fc from '@dynsrv/tools/property'
import { describe, expect, it } from 'vitest'
import {
  decodeAliveReply,
  decodeDumpReply,
  decodeNamesReply,
  decodePortReply,
  decodeRequestBody,
  type EpmdRequest,
  encodeAliveReply,
  encodeDumpReply,
  encodeNamesReply,
  encodePortReply,
  encodeRequest,
  MAX_REQUEST_BYTES,
} from '../../src/epmd/epmd-message.ts'
import { EpmdRequestReader } from '../../src/epmd/epmd-request-reader.ts'
import { EpmdError } from '../../src/index.ts'

const RECORDED: Readonly<Record<string, string>> = Object.fromEntries(
  (
    JSON.parse(readFileSync(new URL('../../../../fixtures/epmd/epmd.json', import.meta.url), 'utf8')) as {
      strict: { name: string; request_body_hex: string | null; reply_hex: string }[]
    }
  ).strict.flatMap(({ name, request_body_hex, reply_hex }) => [
    [`${name} >`, request_body_hex ?? ''],
    [`${name} <`, reply_hex],
  ]),
)
const recorded = (key: string) => Uint8Array.from(Buffer.from(RECORDED[key] ?? 'missing', 'hex'))
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

const ABC = {
  name: 'abc',
  port: 12_345,
  hidden: false,
  highestVersion: 6,
  lowestVersion: 5,
  extra: new Uint8Array(),
}
const HID = {
  ...ABC,
  name: 'hid',
  port: 12_348,
  hidden: true,
  lowestVersion: 6,
  extra: Uint8Array.from(Buffer.from('EXTRA')),
}

const REQUESTS: readonly [string, EpmdRequest][] = [
  ['alive v6', { kind: 'ALIVE2_REQ', node: ABC }],
  ['alive hidden+extra', { kind: 'ALIVE2_REQ', node: HID }],
  ['port2 abc', { kind: 'PORT_PLEASE2_REQ', name: 'abc' }],
  ['names', { kind: 'NAMES_REQ' }],
  ['dump', { kind: 'DUMP_REQ' }],
]

describe.each(REQUESTS)('the request "%s"', (name, request) => {
  const body = recorded(`${name} >`)
  const raw = encodeRequest(request)

  it('is written as recorded', () => expect(hex(raw.subarray(2))).toBe(hex(body)))
  it('is read', () => expect(decodeRequestBody(body)).toStrictEqual(request))

  it('may come whole or byte by byte', () => {
    expect(new EpmdRequestReader().receive(raw)).toStrictEqual({ type: 'request', request })
    const reader = new EpmdRequestReader()
    const outputs = Array.from(raw, (byte) => reader.receive(Uint8Array.of(byte)))
    expect(outputs.filter((output) => output !== undefined)).toStrictEqual([{ type: 'request', request }])
  })

  it('closes the connection with bytes behind it', () =>
    expect(new EpmdRequestReader().receive(Buffer.concat([raw, Buffer.of(0)]))).toStrictEqual({ type: 'close' }))
})

it('tolerates one NUL behind a name', () =>
  expect(decodeRequestBody(recorded('port2 abc\\0 >'))).toStrictEqual({ kind: 'PORT_PLEASE2_REQ', name: 'abc' }))

it('refuses to write what epmd does not read', () => {
  const name = 'a'.repeat(MAX_REQUEST_BYTES)
  expect(() => encodeRequest({ kind: 'PORT_PLEASE2_REQ', name })).toThrow(
    expect.objectContaining({ code: 'EPMD_BAD_OPTION' }),
  )
})

describe('the reply', () => {
  it('to a registration', () => {
    expect(decodeAliveReply(recorded('alive v6 <'))).toStrictEqual({ accepted: true, creation: 0x6b026d76 })
    expect(decodeAliveReply(recorded('alive v5 <'))).toStrictEqual({ accepted: true, creation: 2 })
    expect(decodeAliveReply(recorded('alive dup <'))?.accepted).toBe(false)
    expect(hex(encodeAliveReply({ accepted: true, creation: 0x6b026d76 }, 6))).toBe(RECORDED['alive v6 <'])
    expect(hex(encodeAliveReply({ accepted: true, creation: 2 }, 5))).toBe(RECORDED['alive v5 <'])
    expect(hex(encodeAliveReply({ accepted: false, creation: 0 }, 6))).toBe(RECORDED['alive dup <'])
    for (const name of ['alive v6 <', 'alive v5 <']) {
      const bytes = recorded(name)
      for (let length = 0; length < bytes.length; length++) {
        expect(decodeAliveReply(bytes.subarray(0, length))).toBeUndefined()
      }
    }
  })

  it('to a lookup', () => {
    expect(decodePortReply(recorded('port2 abc <'))).toStrictEqual(ABC)
    expect(decodePortReply(recorded('port2 hid <'))).toStrictEqual(HID)
    expect(decodePortReply(recorded('port2 unknown <'))).toBeUndefined()
    expect(hex(encodePortReply(HID))).toBe(RECORDED['port2 hid <'])
    expect(hex(encodePortReply(undefined))).toBe(RECORDED['port2 unknown <'])
    const bytes = recorded('port2 hid <')
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodePortReply(bytes.subarray(0, length))).toThrow(EpmdError)
    }
  })

  it('to a question for names', () => {
    const names = [
      { name: 'hid', port: 12_348 },
      { name: 'old', port: 12_347 },
      { name: 'abc', port: 12_345 },
    ]
    const bytes = recorded('names <')
    expect(decodeNamesReply(bytes)).toStrictEqual(names)
    expect(hex(encodeNamesReply(Buffer.from(bytes).readUInt32BE(), names))).toBe(hex(bytes))
  })

  it('to a question for everything', () => {
    const bytes = recorded('dump <')
    const lines = decodeDumpReply(bytes)
    expect(lines).toStrictEqual([
      { name: 'hid', port: 12_348, active: true, fd: 6 },
      { name: 'old', port: 12_347, active: true, fd: 7 },
      { name: 'abc', port: 12_345, active: true, fd: 5 },
    ])
    expect(hex(encodeDumpReply(Buffer.from(bytes).readUInt32BE(), lines))).toBe(hex(bytes))
    const [old] = Buffer.from(recorded('dump after <')).subarray(4).toString('latin1').split('\0')
    const forgotten = { name: 'A'.repeat(255), port: 1, active: false, fd: 8 }
    expect(
      Buffer.from(encodeDumpReply(0, [forgotten]))
        .subarray(4)
        .toString(),
    ).toBe(`${old}\0`)
    expect(decodeDumpReply(encodeDumpReply(0, [forgotten]))).toStrictEqual([forgotten])
  })
})

describe('corrupted bytes', () => {
  const replies = ['alive v6 <', 'port2 hid <', 'names <', 'dump <'].map(recorded)

  it('as a reply are read or raise EpmdError, nothing else', () => {
    const readers = [decodeAliveReply, decodePortReply, decodeNamesReply, decodeDumpReply]
    const corrupt = fc.tuple(fc.constantFrom(...replies), fc.nat(), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(corrupt, fc.constantFrom(...readers), ([valid, position, flip], read) => {
        const bytes = valid.slice()
        bytes[position % bytes.length]! ^= flip
        try {
          read(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(EpmdError)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('as a request are read or close the connection, however they are cut', () => {
    const requests = REQUESTS.map(([, request]) => encodeRequest(request))
    const corrupt = fc.tuple(fc.constantFrom(...requests), fc.nat(), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(corrupt, fc.nat(), ([valid, position, flip], cut) => {
        const bytes = valid.slice()
        bytes[position % bytes.length]! ^= flip
        const whole = new EpmdRequestReader().receive(bytes)
        const reader = new EpmdRequestReader()
        const at = cut % bytes.length
        const first = reader.receive(bytes.subarray(0, at))
        // A connection that is closed gets no second chunk.
        const parts = first ?? reader.receive(bytes.subarray(at))
        if (first === undefined) expect(parts).toStrictEqual(whole)
        else expect(whole?.type).toBe('close')
      }),
      { numRuns: 2_000 },
    )
  })
})
