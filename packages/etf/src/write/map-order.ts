import { Atom, Binary, BitString, ExternalFun, Float, Fun, Pid, Port, Reference, type Term, Tuple } from '../term.ts'

/** A key that is encoded already, to be written as it is. */
export class EncodedKey {
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

/** A key ready to be compared: its kind's place in Erlang's order of terms, and what orders it among its kind. */
interface OrderedKey {
  readonly rank: number
  readonly number: number | bigint
  readonly isFloat: boolean
  readonly bytes: Uint8Array
  /** Whether `bytes` are the canonical encoding of the whole key. */
  readonly isEncoded: boolean
}

const NO_BYTES = new Uint8Array(0)
const RANK_ATOM = 1
const RANK_BINARY = 10

/**
 * Pairs of a map in one fixed order.
 *
 * Numbers, atoms and binaries come in Erlang's order of terms, as `term_to_binary(Term, [deterministic])` has them. Keys
 * of one of the other kinds come in the order of their encodings, which is as fixed but is not BEAM's.
 *
 * @param keepsEncoded whether such keys come as their encodings, so that the canonical form of keys inside keys inside
 * keys is made once; each level would double the work otherwise
 */
export function inFixedOrder(
  pairs: Iterable<readonly [Term, Term]>,
  canonicalText: (term: Term) => string,
  keepsEncoded: boolean,
): readonly (readonly [Term | EncodedKey, Term])[] {
  const entries = [...pairs]
  if (entries.length < 2) return entries
  return entries
    .map((pair) => ({ pair, key: orderedKey(pair[0], canonicalText) }))
    .sort((a, b) => compareKeys(a.key, b.key))
    .map(({ pair, key }) => (keepsEncoded && key.isEncoded ? [new EncodedKey(key.bytes), pair[1]] : pair))
}

function compareKeys(a: OrderedKey, b: OrderedKey): number {
  if (a.rank !== b.rank) return a.rank - b.rank
  if (a.number < b.number) return -1
  if (a.number > b.number) return 1
  if (a.isFloat !== b.isFloat) return a.isFloat ? 1 : -1
  return Buffer.compare(a.bytes, b.bytes)
}

function orderedKey(key: Term, canonicalText: (term: Term) => string): OrderedKey {
  if (typeof key === 'number') return ofNumber(key, !Number.isInteger(key))
  if (typeof key === 'bigint') return ofNumber(key, false)
  if (key instanceof Float) return ofNumber(key.value, true, Object.is(key.value, -0) ? NO_BYTES : Buffer.from([0]))
  if (typeof key === 'boolean' || key === undefined) return ofBytes(RANK_ATOM, Buffer.from(String(key)))
  if (key === null) return ofBytes(RANK_ATOM, Buffer.from('nil'))
  if (key instanceof Atom) return ofBytes(RANK_ATOM, key.wire.subarray(key.wireStart))
  if (typeof key === 'string') return ofBytes(RANK_BINARY, Buffer.from(key))
  if (key instanceof Binary) return ofBytes(RANK_BINARY, key.toBytes())
  if (key instanceof Uint8Array) return ofBytes(RANK_BINARY, key)
  return { ...ofBytes(rankOf(key), Buffer.from(canonicalText(key), 'latin1')), isEncoded: true }
}

function ofNumber(number: number | bigint, isFloat: boolean, bytes: Uint8Array = NO_BYTES): OrderedKey {
  return { rank: 0, number, isFloat, bytes, isEncoded: false }
}

function ofBytes(rank: number, bytes: Uint8Array): OrderedKey {
  return { rank, number: 0, isFloat: false, bytes, isEncoded: false }
}

/** number < atom < reference < fun < port < pid < tuple < map < nil < list < bit string */
function rankOf(key: Term): number {
  if (key instanceof Reference) return 2
  if (key instanceof Fun || key instanceof ExternalFun) return 3
  if (key instanceof Port) return 4
  if (key instanceof Pid) return 5
  if (key instanceof Tuple) return 6
  if (Array.isArray(key)) return key.length === 0 ? 8 : 9
  return key instanceof BitString ? RANK_BINARY : 7
}
