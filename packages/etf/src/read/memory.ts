import * as Tag from '../tag.ts'

/** About what things take in the heap of V8, as measured; containers without their elements. Unit: bytes. */
const ELEMENT = 8
const LIST = 32
const TUPLE = 72
const MAP = 144
const PAIR = 56
const BYTES = 96
const VIEW = 48
const TEXT = 24
const FLOAT = 48
const INTEGER = 24
/** Pids, ports, references, functions, bit strings, records; most are smaller. */
const RARE = 160
const FIELD = 80

/** No byte of an encoding becomes more. The worst are an empty list, an empty tuple and an empty map. */
export const MOST_FOR_A_BYTE = 40

/** The encoding of a term, and what becomes of its binaries. */
interface Encoding {
  readonly bytes: Uint8Array
  readonly at: number
  readonly end: number
  readonly wantsText: boolean
  readonly wantsView: boolean
}

/**
 * Where a term, as it is decoded, would take more memory than `most`; undefined when it would not, or is malformed before
 * that. It looks at each term in it, and makes nothing.
 */
export function placeOverMemory(encoding: Encoding, most: number): number | undefined {
  const scale = new Scale(encoding)
  while (scale.next()) if (scale.memory > most) return scale.at
  return undefined
}

/** About how much memory a term takes once it is decoded, beside its input. Unit: bytes. */
export function memoryOf(encoding: Encoding): number {
  const scale = new Scale(encoding)
  while (scale.next());
  return scale.memory
}

/** Whether a term has one of that tag inside, in its binaries not. */
export function holdsTag(bytes: Uint8Array, tag: number): boolean {
  const scale = new Scale({ bytes, at: 0, end: bytes.length, wantsText: false, wantsView: false })
  do {
    if (bytes[scale.at] === tag) return true
  } while (scale.next())
  return false
}

/** Goes over a term, and adds up what it would take. Behind the end of the bytes it stops. */
class Scale {
  memory = 0
  at: number
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #binary: number
  /** Terms that are still to come. */
  #left = 1

  constructor({ bytes, at, end, wantsText, wantsView }: Encoding) {
    this.#bytes = bytes
    this.at = at
    this.#end = end
    this.#binary = wantsView ? VIEW : wantsText ? TEXT : BYTES
  }

  /** Passes one term, but for those inside it; false when there is none. */
  next(): boolean {
    if (this.#left === 0 || this.at >= this.#end) return false
    this.#left -= 1
    const tag = this.#bytes[this.at]!
    switch (tag) {
      case Tag.SMALL_INTEGER_EXT:
        return this.#leaf(2, 0)
      case Tag.INTEGER_EXT:
        return this.#leaf(5, 0)
      case Tag.SMALL_ATOM_UTF8_EXT:
      case Tag.SMALL_ATOM_EXT:
        return this.#leaf(2 + this.#u8(1), 0)
      case Tag.ATOM_UTF8_EXT:
      case Tag.ATOM_EXT:
        return this.#leaf(3 + this.#u16(1), 0)
      case Tag.ATOM_CACHE_REF:
        return this.#leaf(2, 0)
      case Tag.NIL_EXT:
        return this.#leaf(1, LIST)
      case Tag.BINARY_EXT:
        return this.#leaf(5 + this.#u32(1), this.#binary + (this.#binary === TEXT ? this.#u32(1) : 0))
      case Tag.STRING_EXT:
        return this.#leaf(3 + this.#u16(1), LIST + ELEMENT * this.#u16(1))
      case Tag.NEW_FLOAT_EXT:
        return this.#leaf(9, FLOAT)
      case Tag.FLOAT_EXT:
        return this.#leaf(32, FLOAT)
      case Tag.SMALL_BIG_EXT:
        return this.#leaf(3 + this.#u8(1), INTEGER + this.#u8(1))
      case Tag.LARGE_BIG_EXT:
        return this.#leaf(6 + this.#u32(1), INTEGER + this.#u32(1))
      case Tag.BIT_BINARY_EXT:
        return this.#leaf(6 + this.#u32(1), RARE)
      case Tag.SMALL_TUPLE_EXT:
        return this.#container(2, this.#u8(1), TUPLE + ELEMENT * this.#u8(1))
      case Tag.LARGE_TUPLE_EXT:
        return this.#container(5, this.#u32(1), TUPLE + ELEMENT * this.#u32(1))
      case Tag.LIST_EXT:
        return this.#container(5, this.#u32(1) + 1, LIST + ELEMENT * this.#u32(1))
      case Tag.MAP_EXT:
        return this.#container(5, 2 * this.#u32(1), MAP + PAIR * this.#u32(1))
      case Tag.RECORD_EXT:
        // Module and name, then names and values.
        return this.#container(6, 2 + 2 * this.#u32(1), RARE + FIELD * this.#u32(1))
      case Tag.NEW_FUN_EXT:
        // Module, two numbers and the creator stand in front of the variables.
        return this.#container(30, 4 + this.#u32(26), RARE + ELEMENT * this.#u32(26))
      case Tag.EXPORT_EXT:
        return this.#container(1, 3, RARE)
      default:
        return this.#identifier(tag)
    }
  }

  /** An atom, and behind it numbers. */
  #identifier(tag: number): boolean {
    const isReference = tag === Tag.NEWER_REFERENCE_EXT || tag === Tag.NEW_REFERENCE_EXT
    const numbers = isReference ? REFERENCE_NUMBERS.get(tag)! + 4 * this.#u16(1) : NUMBERS.get(tag)
    if (numbers === undefined) return false
    this.at += isReference ? 3 : 1
    const atom = this.#bytes[this.at]
    const isShort = atom === Tag.SMALL_ATOM_UTF8_EXT || atom === Tag.SMALL_ATOM_EXT
    const length = atom === Tag.ATOM_CACHE_REF ? 2 : isShort ? 2 + this.#u8(1) : 3 + this.#u16(1)
    return this.#leaf(length + numbers, RARE)
  }

  #leaf(length: number, memory: number): true {
    this.at += length
    this.memory += memory
    return true
  }

  #container(head: number, terms: number, memory: number): true {
    this.at += head
    this.#left += terms
    this.memory += memory
    return true
  }

  #u8(offset: number): number {
    return this.#bytes[this.at + offset] ?? 0
  }

  #u16(offset: number): number {
    return (this.#u8(offset) << 8) | this.#u8(offset + 1)
  }

  #u32(offset: number): number {
    return ((this.#u16(offset) << 16) | this.#u16(offset + 2)) >>> 0
  }
}

/** How many bytes of numbers stand behind the atom of an identifier. */
const NUMBERS = new Map<number, number>([
  [Tag.NEW_PID_EXT, 12],
  [Tag.PID_EXT, 9],
  [Tag.NEW_PORT_EXT, 8],
  [Tag.V4_PORT_EXT, 12],
  [Tag.PORT_EXT, 5],
  [Tag.REFERENCE_EXT, 5],
])

/** The same of a reference of several words, without the words. */
const REFERENCE_NUMBERS = new Map<number, number>([
  [Tag.NEWER_REFERENCE_EXT, 4],
  [Tag.NEW_REFERENCE_EXT, 1],
])
