import { ipText, messageOf, withoutFinalDot } from '@dynsrv/kit'
import * as codec from 'dns-packet'
import { ResolverError } from '../error.ts'
import { MAX_TTL_SECONDS } from '../records/dns-numbers.ts'
import { soundMessage } from './message-bounds.ts'

/** The record types that this package asks for. */
export type QuestionType = 'SRV' | 'A' | 'AAAA' | 'TXT'

/** A record of a message, reduced to what is used here. Names without the trailing dot, spelling kept. */
export type MessageRecord = { readonly name: string; readonly ttlSeconds: number } & (
  | {
      readonly type: 'SRV'
      readonly target: string
      readonly port: number
      readonly priority: number
      readonly weight: number
    }
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'CNAME'; readonly target: string }
  | { readonly type: 'TXT'; readonly text: string }
  | { readonly type: 'SOA'; readonly minimumSeconds: number }
  | { readonly type: 'NS' }
)

/** A decoded question or answer. */
export interface Message {
  readonly id: number
  readonly isResponse: boolean
  readonly opcode: number
  /** The response code, with its upper bits from EDNS. */
  readonly rcode: number
  readonly authoritative: boolean
  readonly truncated: boolean
  readonly recursionDesired: boolean
  readonly recursionAvailable: boolean
  readonly questions: readonly { readonly name: string; readonly type: string; readonly isInternet: boolean }[]
  readonly answers: readonly MessageRecord[]
  readonly authorities: readonly MessageRecord[]
  readonly additionals: readonly MessageRecord[]
  /** The UDP size that the sender announced, 0 without EDNS. */
  readonly ednsBytes: number
  readonly bytes: number
}

const ADDITIONAL_COUNT_AT = 10

/** The bytes of a question; without EDNS when `ednsBytes` is 0. */
export function encodeQuery(id: number, name: string, type: QuestionType, ednsBytes: number): Uint8Array {
  const edns: codec.Answer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: ednsBytes,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  }
  return codec.encode({
    type: 'query',
    id,
    flags: codec.RECURSION_DESIRED,
    questions: [{ type, name: name === '' ? '.' : name }],
    additionals: ednsBytes === 0 ? [] : [edns],
  })
}

/**
 * Reads a message in time and memory that its size bounds.
 *
 * @throws {ResolverError} `DNS_MALFORMED` for everything that the codec throws
 */
export function decodeMessage(message: Uint8Array): Message {
  const { bytes, whole } = soundMessage(message)
  const buffer = whole ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : Buffer.from(bytes)
  if (!whole) buffer.writeUInt16BE(0, ADDITIONAL_COUNT_AT)
  let packet: codec.DecodedPacket
  try {
    packet = codec.decode(buffer)
  } catch (cause) {
    throw new ResolverError('DNS_MALFORMED', `the answer is not a sound DNS message: ${messageOf(cause)}`, { cause })
  }
  const flags = buffer.readUInt16BE(2)
  const edns = packet.additionals?.find((record) => record.type === 'OPT')
  return {
    id: packet.id ?? 0,
    isResponse: packet.type === 'response',
    opcode: (flags >> 11) & 0xf,
    rcode: (flags & 0xf) | ((edns?.extendedRcode ?? 0) << 4),
    authoritative: packet.flag_aa,
    truncated: packet.flag_tc,
    recursionDesired: packet.flag_rd,
    recursionAvailable: packet.flag_ra,
    questions: (packet.questions ?? []).map((question) => ({
      name: withoutFinalDot(question.name),
      type: question.type,
      isInternet: (question.class ?? 'IN') === 'IN',
    })),
    answers: recordsOf(packet.answers),
    authorities: recordsOf(packet.authorities),
    additionals: recordsOf(packet.additionals),
    ednsBytes: edns?.udpPayloadSize ?? 0,
    bytes: bytes.length,
  }
}

function recordsOf(answers: readonly codec.Answer[] = []): MessageRecord[] {
  const records: MessageRecord[] = []
  for (const answer of answers) {
    const record = recordOf(answer)
    if (record !== undefined) records.push(record)
  }
  return records
}

function recordOf(answer: codec.Answer): MessageRecord | undefined {
  if (answer.type === 'OPT' || answer.class !== 'IN') return undefined
  const { ttl = 0 } = answer
  const name = withoutFinalDot(answer.name)
  const ttlSeconds = ttl > MAX_TTL_SECONDS ? 0 : ttl
  switch (answer.type) {
    case 'SRV': {
      const { target, port, priority = 0, weight = 0 } = answer.data
      return { name, ttlSeconds, type: 'SRV', target: withoutFinalDot(target), port, priority, weight }
    }
    case 'A':
    case 'AAAA':
      return { name, ttlSeconds, type: answer.type, address: ipText(answer.data) }
    case 'CNAME':
      return { name, ttlSeconds, type: 'CNAME', target: withoutFinalDot(answer.data) }
    case 'TXT':
      return { name, ttlSeconds, type: 'TXT', text: [answer.data].flat().map(textOf).join('') }
    case 'SOA':
      return { name, ttlSeconds, type: 'SOA', minimumSeconds: answer.data.minimum ?? 0 }
    case 'NS':
      return { name, ttlSeconds, type: 'NS' }
    default:
      return undefined
  }
}

function textOf(part: string | Buffer): string {
  return typeof part === 'string' ? part : part.toString('utf8')
}
