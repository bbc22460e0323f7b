import type { Message } from '../client/dns-message.ts'
import { isAboutName } from '../client/response-code.ts'
import { HEADER_BYTES, RCODE } from '../records/dns-numbers.ts'
import { ResponseWriter } from './response-writer.ts'
import type { Zone } from './zone.ts'
import type { ZoneFaultSettings } from './zone-fault.ts'
import type { ZoneRecord } from './zone-record.ts'

const FLAG = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100 } as const
/** What a fault makes the server answer, with any records. */
const REFUSALS = {
  servfail: RCODE.SERVFAIL,
  refused: RCODE.REFUSED,
  formerr: RCODE.FORMERR,
  notimp: RCODE.NOTIMP,
} as const
const MIN_UDP_BYTES = 512
const MAX_UDP_BYTES = 4096
const MAX_TCP_BYTES = 65_535
const EDNS_BYTES = 11

/** What a response is made of. */
export interface ResponseInput {
  readonly query: Message
  readonly bytes: Uint8Array
  readonly transport: 'udp' | 'tcp'
  readonly zone: Zone
  /** The apex that the SOA names. */
  readonly apex: string
  readonly negativeTtlSeconds: number
  readonly compressTargets: boolean
  readonly faults: readonly ZoneFaultSettings[]
  /** By how many places a rotating fault has turned the records so far. */
  readonly turn: number
  readonly random: () => number
  /** Whether the name belongs to this server. */
  readonly serves: boolean
}

/** The bytes to send back; `undefined` for silence. */
export function zoneResponse(input: ResponseInput): Buffer | undefined {
  const { query, faults } = input
  const fault = (type: ZoneFaultSettings['type']) => faults.find((one) => one.type === type)
  if (fault('silence') !== undefined) return undefined
  const id = fault('wrongId') === undefined ? query.id : query.id ^ 0x5a5a
  if (fault('garbage') !== undefined) return garbage(id)
  if (fault('hugeCounts') !== undefined) return hugeCounts(id)
  if (fault('loop') !== undefined) return pointerLoop(id)
  const refusal = (Object.keys(REFUSALS) as (keyof typeof REFUSALS)[]).find((type) => fault(type) !== undefined)
  if (refusal !== undefined) return write(input, id, { answers: [], additionals: [], rcode: REFUSALS[refusal] })
  if (query.opcode !== 0) return write(input, id, { answers: [], additionals: [], rcode: RCODE.NOTIMP })
  const [question] = query.questions
  if (question === undefined || query.questions.length !== 1) {
    return write(input, id, { answers: [], additionals: [], rcode: RCODE.FORMERR })
  }
  if (!input.serves) return write(input, id, { answers: [], additionals: [], rcode: RCODE.REFUSED })
  if (fault('nxdomain') !== undefined || fault('nodata') !== undefined) {
    const rcode = fault('nxdomain') === undefined ? RCODE.NOERROR : RCODE.NXDOMAIN
    return write(input, id, { answers: [], additionals: [], rcode, negative: true })
  }
  const { answers, additionals, empty } = input.zone.answer(question.name, question.type)
  return write(input, id, {
    answers: shaped(answers, input),
    additionals,
    rcode: empty === 'nxdomain' ? RCODE.NXDOMAIN : RCODE.NOERROR,
    negative: empty !== undefined,
    truncated: fault('truncate') !== undefined,
  })
}

interface Contents {
  readonly answers: readonly ZoneRecord[]
  readonly additionals: readonly ZoneRecord[]
  readonly rcode: number
  readonly negative?: boolean
  readonly truncated?: boolean
}

/** Writes what fits: answers that do not fit set TC, additional records are left out quietly. @see RFC 2181 §9 */
function write(input: ResponseInput, id: number, contents: Contents): Buffer {
  const { query, transport, faults } = input
  const writer = new ResponseWriter({ compressTargets: input.compressTargets })
  const limit = sizeLimit(query, transport) - (query.ednsBytes > 0 ? EDNS_BYTES : 0)
  const [question] = query.questions
  const foreign = faults.some(({ type }) => type === 'foreignName')
  if (question !== undefined) {
    const raw = foreign ? foreignQuestion(input.bytes, question.name) : rawQuestion(input.bytes, question.name)
    writer.question(raw, foreign ? '' : question.name)
  }
  let truncated = contents.truncated ?? false
  let answers = 0
  const start = writer.mark()
  for (const record of contents.answers) {
    writer.record(record)
    if (writer.length > limit) {
      truncated = true
      answers = 0
      writer.cutBack(start)
      break
    }
    answers++
  }
  let authorities = 0
  if (contents.negative === true && !truncated) {
    writer.soa(input.apex, input.negativeTtlSeconds)
    authorities = 1
  }
  let additionals = 0
  for (const record of truncated ? [] : contents.additionals) {
    const before = writer.mark()
    writer.record(record)
    if (writer.length > limit) {
      writer.cutBack(before)
      break
    }
    additionals++
  }
  if (query.ednsBytes > 0) {
    writer.edns(MAX_UDP_BYTES)
    additionals++
  }
  const flags =
    FLAG.QR |
    (isAboutName(contents.rcode) ? FLAG.AA : 0) |
    (truncated ? FLAG.TC : 0) |
    (query.recursionDesired ? FLAG.RD : 0) |
    contents.rcode
  return writer.finish({ id, flags, counts: [question === undefined ? 0 : 1, answers, authorities, additionals] })
}

function sizeLimit({ ednsBytes }: Message, transport: 'udp' | 'tcp'): number {
  return transport === 'tcp' ? MAX_TCP_BYTES : Math.min(Math.max(ednsBytes, MIN_UDP_BYTES), MAX_UDP_BYTES)
}

/** Lets the faults that keep an answer sound but incomplete or reordered work on the records. */
function shaped(answers: readonly ZoneRecord[], { faults, turn, random }: ResponseInput): readonly ZoneRecord[] {
  let records = [...answers]
  for (const fault of faults) {
    if (fault.type === 'rotate' && records.length > 0) {
      const by = turn % records.length
      records = [...records.slice(by), ...records.slice(0, by)]
      if (fault.records !== undefined) records = records.slice(0, fault.records)
    } else if (fault.type === 'truncate') {
      records = records.slice(0, fault.records ?? 0)
    } else if (fault.type === 'trim') {
      while (records.length > fault.records) {
        records.splice(fault.pick === 'random' ? Math.floor(random() * records.length) : -1, 1)
      }
    }
  }
  return records
}

function rawQuestion(bytes: Uint8Array, name: string): Uint8Array {
  return bytes.subarray(HEADER_BYTES, HEADER_BYTES + questionBytes(name))
}

/** The question as it came, with the first letter of its name changed. */
function foreignQuestion(bytes: Uint8Array, name: string): Uint8Array {
  const raw = Uint8Array.from(rawQuestion(bytes, name))
  if (name !== '') raw[1] = raw[1] === 0x78 ? 0x79 : 0x78
  return raw
}

function questionBytes(name: string): number {
  return (name === '' ? 1 : Buffer.byteLength(name) + 2) + 4
}

function garbage(id: number): Buffer {
  const bytes = Buffer.alloc(40, 0xff)
  bytes.writeUInt16BE(id)
  return bytes
}

function hugeCounts(id: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES, 0xff)
  bytes.writeUInt16BE(id)
  bytes.writeUInt16BE(FLAG.QR | FLAG.AA, 2)
  return bytes
}

function pointerLoop(id: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES + 6)
  bytes.writeUInt16BE(id)
  bytes.writeUInt16BE(FLAG.QR | FLAG.AA, 2)
  bytes.writeUInt16BE(1, 4)
  bytes.writeUInt16BE(0xc00c, HEADER_BYTES)
  return bytes
}
