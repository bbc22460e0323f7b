import { type Atom, type DecodeOptions, type EtfError, isEtfError, type Term, TermDecoder } from '@dynsrv/etf'
import { type Rule, rule, whole } from '@dynsrv/kit'
import { checkBytes, checks, isBytes } from '../checks.ts'

/**
 * A term as it came in a frame, decoded only when it is asked for.
 *
 * It is a view of the bytes given to `Channel.receive`: a caller that overwrites them must decode or `copy()` first.
 */
export class EncodedTerm {
  /** The memory that holds it; `start` is its tag, behind any version byte. */
  readonly bytes: Uint8Array
  readonly start: number
  /** Where the frame ends; bytes between the term and it mean nothing. */
  readonly end: number
  /** What the frame's distribution header named; the term refers to them by index. */
  readonly atoms: readonly Atom[]
  readonly #decoder: TermDecoder | undefined
  readonly #value: { readonly term: Term } | undefined
  #refusal: EtfError | undefined
  #memoryBytes: number | undefined

  /** @throws {DistError} `DIST_BAD_OPTION` */
  constructor(
    bytes: Uint8Array,
    start: number,
    end: number,
    atoms: readonly Atom[] = NO_ATOMS,
    decoder?: TermDecoder,
    value?: { readonly term: Term },
  ) {
    if (!isRange(bytes, start, end)) refuse(bytes, start, end)
    if (atoms !== NO_ATOMS) checks.argument('EncodedTerm', 'atoms', listOfAtoms, atoms)
    if (decoder !== undefined) checks.argument('EncodedTerm', 'decoder', termDecoder, decoder)
    if (value !== undefined) checks.argument('EncodedTerm', 'value', decodedTerm, value)
    this.bytes = bytes
    this.start = start
    this.end = end
    this.atoms = atoms
    this.#decoder = decoder
    this.#value = value
  }

  /** Wraps a term that is decoded already. */
  static of(term: Term): EncodedTerm {
    return new EncodedTerm(EMPTY, 0, 0, NO_ATOMS, undefined, { term })
  }

  /** Stands in for a term that was let go of before it was whole; `decode` throws why. It holds a beginning of the bytes. */
  static refused(why: EtfError, beginning: Uint8Array, atoms: readonly Atom[]): EncodedTerm {
    checks.argument('refused', 'why', etfError, why)
    checkBytes('refused', 'beginning', beginning)
    const term = new EncodedTerm(beginning, 0, beginning.length, atoms)
    term.#refusal = why
    return term
  }

  /** Why there is no term. */
  get refusal(): EtfError | undefined {
    return this.#refusal
  }

  /** Bytes of its encoding; 0 for a term that came decoded. */
  get byteLength(): number {
    return this.end - this.start
  }

  /**
   * How much memory it takes as it was decoded last, with its bytes when parts of it lie there; before that, its bytes. Its
   * atoms are not in it, see `AtomShare`. 0 for a term that came decoded.
   */
  get memoryBytes(): number {
    return this.#memoryBytes ?? this.byteLength
  }

  /** The term, when it came decoded. */
  get decoded(): { readonly term: Term } | undefined {
    return this.#value
  }

  /**
   * The term.
   *
   * @param options in place of the channel's own
   * @throws {EtfError} when it is no valid term: BEAM drops the connection then, and so should the caller. With the category
   * `limit` it is only too large to be read here, and whatever else the peer sends is sound.
   */
  decode(options?: DecodeOptions): Term {
    if (this.#refusal !== undefined) throw this.#refusal
    if (this.#value !== undefined) return this.#value.term
    const decoder =
      options === undefined ? (this.#decoder ?? new TermDecoder()) : new TermDecoder(options, this.#decoder?.atoms)
    const term = decoder.decode(this.bytes, this.start, this.end, this.atoms)
    this.#memoryBytes = decoder.foundBytes + (decoder.pins ? this.byteLength : 0)
    return term
  }

  /** The same term in memory of its own, which pins no larger buffer. */
  copy(): EncodedTerm {
    if (this.#refusal !== undefined) return this
    const bytes = this.bytes.slice(this.start, this.end)
    return new EncodedTerm(bytes, 0, bytes.length, this.atoms, this.#decoder, this.#value)
  }
}

const etfError: Rule = rule('an EtfError', isEtfError)
const listOfAtoms: Rule = rule('an array of atoms', Array.isArray)

const termDecoder: Rule = rule('a TermDecoder', (value) => value instanceof TermDecoder)
const decodedTerm: Rule = rule('an object with a term', (value) => typeof value === 'object' && value !== null)

function isRange(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    isBytes(bytes) &&
    Number.isSafeInteger(start) &&
    Number.isSafeInteger(end) &&
    0 <= start &&
    start <= end &&
    end <= bytes.length
  )
}

function refuse(bytes: Uint8Array, start: number, end: number): void {
  checkBytes('EncodedTerm', 'bytes', bytes)
  checks.argument('EncodedTerm', 'end', whole(0, bytes.length), end)
  checks.argument('EncodedTerm', 'start', whole(0, end), start)
}

const NO_ATOMS: readonly Atom[] = []
const EMPTY = new Uint8Array(0)
