import { overLimit } from '../error.ts'
import { digestOf, LONGEST_HASHED_TEXT } from '../seeded-map.ts'
import * as Tag from '../tag.ts'
import { Atom, Binary, Float, Fun, ImproperList, NativeRecord, Reference, type Term, Tuple } from '../term.ts'
import { asBuffer, readLatin1 } from '../utf8.ts'
import { pairsOf } from '../values/map-form.ts'
import type { ByteWriter } from './byte-writer.ts'

/** Writes terms that hold no others, each term in one way. */
export interface LeafWriter {
  readonly out: ByteWriter
  write(leaf: Term, depth: number): void
}

/** An open container: its terms are written one after the other. */
interface Frame {
  readonly terms: readonly Term[]
  next: number
  /** Of a map or fun: itself, and where it began. */
  readonly numbered: object | undefined
  readonly start: number
  /** Of a map: where each of its pairs begins. */
  readonly pairs: number[] | undefined
}

/** What is a term, where values of JavaScript are not yet written. */
export interface IdentityOptions {
  /** Whether the keys of plain objects are atoms, as in `EncodeOptions.keys`. Default: text. */
  readonly atomKeys?: boolean
  /** How deep terms may nest, which ends values that contain themselves. Default: no limit. */
  readonly maxDepth?: number
  /** Reads the free variables of a fun that are not known. Default: funs are the same when their bytes are. */
  readonly readVariables?: ((fun: Fun, identity: TermIdentity) => readonly Term[] | undefined) | undefined
}

/** By which of its two sums a fun is known: the older one, of its own code, or the MD5 sum of its module. */
type FunSum = 'uniq' | 'md5'

/** Whether two such keys can be equal terms although a `Map` takes them for two. */
export function isCompoundKey(key: Term): boolean {
  return typeof key === 'object' && key !== null && !(key instanceof Atom)
}

/**
 * Finds out which terms are the same map key to BEAM (`=:=`), in time proportional to their size.
 *
 * Of a reference the trailing words that are 0 do not count. Of a fun module, index, sum and free variables do, and neither
 * its arity nor who made it: a BEAM node says no more of one whose module it has not loaded.
 *
 * Maps and funs get a number each: the same for the same pairs, in whatever order. What stands around a map, such as another
 * map that has it in a key, holds that number in place of all that is in it, so that keys in keys in keys are read once.
 * Nothing calls itself, so that no depth overflows the call stack.
 *
 * It remembers the maps and funs that it met: use one for terms that do not change, and let go of it with them.
 */
export class TermIdentity {
  readonly #makeWriter: () => LeafWriter
  readonly #options: IdentityOptions
  #made: LeafWriter | undefined
  #numbers: Map<object, number> | undefined
  readonly #contents = new Map<string, number>()
  #funSum: FunSum = 'uniq'
  #variables: Map<Fun, readonly Term[] | undefined> | undefined
  /** The same with the other sum, once there are funs. */
  #other: TermIdentity | undefined

  /** @param makeWriter makes what puts each leaf in one form, on memory of its own; asked for when it is needed */
  constructor(makeWriter: () => LeafWriter, options: IdentityOptions = {}) {
    this.#makeWriter = makeWriter
    this.#options = options
  }

  get #writer(): LeafWriter {
    this.#made ??= this.#makeWriter()
    return this.#made
  }

  /** Keeps the free variables of a fun in a key for those who ask about it. */
  keepVariables(fun: Fun, variables: readonly Term[]): void {
    this.#variables ??= new Map()
    this.#variables.set(fun, variables)
  }

  /** The free variables of a fun; `undefined` when they cannot be read. */
  variablesOf(fun: Fun): readonly Term[] | undefined {
    this.#variables ??= new Map()
    if (!this.#variables.has(fun)) this.#variables.set(fun, this.#options.readVariables?.(fun, this))
    return this.#variables.get(fun)
  }

  /**
   * Whether no two of these keys are one to some release of OTP: up to 27 funs are sorted by the older of their sums, since
   * then by the MD5 sum.
   *
   * @throws {EtfError} as {@link of}
   */
  areDistinct(keys: readonly Term[]): boolean {
    if (!this.#knowsApart(keys)) return false
    if (this.#variables === undefined) return true
    if (this.#other === undefined) {
      this.#other = new TermIdentity(this.#makeWriter, this.#options)
      this.#other.#funSum = 'md5'
    }
    const other = this.#other
    other.#variables = this.#variables
    return other.#knowsApart(keys)
  }

  #knowsApart(keys: readonly Term[]): boolean {
    const distinct = new Set<unknown>()
    // Binaries are the most frequent.
    for (const key of keys) distinct.add(key instanceof Uint8Array ? ofBytes(key) : this.of(key))
    return distinct.size === keys.length
  }

  /**
   * A value that is `===` for the same term, and only for it.
   *
   * @throws {EtfError} `ETF_NOT_ENCODABLE` for what is no term, `ETF_LIMIT_DEPTH`
   */
  of(term: Term): unknown {
    // With a letter in front: V8 hashes digits alone badly.
    if (typeof term === 'string') return ofBytes(asBuffer(new TextEncoder().encode(term)))
    if (typeof term === 'number') return Number.isInteger(term) ? ofInteger(term) : ofFloat(term)
    if (typeof term === 'bigint') return ofInteger(term)
    if (typeof term !== 'object' || term === null) return term
    if (term instanceof Binary) return ofBytes(term.source, term.offset, term.offset + term.length)
    if (term instanceof Uint8Array) return ofBytes(term)
    if (term instanceof Atom) return term.value
    if (term instanceof Float) return ofFloat(term.value)
    const { out } = this.#writer
    const start = out.length
    try {
      this.#write(term)
      return `c${textOf(out.written().subarray(start))}`
    } finally {
      out.truncate(start)
    }
  }

  #write(root: Term): void {
    const frames: Frame[] = []
    const { maxDepth = Number.POSITIVE_INFINITY } = this.#options
    let term = root
    for (;;) {
      const opened = this.#open(term)
      if (opened !== undefined && frames.push(opened) > maxDepth) {
        throw overLimit('ETF_LIMIT_DEPTH', {
          limit: 'maxDepth',
          most: maxDepth,
          what: 'a map key contains itself, or nests deeper',
        })
      }
      let frame = frames.at(-1)
      while (frame !== undefined && frame.next === frame.terms.length) {
        this.#close(frame)
        frames.pop()
        frame = frames.at(-1)
      }
      if (frame === undefined) return
      if (frame.next % 2 === 0) frame.pairs?.push(this.#writer.out.length)
      term = frame.terms[frame.next++]
    }
  }

  /** Writes a leaf, or the head of a container. */
  #open(term: Term): Frame | undefined {
    if (Array.isArray(term)) return this.#head(Tag.LIST_EXT, term as readonly Term[])
    if (term instanceof Tuple) return this.#head(Tag.LARGE_TUPLE_EXT, term.elements)
    if (term instanceof ImproperList) return this.#head(IMPROPER, [...term.elements, term.tail])
    if (term instanceof NativeRecord) return this.#record(term)
    if (term instanceof Fun) return this.#fun(term)
    const pairs = pairsOf(term, this.#options.atomKeys === true)
    if (pairs !== undefined) return this.#map(term as object, pairs.flat(1))
    this.#writer.write(term instanceof Reference ? shortest(term) : term, 0)
    return undefined
  }

  #head(tag: number, terms: readonly Term[]): Frame {
    const { out } = this.#writer
    out.u8(tag)
    out.u32(terms.length)
    return { terms, next: 0, numbered: undefined, start: 0, pairs: undefined }
  }

  #record({ module, recordName, exported, fields }: NativeRecord): Frame {
    const names = fields.map(([name]) => name)
    return this.#head(Tag.RECORD_EXT, [module, recordName, exported, ...names, ...fields.map(([, value]) => value)])
  }

  #map(map: object, terms: readonly Term[]): Frame | undefined {
    if (this.#isKnown(map)) return undefined
    return { terms, next: 0, numbered: map, start: this.#writer.out.length, pairs: [] }
  }

  #fun(fun: Fun): Frame | undefined {
    if (this.#isKnown(fun)) return undefined
    const terms = this.variablesOf(fun)
    const { out } = this.#writer
    const start = out.length
    out.u8(Tag.NEW_FUN_EXT)
    if (terms === undefined) {
      out.bytes(fun.bytes)
      return { terms: [], next: 0, numbered: fun, start, pairs: undefined }
    }
    this.#writer.write(fun.module, 0)
    out.u32(fun.index)
    out.u32(terms.length)
    if (this.#funSum === 'md5') out.bytes(fun.bytes.subarray(MD5_AT, MD5_AT + MD5_BYTES))
    else this.#writer.write(fun.uniq, 0)
    return { terms, next: 0, numbered: fun, start, pairs: undefined }
  }

  #isKnown(numbered: object): boolean {
    const known = this.#numbers?.get(numbered)
    if (known === undefined) return false
    this.#writeNumber(known)
    return true
  }

  #close({ numbered, start, pairs }: Frame): void {
    if (numbered === undefined) return
    const { out } = this.#writer
    const bytes = out.written()
    const content = pairs === undefined ? `f${textOf(bytes.subarray(start))}` : `m${contentOf(bytes, pairs)}`
    out.truncate(start)
    const number = this.#contents.get(content) ?? this.#contents.size
    this.#contents.set(content, number)
    this.#numbers ??= new Map()
    this.#numbers.set(numbered, number)
    this.#writeNumber(number)
  }

  #writeNumber(number: number): void {
    this.#writer.out.u8(Tag.MAP_EXT)
    this.#writer.out.u32(number)
  }
}

/** Where in a fun's bytes the MD5 sum of its module stands: behind tag, size and arity. */
const MD5_AT = 1 + 4 + 1
const MD5_BYTES = 16

/** Of a map that ends with `bytes`: the same whatever the order of its pairs. */
function contentOf(bytes: Uint8Array, pairs: readonly number[]): string {
  const texts = pairs.map((from, index) => textOf(bytes.subarray(from, pairs[index + 1] ?? bytes.length)))
  return textOf(Buffer.from(texts.sort().join(' '), 'latin1'))
}

/** The same reference without the words at its end that are 0. */
function shortest(reference: Reference): Reference {
  const { node, creation, words } = reference
  const count = words.findLastIndex((word) => word !== 0) + 1
  return count === words.length ? reference : new Reference(node, creation, words.slice(0, Math.max(1, count)))
}

/** Stands for an improper list; no tag of the format. */
const IMPROPER = 0

function ofInteger(value: number | bigint): string {
  if (Number.isSafeInteger(Number(value))) return `i${Number(value)}`
  return textOf(Buffer.from(`I${BigInt(value).toString(32)}`, 'latin1'))
}

function ofFloat(value: number): string {
  return Object.is(value, -0) ? 'f-0' : `f${value}`
}

/** As {@link TermIdentity.of}, for a binary. */
function ofBytes(bytes: Uint8Array, start = 0, end = bytes.length): string {
  if (end - start > LONGEST_HASHED_TEXT) return `b${digestOf(bytes.subarray(start, end))}`
  return readLatin1(bytes, start, end, 'b')
}

/** As text that V8 hashes well. */
function textOf(bytes: Uint8Array): string {
  return bytes.length > LONGEST_HASHED_TEXT ? digestOf(bytes) : readLatin1(bytes, 0, bytes.length)
}
