import { isIPv4 } from 'node:net'
import { domainKey, withoutFinalDot } from '@dynsrv/kit'
import { HEADER_BYTES, TYPE } from '../records/dns-numbers.ts'
import { DEFAULT_TTL_SECONDS, type ZoneRecord } from './zone-record.ts'

const MAX_POINTER = 0x3fff
const CLASS_IN = 1

/** A mark to which a response can be cut back. */
export interface Mark {
  readonly length: number
}

/**
 * Writes a response. Names of owners are compressed; SRV targets are not, as RFC 2782 asks, unless `compressTargets` is set.
 *
 * The codec that reads our messages writes every name in full, which would put 1000 members over the size of a message.
 */
export class ResponseWriter {
  readonly #names = new Map<string, number>()
  readonly #compressTargets: boolean
  #bytes = Buffer.alloc(1024)
  #length = HEADER_BYTES

  constructor(options: { readonly compressTargets?: boolean } = {}) {
    this.#compressTargets = options.compressTargets ?? false
  }

  get length(): number {
    return this.#length
  }

  question(raw: Uint8Array, name: string): void {
    this.#remember(name, this.#length)
    this.#raw(raw)
  }

  record(record: ZoneRecord): void {
    this.#name(record.name, true)
    this.#u16(TYPE[record.type])
    this.#u16(CLASS_IN)
    this.#u32(record.ttlSeconds ?? DEFAULT_TTL_SECONDS)
    this.#sized(() => this.#data(record))
  }

  soa(zone: string, negativeTtlSeconds: number): void {
    this.#name(zone, true)
    this.#u16(TYPE.SOA)
    this.#u16(CLASS_IN)
    this.#u32(negativeTtlSeconds)
    this.#sized(() => {
      this.#name('ns.invalid', true)
      this.#name('hostmaster.invalid', true)
      for (const value of [1, 3600, 600, 86_400, negativeTtlSeconds]) this.#u32(value)
    })
  }

  /** @see RFC 6891 §6.1.2 */
  edns(udpBytes: number): void {
    this.#raw(Uint8Array.of(0))
    this.#u16(TYPE.OPT)
    this.#u16(udpBytes)
    this.#u32(0)
    this.#u16(0)
  }

  mark(): Mark {
    return { length: this.#length }
  }

  /** Forgets what was written after the mark. */
  cutBack({ length }: Mark): void {
    this.#length = length
    for (const [name, at] of this.#names) if (at >= length) this.#names.delete(name)
  }

  /** The message, with its header written. */
  finish(header: { id: number; flags: number; counts: readonly [number, number, number, number] }): Buffer {
    const bytes = this.#bytes.subarray(0, this.#length)
    bytes.writeUInt16BE(header.id, 0)
    bytes.writeUInt16BE(header.flags, 2)
    for (const [index, count] of header.counts.entries()) bytes.writeUInt16BE(count, 4 + 2 * index)
    return bytes
  }

  #data(record: ZoneRecord): void {
    switch (record.type) {
      case 'SRV':
        this.#u16(record.priority ?? 0)
        this.#u16(record.weight ?? 0)
        this.#u16(record.port)
        this.#name(record.target, this.#compressTargets)
        break
      case 'CNAME':
        this.#name(record.target, true)
        break
      case 'TXT':
        this.#raw(characterStrings(record.text))
        break
      default:
        this.#raw(addressBytes(record.address))
    }
  }

  #name(name: string, compress: boolean): void {
    let rest = withoutFinalDot(name)
    while (rest !== '') {
      const known = compress ? this.#names.get(domainKey(rest)) : undefined
      if (known !== undefined) {
        this.#u16(0xc000 | known)
        return
      }
      this.#rememberOne(rest, this.#length)
      const dot = rest.indexOf('.')
      const label = dot === -1 ? rest : rest.slice(0, dot)
      this.#raw(Uint8Array.of(label.length))
      this.#raw(Buffer.from(label, 'latin1'))
      rest = dot === -1 ? '' : rest.slice(dot + 1)
    }
    this.#raw(Uint8Array.of(0))
  }

  #remember(name: string, at: number): void {
    for (let rest = withoutFinalDot(name); rest !== ''; ) {
      this.#rememberOne(rest, at)
      const dot = rest.indexOf('.')
      if (dot === -1) break
      at += dot + 1
      rest = rest.slice(dot + 1)
    }
  }

  #rememberOne(name: string, at: number): void {
    const key = domainKey(name)
    if (at <= MAX_POINTER && !this.#names.has(key)) this.#names.set(key, at)
  }

  #sized(write: () => void): void {
    const at = this.#length
    this.#u16(0)
    write()
    this.#bytes.writeUInt16BE(this.#length - at - 2, at)
  }

  #u16(value: number): void {
    this.#room(2)
    this.#length = this.#bytes.writeUInt16BE(value, this.#length)
  }

  #u32(value: number): void {
    this.#room(4)
    this.#length = this.#bytes.writeUInt32BE(value, this.#length)
  }

  #raw(bytes: Uint8Array): void {
    this.#room(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #room(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const grown = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#length + more))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

/** A text as strings of up to 255 bytes. @see RFC 1035 §3.3.14 */
function characterStrings(text: string): Buffer {
  const bytes = Buffer.from(text)
  const parts: Buffer[] = []
  for (let at = 0; at === 0 || at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255)
    parts.push(Buffer.of(part.length), part)
  }
  return Buffer.concat(parts)
}

/** Reads a valid address. A server of thousands of members does little else. */
function ipv4Bytes(address: string): Uint8Array {
  const bytes = new Uint8Array(4)
  let part = 0
  for (let at = 0; at < address.length; at++) {
    const code = address.charCodeAt(at)
    if (code === DOT) part++
    else bytes[part] = bytes[part]! * 10 + code - ZERO
  }
  return bytes
}

const DOT = 0x2e
const ZERO = 0x30

function addressBytes(address: string): Uint8Array {
  if (isIPv4(address)) return ipv4Bytes(address)
  const [plain = ''] = address.split('%')
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(plain)
  const tail = dotted === null ? [] : [...addressBytes(dotted[2]!)]
  const [head = '', rest] = (dotted?.[1] ?? plain).split('::')
  const words = (part: string | undefined) =>
    (part ?? '')
      .split(':')
      .filter((word) => word !== '')
      .flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 0xff])
  const [front, back] = [words(head), [...words(rest), ...tail]]
  return Uint8Array.from([...front, ...new Array<number>(16 - front.length - back.length).fill(0), ...back])
}
