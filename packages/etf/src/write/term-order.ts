import {
  Atom,
  Binary,
  BitString,
  ExternalFun,
  Float,
  Fun,
  ImproperList,
  NativeRecord,
  Pid,
  Port,
  Reference,
  type Term,
  type TermObject,
  Tuple,
} from '../term.ts'
import { mapForm, pairsOf } from '../values/map-form.ts'

type Pair = readonly [Term, Term]

/** Two terms that are still to be compared, in front of those that were put here before them. */
type Open = Pair[]

/**
 * Puts the pairs of maps in the order of their keys that `term_to_binary(Term, [deterministic])` has: Erlang's order of
 * terms, with each integer before each float.
 *
 * Nothing calls itself, so that no depth of nesting overflows the call stack.
 */
export class TermOrder {
  /** The pairs in order of the maps that were met. */
  readonly #sorted = new Map<object, readonly Pair[]>()
  readonly #atomKeys: boolean

  /** @param atomKeys whether the keys of plain objects are atoms */
  constructor(atomKeys: boolean) {
    this.#atomKeys = atomKeys
  }

  /** The pairs of a map, or of a plain object, in order. */
  pairsOf(map: object): readonly Pair[] {
    // Maps in keys are compared, so they come first, the innermost in front of those around them.
    for (const inner of [map, ...this.#mapsInKeysOf(map)].reverse()) {
      if (!this.#sorted.has(inner)) this.#sorted.set(inner, this.#inOrder(this.#unsorted(inner)))
    }
    return this.#sorted.get(map)!
  }

  #inOrder(pairs: readonly Pair[]): readonly Pair[] {
    return pairs.length < 2 ? pairs : pairs.toSorted((a, b) => this.#compare(a[0], b[0]))
  }

  #compare(a: Term, b: Term): number {
    const open: Open = [[a, b]]
    for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
      const order = this.#compareHere(pair[0], pair[1], open)
      if (order !== 0) return order
    }
    return 0
  }

  /** Compares all but what is inside, which is left to be compared. */
  #compareHere(a: Term, b: Term, open: Open): number {
    const rank = rankOf(a)
    const byRank = rank - rankOf(b)
    if (byRank !== 0) return byRank
    switch (rank) {
      case RANK.number:
        return compareNumbers(a, b)
      case RANK.atom:
        return compareAtoms(a, b)
      case RANK.reference:
        return compareReferences(a as Reference, b as Reference)
      case RANK.fun:
        return compareFuns(a as Fun, b as Fun)
      case RANK.port:
        return comparePorts(a as Port, b as Port)
      case RANK.pid:
        return comparePids(a as Pid, b as Pid)
      case RANK.tuple:
        return compareSequences((a as Tuple).elements, (b as Tuple).elements, open)
      case RANK.map:
        return this.#compareMaps(a as object, b as object, open)
      case RANK.list:
        return compareLists(a, b, open)
      case RANK.record:
        return compareRecords(a as NativeRecord, b as NativeRecord, open)
      case RANK.binary:
        return compareBits(a, b)
      default:
        return 0
    }
  }

  #compareMaps(a: object, b: object, open: Open): number {
    const [left, right] = [this.#sorted.get(a)!, this.#sorted.get(b)!]
    if (left.length !== right.length) return left.length - right.length
    for (let index = left.length - 1; index >= 0; index--) open.push([left[index]![1], right[index]![1]])
    for (let index = left.length - 1; index >= 0; index--) open.push([left[index]![0], right[index]![0]])
    return 0
  }

  #unsorted(map: object): readonly Pair[] {
    return pairsOf(map as TermObject, this.#atomKeys) ?? []
  }

  /** The maps in the keys of a map that were not met before, each in front of those inside it. */
  #mapsInKeysOf(map: object): object[] {
    if (this.#sorted.has(map)) return []
    const maps: object[] = []
    const open: Term[] = this.#unsorted(map).map(([key]) => key)
    while (open.length > 0) {
      const term = open.pop()
      if (Array.isArray(term)) pushAll(open, term as readonly Term[])
      else if (term instanceof Tuple) pushAll(open, term.elements)
      else if (term instanceof ImproperList) pushAll(open, [...term.elements, term.tail])
      else if (term instanceof NativeRecord) for (const [, value] of term.fields) open.push(value)
      else if (isMap(term) && !this.#sorted.has(term)) {
        maps.push(term)
        for (const pair of this.#unsorted(term)) pushAll(open, pair)
      }
    }
    return maps
  }
}

/** number < atom < reference < fun < port < pid < tuple < native record < map < nil < list < bit string */
const RANK = {
  number: 0,
  atom: 1,
  reference: 2,
  fun: 3,
  port: 4,
  pid: 5,
  tuple: 6,
  record: 7,
  map: 8,
  nil: 9,
  list: 10,
  binary: 11,
} as const

function rankOf(term: Term): number {
  switch (typeof term) {
    case 'number':
    case 'bigint':
      return RANK.number
    case 'string':
      return RANK.binary
    case 'boolean':
    case 'undefined':
      return RANK.atom
    default:
      return rankOfObject(term)
  }
}

function rankOfObject(term: Term): number {
  if (term === null || term instanceof Atom) return RANK.atom
  if (term instanceof Float) return RANK.number
  if (term instanceof Uint8Array || term instanceof Binary || term instanceof BitString) return RANK.binary
  if (term instanceof Tuple) return RANK.tuple
  if (Array.isArray(term)) return term.length === 0 ? RANK.nil : RANK.list
  if (term instanceof ImproperList) return RANK.list
  if (term instanceof Reference) return RANK.reference
  if (term instanceof Fun || term instanceof ExternalFun) return RANK.fun
  if (term instanceof Port) return RANK.port
  if (term instanceof Pid) return RANK.pid
  return term instanceof NativeRecord ? RANK.record : RANK.map
}

function isMap(term: Term): term is ReadonlyMap<Term, Term> | TermObject {
  return typeof term === 'object' && term !== null && mapForm(term) !== undefined
}

function pushAll(open: Term[], terms: readonly Term[]): void {
  for (const term of terms) open.push(term)
}

function compareNumbers(a: Term, b: Term): number {
  const [left, right] = [
    a instanceof Float ? a.value : (a as number | bigint),
    b instanceof Float ? b.value : (b as number | bigint),
  ]
  const isFloat = isFloating(a)
  if (isFloat !== isFloating(b)) return isFloat ? 1 : -1
  if (left < right) return -1
  if (left > right) return 1
  // As keys -0.0 and 0.0 are two.
  return Number(Object.is(right, -0)) - Number(Object.is(left, -0))
}

function isFloating(term: Term): boolean {
  return term instanceof Float || (typeof term === 'number' && !Number.isInteger(term))
}

function compareAtoms(a: Term, b: Term): number {
  return a === b ? 0 : Buffer.compare(atomBytes(a), atomBytes(b))
}

function atomBytes(term: Term): Uint8Array {
  const { wire, wireStart } = term instanceof Atom ? term : Atom.of(term === null ? 'nil' : String(term))
  return wire.subarray(wireStart)
}

function compareSequences(a: readonly Term[], b: readonly Term[], open: Open): number {
  if (a.length !== b.length) return a.length - b.length
  for (let index = a.length - 1; index >= 0; index--) open.push([a[index], b[index]])
  return 0
}

function compareLists(a: Term, b: Term, open: Open): number {
  const [left, leftTail] = elementsAndTail(a)
  const [right, rightTail] = elementsAndTail(b)
  const shared = Math.min(left.length, right.length)
  // What is left of the longer one is a list, and the other's tail is none with elements.
  if (left.length === right.length) open.push([leftTail, rightTail])
  else open.push(left.length < right.length ? [leftTail, [0]] : [[0], rightTail])
  for (let index = shared - 1; index >= 0; index--) open.push([left[index], right[index]])
  return 0
}

function elementsAndTail(list: Term): readonly [readonly Term[], Term] {
  return list instanceof ImproperList ? [list.elements, list.tail] : [list as readonly Term[], []]
}

function compareBits(a: Term, b: Term): number {
  return Buffer.compare(bytesOf(a), bytesOf(b)) || bitLengthOf(a) - bitLengthOf(b)
}

function bytesOf(term: Term): Uint8Array {
  if (typeof term === 'string') return Buffer.from(term)
  if (term instanceof Binary) return term.toBytes()
  return term instanceof BitString ? term.bytes : (term as Uint8Array)
}

function bitLengthOf(term: Term): number {
  return term instanceof BitString ? term.bitLength : 8 * bytesOf(term).length
}

/** The first of these that is not 0. */
function firstOf(...orders: readonly number[]): number {
  return orders.find((order) => order !== 0) ?? 0
}

function compareIds(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b)
}

function compareReferences(a: Reference, b: Reference): number {
  const order = firstOf(compareAtoms(a.node, b.node), a.creation - b.creation)
  if (order !== 0) return order
  // The last word counts most, and a missing one as 0.
  for (let index = Math.max(a.words.length, b.words.length) - 1; index >= 0; index--) {
    const difference = (a.words[index] ?? 0) - (b.words[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function comparePorts(a: Port, b: Port): number {
  return firstOf(compareAtoms(a.node, b.node), a.creation - b.creation, compareIds(a.id, b.id))
}

function comparePids(a: Pid, b: Pid): number {
  return firstOf(a.serial - b.serial, a.id - b.id, compareAtoms(a.node, b.node), a.creation - b.creation)
}

/** Of two closures of one function BEAM compares what they hold; that is not decoded, so their bytes decide here. */
function compareFuns(a: Fun | ExternalFun, b: Fun | ExternalFun): number {
  if (a instanceof Fun) {
    if (b instanceof ExternalFun) return -1
    const order = firstOf(compareAtoms(a.module, b.module), a.index - b.index, a.uniq - b.uniq)
    return order === 0 ? Buffer.compare(a.bytes, b.bytes) : order
  }
  if (b instanceof Fun) return 1
  return firstOf(compareAtoms(a.module, b.module), compareAtoms(a.function, b.function), a.arity - b.arity)
}

function compareRecords(a: NativeRecord, b: NativeRecord, open: Open): number {
  const order = firstOf(
    compareAtoms(a.module, b.module),
    compareAtoms(a.recordName, b.recordName),
    Number(a.exported) - Number(b.exported),
    a.fields.length - b.fields.length,
  )
  if (order !== 0) return order
  for (let index = a.fields.length - 1; index >= 0; index--) open.push([a.fields[index]![1], b.fields[index]![1]])
  for (let index = a.fields.length - 1; index >= 0; index--) open.push([a.fields[index]![0], b.fields[index]![0]])
  return 0
}
