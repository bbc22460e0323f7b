import type { EtfError } from '../error.ts'
import { readMagnitude } from '../integer.ts'
import * as Tag from '../tag.ts'
import { Atom, Binary, Float, type Term } from '../term.ts'
import { readUtf8 } from '../utf8.ts'
import { parseFloatText } from './float-text.ts'
import { ATOM_REF_WORDS, BOXED_FLOAT_WORDS, NUMBER_WORDS, wordsOfInteger, wordsOfText } from './memory.ts'
import { atomFromLatin1, atomFromUtf8 } from './recent-atoms.ts'
import { TermCursor } from './term-cursor.ts'

/** Reads the terms that hold no others: atoms, binaries, floats, large integers. */
export class LeafReader extends TermCursor {
  /** Reads SMALL_ATOM_UTF8_EXT, which nearly every atom is. */
  readSmallAtom(): Atom {
    const { bytes, at, end } = this
    if (at + 2 > end) throw this.truncated()
    const start = at + 2
    const stop = start + bytes[at + 1]!
    if (stop > end) throw this.truncated()
    this.at = stop
    return atomFromUtf8(bytes, start, stop, this)
  }

  /** Reads an atom where nothing else may stand, as in an identifier. */
  readAtom(): Atom {
    const tagAt = this.at
    if (this.bytes[tagAt] === Tag.SMALL_ATOM_UTF8_EXT && tagAt < this.end) return this.readSmallAtom()
    switch (this.u8()) {
      case Tag.ATOM_UTF8_EXT: {
        const length = this.u16()
        const start = this.skip(length)
        return atomFromUtf8(this.bytes, start, start + length, this)
      }
      case Tag.ATOM_EXT: {
        const length = this.u16()
        const start = this.skip(length)
        return atomFromLatin1(this.bytes, start, start + length, this)
      }
      case Tag.SMALL_ATOM_EXT: {
        const length = this.u8()
        const start = this.skip(length)
        return atomFromLatin1(this.bytes, start, start + length, this)
      }
      case Tag.ATOM_CACHE_REF: {
        const index = this.u8()
        const found = this.atoms?.[index]
        if (!(found instanceof Atom)) {
          throw this.error('ETF_BAD_ATOM_REF', `no distribution header names an atom ${index}`, tagAt)
        }
        if (this.funBytes !== undefined) {
          // In the fun it stands in place, however often.
          this.spend(ATOM_REF_WORDS + (found.wire.length >>> 3))
          this.funBytes.addAtomRef(tagAt, found)
        }
        return found
      }
      default:
        throw this.error('ETF_BAD_IDENTIFIER', 'only an atom may stand here', tagAt)
    }
  }

  /** Passes the atom at the cursor if it is this one, without a look into the table. */
  passAtom(atom: Atom): boolean {
    const { bytes, at, end } = this
    const start = at + 2
    if (start > end) return false
    const tag = bytes[at]
    if (tag === Tag.SMALL_ATOM_UTF8_EXT) {
      const { wire } = atom
      let own = atom.wireStart
      const length = wire.length - own
      if (bytes[at + 1] !== length || start + length > end || length > this.limits.atomCharacters) return false
      for (let place = start; place < start + length; place++) if (bytes[place] !== wire[own++]) return false
      this.at = start + length
      return true
    }
    if (tag !== Tag.ATOM_CACHE_REF || this.atoms?.[bytes[at + 1]!] !== atom) return false
    this.at = start
    return true
  }

  readBinary(): Term {
    const start = this.openBinary()
    return this.asWanted(start, this.at - start)
  }

  /** A binary as the caller wants them. */
  asWanted(start: number, length: number): Term {
    if (this.wantsView) return this.binary(start, length)
    if (this.wantsText) {
      const text = readUtf8(this.bytes, start, start + length)
      if (text !== undefined) {
        this.spend(wordsOfText(text, length))
        return text
      }
      this.odd += 1
    }
    return this.view(start, length)
  }

  /** Reads a binary of which nothing is kept. */
  readPassing(): Binary {
    const start = this.openBinary()
    return new Binary(this.bytes, start, this.at - start)
  }

  /** Passes a BINARY_EXT and gives the place where its bytes begin. */
  openBinary(): number {
    const { bytes, at, end } = this
    const start = at + 5
    if (start > end) throw this.truncated()
    const length = ((bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!) >>> 0
    if (length > end - start) throw this.truncated()
    this.at = start + length
    return start
  }

  readDouble(): number {
    const at = this.skip(9)
    this.floats ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
    const value = this.floats.getFloat64(at + 1)
    if (!Number.isFinite(value)) throw this.notFinite(at)
    return value
  }

  notFinite(offset: number): EtfError {
    return this.error('ETF_BAD_FLOAT', 'the float is not a finite number', offset)
  }

  readFloatText(): Term {
    const at = this.skip(32)
    const value = parseFloatText(this.bytes, at + 1)
    if (value === undefined) throw this.notFinite(at)
    return this.asFloat(value)
  }

  asFloat(value: number): Term {
    if (this.boxesAllFloats || (this.isInKey && Number.isInteger(value))) {
      this.spend(BOXED_FLOAT_WORDS)
      return new Float(value)
    }
    this.spend(NUMBER_WORDS)
    return value
  }

  readBig(): number | bigint {
    const start = this.at
    const size = this.u8() === Tag.SMALL_BIG_EXT ? this.u8() : this.u32()
    const isNegative = this.u8() !== 0
    const magnitude = this.skip(size)
    if (size > this.limits.integerBytes) {
      throw this.overLimit('ETF_LIMIT_INTEGER', 'integerBytes', 'the integer has more bytes', start)
    }
    this.spend(wordsOfInteger(size))
    const value = readMagnitude(this.bytes, magnitude, size, isNegative)
    if (typeof value === 'bigint') this.odd += 1
    return value
  }
}
