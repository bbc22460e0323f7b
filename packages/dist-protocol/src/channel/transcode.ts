import { type Atom, type ByteWriter, isLargeId, MAX_INTEGER_BYTES, Tag, TermDecoder } from '@dynsrv/etf'
import { messageOf } from '@dynsrv/kit'
import { DistError } from '../error.ts'
import type { EncodedTerm } from './encoded-term.ts'

/**
 * Writes a term that came from one link into a frame of another, without decoding it.
 *
 * References to the atoms of its own frame's header become references of the new frame, or inline atoms. The structure and
 * each leaf are checked on the way, because a term that does not hold together would cost the other link its connection, and
 * a fun with an arity that crashes some releases is never passed on. Maps are not checked for a key that stands twice: decode
 * terms first that come from peers which might lie.
 *
 * @throws {DistError} `DIST_MALFORMED` for a term that no peer may be sent, `DIST_BAD_CONTROL` for one that this peer may not
 */
export function transcode(term: EncodedTerm, writer: ByteWriter, target: TranscodeTarget): void {
  new Transcoder(term, writer, target).run()
}

/** The link that a term is passed on to. */
export interface TranscodeTarget {
  /** The new frame's reference for an atom, or -1 to write it inline. */
  readonly atomRef: (atom: Atom) => number
  /** Whether the peer takes native records. */
  readonly records: boolean
  /** Whether the peer takes pids, ports and references that are larger than OTP 23 takes. */
  readonly largeIds: boolean
}

/** Reads what is passed on as any term is read, so that there is one rule of what is sound. */
const READER = { limits: { depth: Number.POSITIVE_INFINITY } }

/** The one flag of a native record; OTP 29 refuses others. */
const MOST_RECORD_FLAGS = 1

/** A fun whose inner terms are being passed on; its size is known when they are. */
interface OpenFun {
  /** How many terms are left to walk when the fun is whole. */
  readonly left: number
  readonly sizeAt: number
}

class Transcoder {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #end: number
  readonly #atoms: readonly Atom[]
  readonly #writer: ByteWriter
  readonly #target: TranscodeTarget
  #at: number
  /** Everything before it has been written. */
  #written: number
  /** Terms still to walk. */
  #left = 1
  readonly #funs: OpenFun[] = []
  #reader: TermDecoder | undefined

  constructor({ bytes, start, end, atoms }: EncodedTerm, writer: ByteWriter, target: TranscodeTarget) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, end)
    this.#end = end
    this.#atoms = atoms
    this.#writer = writer
    this.#target = target
    this.#at = start
    this.#written = start
  }

  run(): void {
    while (this.#left > 0) {
      this.#left--
      this.#walk()
      this.#closeFuns()
    }
    this.#flush(this.#at)
  }

  /** Passes one term, but for the terms inside it, which are added to those left. */
  #walk(): void {
    const at = this.#at
    const tag = this.#u8()
    switch (tag) {
      case Tag.RECORD_EXT:
        this.#record()
        break
      case Tag.NEW_FLOAT_EXT:
        this.#check(at)
        this.#skip(8)
        break
      case Tag.BIT_BINARY_EXT:
        this.#check(at)
        this.#skip(this.#u32() + 1)
        break
      case Tag.ATOM_CACHE_REF:
      case Tag.ATOM_EXT:
      case Tag.SMALL_ATOM_EXT:
      case Tag.ATOM_UTF8_EXT:
      case Tag.SMALL_ATOM_UTF8_EXT:
        this.#at = at
        this.#atom()
        break
      case Tag.NEW_PID_EXT:
      case Tag.V4_PORT_EXT:
        this.#checkSize(at)
        this.#nodeAnd(12)
        break
      case Tag.NEW_PORT_EXT:
        this.#checkSize(at)
        this.#nodeAnd(8)
        break
      case Tag.NEWER_REFERENCE_EXT:
        this.#check(at)
        this.#checkSize(at)
        this.#nodeAnd(4 + 4 * this.#u16())
        break
      case Tag.SMALL_INTEGER_EXT:
        this.#skip(1)
        break
      case Tag.INTEGER_EXT:
        this.#skip(4)
        break
      case Tag.FLOAT_EXT:
        this.#check(at)
        this.#skip(31)
        break
      case Tag.REFERENCE_EXT:
      case Tag.PORT_EXT:
        this.#check(at)
        this.#checkSize(at)
        this.#nodeAnd(5)
        break
      case Tag.PID_EXT:
        this.#check(at)
        this.#checkSize(at)
        this.#nodeAnd(9)
        break
      case Tag.SMALL_TUPLE_EXT:
        this.#add(this.#u8())
        break
      case Tag.LARGE_TUPLE_EXT:
        this.#add(this.#u32())
        break
      case Tag.NIL_EXT:
        break
      case Tag.STRING_EXT:
        this.#skip(this.#u16())
        break
      case Tag.LIST_EXT:
        this.#add(this.#u32() + 1)
        break
      case Tag.BINARY_EXT:
        this.#skip(this.#u32())
        break
      case Tag.SMALL_BIG_EXT:
        this.#skip(this.#u8() + 1)
        break
      case Tag.LARGE_BIG_EXT:
        this.#largeBig()
        break
      case Tag.NEW_FUN_EXT:
        // With the funs inside it.
        if (this.#funs.length === 0) this.#check(at)
        this.#fun()
        break
      case Tag.EXPORT_EXT: // OTP 27 and 29 abort on an arity that is no byte
        this.#atom()
        this.#atom()
        if (this.#u8() !== Tag.SMALL_INTEGER_EXT) throw malformed('a fun whose arity is above 255')
        this.#skip(1)
        break
      case Tag.NEW_REFERENCE_EXT:
        this.#check(at)
        this.#checkSize(at)
        this.#nodeAnd(1 + 4 * this.#u16())
        break
      case Tag.MAP_EXT:
        this.#add(2 * this.#u32())
        break
      default:
        throw malformed(`tag ${tag}`)
    }
  }

  /** Module and name of the definition, then names and values. */
  #record(): void {
    if (!this.#target.records) {
      const message = 'a payload cannot be passed on: the peer takes no native records, which came with OTP 29'
      throw new DistError('DIST_BAD_CONTROL', message)
    }
    const fields = this.#u32()
    const flags = this.#u8()
    if (flags > MOST_RECORD_FLAGS) throw malformed(`a native record with flags ${flags}`)
    this.#add(2 + 2 * fields)
  }

  #atom(): void {
    const at = this.#at
    const tag = this.#u8()
    if (tag === Tag.ATOM_CACHE_REF) {
      const name = this.#atoms[this.#u8()]
      if (name === undefined) throw malformed('a reference to an atom that its header does not name')
      this.#flush(at)
      this.#written = this.#at
      this.#writeAtom(name)
    } else if (tag === Tag.SMALL_ATOM_EXT) {
      this.#skip(this.#u8())
    } else if (tag === Tag.SMALL_ATOM_UTF8_EXT) {
      const length = this.#u8()
      const start = this.#at
      this.#skip(length)
      if (!this.#isAscii(start)) this.#check(at)
    } else if (tag === Tag.ATOM_EXT || tag === Tag.ATOM_UTF8_EXT) {
      this.#check(at)
      this.#skip(this.#u16())
    } else {
      throw malformed(`tag ${tag} where an atom belongs`)
    }
  }

  /** Whether what was passed since `start` is ASCII. */
  #isAscii(start: number): boolean {
    for (let at = start; at < this.#at; at++) if (this.#bytes[at]! > 0x7f) return false
    return true
  }

  /** Reads the term at `at`, to refuse what no decoder takes. */
  #check(at: number): void {
    this.#reader ??= new TermDecoder(READER)
    try {
      this.#reader.decode(this.#bytes, at, this.#end, this.#atoms)
    } catch (cause) {
      throw malformed(`what cannot be read: ${messageOf(cause)}`, cause)
    }
  }

  /** Refuses an identifier that the peer does not take. */
  #checkSize(at: number): void {
    if (this.#target.largeIds || !isLargeId(this.#bytes, at)) return
    const message = 'a payload cannot be passed on: it has a larger pid, port or reference than the peer takes'
    throw new DistError('DIST_BAD_CONTROL', message)
  }

  #largeBig(): void {
    const size = this.#u32()
    if (size > MAX_INTEGER_BYTES) throw malformed(`an integer of more than ${MAX_INTEGER_BYTES} bytes`)
    this.#skip(size + 1)
  }

  #writeAtom(name: Atom): void {
    const ref = this.#target.atomRef(name)
    if (ref < 0) {
      this.#writer.bytes(name.wire)
    } else {
      this.#writer.u8(Tag.ATOM_CACHE_REF)
      this.#writer.u8(ref)
    }
  }

  #nodeAnd(length: number): void {
    this.#atom()
    this.#skip(length)
  }

  #fun(): void {
    this.#flush(this.#at)
    this.#funs.push({ left: this.#left, sizeAt: this.#writer.length })
    this.#skip(4 + 1 + 16 + 4)
    this.#add(4 + this.#u32())
  }

  /** A fun's size counts itself and all behind it, and changes when atoms inside are written in another way. */
  #closeFuns(): void {
    for (let fun = this.#funs.at(-1); fun !== undefined && fun.left === this.#left; fun = this.#funs.at(-1)) {
      this.#flush(this.#at)
      this.#writer.setU32(fun.sizeAt, this.#writer.length - fun.sizeAt)
      this.#funs.pop()
    }
  }

  #flush(until: number): void {
    if (until > this.#written) this.#writer.bytes(this.#bytes.subarray(this.#written, until))
    this.#written = until
  }

  /** Every term takes a byte, so more terms than bytes are a lie. */
  #add(terms: number): void {
    this.#left += terms
    if (this.#left > this.#end - this.#at) throw malformed('more elements than bytes')
  }

  #skip(length: number): void {
    if (length > this.#end - this.#at) throw malformed('too few bytes')
    this.#at += length
  }

  #u8(): number {
    const at = this.#at
    this.#skip(1)
    return this.#bytes[at]!
  }

  #u16(): number {
    const at = this.#at
    this.#skip(2)
    return this.#view.getUint16(at)
  }

  #u32(): number {
    const at = this.#at
    this.#skip(4)
    return this.#view.getUint32(at)
  }
}

function malformed(what: string, cause?: unknown): DistError {
  return new DistError('DIST_MALFORMED', `a payload cannot be passed on, it has ${what}`, { cause })
}
