import { EtfError, overLimit } from '../error.ts'
import {
  isSmallMagnitude,
  MAX_INTEGER_BYTES,
  magnitudeOf,
  putSmallMagnitude,
  SMALL_MAGNITUDE_BYTES,
} from '../integer.ts'
import { checkListLength } from '../longest-list.ts'
import { holdsLargeId, holdsTag } from '../read/holds-tag.ts'
import { isLargeId } from '../read/large-id.ts'
import * as Tag from '../tag.ts'
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
  type TermObject,
  Tuple,
} from '../term.ts'
import { hasLoneSurrogate } from '../utf8.ts'
import { hasAtomKeys } from '../values/atom-keys.ts'
import { mapForm, pairsOfForm } from '../values/map-form.ts'
import { ByteWriter } from './byte-writer.ts'
import { writeDeep } from './deep-writer.ts'
import { DEFAULT_MAX_DEPTH, type WriteOptions } from './encode-options.ts'
import { writeExport, writePid, writePort, writeReference } from './identifier-writer.ts'
import { type IdentityOptions, isCompoundKey, TermIdentity } from './term-identity.ts'
import { TermOrder } from './term-order.ts'

/** Below this depth the writer calls itself, which is fast; further down it keeps a stack of its own. */
const CALL_DEPTH = 200

/** Up to this many characters a loop over the text is faster than a call into the runtime. */
const SHORT_TEXT_CHARACTERS = 32

/** Up to this many bytes a loop over an atom is faster than a call into the runtime. */
const SHORT_ATOM_BYTES = 32

/** The same for a binary. */
const SHORT_BINARY_BYTES = 24

/** STRING_EXT counts in two bytes. */
const MAX_STRING_BYTES = 65_535

/** BINARY_EXT counts in four bytes. */
const MOST_BINARY_BYTES = 0xffff_ffff

/** Room for a few keys; it grows. */
const SMALL_WRITER_BYTES = 256

const TRUE = Atom.of('true')
const FALSE = Atom.of('false')
const NIL = Atom.of('nil')
const UNDEFINED = Atom.of('undefined')

const UTF8 = new TextEncoder()

/**
 * Writes terms to a {@link ByteWriter}: one `switch` on what a value is.
 *
 * The containers and the frequent leaves are written here, in one class, because that is what V8 makes fast; cut into
 * a base class and this one, it writes numbers a quarter slower. See docs/decisions.
 */
export class TermWriter {
  /** Where the bytes go; a writer that is used again gets another. */
  out: ByteWriter
  readonly #deterministic: boolean
  readonly #atomKeys: boolean
  readonly #maxDepth: number
  readonly #atomRef: ((atom: Atom) => number) | undefined
  readonly #records: boolean
  readonly #largeIds: boolean
  readonly #readVariables: IdentityOptions['readVariables']
  #identity: TermIdentity | undefined
  #order: TermOrder | undefined

  /** @param readVariables reads the free variables of a fun in a map key */
  constructor(out: ByteWriter, options: WriteOptions | undefined, readVariables?: IdentityOptions['readVariables']) {
    this.out = out
    this.#readVariables = readVariables
    this.#deterministic = options?.deterministic === true
    this.#atomKeys = options?.keys === 'atom'
    this.#maxDepth = options?.maxDepth ?? DEFAULT_MAX_DEPTH
    this.#atomRef = options?.atomRef
    this.#records = options?.records !== false
    this.#largeIds = options?.largeIds !== false
  }

  /** Lets go of the terms that were written. */
  forget(): void {
    this.#identity = undefined
    this.#order = undefined
  }

  /** Writes one term with all that is in it; `depth` containers are open around it. */
  write(term: Term, depth: number): void {
    // One `typeof` a comparison: V8 compiles that to a check of the value's map, a `switch (typeof …)` to a call.
    if (typeof term === 'number') this.#writeNumber(term)
    else if (typeof term === 'string') this.writeText(term)
    else if (typeof term === 'object') {
      if (term === null) this.writeAtom(NIL)
      else if (term instanceof Atom) this.writeAtom(term)
      else if (term instanceof Tuple) this.#writeTuple(term, depth)
      else if (Array.isArray(term)) this.#writeList(term as readonly Term[], depth)
      else if (term instanceof Uint8Array) this.#writeBinary(term)
      else if (term instanceof Map) this.#writeMap(term, depth)
      else this.#writeObject(term as TermObject, depth)
    } else if (typeof term === 'boolean') this.writeAtom(term ? TRUE : FALSE)
    else if (typeof term === 'undefined') this.writeAtom(UNDEFINED)
    else if (typeof term === 'bigint') this.#writeBigInt(term)
    else throw notEncodable(`a ${typeof term} has no Erlang term`)
  }

  writeAtom(atom: Atom): void {
    if (this.#atomRef !== undefined) {
      const index = this.#atomRef(atom)
      if (index >= 0) {
        this.out.u8(Tag.ATOM_CACHE_REF)
        this.out.u8(index)
        return
      }
    }
    const { wire } = atom
    const length = wire.length
    const out = this.out
    out.reserve(length)
    const { buffer, at } = out
    out.at = at + length
    if (length > SHORT_ATOM_BYTES) buffer.set(wire, at)
    else for (let index = 0; index < length; index++) buffer[at + index] = wire[index]!
  }

  /** Writes text as a binary. */
  writeText(text: string): void {
    const out = this.out
    const length = text.length
    out.reserve(5 + 3 * length)
    const start = out.at
    const buffer = out.buffer
    let at = start + 5
    let index = 0
    if (length <= SHORT_TEXT_CHARACTERS) {
      for (; index < length; index++) {
        const code = text.charCodeAt(index)
        if (code > 127) break
        buffer[at++] = code
      }
    }
    if (index < length) {
      if (hasLoneSurrogate(text)) throw notEncodable('text with a lone surrogate has no UTF-8')
      at = start + 5 + UTF8.encodeInto(text, buffer.subarray(start + 5)).written
    }
    buffer[start] = Tag.BINARY_EXT
    out.view.setUint32(start + 1, at - start - 5)
    out.at = at
  }

  /** Refuses a container that opens at `depth` when that is too deep. */
  admit(depth: number): void {
    if (depth >= this.#maxDepth) {
      const what = 'the value contains itself, or nests deeper'
      throw overLimit('ETF_LIMIT_DEPTH', { limit: 'maxDepth', most: this.#maxDepth, what })
    }
  }

  #writeNumber(value: number): void {
    const out = this.out
    if ((value | 0) === value) {
      out.reserve(5)
      const { buffer, at } = out
      if (value >= 0 && value <= 255) {
        buffer[at] = Tag.SMALL_INTEGER_EXT
        buffer[at + 1] = value
        out.at = at + 2
      } else {
        buffer[at] = Tag.INTEGER_EXT
        buffer[at + 1] = value >> 24
        buffer[at + 2] = value >> 16
        buffer[at + 3] = value >> 8
        buffer[at + 4] = value
        out.at = at + 5
      }
    } else if (Number.isInteger(value)) {
      this.#writeBigInt(BigInt(value))
    } else {
      this.#writeFloat(value)
    }
  }

  #writeFloat(value: number): void {
    if (!Number.isFinite(value)) throw notEncodable(`${value} has no Erlang term`)
    const out = this.out
    out.reserve(9)
    out.buffer[out.at] = Tag.NEW_FLOAT_EXT
    out.view.setFloat64(out.at + 1, value)
    out.at += 9
  }

  #writeBigInt(value: bigint): void {
    if (value === BigInt.asIntN(32, value)) {
      this.#writeNumber(Number(value))
      return
    }
    const isNegative = value < 0n
    const magnitude = isNegative ? -value : value
    if (isSmallMagnitude(magnitude)) this.#writeSmallBig(magnitude, isNegative)
    else this.#writeLargeBig(magnitudeOf(magnitude), isNegative)
  }

  #writeSmallBig(magnitude: bigint, isNegative: boolean): void {
    const out = this.out
    out.reserve(3 + SMALL_MAGNITUDE_BYTES)
    const { buffer, at } = out
    const length = putSmallMagnitude(out.view, at + 3, magnitude)
    buffer[at] = Tag.SMALL_BIG_EXT
    buffer[at + 1] = length
    buffer[at + 2] = isNegative ? 1 : 0
    out.at = at + 3 + length
  }

  #writeLargeBig(magnitude: Uint8Array, isNegative: boolean): void {
    if (magnitude.length > MAX_INTEGER_BYTES) {
      throw new EtfError('ETF_LIMIT_INTEGER', `BEAM takes integers of at most ${MAX_INTEGER_BYTES} bytes`)
    }
    if (magnitude.length < 256) {
      this.out.u8(Tag.SMALL_BIG_EXT)
      this.out.u8(magnitude.length)
    } else {
      this.out.u8(Tag.LARGE_BIG_EXT)
      this.out.u32(magnitude.length)
    }
    this.out.u8(isNegative ? 1 : 0)
    this.out.bytes(magnitude)
  }

  #writeBinary(bytes: Uint8Array): void {
    const out = this.out
    const length = bytes.length
    if (length === 0 && isDetached(bytes)) throw notEncodable('the memory of these bytes was given away')
    if (length > MOST_BINARY_BYTES) throw new EtfError('ETF_LIMIT_SIZE', 'a binary has at most 4 294 967 295 bytes')
    // A small part of a large memory would hold all of it.
    const isShared = length >= out.shareFrom && length * 2 >= bytes.buffer.byteLength
    out.reserve(isShared ? 5 : 5 + length)
    const { buffer, at } = out
    buffer[at] = Tag.BINARY_EXT
    buffer[at + 1] = length >> 24
    buffer[at + 2] = length >> 16
    buffer[at + 3] = length >> 8
    buffer[at + 4] = length
    out.at = at + 5
    if (isShared) {
      out.share(bytes)
      return
    }
    out.at += length
    if (length > SHORT_BINARY_BYTES) buffer.set(bytes, at + 5)
    else for (let index = 0; index < length; index++) buffer[at + 5 + index] = bytes[index]!
  }

  #writeTuple(tuple: Tuple, depth: number): void {
    if (depth >= CALL_DEPTH) {
      writeDeep(this, tuple, depth)
      return
    }
    const elements = tuple.elements
    this.admit(depth)
    this.openTuple(elements.length)
    for (let index = 0; index < elements.length; index++) {
      const element = elements[index]
      // Without a call of `write`, which is not inlined into itself.
      if (typeof element === 'number') this.#writeNumber(element)
      else this.write(element, depth + 1)
    }
  }

  openTuple(arity: number): void {
    if (arity < 256) {
      const out = this.out
      out.reserve(2)
      out.buffer[out.at] = Tag.SMALL_TUPLE_EXT
      out.buffer[out.at + 1] = arity
      out.at += 2
    } else if (arity < 0x100_0000) {
      this.out.u8(Tag.LARGE_TUPLE_EXT)
      this.out.u32(arity)
    } else {
      throw new EtfError('ETF_LIMIT_SIZE', 'a tuple has at most 16 777 215 elements')
    }
  }

  #writeList(list: readonly Term[], depth: number): void {
    if (list.length === 0) {
      this.out.u8(Tag.NIL_EXT)
      return
    }
    if (this.writeBytesList(list)) return
    if (depth >= CALL_DEPTH) {
      writeDeep(this, list, depth)
      return
    }
    this.admit(depth)
    this.openList(list.length)
    this.#writeElements(list, depth)
    this.out.u8(Tag.NIL_EXT)
  }

  openList(length: number): void {
    checkListLength(length)
    this.out.u8(Tag.LIST_EXT)
    this.out.u32(length)
  }

  /** Writes a list of bytes as STRING_EXT, which is what BEAM does; `false` when the list is none. */
  writeBytesList(list: readonly Term[]): boolean {
    const length = list.length
    if (length > MAX_STRING_BYTES) return false
    for (let index = 0; index < length; index++) {
      const element = list[index]
      if (typeof element !== 'number' || (element & 255) !== element) return false
    }
    const out = this.out
    out.reserve(3 + length)
    const buffer = out.buffer
    let at = out.at
    buffer[at++] = Tag.STRING_EXT
    buffer[at++] = length >> 8
    buffer[at++] = length
    for (let index = 0; index < length; index++) buffer[at++] = list[index] as number
    out.at = at
    return true
  }

  /** Writes the elements of a list, small integers and floats without a call for each. */
  #writeElements(list: readonly Term[], depth: number): void {
    const out = this.out
    const length = list.length
    for (let index = 0; index < length; index++) {
      const element = list[index]
      if (typeof element !== 'number') {
        this.write(element, depth + 1)
        continue
      }
      // As many numbers as come in a row, each of nine bytes at most.
      out.reserve(9 * (length - index))
      index = this.#writeNumbers(list, index) - 1
    }
  }

  /** Writes numbers into reserved room as long as they come; gives the index behind the last. */
  #writeNumbers(list: readonly Term[], index: number): number {
    const first = list[index] as number
    const next = (first | 0) === first ? this.#writeIntegers(list, index) : this.#writeFloats(list, index)
    if (next > index) return next
    this.#writeNumber(first)
    return index + 1
  }

  // Two loops, for one that meets integers and floats takes every number for a float.
  #writeIntegers(list: readonly Term[], index: number): number {
    const out = this.out
    const { buffer, view } = out
    const length = list.length
    let at = out.at
    for (; index < length; index++) {
      const value = list[index]
      if (typeof value !== 'number' || (value | 0) !== value) break
      if ((value & 255) === value) {
        buffer[at] = Tag.SMALL_INTEGER_EXT
        buffer[at + 1] = value
        at += 2
      } else {
        buffer[at] = Tag.INTEGER_EXT
        view.setInt32(at + 1, value)
        at += 5
      }
    }
    out.at = at
    return index
  }

  #writeFloats(list: readonly Term[], index: number): number {
    const out = this.out
    const { buffer, view } = out
    const length = list.length
    let at = out.at
    for (; index < length; index++) {
      const value = list[index]
      if (typeof value !== 'number' || Number.isInteger(value) || !Number.isFinite(value)) break
      buffer[at] = Tag.NEW_FLOAT_EXT
      view.setFloat64(at + 1, value)
      at += 9
    }
    out.at = at
    return index
  }

  #writeMap(map: ReadonlyMap<Term, Term>, depth: number): void {
    if (depth >= CALL_DEPTH) {
      writeDeep(this, map, depth)
      return
    }
    this.admit(depth)
    this.openMap(map.size)
    if (this.#deterministic) {
      for (const [key, value] of this.pairsOf(map)!) {
        this.write(key, depth + 1)
        this.write(value, depth + 1)
      }
      return
    }
    let isSure = true
    for (const [key, value] of map) {
      if (key instanceof Atom && key.value === key) {
        this.writeAtom(key)
      } else {
        if (needsCheck(key)) isSure = false
        this.write(key, depth + 1)
      }
      this.write(value, depth + 1)
    }
    if (!isSure) this.#checkKeys(map)
  }

  #checkKeys(map: ReadonlyMap<Term, Term>): void {
    if (map.size < 2) return
    this.#identity ??= newIdentity({
      atomKeys: this.#atomKeys,
      maxDepth: this.#maxDepth,
      readVariables: this.#readVariables,
    })
    const identity = this.#identity
    if (!identity.areDistinct([...map.keys()])) throw notEncodable('a map has two keys that are one Erlang term')
  }

  #writePlainObject(object: TermObject, depth: number): void {
    if (depth >= CALL_DEPTH || this.#deterministic) {
      writeDeep(this, object, depth)
      return
    }
    this.admit(depth)
    const names = Object.keys(object)
    const areAtoms = this.#atomKeys || hasAtomKeys(object)
    this.openMap(names.length)
    for (const name of names) {
      if (areAtoms) this.writeAtom(Atom.of(name))
      else this.writeText(name)
      this.write(object[name], depth + 1)
    }
  }

  /** The pairs of a map or a plain object in the order they are written; `undefined` for any other term. */
  pairsOf(term: Term): readonly (readonly [Term, Term])[] | undefined {
    if (typeof term !== 'object' || term === null) return undefined
    const form = mapForm(term as object)
    if (form === undefined) return undefined
    if (form instanceof Map && [...form.keys()].some(needsCheck)) this.#checkKeys(form as ReadonlyMap<Term, Term>)
    if (!this.#deterministic) return pairsOfForm(form, this.#atomKeys)
    this.#order ??= new TermOrder(this.#atomKeys)
    return this.#order.pairsOf(form)
  }

  openImproperList({ elements, tail }: ImproperList): void {
    if (elements.length === 0 || Array.isArray(tail) || tail instanceof ImproperList) {
      throw notEncodable('an improper list has elements, and a tail that is no list')
    }
    this.openList(elements.length)
  }

  openRecord({ module, recordName, exported, fields }: NativeRecord): void {
    if (!this.#records) throw noRecords('the value holds a native record')
    this.out.u8(Tag.RECORD_EXT)
    this.out.u32(fields.length)
    this.out.u8(exported ? 1 : 0)
    this.writeAtom(module)
    this.writeAtom(recordName)
    for (const [name] of fields) this.writeAtom(name)
  }

  openMap(size: number): void {
    this.out.u8(Tag.MAP_EXT)
    this.out.u32(size)
  }

  #writeObject(term: Exclude<Term, undefined | null>, depth: number): void {
    if (!this.#largeIds && (term instanceof Pid || term instanceof Reference || term instanceof Port)) {
      this.#writeSmallId(term)
    } else if (term instanceof Pid) writePid(this, term)
    else if (term instanceof Reference) writeReference(this, term)
    else if (term instanceof Binary) this.#writeBinary(term.toBytes())
    else if (term instanceof Float) this.#writeFloat(term.value)
    else if (term instanceof Port) writePort(this, term)
    else if (term instanceof BitString) this.#writeBitString(term)
    else if (term instanceof ExternalFun) writeExport(this, term)
    else if (term instanceof Fun) this.#writeFun(term)
    else if (term instanceof ImproperList || term instanceof NativeRecord) writeDeep(this, term, depth)
    else if (term instanceof LocalTerm) throw notEncodable('a local term is always a whole message, never a part')
    else {
      const form = mapForm(term as object)
      if (form === undefined) throw notEncodable(`${described(term as object)} has no Erlang term`)
      if (form instanceof Map) this.#writeMap(form as ReadonlyMap<Term, Term>, depth)
      else this.#writePlainObject(form as TermObject, depth)
    }
  }

  /** Writes an identifier for OTP 23, unless it is too large for that. */
  #writeSmallId(id: Pid | Reference | Port): void {
    const { out } = this
    const start = out.at
    if (id instanceof Pid) writePid(this, id)
    else if (id instanceof Reference) writeReference(this, id)
    else writePort(this, id)
    if (isLargeId(out.buffer, start)) throw largeId(`${id} is larger`)
  }

  #writeFun({ bytes }: Fun): void {
    if (!this.#largeIds && holdsLargeId(bytes)) throw largeId('a fun holds a pid, port or reference that is larger')
    if (!this.#records && holdsTag(bytes, Tag.RECORD_EXT)) throw noRecords('a fun holds a native record')
    this.out.bytes(bytes)
  }

  #writeBitString({ bytes, bits }: BitString): void {
    if (!(bits >= 1 && bits <= 8) || bytes.length === 0) {
      throw notEncodable(`a bit string of ${bytes.length} bytes cannot use ${bits} bits of the last`)
    }
    const out = this.out
    if (bits === 8) {
      this.#writeBinary(bytes)
      return
    }
    out.u8(Tag.BIT_BINARY_EXT)
    out.u32(bytes.length)
    out.u8(bits)
    out.bytes(bytes)
    out.buffer[out.at - 1] = bytes[bytes.length - 1]! & (0xff << (8 - bits))
  }
}

/** Finds out which terms are the same. */
export function newIdentity(options?: IdentityOptions): TermIdentity {
  return new TermIdentity(() => new TermWriter(new ByteWriter(SMALL_WRITER_BYTES), undefined), options)
}

/** Whether a key might be written as another one is, which is not so for atoms, texts and numbers among themselves. */
function needsCheck(key: Term): boolean {
  if (key instanceof Atom) return key.value !== key
  return typeof key === 'bigint' || isCompoundKey(key)
}

function noRecords(what: string): EtfError {
  return notEncodable(`${what}, and the peer takes none: they came with OTP 29`)
}

function largeId(what: string): EtfError {
  return notEncodable(`${what} than the peer takes, which is of OTP 23 or a library`)
}

/** Whether the bytes went elsewhere, to another thread or stream, and left an empty array behind. */
function isDetached({ buffer }: Uint8Array): boolean {
  try {
    return new Uint8Array(buffer).buffer !== buffer
  } catch {
    return true
  }
}

/** Names what is refused: the program reads it. */
function described(value: object): string {
  if ('then' in value && typeof value.then === 'function') return 'a promise'
  const name = value.constructor?.name
  const kind = Object.prototype.toString.call(value) === '[object Object]' ? 'an object without fields' : 'an object'
  return name === undefined ? kind : `${kind} of class ${name}`
}

function notEncodable(message: string): EtfError {
  return new EtfError('ETF_NOT_ENCODABLE', message)
}
