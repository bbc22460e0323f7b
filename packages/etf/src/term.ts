import { flag, optional, type Rule, rule, text, whole } from '@dynsrv/kit'
import { type AtomShare, addAtom, admitAtom, knownAtom, OWN_ATOMS } from './atom-table.ts'
import { bytesRule, checkParts, checks, isArray, isBytes, isCount, isU32 } from './checks.ts'
import { EtfError } from './error.ts'
import { ATOM_UTF8_EXT, NEW_FUN_EXT, SMALL_ATOM_UTF8_EXT } from './tag.ts'
import { base64Of, classJson, type Json, TERM_JSON, textAsJson } from './text/json.ts'
import { floatText, quoteAtom, quoteElixirAtom } from './text/quote.ts'
import { beginningOf, NODE_INSPECT, textForNode, textOfBinary } from './text/term-text.ts'
import { type Piece, sequence, TERM_PIECES, type TermSyntax } from './text/text-pieces.ts'
import { asBuffer, hasLoneSurrogate, readUtf8 } from './utf8.ts'
import type { HasTerm, Instant } from './values/has-term.ts'

/** A plain object, encoded as a map; `EncodeOptions.keys` says what its keys become. */
export interface TermObject {
  readonly [key: string]: Term
}

/** Every value that stands for an Erlang term; what becomes what is listed in the package's README. */
export type Term =
  | number
  | bigint
  | string
  | boolean
  | null
  | undefined
  | Atom
  | Float
  | Uint8Array
  | Binary
  | BitString
  | Tuple
  | readonly Term[]
  | ImproperList
  | ReadonlyMap<Term, Term>
  | TermObject
  | Pid
  | Port
  | Reference
  | Fun
  | ExternalFun
  | NativeRecord
  | LocalTerm
  | Instant
  | URL
  | ReadonlySet<Term>
  | HasTerm

/**
 * What can be sent: a term, an object of an interface, or an instance of a class, whose fields are sent as a map with text for
 * keys. Functions and promises are none; what is wrong inside is found out when it is encoded, with its path.
 */
export type Sendable = Term | (object & SendableObject)

/** What an object must not be in order to be sent: a promise, or a function. */
export interface SendableObject {
  readonly then?: never
  readonly apply?: never
}

/** The longest atom that BEAM accepts, in characters (not bytes). */
export const MAX_ATOM_CHARACTERS = 255

/** Only the table of atoms makes atoms. */
const TABLE = Symbol('the table of atoms')
const UTF8 = new TextEncoder()

/** For those who read atoms, inside this package. */
export const BROUGHT = Symbol('an atom that was read')

/** What an atom is as a value: itself, but for the four that JavaScript has words for. */
export type AtomValue = Atom | boolean | null | undefined

/** A power of two. */
const NAMED_PLACES = 64

/**
 * Atoms that the program named lately, as one does that sends to a name: to look at a weak reference of the table takes
 * several times as long, and V8 keeps what it refers to until the turn of the event loop ends.
 */
const named: (Atom | undefined)[] = new Array<Atom | undefined>(NAMED_PLACES).fill(undefined)

/**
 * An Erlang atom. Two atoms of the same name are the same object, so compare with `===`.
 *
 * Atoms are held weakly: one that nobody refers to is given back, so a peer cannot fill the memory with names.
 * Make one with {@link atom}.
 */
export class Atom {
  readonly name: string
  /** The atom's encoding, tag and length included, as UTF-8. Not for the program: `encode` reads it. */
  readonly wire: Uint8Array
  /** Where the name begins in `wire`. */
  readonly wireStart: number
  /** What a decoder gives for this atom: `true`, `false`, `null` for `nil`, `undefined`, else the atom. */
  readonly value: AtomValue

  private constructor(name: string, utf8: Uint8Array, by: symbol) {
    // Two atoms of one name would not be equal.
    if (by !== TABLE) throw new EtfError('ETF_BAD_OPTION', 'an atom is made with atom(name), not with new')
    this.name = name
    this.wireStart = utf8.length < 256 ? 2 : 3
    this.wire = new Uint8Array(this.wireStart + utf8.length)
    this.wire.set(utf8, this.wireStart)
    this.wire[0] = utf8.length < 256 ? SMALL_ATOM_UTF8_EXT : ATOM_UTF8_EXT
    if (utf8.length >= 256) this.wire[1] = utf8.length >> 8
    this.wire[this.wireStart - 1] = utf8.length
    this.value = name === 'true' ? true : name === 'false' ? false : name === 'nil' ? null : this
    if (name === 'undefined') this.value = undefined
  }

  /** The atom of that name. {@link atom} is the same, shorter. */
  static of(name: string): Atom {
    if (typeof name !== 'string') checks.argument('atom', 'name', text, name)
    const place = (31 * name.length + 7 * name.charCodeAt(0) + name.charCodeAt(name.length - 1)) & (NAMED_PLACES - 1)
    const known = named[place]
    if (known?.name === name) return known
    const made = Atom[BROUGHT](name, OWN_ATOMS, Number.POSITIVE_INFINITY)
    named[place] = made
    return made
  }

  /**
   * The atom of that name, which costs `share` when nobody has it yet.
   *
   * @param most how many bytes that may take
   */
  static [BROUGHT](name: string, share: AtomShare, most: number): Atom {
    const known = knownAtom(name, share, most)
    if (known !== undefined) return known as Atom
    if (hasLoneSurrogate(name)) throw new EtfError('ETF_BAD_ATOM', 'an atom cannot hold a lone surrogate')
    if (name.length > MAX_ATOM_CHARACTERS && [...name].length > MAX_ATOM_CHARACTERS) {
      throw new EtfError('ETF_LIMIT_ATOM', `an atom has at most ${MAX_ATOM_CHARACTERS} characters`)
    }
    admitAtom(name, share, most)
    const made = new Atom(name, asBuffer(UTF8.encode(name)), TABLE)
    addAtom(made, share)
    return made
  }

  toString(): string {
    return this.name
  }

  [TERM_PIECES](syntax: TermSyntax): readonly Piece[] {
    return [{ text: syntax === 'erlang' ? quoteAtom(this.name) : quoteElixirAtom(this.name) }]
  }

  [NODE_INSPECT](): string {
    return textForNode(this)
  }

  [TERM_JSON](): Json {
    if (this.value === this) return this.name
    return typeof this.value === 'boolean' ? this.value : null
  }

  /** See `toJson`. */
  toJSON(): Json {
    return classJson(this)
  }
}

/** Whether it is an atom; false for a proxy that throws. */
function isAtom(value: unknown): value is Atom {
  try {
    return value instanceof Atom
  } catch {
    return false
  }
}

/** Whether it is of that class; false for a proxy that throws. */
function isA<T>(type: new (...args: never[]) => T, value: unknown): value is T {
  try {
    return value instanceof type
  } catch {
    return false
  }
}

const atomRule: Rule = rule('an Atom', isAtom)
const u32: Rule = whole(0, 0xffff_ffff)
const arityRule: Rule = whole(0, 255)
const list: Rule = rule('an array', isArray)

/**
 * The atom of that name, always the same object.
 *
 * @throws {EtfError} `ETF_LIMIT_ATOM` above 255 characters, `ETF_BAD_ATOM` for a lone surrogate
 */
export function atom(name: string): Atom {
  return Atom.of(name)
}

const finite: Rule = rule('a finite number', Number.isFinite)

/**
 * A number that is a float in Erlang even when it has no fraction: `new Float(1)` is `1.0`, where `1` is the integer.
 *
 * NaN and the infinities are refused; Erlang has no such values.
 */
export class Float {
  readonly value: number

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(value: number) {
    if (!Number.isFinite(value)) checks.argument('Float', 'value', finite, value)
    this.value = value
  }

  valueOf(): number {
    return this.value
  }

  toString(): string {
    return floatText(this.value)
  }

  [TERM_PIECES](): readonly Piece[] {
    return [{ text: floatText(this.value) }]
  }

  [NODE_INSPECT](): string {
    return floatText(this.value)
  }

  [TERM_JSON](): Json {
    return this.value
  }

  /** See `toJson`. */
  toJSON(): Json {
    return classJson(this)
  }
}

function checkView(source: Uint8Array, offset: number, length: number | undefined): void {
  checks.argument('Binary', 'source', bytesRule, source)
  checks.argument('Binary', 'offset', whole(0, source.length), offset)
  checks.argument('Binary', 'length', optional(whole(0, source.length - offset)), length)
}

/**
 * A light view of a binary inside the bytes that were decoded: nothing is made until it is asked for.
 *
 * It costs a third of a `Uint8Array` to make. It stays valid as long as those bytes are not overwritten.
 */
export class Binary {
  /** The bytes that were decoded, of which this is a part. */
  readonly source: Uint8Array
  readonly offset: number
  /** Bytes, not characters. */
  readonly length: number

  /**
   * @param length default: to the end of the source
   * @throws {EtfError} `ETF_BAD_OPTION`
   */
  constructor(source: Uint8Array, offset = 0, length?: number) {
    const size = length === undefined && isBytes(source) ? source.length - offset : (length as number)
    if (!(isBytes(source) && isCount(offset) && isCount(size) && offset + size <= source.length)) {
      checkView(source, offset, length)
    }
    this.source = source
    this.offset = offset
    this.length = size
  }

  /** The bytes, on the same memory as the source. */
  toBytes(): Uint8Array {
    return this.source.subarray(this.offset, this.offset + this.length)
  }

  /** The bytes read as UTF-8; U+FFFD stands for what is malformed. */
  toString(): string {
    const end = this.offset + this.length
    return readUtf8(this.source, this.offset, end) ?? asBuffer(this.source).toString('utf8', this.offset, end)
  }

  [TERM_PIECES](syntax: TermSyntax, most: number): readonly Piece[] {
    return [{ text: textOfBinary(beginningOf(this.toBytes(), most), syntax) }]
  }

  [NODE_INSPECT](): string {
    return textForNode(this)
  }

  [TERM_JSON](): Json {
    const end = this.offset + this.length
    return readUtf8(this.source, this.offset, end) ?? base64Of(this.toBytes())
  }

  /** See `toJson`. */
  toJSON(): Json {
    return classJson(this)
  }
}

const filledBytes: Rule = rule('a Uint8Array of at least one byte', (value) => isBytes(value) && value.length > 0)

/** A bit string whose length is no multiple of eight. */
export class BitString {
  /** One or more bytes. */
  readonly bytes: Uint8Array
  /** How many bits of the last byte count, from the high end: 1 to 7, or 8 when all do. The others are 0. */
  readonly bits: number

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(bytes: Uint8Array, bits: number) {
    checkParts('BitString', [
      ['bytes', filledBytes, bytes],
      ['bits', whole(1, 8), bits],
    ])
    this.bytes = bytes
    this.bits = bits
  }

  get bitLength(): number {
    return (this.bytes.length - 1) * 8 + this.bits
  }

  /** As Erlang writes it. */
  toString(): string {
    return textForNode(this)
  }

  [TERM_PIECES](syntax: TermSyntax, most: number): readonly Piece[] {
    const whole = this.bits === 8 ? this.bytes : this.bytes.subarray(0, -1)
    const parts = Array.from(whole.length > most ? whole.subarray(0, most) : whole, String)
    if (this.bits !== 8) {
      const last = this.bytes[this.bytes.length - 1]! >> (8 - this.bits)
      parts.push(syntax === 'erlang' ? `${last}:${this.bits}` : `${last}::size(${this.bits})`)
    }
    return [{ text: `<<${parts.join(syntax === 'erlang' ? ',' : ', ')}>>` }]
  }

  [NODE_INSPECT](): string {
    return textForNode(this)
  }

  [TERM_JSON](): Json {
    return textAsJson(this)
  }

  /** See `toJson`. */
  toJSON(): Json {
    return classJson(this)
  }
}

/** An Erlang tuple; `const [tag, value] = aTuple` takes it apart. Make one with {@link tuple}. */
export class Tuple<T extends readonly unknown[] = readonly Term[]> {
  readonly elements: T

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(elements: T) {
    if (!isArray(elements)) checks.argument('Tuple', 'elements', list, elements)
    this.elements = elements
  }

  /** The arity. */
  get length(): number {
    return this.elements.length
  }

  [Symbol.iterator](): IterableIterator<T[number]> {
    return this.elements.values()
  }

  /** As Erlang writes it. */
  toString(): string {
    return textForNode(this)
  }

  [TERM_PIECES](syntax: TermSyntax, most: number): readonly Piece[] {
    return sequence('{', this.elements, '}', syntax, most)
  }

  [NODE_INSPECT](): string {
    return textForNode(this)
  }

  [TERM_JSON](part: (term: unknown) => Json): Json {
    return this.elements.map(part)
  }

  /** See `toJson`. */
  toJSON(): Json {
    return classJson(this)
  }
}

/** A tuple of these elements, each with its own type. */
export function tuple<const T extends readonly Sendable[]>(...elements: T): Tuple<T> {
  return new Tuple(elements)
}

const filledList: Rule = rule('an array of at least one element', (value) => isArray(value) && value.length > 0)
const noList: Rule = rule('a term that is no list', (value) => !isArray(value) && !isA(ImproperList, value))

/**
 * A list that does not end in `[]`, such as the tag `[alias | Reference]` of a `gen_server` call.
 *
 * Its tail is never a list: then it would be a proper one.
 */
export class ImproperList {
  /** One or more elements in front of the tail. */
  readonly elements: readonly Term[]
  readonly tail: Term

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(elements: readonly Term[], tail: Term) {
    checkParts('ImproperList', [
      ['elements', filledList, elements],
      ['tail', noList, tail],
    ])
    this.elements = elements
    this.tail = tail
  }

  /** As Erlang writes it. */
  toString(): string {
    return textForNode(this)
  }

  [TERM_PIECES](syntax: TermSyntax, most: number): readonly Piece[] {
    const bar = { text: syntax === 'erlang' ? '|' : ' | ' }
    return [...sequence('[', this.elements, '', syntax, most), bar, { term: this.tail }, { text: ']' }]
  }

  [NODE_INSPECT](): string {
    return textForNode(this)
  }

  [TERM_JSON](part: (term: unknown) => Json): Json {
    return [...this.elements, this.tail].map(part)
  }

  /** See `toJson`. */
  toJSON(): Json {
    return classJson(this)
  }
}

const wellFormed: Rule = rule(
  'a string without half of a surrogate pair',
  (value) => typeof value === 'string' && !hasLoneSurrogate(value),
)

/**
 * The code points of a text: what Erlang calls a string. `charlist('abc')` encodes as `"abc"`.
 *
 * @throws {EtfError} `ETF_BAD_OPTION`
 */
export function charlist(text: string): number[] {
  checks.argument('charlist', 'text', wellFormed, text)
  return Array.from(text, (character) => character.codePointAt(0)!)
}

const recordFields: Rule = rule('an array of pairs, each with an Atom of its own in front', (fields) => {
  if (!isArray(fields)) return false
  const names = new Set<unknown>()
  for (const field of fields) if (isArray(field) && field.length === 2 && isAtom(field[0])) names.add(field[0])
  return names.size === fields.length
})

/** A native record of OTP 29 (RECORD_EXT). The tuples that older releases call records are tuples. */
export class NativeRecord {
  readonly module: Atom
  readonly recordName: Atom
  /** Whether the module exports the record's definition. */
  readonly exported: boolean
  readonly fields: readonly (readonly [name: Atom, value: Term])[]

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(module: Atom, recordName: Atom, exported: boolean, fields: readonly (readonly [Atom, Term])[]) {
    checkParts('NativeRecord', [
      ['module', atomRule, module],
      ['recordName', atomRule, recordName],
      ['exported', flag, exported],
      ['fields', recordFields, fields],
    ])
    this.module = module
    this.recordName = recordName
    this.exported = exported
    this.fields = fields
  }

  /** As Erlang writes it. */
  toString(): string {
    return textForNode(this)
  }

  [TERM_PIECES](): readonly Piece[] {
    const pieces: Piece[] = [{ text: `#${quoteAtom(this.module.name)}:${quoteAtom(this.recordName.name)}{` }]
    for (const [index, [name, term]] of this.fields.entries()) {
      pieces.push({ text: `${index > 0 ? ',' : ''}${quoteAtom(name.name)} = ` }, { term })
    }
    pieces.push({ text: '}' })
    return pieces
  }

  [NODE_INSPECT](): string {
    return textForNode(this)
  }

  [TERM_JSON](part: (term: unknown) => Json): Json {
    return Object.fromEntries(this.fields.map(([name, value]) => [name.name, part(value)]))
  }

  /** See `toJson`. */
  toJSON(): Json {
    return classJson(this)
  }
}

/** Creations up to this one are of nodes before OTP 23, which used 1 to 3 in turn; later nodes have larger ones. */
export const LARGEST_SMALL_CREATION = 3

/** A process, on whichever node. The same numbers with another creation are another process. */
export class Pid {
  readonly node: Atom
  /** u32. */
  readonly id: number
  /** u32. */
  readonly serial: number
  /** u32; which incarnation of the node. */
  readonly creation: number

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(node: Atom, id: number, serial: number, creation: number) {
    if (!(isAtom(node) && isU32(id) && isU32(serial) && isU32(creation))) {
      checkParts('Pid', [
        ['node', atomRule, node],
        ['id', u32, id],
        ['serial', u32, serial],
        ['creation', u32, creation],
      ])
    }
    this.node = node
    this.id = id
    this.serial = serial
    this.creation = creation
  }

  equals(other: unknown): boolean {
    return (
      isA(Pid, other) &&
      other.id === this.id &&
      other.serial === this.serial &&
      other.creation === this.creation &&
      other.node === this.node
    )
  }

  /** `<node.id.serial>`, for people; it leaves the creation out. */
  toString(): string {
    return `<${this.node.name}.${this.id}.${this.serial}>`
  }

  [TERM_PIECES](syntax: TermSyntax): readonly Piece[] {
    return [{ text: syntax === 'erlang' ? this.toString() : `#PID${this.toString()}` }]
  }

  [NODE_INSPECT](): string {
    return textForNode(this)
  }

  [TERM_JSON](): Json {
    return textAsJson(this)
  }

  /** See `toJson`. */
  toJSON(): Json {
    return classJson(this)
  }
}

function isU64(value: unknown): boolean {
  return typeof value === 'bigint' && BigInt.asUintN(64, value) === value
}

const u64: Rule = rule('a bigint from 0 to 2n ** 64n - 1n', isU64)

/** A port of a node. */
export class Port {
  readonly node: Atom
  /** u64. */
  readonly id: bigint
  readonly creation: number

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(node: Atom, id: bigint, creation: number) {
    if (!(isAtom(node) && isU64(id) && isU32(creation))) {
      checkParts('Port', [
        ['node', atomRule, node],
        ['id', u64, id],
        ['creation', u32, creation],
      ])
    }
    this.node = node
    this.id = id
    this.creation = creation
  }

  equals(other: unknown): boolean {
    return isA(Port, other) && other.id === this.id && other.creation === this.creation && other.node === this.node
  }

  toString(): string {
    return `#Port<${this.node.name}.${this.id}>`
  }

  [TERM_PIECES](): readonly Piece[] {
    return [{ text: this.toString() }]
  }

  [NODE_INSPECT](): string {
    return this.toString()
  }

  [TERM_JSON](): Json {
    return textAsJson(this)
  }

  /** See `toJson`. */
  toJSON(): Json {
    return classJson(this)
  }
}

/** More do not fit into a reference. */
const MOST_WORDS = 5

function areWords(words: unknown): boolean {
  if (!isArray(words) || words.length === 0 || words.length > MOST_WORDS) return false
  for (let index = 0; index < words.length; index++) if (!isU32(words[index])) return false
  return true
}

const words32: Rule = rule('an array of 1 to 5 whole numbers from 0 to 4294967295', areWords)

/** A unique reference, such as a monitor, a timer or the tag of a call. */
export class Reference {
  readonly node: Atom
  readonly creation: number
  /** One to five u32, in the order of the wire; Erlang prints them the other way round. */
  readonly words: readonly number[]

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(node: Atom, creation: number, words: readonly number[]) {
    if (!(isAtom(node) && isU32(creation) && areWords(words))) {
      checkParts('Reference', [
        ['node', atomRule, node],
        ['creation', u32, creation],
        ['words', words32, words],
      ])
    }
    this.node = node
    this.creation = creation
    this.words = words
  }

  equals(other: unknown): boolean {
    return (
      isA(Reference, other) &&
      other.creation === this.creation &&
      other.node === this.node &&
      other.words.length === this.words.length &&
      other.words.every((word, index) => word === this.words[index])
    )
  }

  toString(): string {
    return `#Ref<${[this.node.name, ...this.words.toReversed()].join('.')}>`
  }

  [TERM_PIECES](syntax: TermSyntax): readonly Piece[] {
    const text = this.toString()
    return [{ text: syntax === 'erlang' ? text : text.replace('#Ref', '#Reference') }]
  }

  [NODE_INSPECT](): string {
    return this.toString()
  }

  [TERM_JSON](): Json {
    return textAsJson(this)
  }

  /** See `toJson`. */
  toJSON(): Json {
    return classJson(this)
  }
}

const funBytes: Rule = rule('the encoding of a fun', (value) => isBytes(value) && value[0] === NEW_FUN_EXT)

/**
 * A closure of another node: it cannot be called here, but it can be kept and sent back unchanged.
 */
export class Fun {
  readonly module: Atom
  readonly arity: number
  /** Its number among the funs of the module. */
  readonly index: number
  /** Another version of the module's code has another one. */
  readonly uniq: number
  /** The whole encoding with its tag, byte for byte as it came, but for atoms that stood in a distribution header. */
  readonly bytes: Uint8Array

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(module: Atom, arity: number, index: number, uniq: number, bytes: Uint8Array) {
    checkParts('Fun', [
      ['module', atomRule, module],
      ['arity', arityRule, arity],
      ['index', u32, index],
      ['uniq', whole(-0x8000_0000, 0xffff_ffff), uniq],
      ['bytes', funBytes, bytes],
    ])
    this.module = module
    this.arity = arity
    this.index = index
    this.uniq = uniq
    this.bytes = bytes
  }

  toString(): string {
    return `#Fun<${this.module.name}.${this.index}.${this.uniq}>`
  }

  [TERM_PIECES](syntax: TermSyntax): readonly Piece[] {
    const name = `${this.index}.${this.uniq}`
    if (syntax === 'erlang') return [{ text: this.toString() }]
    return [{ text: `#Function<${name} in ${quoteElixirAtom(this.module.name)}>` }]
  }

  [NODE_INSPECT](): string {
    return this.toString()
  }

  [TERM_JSON](): Json {
    return textAsJson(this)
  }

  /** See `toJson`. */
  toJSON(): Json {
    return classJson(this)
  }
}

/** A function by name, `fun module:function/arity`. */
export class ExternalFun {
  readonly module: Atom
  readonly function: Atom
  /** 0 to 255. */
  readonly arity: number

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(module: Atom, functionName: Atom, arity: number) {
    checkParts('ExternalFun', [
      ['module', atomRule, module],
      ['functionName', atomRule, functionName],
      ['arity', arityRule, arity],
    ])
    this.module = module
    this.function = functionName
    this.arity = arity
  }

  /** As Erlang writes it. */
  toString(): string {
    return textForNode(this)
  }

  [TERM_PIECES](syntax: TermSyntax): readonly Piece[] {
    const { module, function: name, arity } = this
    if (syntax === 'erlang') return [{ text: `fun ${quoteAtom(module.name)}:${quoteAtom(name.name)}/${arity}` }]
    return [{ text: `&${quoteElixirAtom(module.name)}.${quoteElixirAtom(name.name).replace(/^:/, '')}/${arity}` }]
  }

  [NODE_INSPECT](): string {
    return textForNode(this)
  }

  [TERM_JSON](): Json {
    return textAsJson(this)
  }

  /** See `toJson`. */
  toJSON(): Json {
    return classJson(this)
  }
}

/**
 * What `term_to_binary(Term, [local])` made (LOCAL_EXT, OTP 26): only the VM that made it can read it.
 *
 * It is always a whole input and is kept as it came. Encoding it gives the same bytes, for that VM to read.
 */
export class LocalTerm {
  /** All that follows the tag. */
  readonly bytes: Uint8Array

  /** @throws {EtfError} `ETF_BAD_OPTION` */
  constructor(bytes: Uint8Array) {
    checks.argument('LocalTerm', 'bytes', bytesRule, bytes)
    this.bytes = bytes
  }

  toString(): string {
    return `#Local<${this.bytes.length} bytes>`
  }

  [TERM_PIECES](): readonly Piece[] {
    return [{ text: this.toString() }]
  }

  [NODE_INSPECT](): string {
    return this.toString()
  }

  [TERM_JSON](): Json {
    return textAsJson(this)
  }

  /** See `toJson`. */
  toJSON(): Json {
    return classJson(this)
  }
}
