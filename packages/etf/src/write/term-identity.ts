import { overLimit } from '../error.ts'
import { digestOf, LONGEST_HASHED_TEXT } from '../seeded-map.ts'
import * as Tag from '../tag.ts'
import { Atom, Binary, Float, ImproperList, NativeRecord, type Term, Tuple } from '../term.ts'
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
  /** Of a map: itself, where it began, and where each of its pairs begins. */
  readonly map: object | undefined
  readonly start: number
  readonly pairs: number[]
}

/** What is a term, where values of JavaScript are not yet written. */
export interface IdentityOptions {
  /** Whether the keys of plain objects are atoms, as in `EncodeOptions.keys`. Default: text. */
  readonly atomKeys?: boolean
  /** How deep terms may nest, which ends values that contain themselves. Default: no limit. */
  readonly maxDepth?: number
}

/** Whether two such keys can be equal terms although a `Map` takes them for two. */
export function isCompoundKey(key: Term): boolean {
  return typeof key === 'object' && key !== null && !(key instanceof Atom)
}

/**
 * Finds out which terms are the same term (`=:=`), in time proportional to their size.
 *
 * Maps get a number each: the same for the same pairs, in whatever order. What stands around a map, such as another map
 * that has it in a key, holds that number in place of all that is in it, so that keys in keys in keys are read once. Nothing
 * calls itself, so that no depth overflows the call stack.
 *
 * It remembers the maps that it met: use one for terms that do not change, and let go of it with them.
 */
export class TermIdentity {
  readonly #makeWriter: () => LeafWriter
  readonly #options: IdentityOptions
  #made: LeafWriter | undefined
  #maps: Map<object, number> | undefined
  readonly #contents = new Map<string, number>()

  /** @param makeWriter makes what puts each leaf in one form, on memory of its own; asked for when it is needed */
  constructor(makeWriter: () => LeafWriter, options: IdentityOptions = {}) {
    this.#makeWriter = makeWriter
    this.#options = options
  }

  get #writer(): LeafWriter {
    this.#made ??= this.#makeWriter()
    return this.#made
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
      if (frame.map !== undefined && frame.next % 2 === 0) frame.pairs.push(this.#writer.out.length)
      term = frame.terms[frame.next++]
    }
  }

  /** Writes a leaf, or the head of a container. */
  #open(term: Term): Frame | undefined {
    if (Array.isArray(term)) return this.#head(Tag.LIST_EXT, term as readonly Term[])
    if (term instanceof Tuple) return this.#head(Tag.LARGE_TUPLE_EXT, term.elements)
    if (term instanceof ImproperList) return this.#head(IMPROPER, [...term.elements, term.tail])
    if (term instanceof NativeRecord) return this.#record(term)
    const pairs = pairsOf(term, this.#options.atomKeys === true)
    if (pairs !== undefined) return this.#map(term as object, pairs.flat(1))
    this.#writer.write(term, 0)
    return undefined
  }

  #head(tag: number, terms: readonly Term[]): Frame {
    const { out } = this.#writer
    out.u8(tag)
    out.u32(terms.length)
    return { terms, next: 0, map: undefined, start: 0, pairs: [] }
  }

  #record({ module, recordName, exported, fields }: NativeRecord): Frame {
    const names = fields.map(([name]) => name)
    return this.#head(Tag.RECORD_EXT, [module, recordName, exported, ...names, ...fields.map(([, value]) => value)])
  }

  #map(map: object, terms: readonly Term[]): Frame | undefined {
    const known = this.#maps?.get(map)
    if (known === undefined) return { terms, next: 0, map, start: this.#writer.out.length, pairs: [] }
    this.#writeMapNumber(known)
    return undefined
  }

  #close({ map, start, pairs }: Frame): void {
    if (map === undefined) return
    const { out } = this.#writer
    const bytes = out.written()
    const texts = pairs.map((from, index) => textOf(bytes.subarray(from, pairs[index + 1] ?? bytes.length)))
    out.truncate(start)
    const content = textOf(Buffer.from(texts.sort().join(' '), 'latin1'))
    const number = this.#contents.get(content) ?? this.#contents.size
    this.#contents.set(content, number)
    this.#maps ??= new Map()
    this.#maps.set(map, number)
    this.#writeMapNumber(number)
  }

  #writeMapNumber(number: number): void {
    this.#writer.out.u8(Tag.MAP_EXT)
    this.#writer.out.u32(number)
  }
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
export function ofBytes(bytes: Uint8Array, start = 0, end = bytes.length): string {
  if (end - start > LONGEST_HASHED_TEXT) return `b${digestOf(bytes.subarray(start, end))}`
  return readLatin1(bytes, start, end, 'b')
}

/** As text that V8 hashes well. */
function textOf(bytes: Uint8Array): string {
  return bytes.length > LONGEST_HASHED_TEXT ? digestOf(bytes) : readLatin1(bytes, 0, bytes.length)
}
