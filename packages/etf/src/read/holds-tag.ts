import * as Tag from '../tag.ts'
import { atomBytes, isLargeId } from './large-id.ts'

/** Whether a term has one of that tag inside, in its binaries not. */
export function holdsTag(bytes: Uint8Array, tag: number): boolean {
  return holds(bytes, (at) => bytes[at] === tag)
}

/** Whether a term has an identifier inside that OTP 23 does not take, see {@link isLargeId}. */
export function holdsLargeId(bytes: Uint8Array): boolean {
  return holds(bytes, (at) => isLargeId(bytes, at))
}

function holds(bytes: Uint8Array, isSought: (at: number) => boolean): boolean {
  const walk = new Walk(bytes)
  do {
    if (isSought(walk.at)) return true
  } while (walk.next())
  return false
}

/** Goes over a term and those in it. Behind the end of the bytes it stops. */
class Walk {
  at = 0
  readonly #bytes: Uint8Array
  /** Terms that are still to come. */
  #left = 1

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Passes one term, but for those inside it; false when there is none. */
  next(): boolean {
    if (this.#left === 0 || this.at >= this.#bytes.length) return false
    this.#left -= 1
    const tag = this.#bytes[this.at]!
    switch (tag) {
      case Tag.SMALL_INTEGER_EXT:
        return this.#leaf(2)
      case Tag.INTEGER_EXT:
        return this.#leaf(5)
      case Tag.SMALL_ATOM_UTF8_EXT:
      case Tag.SMALL_ATOM_EXT:
        return this.#leaf(2 + this.#u8(1))
      case Tag.ATOM_UTF8_EXT:
      case Tag.ATOM_EXT:
        return this.#leaf(3 + this.#u16(1))
      case Tag.ATOM_CACHE_REF:
        return this.#leaf(2)
      case Tag.NIL_EXT:
        return this.#leaf(1)
      case Tag.BINARY_EXT:
        return this.#leaf(5 + this.#u32(1))
      case Tag.STRING_EXT:
        return this.#leaf(3 + this.#u16(1))
      case Tag.NEW_FLOAT_EXT:
        return this.#leaf(9)
      case Tag.FLOAT_EXT:
        return this.#leaf(32)
      case Tag.SMALL_BIG_EXT:
        return this.#leaf(3 + this.#u8(1))
      case Tag.LARGE_BIG_EXT:
        return this.#leaf(6 + this.#u32(1))
      case Tag.BIT_BINARY_EXT:
        return this.#leaf(6 + this.#u32(1))
      case Tag.SMALL_TUPLE_EXT:
        return this.#container(2, this.#u8(1))
      case Tag.LARGE_TUPLE_EXT:
        return this.#container(5, this.#u32(1))
      case Tag.LIST_EXT:
        return this.#container(5, this.#u32(1) + 1)
      case Tag.MAP_EXT:
        return this.#container(5, 2 * this.#u32(1))
      case Tag.RECORD_EXT:
        // Module and name, then names and values.
        return this.#container(6, 2 + 2 * this.#u32(1))
      case Tag.NEW_FUN_EXT:
        // Module, two numbers and the creator stand in front of the variables.
        return this.#container(30, 4 + this.#u32(26))
      case Tag.EXPORT_EXT:
        return this.#container(1, 3)
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
    return this.#leaf(atomBytes(this.#bytes, this.at) + numbers)
  }

  #leaf(length: number): true {
    this.at += length
    return true
  }

  #container(head: number, terms: number): true {
    this.at += head
    this.#left += terms
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
