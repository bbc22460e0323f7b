import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import type { NodeName } from '@dynsrv/epmd-shim'
import { bytes, filledText, optional, type Rule, rule, secret } from '@dynsrv/kit'
import { type Mapped, named } from '../answers/name-mapping.ts'
import { checks } from '../checks.ts'

// Version 131, MAP_EXT with one pair, then the key atom `node` and the value atom, each with any of the four atom tags.
const HEAD = Buffer.from('heartbeat::')
const MAP_OF_ONE = Buffer.from([131, 116, 0, 0, 0, 1])
const SMALL_ATOM_UTF8_EXT = 119
const SMALL_TAGS = new Set([115, SMALL_ATOM_UTF8_EXT])
const LARGE_TAGS = new Set([100, 118])
/** Of the random bytes before an encrypted heartbeat. */
export const IV_BYTES = 16

/** No heartbeat is longer: a name has at most 255 bytes, the rest is fixed. */
export const MAX_PACKET_BYTES = 512

/** A heartbeat as libcluster's gossip strategy sends it: `heartbeat::` and `#{node => Name}` as an external term. */
export function encodeHeartbeat(
  node: NodeName,
  secrecy?: { readonly key: Uint8Array; readonly iv: Uint8Array },
): Buffer {
  const plain = Buffer.concat([HEAD, MAP_OF_ONE, atom('node'), atom(node)])
  if (secrecy === undefined) return plain
  const { key, iv } = secrecy
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  return Buffer.concat([iv, cipher.update(plain), cipher.final()])
}

/** A refusal does not show it. */
export const secretText: Rule = secret(filledText)

const aKey = optional(secret(rule('a key of 32 bytes', (value) => value instanceof Uint8Array && value.length === 32)))

/**
 * The name in a heartbeat, or why it is none. It reads only the one map, so no other term can be made of a packet.
 *
 * @throws {StrategyError} `STRATEGY_BAD_OPTION` for what is not bytes
 */
export function decodeHeartbeat(packet: Uint8Array, key?: Uint8Array): Mapped {
  checks.argument('decodeHeartbeat', 'packet', bytes, packet)
  checks.argument('decodeHeartbeat', 'key', aKey, key)
  return decode(Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength), key)
}

function decode(packet: Buffer, key?: Uint8Array): Mapped {
  if (packet.length > MAX_PACKET_BYTES) return { ignored: `a packet of ${packet.length} bytes is not a heartbeat` }
  const plain = key === undefined ? packet : decrypt(packet, key)
  if (plain === undefined) return { ignored: 'it does not decrypt with our secret' }
  if (!plain.subarray(0, HEAD.length).equals(HEAD)) {
    return {
      ignored: key === undefined ? 'it is not a plain heartbeat; it may need a secret' : 'it is not a heartbeat',
    }
  }
  const term = plain.subarray(HEAD.length)
  if (!term.subarray(0, MAP_OF_ONE.length).equals(MAP_OF_ONE)) return { ignored: 'its term is not a map of one pair' }
  const name = readAtom(term, MAP_OF_ONE.length)
  const value = name?.text === 'node' ? readAtom(term, name.end) : undefined
  if (value === undefined || value.end !== term.length) return { ignored: 'its map is not #{node => Atom}' }
  return named(value.text)
}

/** The key that a secret stands for. @throws {StrategyError} `STRATEGY_BAD_OPTION` */
export function gossipKey(secret: string): Buffer {
  checks.argument('gossipKey', 'secret', secretText, secret)
  return createHash('sha256').update(secret).digest()
}

function atom(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from([SMALL_ATOM_UTF8_EXT, bytes.length]), bytes])
}

function readAtom(term: Buffer, at: number): { text: string; end: number } | undefined {
  const tag = term[at] ?? 0
  const large = LARGE_TAGS.has(tag)
  if (!large && !SMALL_TAGS.has(tag)) return undefined
  const start = at + (large ? 3 : 2)
  if (start > term.length) return undefined
  const end = start + (large ? term.readUInt16BE(at + 1) : term[at + 1]!)
  return end > term.length ? undefined : { text: term.toString('utf8', start, end), end }
}

function decrypt(packet: Buffer, key: Uint8Array): Buffer | undefined {
  if (packet.length < 2 * IV_BYTES || packet.length % IV_BYTES !== 0) return undefined
  const decipher = createDecipheriv('aes-256-cbc', key, packet.subarray(0, IV_BYTES))
  try {
    return Buffer.concat([decipher.update(packet.subarray(IV_BYTES)), decipher.final()])
  } catch {
    // Wrong padding is how another key shows.
    return undefined
  }
}
