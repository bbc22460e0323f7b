import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { NodeName } from '@dynsrv/epmd-shim'
import { type Mapped, named } from './name-mapping.ts'

// Version 131, MAP_EXT with one pair, then the key atom `node` and the value atom, each with any of the four atom tags.
const HEAD = Buffer.from('heartbeat::')
const MAP_OF_ONE = Buffer.from([131, 116, 0, 0, 0, 1])
const SMALL_ATOM_UTF8_EXT = 119
const SMALL_TAGS = new Set([115, SMALL_ATOM_UTF8_EXT])
const LARGE_TAGS = new Set([100, 118])
const IV_BYTES = 16

/** No heartbeat is longer: a name has at most 255 bytes, the rest is fixed. */
export const MAX_PACKET_BYTES = 512

/** A heartbeat as libcluster's gossip strategy sends it: `heartbeat::` and `#{node => Name}` as an external term. */
export function encodeHeartbeat(node: NodeName, key?: Buffer, iv: Buffer = randomBytes(IV_BYTES)): Buffer {
  const plain = Buffer.concat([HEAD, MAP_OF_ONE, atom('node'), atom(node)])
  if (key === undefined) return plain
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  return Buffer.concat([iv, cipher.update(plain), cipher.final()])
}

/** The name in a heartbeat, or why it is none. Reads nothing else than the one map, so no term can be made of it. */
export function decodeHeartbeat(packet: Buffer, key?: Buffer): Mapped {
  if (packet.length > MAX_PACKET_BYTES) return { ignored: `a packet of ${packet.length} bytes is no heartbeat` }
  const plain = key === undefined ? packet : decrypt(packet, key)
  if (plain === undefined) return { ignored: 'it does not decrypt with our secret' }
  if (!plain.subarray(0, HEAD.length).equals(HEAD)) {
    return { ignored: key === undefined ? 'it is no plain heartbeat; it may need a secret' : 'it is no heartbeat' }
  }
  const term = plain.subarray(HEAD.length)
  if (!term.subarray(0, MAP_OF_ONE.length).equals(MAP_OF_ONE)) return { ignored: 'its term is no map of one pair' }
  const name = readAtom(term, MAP_OF_ONE.length)
  const value = name?.text === 'node' ? readAtom(term, name.end) : undefined
  if (value === undefined || value.end !== term.length) return { ignored: 'its map is not #{node => Atom}' }
  return named(value.text)
}

/** The key that a secret stands for. */
export function gossipKey(secret: string): Buffer {
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

function decrypt(packet: Buffer, key: Buffer): Buffer | undefined {
  if (packet.length < 2 * IV_BYTES || packet.length % IV_BYTES !== 0) return undefined
  const decipher = createDecipheriv('aes-256-cbc', key, packet.subarray(0, IV_BYTES))
  try {
    return Buffer.concat([decipher.update(packet.subarray(IV_BYTES)), decipher.final()])
  } catch {
    // Wrong padding is how another key shows.
    return undefined
  }
}
