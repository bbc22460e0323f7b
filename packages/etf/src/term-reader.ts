import { type Atom, atomFromLatin1, atomFromUtf8 } from './atom.ts'
import { Binary } from './binary.ts'
import { readBitBinary } from './bit-binary-reader.ts'
import { checkChoice, type DecodeLimits, type DecodeOptions, decodeLimits } from './decode-options.ts'
import { readDeep } from './deep-reader.ts'
import { EtfError, type EtfErrorCode } from './error.ts'
import { Float, parseFloatText } from './float.ts'
import { openFun, readExport } from './fun-reader.ts'
import { readPid, readPort, readReference } from './identifier-reader.ts'
import { readMagnitude } from './integer.ts'
import { ImproperList } from './list.ts'
import { checkDistinct, isCompoundKey, mapOf, objectOrMapOf } from './map-builder.ts'
import type { OpenContainer } from './open-container.ts'
import { openRecord } from './record-reader.ts'
import * as Tag from './tag.ts'
import type { Term } from './term.ts'
import { Tuple } from './tuple.ts'
import { readUtf8 } from './utf8.ts'

/** Below this depth the reader calls itself, which is fast; further down it keeps a stack of its own. */
const CALL_DEPTH = 200

/** From this many elements on, a list of floats is worth a `DataView`. */
const DATA_VIEW_FROM = 8

const UNEXPECTED_TAGS = new Map<number, string>([
  [Tag.VERSION, '(the version) stands only in front of a whole term'],
  [Tag.COMPRESSED, '(COMPRESSED) stands only in front of a whole term'],
  [Tag.LOCAL_EXT, '(LOCAL_EXT) stands only in front of a whole term'],
  [Tag.FUN_EXT, '(FUN_EXT) is refused by OTP 23 and later'],
])

/** What a caller of the reader may choose besides; `atoms` are those of a distribution header. */
export interface ReaderOptions extends DecodeOptions {
  readonly atoms?: readonly Atom[] | undefined
}

/**
 * An array for the elements of a list of which the first has that tag.
 *
 * V8 learns for each place that makes arrays what they will hold; at a place of their own integers and floats need no box.
 */
function roomFor(count: number, tag: number | undefined): Term[] {
  if (tag === Tag.SMALL_INTEGER_EXT || tag === Tag.INTEGER_EXT) return new Array<Term>(count)
  if (tag === Tag.NEW_FLOAT_EXT) return new Array<Term>(count)
  return new Array<Term>(count)
}

const NOTHING = new Uint8Array(0)
const BINARIES = ['bytes', 'text', 'view']
const MAPS = ['map', 'object']
const FLOATS = ['number', 'boxed']

function checkChoices({ binary, map, float }: ReaderOptions): void {
  if (binary !== 'view') checkChoice('binary', binary, BINARIES)
  if (map !== undefined) checkChoice('map', map, MAPS)
  if (float !== undefined) checkChoice('float', float, FLOATS)
}

/**
 * A cursor over the bytes of one term, and the one `switch` on the tag.
 *
 * The containers and the frequent leaves are read here, in one class, because that is what V8 makes fast; the rare
 * families have files of their own. See docs/decisions.
 */
export class TermReader {
  bytes: Uint8Array
  end: number
  readonly limits: DecodeLimits
  atoms: readonly Atom[] | undefined
  readonly wantsText: boolean
  readonly wantsView: boolean
  readonly boxesAllFloats: boolean
  /** The next byte to read. */
  at: number
  wantsObject: boolean
  /** Whether the reader is inside a map key, where `1.0` must not become `1` nor a map an object. */
  isInKey = false
  /** Elements that open containers still wait for; each needs a byte at least. */
  owed = 0
  /** Elements of all containers so far. */
  terms = 0
  /** Maps of two and more pairs inside whose keys the reader stands. */
  keyDepth = 0
  /** Whether an atom of the distribution header was met; then bytes cannot be kept as they are. */
  sawAtomRef = false
  readonly #wantsObject: boolean
  #view: DataView | undefined

  constructor(bytes: Uint8Array, at: number, options: ReaderOptions | undefined) {
    this.bytes = bytes
    this.end = bytes.length
    this.at = at
    this.limits = decodeLimits(options?.limits)
    this.atoms = options?.atoms
    this.wantsText = options?.binary === 'text'
    this.wantsView = options?.binary === 'view'
    this.wantsObject = options?.map === 'object'
    this.boxesAllFloats = options?.float === 'boxed'
    this.#wantsObject = this.wantsObject
    if (options !== undefined) checkChoices(options)
  }

  /** Makes ready for another term with the same options, whatever became of the one before. */
  open(bytes: Uint8Array, at: number, end: number, atoms: readonly Atom[] | undefined): void {
    this.bytes = bytes
    this.at = at
    this.end = end
    this.atoms = atoms
    this.wantsObject = this.#wantsObject
    this.isInKey = false
    this.owed = 0
    this.terms = 0
    this.keyDepth = 0
    this.sawAtomRef = false
    this.#view = undefined
  }

  /** Lets go of the bytes: whoever keeps a reader must not keep the memory of a message. */
  close(): void {
    this.bytes = NOTHING
    this.atoms = undefined
    this.#view = undefined
  }

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
        return this.#readSmallAtom().value
      case Tag.ATOM_UTF8_EXT:
      case Tag.ATOM_EXT:
      case Tag.SMALL_ATOM_EXT:
      case Tag.ATOM_CACHE_REF:
        return this.readAtom().value
      case Tag.BINARY_EXT:
        return this.#readBinary()
      case Tag.SMALL_TUPLE_EXT:
      case Tag.LARGE_TUPLE_EXT:
        return depth < CALL_DEPTH ? this.#readTuple(depth) : readDeep(this, depth)
      case Tag.LIST_EXT:
        return depth < CALL_DEPTH ? this.#readList(depth) : readDeep(this, depth)
      case Tag.NIL_EXT:
        this.at = at + 1
        return []
      case Tag.STRING_EXT: {
        const list: Term[] = []
        this.appendString(list)
        return list
      }
      case Tag.MAP_EXT:
        return depth < CALL_DEPTH ? this.#readMap(depth) : readDeep(this, depth)
      case Tag.NEW_FLOAT_EXT:
        return this.#float(this.#readDouble())
      case Tag.NEW_PID_EXT:
      case Tag.PID_EXT:
        return readPid(this)
      case Tag.NEWER_REFERENCE_EXT:
      case Tag.NEW_REFERENCE_EXT:
      case Tag.REFERENCE_EXT:
        return readReference(this)
      case Tag.SMALL_BIG_EXT:
      case Tag.LARGE_BIG_EXT:
        return this.#readBig()
      case Tag.BIT_BINARY_EXT:
        return readBitBinary(this)
      case Tag.EXPORT_EXT:
        return readExport(this)
      case Tag.NEW_PORT_EXT:
      case Tag.V4_PORT_EXT:
      case Tag.PORT_EXT:
        return readPort(this)
      case Tag.FLOAT_EXT:
        return this.#readFloatText()
      case Tag.NEW_FUN_EXT:
        return depth < CALL_DEPTH ? this.#readOpen(openFun(this, depth), depth) : readDeep(this, depth)
      case Tag.RECORD_EXT:
        return depth < CALL_DEPTH ? this.#readOpen(openRecord(this, depth), depth) : readDeep(this, depth)
      default:
        throw this.unknownTag()
    }
  }

  u8(): number {
    return this.bytes[this.skip(1)]!
  }

  u16(): number {
    const at = this.skip(2)
    return (this.bytes[at]! << 8) | this.bytes[at + 1]!
  }

  u32(): number {
    const bytes = this.bytes
    const at = this.skip(4)
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
  }

  /** Takes the next `count` bytes and tells where they begin. */
  skip(count: number): number {
    const at = this.at
    if (count > this.end - at) throw this.truncated()
    this.at = at + count
    return at
  }

  /** Reads SMALL_ATOM_UTF8_EXT, which nearly every atom is. */
  #readSmallAtom(): Atom {
    const { bytes, at, end } = this
    if (at + 2 > end) throw this.truncated()
    const start = at + 2
    const stop = start + bytes[at + 1]!
    if (stop > end) throw this.truncated()
    this.at = stop
    return atomFromUtf8(bytes, start, stop, this.limits.atomCharacters)
  }

  /** Reads an atom where nothing else may stand, as in an identifier. */
  readAtom(): Atom {
    const tagAt = this.at
    if (this.bytes[tagAt] === Tag.SMALL_ATOM_UTF8_EXT && tagAt < this.end) return this.#readSmallAtom()
    switch (this.u8()) {
      case Tag.ATOM_UTF8_EXT: {
        const length = this.u16()
        const start = this.skip(length)
        return atomFromUtf8(this.bytes, start, start + length, this.limits.atomCharacters)
      }
      case Tag.ATOM_EXT: {
        const length = this.u16()
        const start = this.skip(length)
        return atomFromLatin1(this.bytes, start, start + length, this.limits.atomCharacters)
      }
      case Tag.SMALL_ATOM_EXT: {
        const length = this.u8()
        const start = this.skip(length)
        return atomFromLatin1(this.bytes, start, start + length, this.limits.atomCharacters)
      }
      case Tag.ATOM_CACHE_REF: {
        const index = this.u8()
        const found = this.atoms?.[index]
        if (found === undefined) {
          throw this.error('ETF_BAD_ATOM_REF', `no distribution header names an atom ${index}`, tagAt)
        }
        this.sawAtomRef = true
        return found
      }
      default:
        throw this.error('ETF_BAD_IDENTIFIER', 'only an atom may stand here', tagAt)
    }
  }

  /** Appends what a STRING_EXT holds: a list of bytes. */
  appendString(list: Term[]): void {
    this.at += 1
    const length = this.u16()
    const start = this.skip(length)
    this.terms += length
    if (this.terms > this.limits.terms) throw this.tooManyTerms()
    for (let at = start; at < start + length; at++) list.push(this.bytes[at]!)
  }

  /** Admits a container of `count` elements that opens at `depth`, before anything is allocated for them. */
  admit(count: number, depth: number): void {
    if (count > this.end - this.at - this.owed) throw this.truncated()
    if (depth >= this.limits.depth) {
      throw this.error('ETF_LIMIT_DEPTH', `the term nests deeper than ${this.limits.depth}`, this.at)
    }
    if (this.keyDepth > this.limits.keyDepth) {
      throw this.error('ETF_LIMIT_KEY_DEPTH', `map keys nest deeper than ${this.limits.keyDepth}`, this.at)
    }
    this.terms += count
    if (this.terms > this.limits.terms) throw this.tooManyTerms()
  }

  /** Reads the arity of a tuple, whichever of the two tags it has. */
  openTuple(): number {
    return this.u8() === Tag.SMALL_TUPLE_EXT ? this.u8() : this.u32()
  }

  /** Enters the key of a map of `pairs` pairs; the answer is for {@link leaveKey}. */
  enterKey(pairs: number): { readonly isInKey: boolean; readonly wantsObject: boolean; readonly keyDepth: number } {
    const { isInKey, wantsObject, keyDepth } = this
    this.isInKey = true
    this.wantsObject = false
    if (pairs > 1) this.keyDepth += 1
    return { isInKey, wantsObject, keyDepth }
  }

  leaveKey(outer: { readonly isInKey: boolean; readonly wantsObject: boolean; readonly keyDepth: number }): void {
    this.isInKey = outer.isInKey
    this.wantsObject = outer.wantsObject
    this.keyDepth = outer.keyDepth
  }

  truncated(): EtfError {
    return this.error('ETF_TRUNCATED', 'the bytes end before the term does', this.at)
  }

  tooManyTerms(): EtfError {
    return this.error('ETF_LIMIT_TERMS', `the term has more than ${this.limits.terms} elements`, this.at)
  }

  unknownTag(): EtfError {
    const tag = this.bytes[this.at]!
    return this.error('ETF_UNKNOWN_TAG', `the tag ${tag} ${UNEXPECTED_TAGS.get(tag) ?? 'is not known'}`, this.at)
  }

  error(code: EtfErrorCode, message: string, offset: number): EtfError {
    return new EtfError(code, message, { offset })
  }

  #readTuple(depth: number): Term {
    const arity = this.openTuple()
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
    const outer = this.owed
    const list = roomFor(count, this.bytes[this.at])
    this.#readElements(list, 0, count, depth, 1)
    // A tail that is a list continues this one.
    while (this.at < this.end) {
      const tag = this.bytes[this.at]
      if (tag === Tag.NIL_EXT) {
        this.at += 1
        this.owed = outer
        return list
      }
      if (tag === Tag.STRING_EXT) {
        this.appendString(list)
        this.owed = outer
        return list
      }
      if (tag !== Tag.LIST_EXT) break
      this.owed = outer
      this.at += 1
      const more = this.u32()
      this.admit(more, depth)
      const from = list.length
      list.length += more
      this.#readElements(list, from, more, depth, 1)
    }
    this.owed = outer
    const tail = this.read(depth + 1)
    return list.length === 0 ? tail : new ImproperList(list, tail)
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
        list[index] = this.#readSmallAtom().value
      } else if (tag === Tag.BINARY_EXT) {
        list[index] = this.#readBinary()
      } else if (tag === Tag.NEW_FLOAT_EXT && !this.boxesAllFloats && !this.isInKey && to - index >= DATA_VIEW_FROM) {
        index = this.#readDoubles(list, index, to) - 1
      } else {
        this.owed = outer + to - index - 1 + owed
        list[index] = this.read(depth + 1)
      }
    }
    this.owed = outer
  }

  /** Reads integers of up to 32 bits as long as they come, and tells the index behind the last. */
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

  /** Reads floats as long as they come, and tells the index behind the last. */
  #readDoubles(list: Term[], index: number, to: number): number {
    const { bytes, end } = this
    this.#view ??= new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const view = this.#view
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

  #readMap(depth: number): Term {
    this.at += 1
    const pairs = this.u32()
    this.admit(pairs * 2, depth)
    if (this.wantsObject) return this.#readObject(pairs, depth)
    const start = this.at
    const outer = this.owed
    const map = new Map<Term, Term>()
    let compound: Term[] | undefined
    for (let owed = pairs * 2 - 1; owed > 0; owed -= 2) {
      this.owed = outer + owed
      const isAtom = this.bytes[this.at] === Tag.SMALL_ATOM_UTF8_EXT
      const key = isAtom ? this.#readSmallAtom().value : this.#readKey(pairs, depth)
      if (!isAtom && isCompoundKey(key)) {
        if (compound === undefined) compound = [key]
        else compound.push(key)
      }
      this.owed = outer + owed - 1
      map.set(key, this.read(depth + 1))
    }
    this.owed = outer
    if (map.size !== pairs) throw this.error('ETF_DUPLICATE_KEY', 'a map names a key twice', start)
    if (compound !== undefined && compound.length > 1) checkDistinct(compound, start)
    return map
  }

  #readObject(pairs: number, depth: number): Term {
    const start = this.at
    const outer = this.owed
    const keys: Term[] = []
    const values: Term[] = []
    for (let owed = pairs * 2 - 1; owed > 0; owed -= 2) {
      this.owed = outer + owed
      keys.push(this.bytes[this.at] === Tag.BINARY_EXT ? this.readView() : this.#readKey(pairs, depth))
      this.owed = outer + owed - 1
      values.push(this.read(depth + 1))
    }
    this.owed = outer
    return objectOrMapOf(this, keys, values, start)
  }

  /** Turns what the deep reader collected into the map that was asked for. */
  closeMap(keys: Term[], values: Term[], start: number): Term {
    return this.wantsObject ? objectOrMapOf(this, keys, values, start) : mapOf(keys, values, start)
  }

  #readKey(pairs: number, depth: number): Term {
    switch (this.bytes[this.at]) {
      case Tag.SMALL_ATOM_UTF8_EXT:
        return this.#readSmallAtom().value
      case Tag.BINARY_EXT:
        return this.#readBinary()
      default: {
        const outer = this.enterKey(pairs)
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
      elements.push(this.read(depth + 1))
    }
    this.owed = outer
    return container.close()
  }

  #readBinary(): Term {
    if (this.wantsView) return this.readView()
    this.at += 1
    const length = this.u32()
    const start = this.skip(length)
    if (this.wantsText) {
      const text = readUtf8(this.bytes, start, this.at)
      if (text !== undefined) return text
    }
    return this.view(start, length)
  }

  readView(): Binary {
    this.at += 1
    const length = this.u32()
    return new Binary(this.bytes, this.skip(length), length)
  }

  /** A `Uint8Array` of its own on the memory of the input, even when that is a `Buffer`. */
  view(start: number, length: number): Uint8Array {
    return new Uint8Array(this.bytes.buffer as ArrayBuffer, this.bytes.byteOffset + start, length)
  }

  #readDouble(): number {
    const at = this.skip(9)
    this.#view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
    const value = this.#view.getFloat64(at + 1)
    if (!Number.isFinite(value)) throw this.notFinite(at)
    return value
  }

  notFinite(offset: number): EtfError {
    return this.error('ETF_BAD_FLOAT', 'the float is not a finite number', offset)
  }

  #readFloatText(): Term {
    const at = this.skip(32)
    const value = parseFloatText(this.bytes, at + 1)
    if (value === undefined) throw this.notFinite(at)
    return this.#float(value)
  }

  #float(value: number): Term {
    if (this.boxesAllFloats || (this.isInKey && Number.isInteger(value))) return new Float(value)
    return value
  }

  #readBig(): Term {
    const start = this.at
    const size = this.u8() === Tag.SMALL_BIG_EXT ? this.u8() : this.u32()
    const isNegative = this.u8() !== 0
    const magnitude = this.skip(size)
    if (size > this.limits.integerBytes) {
      throw this.error('ETF_LIMIT_INTEGER', `the integer has more than ${this.limits.integerBytes} bytes`, start)
    }
    return readMagnitude(this.bytes, magnitude, size, isNegative)
  }
}
