import type { Atom, DecodeOptions, Term } from '@dynsrv/etf'
import { decodeWithAtoms } from './decode-with-atoms.ts'

/**
 * A term as it came in a frame, decoded only when it is asked for.
 *
 * It is a view of the bytes given to `Channel.receive`: whoever overwrites those must decode or `copy()` first.
 */
export class EncodedTerm {
  /** The memory that holds it; `start` is its tag, behind any version byte. */
  readonly bytes: Uint8Array
  readonly start: number
  /** Where the frame ends; bytes between the term and it mean nothing. */
  readonly end: number
  /** What the frame's distribution header named; the term refers to them by index. */
  readonly atoms: readonly Atom[]
  readonly #options: DecodeOptions
  readonly #value: { readonly term: Term } | undefined

  constructor(
    bytes: Uint8Array,
    start: number,
    end: number,
    atoms: readonly Atom[] = NO_ATOMS,
    options: DecodeOptions = {},
    value?: { readonly term: Term },
  ) {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.atoms = atoms
    this.#options = options
    this.#value = value
  }

  /** Wraps a term that is decoded already, such as a reason that came inside a control tuple. */
  static of(term: Term): EncodedTerm {
    return new EncodedTerm(EMPTY, 0, 0, NO_ATOMS, {}, { term })
  }

  /** Bytes of its encoding; 0 for a term that came decoded. */
  get byteLength(): number {
    return this.end - this.start
  }

  /** The term, when it came decoded. */
  get decoded(): { readonly term: Term } | undefined {
    return this.#value
  }

  /**
   * The term.
   *
   * @param options in place of the channel's own
   * @throws {EtfError} when the peer sent no valid term; BEAM drops the connection then, and so should the caller
   */
  decode(options: DecodeOptions = this.#options): Term {
    if (this.#value !== undefined) return this.#value.term
    return decodeWithAtoms(this.bytes.subarray(0, this.end), this.start, options, this.atoms).value
  }

  /** The same term in memory of its own, which pins no larger buffer. */
  copy(): EncodedTerm {
    const bytes = this.bytes.slice(this.start, this.end)
    return new EncodedTerm(bytes, 0, bytes.length, this.atoms, this.#options, this.#value)
  }
}

const NO_ATOMS: readonly Atom[] = []
const EMPTY = new Uint8Array(0)
