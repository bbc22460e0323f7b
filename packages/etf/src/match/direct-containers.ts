import { type DirectRead, MISS } from '../read/direct-read.ts'
import { isSuspect, SPREAD_FROM } from '../read/key-spread.ts'
import { wordsOfList, wordsOfMap } from '../read/memory.ts'
import * as Tag from '../tag.ts'
import { Atom, atom, type Term } from '../term.ts'
import { directOf, numberCheck, otherTag, type PartlyDirect, UNSURE } from './direct.ts'
import type { Matcher } from './matcher.ts'

/** A tuple of exactly these elements, as an array. */
export function tupleReader(parts: readonly DirectRead[]): PartlyDirect {
  const arity = parts.length
  return (reader, depth) => {
    const tag = reader.tag()
    if (tag === Tag.LARGE_TUPLE_EXT) return UNSURE
    if (tag !== Tag.SMALL_TUPLE_EXT) return otherTag(reader)
    if (reader.openTuple() !== arity) return MISS
    reader.spend(wordsOfList(arity))
    if (arity === 0) return []
    reader.admit(arity, depth)
    const outer = reader.owed
    const values = new Array<unknown>(arity)
    for (let index = 0; index < arity; index++) {
      reader.owed = outer + arity - 1 - index
      const value = parts[index]!(reader, depth + 1)
      if (value === MISS) return MISS
      values[index] = value
    }
    reader.owed = outer
    return values
  }
}

/** A proper list of elements of one shape. */
export function listReader(shape: Matcher<unknown>): PartlyDirect {
  const isValue = numberCheck(shape)
  return isValue === undefined ? elementsReader(directOf(shape)) : numbersReader(isValue)
}

function elementsReader(element: DirectRead): PartlyDirect {
  return (reader, depth) => {
    const tag = reader.tag()
    if (tag === Tag.NIL_EXT) {
      reader.spend(wordsOfList(0))
      reader.at += 1
      return []
    }
    if (tag === Tag.STRING_EXT) return UNSURE
    if (tag !== Tag.LIST_EXT) return otherTag(reader)
    reader.at += 1
    const count = reader.u32()
    reader.admit(count, depth)
    reader.spend(wordsOfList(count))
    const outer = reader.owed
    const values = new Array<unknown>(count)
    for (let index = 0; index < count; index++) {
      reader.owed = outer + count - index
      const value = element(reader, depth + 1)
      if (value === MISS) return MISS
      values[index] = value
    }
    reader.owed = outer
    // A list may go on in a further one, or end in something else.
    if (reader.tag() !== Tag.NIL_EXT) return UNSURE
    reader.at += 1
    return values
  }
}

/** A proper list of numbers, whose values are the terms themselves: the loops for such lists are the reader's. */
function numbersReader(isValue: (term: Term) => boolean): PartlyDirect {
  return (reader, depth) => {
    if (reader.tag() === Tag.MAP_EXT) return UNSURE
    const { odd } = reader
    const list = reader.read(depth)
    // Among values that JSON does not know, the list itself carries a mark.
    return reader.odd === odd && Array.isArray(list) && list.every(isValue) ? list : UNSURE
  }
}

/** A map whose keys and values are of one shape each. */
export function mapReader(key: DirectRead, value: DirectRead): PartlyDirect {
  return (reader, depth) => {
    if (reader.tag() !== Tag.MAP_EXT) return otherTag(reader)
    reader.at += 1
    const pairs = reader.u32()
    reader.admitPairs(pairs, depth)
    reader.spend(wordsOfMap(pairs))
    const outer = reader.owed
    const map = new Map<unknown, unknown>()
    for (let owed = 2 * pairs - 1; owed > 0; owed -= 2) {
      reader.owed = outer + owed
      // A struct may stand for something else.
      if (reader.structs !== undefined && reader.passAtom(STRUCT)) return UNSURE
      const inKey = reader.enterKey()
      const left = key(reader, depth + 1)
      reader.leaveKey(inKey)
      if (left === MISS) return MISS
      // A `Map` does not notice that two of these are one key.
      if (typeof left === 'object' && !(left instanceof Atom)) return UNSURE
      // Keys of which many may fall together need a map of another kind.
      if (pairs >= SPREAD_FROM && isSuspect(left as Term)) return UNSURE
      reader.owed = outer + owed - 1
      const right = value(reader, depth + 1)
      if (right === MISS) return MISS
      map.set(left, right)
    }
    reader.owed = outer
    return map.size === pairs ? map : UNSURE
  }
}

const STRUCT = atom('__struct__')

/** The first of these shapes that fits. */
export function unionReader(branches: readonly DirectRead[]): DirectRead {
  return (reader, depth) => {
    const { at, owed, words } = reader
    for (const branch of branches) {
      const value = branch(reader, depth)
      if (value !== MISS) return value
      reader.at = at
      reader.owed = owed
      reader.words = words
    }
    return MISS
  }
}

/** `{ok, value}` or `{error, reason}`. */
export function resultReader(ok: Atom, value: DirectRead, error: Atom, reason: DirectRead): PartlyDirect {
  return (reader, depth) => {
    if (reader.tag() !== Tag.SMALL_TUPLE_EXT || reader.openTuple() !== 2) return UNSURE
    reader.admit(2, depth)
    const outer = reader.owed
    reader.owed = outer + 1
    const isOk = reader.passAtom(ok)
    if (!isOk && !reader.passAtom(error)) return UNSURE
    reader.owed = outer
    reader.spend(RESULT_WORDS)
    const inner = (isOk ? value : reason)(reader, depth + 1)
    if (inner === MISS) return MISS
    return isOk ? { ok: true, value: inner } : { ok: false, reason: inner }
  }
}

const RESULT_WORDS = 5
