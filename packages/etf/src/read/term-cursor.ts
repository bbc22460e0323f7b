import { AtomShare, beginTerm, OWN_ATOMS } from '../atom-table.ts'
import { EtfError, type EtfErrorCode, overLimit } from '../error.ts'
import * as Tag from '../tag.ts'
import { type Atom, Binary, type Term } from '../term.ts'
import type { Structs } from '../values/structs.ts'
import { wanted } from '../values/values.ts'
import type { TermIdentity } from '../write/term-identity.ts'
import { type DecodeLimits, type DecodeTermOptions, decodeLimits } from './decode-options.ts'
import type { FunBytes } from './fun-bytes.ts'
import { BYTES_WORDS, OWN_BYTES_WORDS, roomOfList, VIEW_WORDS, WORD_BYTES } from './memory.ts'

const UNEXPECTED_TAGS = new Map<number, string>([
  [Tag.VERSION, '(the version) stands only in front of a whole term'],
  [Tag.COMPRESSED, '(COMPRESSED) stands only in front of a whole term'],
  [Tag.LOCAL_EXT, '(LOCAL_EXT) stands only in front of a whole term'],
  [Tag.FUN_EXT, '(FUN_EXT) is refused by OTP 23 and later'],
])

/** Where a `Map` of V8 ends. */
const MOST_PAIRS = 2 ** 24

const NOTHING = new Uint8Array(0)

/** So much memory beside its own a term may keep from being freed, whatever its size. Unit: bytes. */
const MOST_PINNED_BYTES = 4096

/** What differs where many terms come from one source. */
export interface ManyTerms {
  /** Whose new atoms are; default: of the program, or of this reader where a limit for them is given. */
  readonly atoms?: AtomShare | undefined
  /** Whether a term that is a small part of the memory it came in gets memory of its own for its binaries. */
  readonly letsGo?: boolean
}

/** A cursor over the bytes of one term, with what was asked for and how much of it is spent. */
export class TermCursor {
  bytes: Uint8Array
  end: number
  readonly limits: DecodeLimits
  /** Whose new atoms are. */
  readonly atomShare: AtomShare
  atoms: readonly Atom[] | undefined
  readonly wantsText: boolean
  readonly wantsView: boolean
  readonly boxesAllFloats: boolean
  /** The structs that become values; undefined where none does. */
  readonly structs: Structs | undefined
  /** The next byte to read. */
  at: number
  wantsObject: boolean
  /** Whether the reader is inside a map key, where `1.0` must not become `1` nor a map an object. */
  isInKey = false
  /** How many values came that `JSON.stringify` does not know. */
  odd = 0
  /** Elements that open containers still wait for; each needs a byte at least. */
  owed = 0
  /** What keeps compound keys apart, once there are some. */
  identity: TermIdentity | undefined
  /** Inside a fun: what must change in its bytes when it is kept without its distribution header. */
  funBytes: FunBytes | undefined
  readonly #wantsObject: boolean
  /** What the term takes in memory so far, beside its input. Unit: words. */
  words = 0
  /** Whether a part of it lies on the memory of the input. */
  pins = false
  readonly #mostWords: number
  /** Made for the first float; `undefined` until then. */
  protected floats: DataView | undefined
  /** The memory on which binaries lie, asked for by the first of them: V8 makes a call into the runtime of it. */
  protected memory: ArrayBuffer | undefined
  /** What is added to a place in `bytes` to have it in `memory`. */
  protected shift = 0
  /** Where the term begins. */
  #start: number
  /** Whether a term that is a small part of the memory it came in gets memory of its own for its binaries. */
  readonly #letsGo: boolean
  /** That memory. */
  #own: Uint8Array | undefined

  constructor(bytes: Uint8Array, at: number, options: DecodeTermOptions | undefined, many: ManyTerms = {}) {
    this.bytes = bytes
    this.end = bytes.length
    this.at = at
    this.#start = at
    this.#letsGo = many.letsGo === true
    this.atomShare = many.atoms ?? (options?.limits?.atomBytes === undefined ? OWN_ATOMS : new AtomShare())
    this.limits = decodeLimits(options?.limits)
    this.atoms = options?.atoms
    const { binary, map, float, structs } = wanted(options?.values, options)
    this.wantsText = binary === 'text'
    this.wantsView = binary === 'view'
    this.wantsObject = map === 'object'
    this.boxesAllFloats = float === 'boxed'
    this.structs = structs
    this.#wantsObject = this.wantsObject
    this.#mostWords = Math.floor(this.limits.memoryBytes / WORD_BYTES)
  }

  /** Makes ready for another term with the same options, whatever became of the one before; {@link close} comes after. */
  open(bytes: Uint8Array, at: number, end: number, atoms: readonly Atom[] | undefined): void {
    beginTerm()
    this.bytes = bytes
    this.at = at
    this.#start = at
    this.end = end
    this.atoms = atoms
    this.wantsObject = this.#wantsObject
    this.isInKey = false
    this.owed = 0
    this.words = 0
    this.pins = false
    this.odd = 0
  }

  /** Counts what is about to be made. @param words of memory, see `memory.ts` */
  spend(words: number): void {
    this.words += words
    if (this.words > this.#mostWords) throw this.#overMemory()
  }

  #overMemory(): EtfError {
    return this.overLimit('ETF_LIMIT_MEMORY', 'memoryBytes', 'the decoded term would take more memory', this.at)
  }

  /** Lets go of the bytes: who keeps a reader must not keep the memory of a message. */
  close(): void {
    this.bytes = NOTHING
    this.atoms = undefined
    this.floats = undefined
    this.memory = undefined
    this.#own = undefined
    this.funBytes = undefined
    this.identity = undefined
  }

  /** The tag of the term at the cursor; -1 behind the last. */
  tag(): number {
    return this.at < this.end ? this.bytes[this.at]! : -1
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

  /** Takes the next `count` bytes and gives the place where they begin. */
  skip(count: number): number {
    const at = this.at
    if (count > this.end - at) throw this.truncated()
    this.at = at + count
    return at
  }

  /** Makes a list longer, whose room is `room`; gives its room then. */
  lengthen(list: Term[], more: number, room: number): number {
    const grown = roomOfList(room, list.length + more)
    this.spend(grown - room)
    list.length += more
    return grown
  }

  /** Appends what a STRING_EXT holds: a list of bytes. */
  appendString(list: Term[], room: number): void {
    this.at += 1
    const length = this.u16()
    const start = this.skip(length)
    let index = list.length
    this.lengthen(list, length, room)
    for (let at = start; at < start + length; at++) list[index++] = this.bytes[at]!
  }

  /** Admits a container of `count` elements that opens at `depth`, before anything is allocated for them. */
  admit(count: number, depth: number): void {
    if (count > this.end - this.at - this.owed) throw this.truncated()
    if (depth >= this.limits.depth) throw this.overLimit('ETF_LIMIT_DEPTH', 'depth', 'the term nests deeper', this.at)
  }

  /** As {@link admit}, for a map of so many pairs. */
  admitPairs(pairs: number, depth: number): void {
    this.admit(pairs * 2, depth)
    if (pairs > MOST_PAIRS) {
      const what = `a map has ${pairs} pairs, and a Map of JavaScript holds at most ${MOST_PAIRS}`
      throw this.error('ETF_LIMIT_SIZE', what, this.at)
    }
  }

  /** Reads the arity of a tuple, whichever of the two tags it has. */
  openTuple(): number {
    return this.u8() === Tag.SMALL_TUPLE_EXT ? this.u8() : this.u32()
  }

  /** Enters the key of a map; the answer is for {@link leaveKey}. */
  enterKey(): { readonly isInKey: boolean; readonly wantsObject: boolean } {
    const { isInKey, wantsObject } = this
    this.isInKey = true
    this.wantsObject = false
    return { isInKey, wantsObject }
  }

  leaveKey(outer: { readonly isInKey: boolean; readonly wantsObject: boolean }): void {
    this.isInKey = outer.isInKey
    this.wantsObject = outer.wantsObject
  }

  truncated(): EtfError {
    return this.error('ETF_TRUNCATED', 'the bytes end before the term does', this.at)
  }

  /** @param what begins the sentence, which goes on with the limit's name */
  overLimit(code: EtfErrorCode, limit: keyof DecodeLimits, what: string, offset: number): EtfError {
    return overLimit(code, { limit: `limits.${limit}`, most: this.limits[limit], what, offset })
  }

  unknownTag(): EtfError {
    const tag = this.bytes[this.at]!
    return this.error('ETF_UNKNOWN_TAG', `the tag ${tag} ${UNEXPECTED_TAGS.get(tag) ?? 'is not known'}`, this.at)
  }

  error(code: EtfErrorCode, message: string, offset: number): EtfError {
    return new EtfError(code, message, { offset })
  }

  /** A `Uint8Array` of its own on the memory of the input, even when that is a `Buffer`. */
  view(start: number, length: number): Uint8Array {
    this.spend(BYTES_WORDS)
    if (this.memory === undefined) this.#openMemory()
    return new Uint8Array(this.memory!, this.shift + start, length)
  }

  /** A {@link Binary} on the memory of the input. */
  binary(start: number, length: number): Binary {
    this.spend(VIEW_WORDS)
    this.pins = true
    const own = this.#letsGo ? this.#ownBytes() : undefined
    return own === undefined ? new Binary(this.bytes, start, length) : new Binary(own, start - this.#start, length)
  }

  #openMemory(): void {
    this.pins = true
    const own = this.#letsGo ? this.#ownBytes() : undefined
    this.memory = (own ?? this.bytes).buffer as ArrayBuffer
    this.shift = own === undefined ? this.bytes.byteOffset : own.byteOffset - this.#start
  }

  /** A copy of the term's bytes, made once, when they are a small part of the memory that they came in. */
  #ownBytes(): Uint8Array | undefined {
    if (this.#own !== undefined) return this.#own
    const size = this.end - this.#start
    const { byteLength } = this.bytes.buffer
    if (size >= byteLength / 2 || byteLength - size <= MOST_PINNED_BYTES) return undefined
    this.spend(OWN_BYTES_WORDS)
    // `slice` of a `Buffer` is no copy.
    this.#own = new Uint8Array(this.bytes.subarray(this.#start, this.end))
    return this.#own
  }
}
