import { EtfError, unreadable } from '../error.ts'
import {
  Atom,
  Binary,
  BitString,
  ExternalFun,
  Float,
  Fun,
  ImproperList,
  LocalTerm,
  NativeRecord,
  Pid,
  Port,
  Reference,
  type Term,
  Tuple,
} from '../term.ts'
import { pairsOf } from '../values/map-form.ts'
import { isCompoundKey } from '../write/term-identity.ts'
import { newIdentity } from '../write/term-writer.ts'

/** What nests deeper contains itself. Unit: containers. */
const MOST_DEPTH = 1_000_000

/**
 * Whether two values stand for the same Erlang term, as `=:=` would say: `1` is not `new Float(1)`, a text is the binary
 * of its UTF-8, maps are compared whatever their order. A value that is no term equals only itself.
 *
 * Works off a stack of its own, so that no depth of nesting overflows the call stack.
 *
 * @throws {EtfError} `ETF_NOT_ENCODABLE` for a value that throws when it is read, `ETF_LIMIT_DEPTH` for two that contain
 * themselves
 */
export function equals(a: Term, b: Term): boolean {
  try {
    return isEqual(a, b)
  } catch (cause) {
    throw unreadable('ETF_NOT_ENCODABLE', cause)
  }
}

function isEqual(a: Term, b: Term): boolean {
  const open: Pairs = [[a, b]]
  const depths = [0]
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const depth = depths.pop()!
    if (depth > MOST_DEPTH) throw new EtfError('ETF_LIMIT_DEPTH', 'the values contain themselves')
    const before = open.length
    if (!isEqualHere(pair[0], pair[1], open)) return false
    for (let index = before; index < open.length; index++) depths.push(depth + 1)
  }
  return true
}

type Pairs = [Term, Term][]

/** Compares all but the elements, which are left to be compared. */
function isEqualHere(a: Term, b: Term, open: Pairs): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return isEqualLeaf(a, b)
  }
  if (a instanceof Atom || b instanceof Atom) return atomValue(a) === atomValue(b)
  if (Array.isArray(a)) return Array.isArray(b) && pushAll(a as readonly Term[], b as readonly Term[], open)
  if (a instanceof Tuple) return b instanceof Tuple && pushAll(a.elements, b.elements, open)
  if (a instanceof Pid || a instanceof Port || a instanceof Reference) return a.equals(b)
  if (a instanceof ImproperList) {
    return b instanceof ImproperList && pushAll([...a.elements, a.tail], [...b.elements, b.tail], open)
  }
  if (a instanceof NativeRecord) return b instanceof NativeRecord && isEqualRecord(a, b, open)
  if (a instanceof BitString && b instanceof BitString) return a.bits === b.bits && isSameBytes(a.bytes, b.bytes)
  if (a instanceof Fun) return b instanceof Fun && isSameBytes(a.bytes, b.bytes)
  if (a instanceof LocalTerm) return b instanceof LocalTerm && isSameBytes(a.bytes, b.bytes)
  if (a instanceof ExternalFun) {
    return b instanceof ExternalFun && a.module === b.module && a.function === b.function && a.arity === b.arity
  }
  const left = plainMap(a)
  const right = plainMap(b)
  return left !== undefined && right !== undefined ? pushMaps(left, right, open) : isEqualLeaf(a, b)
}

function isEqualLeaf(a: Term, b: Term): boolean {
  const bytes = bytesOf(a)
  if (bytes !== undefined) {
    const others = bytesOf(b)
    return others !== undefined && isSameBytes(bytes, others)
  }
  if (a instanceof Float || b instanceof Float) return Object.is(floatOf(a), floatOf(b))
  if (a instanceof Atom || b instanceof Atom) return atomValue(a) === atomValue(b)
  // Beyond 2^53 a number and a bigint may be the same integer.
  return typeof a === 'number' && typeof b === 'bigint' ? isSameInteger(a, b) : isSameIntegerOtherWay(a, b)
}

function isSameInteger(a: number, b: bigint): boolean {
  return Number.isInteger(a) && BigInt(a) === b
}

function isSameIntegerOtherWay(a: Term, b: Term): boolean {
  return typeof a === 'bigint' && typeof b === 'number' && isSameInteger(b, a)
}

function atomValue(term: Term): unknown {
  return term instanceof Atom ? term.value : term
}

/** A number with a fraction is a float too; one without is an integer. */
function floatOf(term: Term): number | undefined {
  if (term instanceof Float) return term.value
  return typeof term === 'number' && !Number.isInteger(term) ? term : undefined
}

function bytesOf(term: Term): Uint8Array | undefined {
  if (term instanceof Uint8Array) return term
  if (term instanceof Binary) return term.toBytes()
  return typeof term === 'string' ? Buffer.from(term) : undefined
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function pushAll(a: readonly Term[], b: readonly Term[], open: Pairs): boolean {
  if (a.length !== b.length) return false
  for (let index = a.length - 1; index >= 0; index--) open.push([a[index], b[index]])
  return true
}

function isEqualRecord(a: NativeRecord, b: NativeRecord, open: Pairs): boolean {
  if (a.module !== b.module || a.recordName !== b.recordName || a.fields.length !== b.fields.length) return false
  return a.fields.every(([name, value], index) => {
    open.push([value, b.fields[index]?.[1]])
    return name === b.fields[index]?.[0]
  })
}

/** A value as the map that `encode` makes of it. */
function plainMap(term: Term): ReadonlyMap<Term, Term> | undefined {
  if (term instanceof Map) return term
  const pairs = pairsOf(term, false)
  return pairs && new Map(pairs)
}

function pushMaps(a: ReadonlyMap<Term, Term>, b: ReadonlyMap<Term, Term>, open: Pairs): boolean {
  if (a.size !== b.size) return false
  const identity = newIdentity()
  let others: Map<unknown, Term> | undefined
  for (const [key, value] of a) {
    if (!isCompoundKey(key) && b.has(key)) {
      open.push([value, b.get(key)])
      continue
    }
    others ??= new Map([...b].map(([other, of]) => [identity.of(other), of]))
    const same = identity.of(key)
    if (!others.has(same)) return false
    open.push([value, others.get(same)])
  }
  return true
}
