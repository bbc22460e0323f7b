import { type Answer, AUTHORITATIVE_ANSWER, decode, encode, type Packet, TRUNCATED_RESPONSE } from 'dns-packet'
import { withoutTrailingDot } from './dns-name.ts'
import type { Zone, ZoneRecord } from './zone.ts'

const DEFAULT_TTL_SECONDS = 5
const MAX_ALIASES = 8
const RECURSION_DESIRED = 0x100

/** RCODEs as they go into the flags. */
export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const

/** A question that a client sent, and how large an answer it takes over UDP. */
export interface ZoneQuery {
  readonly packet: Packet
  readonly udpBytes: number
}

/** @returns undefined when it is no query that one could answer */
export function decodeQuery(bytes: Uint8Array): ZoneQuery | undefined {
  let packet: Packet
  try {
    packet = decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  } catch {
    // Whatever this is, the sender gets no answer that it could use against others.
    return undefined
  }
  if (packet.type !== 'query' || packet.questions?.length !== 1) return undefined
  const opt = packet.additionals?.find((record) => record.type === 'OPT')
  const announced = opt !== undefined && 'udpPayloadSize' in opt ? opt.udpPayloadSize : 512
  return { packet, udpBytes: Math.max(512, announced) }
}

/** What the zone says, as the bytes of an answer that has no more than `maxBytes`. */
export function answerQuery(zone: Zone, { packet }: ZoneQuery, maxBytes: number): Uint8Array {
  const [question] = packet.questions!
  const { name, type } = question!
  const answers: Answer[] = []
  let owner = name
  let records = zone.lookUp(owner)
  for (let aliases = 0; aliases < MAX_ALIASES; aliases++) {
    const alias = records?.find((record) => record.type === 'CNAME')
    if (alias === undefined || alias.type !== 'CNAME' || type === 'CNAME') break
    answers.push(asAnswer(alias))
    owner = alias.target
    records = zone.lookUp(owner)
  }
  const found = (records ?? []).filter((record) => record.type === type)
  answers.push(...found.map(asAnswer))
  const rcode = records === undefined ? RCODE.NXDOMAIN : RCODE.NOERROR
  return fitted(
    packet,
    {
      answers,
      authorities: found.length === 0 ? [soa(owner)] : [],
      additionals: found.flatMap((record) => (record.type === 'SRV' ? addressesOf(zone, record.target) : [])),
    },
    rcode,
    maxBytes,
  )
}

/** An answer that says only that something is wrong. */
export function errorAnswer(packet: Packet, rcode: number): Uint8Array {
  return encode(response(packet, {}, rcode, false))
}

interface Sections {
  readonly answers?: Answer[]
  readonly authorities?: Answer[]
  readonly additionals?: Answer[]
}

/** Leaves additional records out first, then answers nothing but TC: the client comes back over TCP. @see RFC 2181 §9 */
function fitted(packet: Packet, sections: Sections, rcode: number, maxBytes: number): Uint8Array {
  const whole = encode(response(packet, sections, rcode, false))
  if (whole.length <= maxBytes) return whole
  const bare = encode(response(packet, { ...sections, additionals: [] }, rcode, false))
  return bare.length <= maxBytes ? bare : encode(response(packet, {}, rcode, true))
}

function response(
  { id, flags = 0, questions = [] }: Packet,
  sections: Sections,
  rcode: number,
  truncated: boolean,
): Packet {
  const bits = AUTHORITATIVE_ANSWER | (flags & RECURSION_DESIRED) | (truncated ? TRUNCATED_RESPONSE : 0) | rcode
  return { type: 'response', ...(id !== undefined && { id }), flags: bits, questions, ...sections }
}

function asAnswer(record: ZoneRecord): Answer {
  const { name, ttlSeconds: ttl = DEFAULT_TTL_SECONDS } = record
  const owner = withoutTrailingDot(name)
  switch (record.type) {
    case 'SRV': {
      const { target, port, priority = 0, weight = 0 } = record
      return {
        type: 'SRV',
        name: owner,
        ttl,
        data: { target: withoutTrailingDot(target) || '.', port, priority, weight },
      }
    }
    case 'A':
    case 'AAAA':
      return { type: record.type, name: owner, ttl, data: record.address }
    case 'TXT':
      return { type: 'TXT', name: owner, ttl, data: record.text }
    case 'CNAME':
      return { type: 'CNAME', name: owner, ttl, data: withoutTrailingDot(record.target) }
  }
}

function addressesOf(zone: Zone, target: string): Answer[] {
  const records = zone.lookUp(target) ?? []
  return records.filter(({ type }) => type === 'A' || type === 'AAAA').map(asAnswer)
}

/** The zone is everything below the last two labels that we know nothing better about. */
function soa(name: string): Answer {
  const zone = withoutTrailingDot(name).split('.').slice(-2).join('.')
  const data = {
    mname: `ns.${zone}`,
    rname: `hostmaster.${zone}`,
    serial: 1,
    refresh: 3600,
    retry: 600,
    expire: 86_400,
  }
  return { type: 'SOA', name: zone, ttl: DEFAULT_TTL_SECONDS, data: { ...data, minimum: DEFAULT_TTL_SECONDS } }
}
