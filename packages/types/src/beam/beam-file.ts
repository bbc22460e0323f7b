import { gunzipSync } from 'node:zlib'
import { decode, type Term } from '@dynsrv/etf'
import { messageOf } from '@dynsrv/kit'
import { TypesError } from '../error.ts'

/** A module has fewer bytes than this, once inflated. */
const MOST_BYTES = 256 * 1024 * 1024

/** A compiled module, taken apart. */
export interface BeamFile {
  /** Its name. */
  readonly module: string
  /** The functions that others can call, as `name/arity`. */
  readonly exports: readonly { readonly name: string; readonly arity: number }[]
  /** The term of a chunk; undefined where there is none. @throws {TypesError} `TYPES_BAD_BEAM` */
  term(chunk: string): Term
  /** Whether it has a chunk. */
  has(chunk: string): boolean
}

/**
 * Takes a compiled module apart.
 *
 * @see OTP `beam_lib`, "The Erlang BEAM File Format"
 * @throws {TypesError} `TYPES_BAD_BEAM`
 */
export function readBeam(bytes: Uint8Array, what: string): BeamFile {
  try {
    const chunks = chunksOf(inflated(bytes))
    const atoms = atomsOf(chunks)
    const [module] = atoms
    if (module === undefined) throw new Error('it names no module')
    return {
      module,
      exports: exportsOf(chunks.get('ExpT'), atoms),
      has: (chunk) => (chunks.get(chunk)?.length ?? 0) > 0,
      term: (chunk) => {
        const found = chunks.get(chunk)
        return found === undefined || found.length === 0 ? undefined : guarded(what, () => decode(found))
      },
    }
  } catch (cause) {
    throw badBeam(what, cause)
  }
}

function guarded<T>(what: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw badBeam(what, cause)
  }
}

function badBeam(what: string, cause: unknown): TypesError {
  return new TypesError('TYPES_BAD_BEAM', `${what} cannot be read: ${messageOf(cause)}`, { cause })
}

function inflated(bytes: Uint8Array): Uint8Array {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  return isGzip ? gunzipSync(bytes, { maxOutputLength: MOST_BYTES }) : bytes
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function chunksOf(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const view = viewOf(bytes)
  const name = (at: number) => Buffer.from(bytes.subarray(at, at + 4)).toString('latin1')
  if (name(0) !== 'FOR1' || name(8) !== 'BEAM') throw new Error('it does not begin as a compiled module')
  if (view.getUint32(4) + 8 > bytes.length) throw new Error('it is cut short')
  const chunks = new Map<string, Uint8Array>()
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4)
    if (at + 8 + size > bytes.length) throw new Error('it is cut short')
    chunks.set(name(at), bytes.subarray(at + 8, at + 8 + size))
    at += 8 + 4 * Math.ceil(size / 4)
  }
  return chunks
}

function atomsOf(chunks: ReadonlyMap<string, Uint8Array>): readonly string[] {
  const utf8 = chunks.get('AtU8')
  const chunk = utf8 ?? chunks.get('Atom')
  if (chunk === undefined) throw new Error('it has no atoms')
  const count = viewOf(chunk).getInt32(0)
  const atoms: string[] = []
  let at = 4
  const length = () => {
    const first = chunk[at++]!
    if (count >= 0) return first
    // Since OTP 28 the count is negative, and lengths are written like numbers in code: 4 bits, or 3 bits and a byte.
    return (first & 0b1000) === 0 ? first >> 4 : ((first >> 5) << 8) | chunk[at++]!
  }
  for (let left = Math.abs(count); left > 0; left--) {
    const size = length()
    if (!(at + size <= chunk.length)) throw new Error('its atoms are cut short')
    atoms.push(Buffer.from(chunk.subarray(at, at + size)).toString(utf8 === undefined ? 'latin1' : 'utf8'))
    at += size
  }
  return atoms
}

function exportsOf(chunk: Uint8Array | undefined, atoms: readonly string[]): BeamFile['exports'] {
  if (chunk === undefined) return []
  const view = viewOf(chunk)
  return Array.from({ length: Math.min(view.getUint32(0), Math.floor((chunk.length - 4) / 12)) }, (_, index) => ({
    name: atoms[view.getUint32(4 + 12 * index) - 1] ?? '',
    arity: view.getUint32(8 + 12 * index),
  })).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.arity - b.arity))
}
