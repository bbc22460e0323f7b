import { SeededMap } from '../seeded-map.ts'
import * as Tag from '../tag.ts'
import { ImproperList, type Term, Tuple } from '../term.ts'
import { isCompoundKey } from '../write/term-identity.ts'
import { readBitBinary } from './bit-binary-reader.ts'
import { readDeep } from './deep-reader.ts'
import { openFun, readExport } from './fun-reader.ts'
import { readPid, readPort, readReference } from './identifier-reader.ts'
import { isSuspect, KeySpread, SPREAD_FROM } from './key-spread.ts'
import { LeafReader } from './leaf-reader.ts'
import { checkDistinct, listForJson, objectOrMapOf } from './map-builder.ts'
import { IMPROPER_WORDS, NUMBER_WORDS, wordsOfList, wordsOfMap, wordsOfSeededPair, wordsOfTuple } from './memory.ts'
import type { OpenContainer } from './open-container.ts'
import { openRecord } from './record-reader.ts'

/** Below this depth the reader calls itself, which is fast; further down it keeps a stack of its own. */
const CALL_DEPTH = 200

/** A map of which a part was read. */
interface PartOfMap {
  readonly map: SeededMap<Term, Term>
  /** The keys of which a `Map` does not notice that two are equal. */
  readonly compound: Term[]
  readonly pairs: number
  readonly start: number
  /** Elements that the containers around it wait for. */
  readonly outer: number
}

/** From this many elements on, a list of floats is worth a `DataView`. */
const DATA_VIEW_FROM = 8

/**
 * An array for the elements of a list of which the first has that tag.
 *
 * V8 learns for each place that makes arrays what they will hold; at a place of their own integers need no check.
 */
function roomFor(count: number, tag: number | undefined): Term[] {
  if (tag === Tag.SMALL_INTEGER_EXT || tag === Tag.INTEGER_EXT) return new Array<Term>(count)
  return new Array<Term>(count)
}

/**
 * The one `switch` on the tag, and the containers.
 *
 * Cursor, leaves and containers make one object of one class, because that is what V8 makes fast; the rare families are
 * functions of their own. See docs/decisions.
 */
export class TermReader extends LeafReader {
  /** Reads one term with all that is in it; `depth` containers are open around it. */
  read(depth: number): Term {
    const bytes = this.bytes
    const at = this.at
    if (at >= this.end) throw this.truncated()
    switch (bytes[at]) {
      case Tag.SMALL_INTEGER_EXT:
        return bytes[this.skip(2) + 1]!
      case Tag.INTEGER_EXT:
        this.skip(5)
        return (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!
      case Tag.SMALL_ATOM_UTF8_EXT:
        return this.readSmallAtom().value
      case Tag.ATOM_UTF8_EXT:
      case Tag.ATOM_EXT:
      case Tag.SMALL_ATOM_EXT:
      case Tag.ATOM_CACHE_REF:
        return this.readAtom().value
      case Tag.BINARY_EXT:
        return this.readBinary()
      case Tag.SMALL_TUPLE_EXT:
      case Tag.LARGE_TUPLE_EXT:
        return depth < CALL_DEPTH ? this.#readTuple(depth) : readDeep(this, depth)
      case Tag.LIST_EXT:
        return depth < CALL_DEPTH ? this.#readList(depth) : readDeep(this, depth)
      case Tag.NIL_EXT:
        this.spend(wordsOfList(0))
        this.at = at + 1
        return []
      case Tag.STRING_EXT:
        return this.#readString()
      case Tag.MAP_EXT:
        return depth < CALL_DEPTH ? this.#readMap(depth) : readDeep(this, depth)
      case Tag.NEW_FLOAT_EXT:
        return this.asFloat(this.readDouble())
      case Tag.NEW_PID_EXT:
      case Tag.PID_EXT:
        return readPid(this)
      case Tag.NEWER_REFERENCE_EXT:
      case Tag.NEW_REFERENCE_EXT:
      case Tag.REFERENCE_EXT:
        return readReference(this)
      case Tag.SMALL_BIG_EXT:
      case Tag.LARGE_BIG_EXT:
        return this.readBig()
      case Tag.BIT_BINARY_EXT:
        return readBitBinary(this)
      case Tag.EXPORT_EXT:
        return readExport(this)
      case Tag.NEW_PORT_EXT:
      case Tag.V4_PORT_EXT:
      case Tag.PORT_EXT:
        return readPort(this)
      case Tag.FLOAT_EXT:
        return this.readFloatText()
      case Tag.NEW_FUN_EXT:
        return depth < CALL_DEPTH ? this.#readOpen(openFun(this, depth), depth) : readDeep(this, depth)
      case Tag.RECORD_EXT:
        return depth < CALL_DEPTH ? this.#readOpen(openRecord(this, depth), depth) : readDeep(this, depth)
      default:
        throw this.unknownTag()
    }
  }

  #readTuple(depth: number): Term {
    const arity = this.openTuple()
    this.spend(wordsOfTuple(arity))
    if (arity === 0) return new Tuple([])
    this.admit(arity, depth)
    const elements: Term[] = new Array(arity)
    this.#readElements(elements, 0, arity, depth, 0)
    return new Tuple(elements)
  }

  #readList(depth: number): Term {
    this.at += 1
    const count = this.u32()
    this.admit(count, depth)
    this.spend(wordsOfList(count))
    const outer = this.owed
    const first = this.bytes[this.at]
    let list: Term[]
    if (first === Tag.NEW_FLOAT_EXT && count >= DATA_VIEW_FROM && !this.boxesAllFloats && !this.isInKey) {
      list = this.#readFloats(count, depth)
    } else {
      list = roomFor(count, first)
      this.#readElements(list, 0, count, depth, 1)
    }
    // A tail that is a list continues this one.
    let room = count
    while (this.at < this.end) {
      const tag = this.bytes[this.at]
      if (tag === Tag.NIL_EXT) {
        this.at += 1
        this.owed = outer
        return this.odd === 0 ? list : listForJson(this, list)
      }
      if (tag === Tag.STRING_EXT) {
        this.appendString(list, room)
        this.owed = outer
        return this.odd === 0 ? list : listForJson(this, list)
      }
      if (tag !== Tag.LIST_EXT) break
      this.owed = outer
      this.at += 1
      const more = this.u32()
      this.admit(more, depth)
      const from = list.length
      room = this.lengthen(list, more, room)
      this.#readElements(list, from, more, depth, 1)
    }
    this.owed = outer
    const tail = this.read(depth + 1)
    if (list.length === 0) return tail
    this.spend(IMPROPER_WORDS)
    return new ImproperList(list, tail)
  }

  #readString(): Term {
    const { bytes } = this
    this.at += 1
    const length = this.u16()
    const start = this.skip(length)
    this.spend(wordsOfList(length))
    const list = new Array<Term>(length)
    for (let index = 0; index < length; index++) list[index] = bytes[start + index]!
    return list
  }

  /** Reads the elements of a list that begins with a float: without a box for each when there are no others. */
  #readFloats(count: number, depth: number): Term[] {
    const floats = new Array<Term>(count)
    const read = this.#readFirstDoubles(floats)
    if (read === count) return floats
    // An array of its own: of this one V8 would learn that others come, too, and box the floats of every list.
    const mixed = new Array<Term>(count)
    this.spend(NUMBER_WORDS * read)
    for (let index = 0; index < read; index++) mixed[index] = floats[index]
    this.#readElements(mixed, read, count - read, depth, 1)
    return mixed
  }

  /** Reads `count` elements to `list[from…]`, numbers without a call for each; `owed` terms follow them. */
  #readElements(list: Term[], from: number, count: number, depth: number, owed: 0 | 1): void {
    const bytes = this.bytes
    const end = this.end
    const outer = this.owed
    const to = from + count
    for (let index = from; index < to; index++) {
      const at = this.at
      const tag = at < end ? bytes[at] : -1
      if (tag === Tag.SMALL_INTEGER_EXT || tag === Tag.INTEGER_EXT) {
        index = this.#readIntegers(list, index, to) - 1
      } else if (tag === Tag.SMALL_ATOM_UTF8_EXT) {
        list[index] = this.readSmallAtom().value
      } else if (tag === Tag.BINARY_EXT) {
        list[index] = this.readBinary()
      } else if (tag === Tag.NEW_FLOAT_EXT && !this.boxesAllFloats && !this.isInKey && to - index >= DATA_VIEW_FROM) {
        const next = this.#readDoubles(list, index, to)
        this.spend(NUMBER_WORDS * (next - index))
        index = next - 1
      } else {
        this.owed = outer + to - index - 1 + owed
        list[index] = this.read(depth + 1)
      }
    }
    this.owed = outer
  }

  /** Reads integers of up to 32 bits as long as they come, and gives the index behind the last. */
  #readIntegers(list: Term[], index: number, to: number): number {
    const { bytes, end } = this
    let at = this.at
    for (; index < to && at < end; index++) {
      const tag = bytes[at]
      if (tag === Tag.INTEGER_EXT && at + 5 <= end) {
        list[index] = (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!
        at += 5
      } else if (tag === Tag.SMALL_INTEGER_EXT && at + 2 <= end) {
        list[index] = bytes[at + 1]!
        at += 2
      } else break
    }
    this.at = at
    if (index < to && (at >= end || bytes[at] === Tag.INTEGER_EXT || bytes[at] === Tag.SMALL_INTEGER_EXT)) {
      throw this.truncated()
    }
    return index
  }

  /** Reads floats as long as they come, and gives the index behind the last. */
  #readDoubles(list: Term[], index: number, to: number): number {
    const { bytes, end } = this
    this.floats ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const view = this.floats
    let at = this.at
    for (; index < to && at + 9 <= end && bytes[at] === Tag.NEW_FLOAT_EXT; index++, at += 9) {
      const value = view.getFloat64(at + 1)
      if (value - value !== 0) throw this.notFinite(at)
      list[index] = value
    }
    this.at = at
    if (index < to && at + 9 > end) throw this.truncated()
    return index
  }

  /** As {@link #readDoubles}, for an array that never holds others: one place for all arrays would make V8 box them. */
  #readFirstDoubles(list: Term[]): number {
    const { bytes, end } = this
    const to = list.length
    this.floats ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const view = this.floats
    let at = this.at
    let index = 0
    for (; index < to && at + 9 <= end && bytes[at] === Tag.NEW_FLOAT_EXT; index++, at += 9) {
      const value = view.getFloat64(at + 1)
      if (value - value !== 0) throw this.notFinite(at)
      list[index] = value
    }
    this.at = at
    if (index < to && at + 9 > end) throw this.truncated()
    return index
  }

  #readMap(depth: number): Term {
    this.at += 1
    const pairs = this.u32()
    this.admitPairs(pairs, depth)
    if (this.wantsObject) return this.#readObject(pairs, depth)
    this.spend(wordsOfMap(pairs))
    const start = this.at
    const outer = this.owed
    const map = new Map<Term, Term>()
    let compound: Term[] | undefined
    let spread: KeySpread | undefined
    for (let owed = pairs * 2 - 1; owed > 0; owed -= 2) {
      this.owed = outer + owed
      const isAtom = this.bytes[this.at] === Tag.SMALL_ATOM_UTF8_EXT
      const key = isAtom ? this.readSmallAtom().value : this.#readKey(depth)
      if (!isAtom && isCompoundKey(key)) {
        if (compound === undefined) compound = [key]
        else compound.push(key)
      } else if (!isAtom && pairs >= SPREAD_FROM && isSuspect(key)) {
        spread ??= new KeySpread(pairs)
        if (!spread.takes(key)) {
          for (const known of map.keys()) this.spend(wordsOfSeededPair(known))
          const part = { map: new SeededMap(map), compound: compound ?? [], pairs, start, outer }
          return this.#readSeeded(part, key, owed, depth)
        }
      }
      // Most values are leaves; those of these tags need no call that finds out which.
      const tag = this.bytes[this.at]
      if (tag === Tag.BINARY_EXT) {
        map.set(key, this.readBinary())
      } else if (tag === Tag.SMALL_ATOM_UTF8_EXT) {
        map.set(key, this.readSmallAtom().value)
      } else {
        this.owed = outer + owed - 1
        map.set(key, this.read(depth + 1))
      }
    }
    this.owed = outer
    if (map.size !== pairs) throw this.error('ETF_DUPLICATE_KEY', 'a map names a key twice', start)
    if (compound !== undefined && compound.length > 1) checkDistinct(this, compound, start)
    return map
  }

  /** Reads the rest of a map whose keys would make a `Map` slow: `owed` terms, and `key` was read. */
  #readSeeded({ map, compound, pairs, start, outer }: PartOfMap, key: Term, owed: number, depth: number): Term {
    for (;;) {
      this.owed = outer + owed - 1
      this.spend(wordsOfSeededPair(key))
      map.set(key, this.read(depth + 1))
      owed -= 2
      if (owed < 0) break
      this.owed = outer + owed
      key = this.#readKey(depth)
      if (isCompoundKey(key)) compound.push(key)
    }
    this.owed = outer
    if (map.size !== pairs) throw this.error('ETF_DUPLICATE_KEY', 'a map names a key twice', start)
    checkDistinct(this, compound, start)
    return map
  }

  #readObject(pairs: number, depth: number): Term {
    const start = this.at
    const outer = this.owed
    this.spend(2 * pairs)
    const keys = new Array<Term>(pairs)
    const values = new Array<Term>(pairs)
    for (let index = 0, owed = pairs * 2 - 1; index < pairs; index++, owed -= 2) {
      this.owed = outer + owed
      const isBytes = this.bytes[this.at] === Tag.BINARY_EXT && !this.wantsText
      keys[index] = isBytes ? this.readPassing() : this.#readKey(depth)
      this.owed = outer + owed - 1
      values[index] = this.read(depth + 1)
    }
    this.owed = outer
    this.words -= 2 * pairs
    return objectOrMapOf(this, keys, values, start)
  }

  #readKey(depth: number): Term {
    switch (this.bytes[this.at]) {
      case Tag.SMALL_ATOM_UTF8_EXT:
        return this.readSmallAtom().value
      case Tag.BINARY_EXT:
        return this.readBinary()
      default: {
        const outer = this.enterKey()
        const key = this.read(depth + 1)
        this.leaveKey(outer)
        return key
      }
    }
  }

  #readOpen(container: OpenContainer, depth: number): Term {
    const outer = this.owed
    const { size, elements } = container
    for (let index = 0; index < size; index++) {
      this.owed = outer + size - 1 - index
      elements[index] = this.read(depth + 1)
    }
    this.owed = outer
    return container.close()
  }
}
