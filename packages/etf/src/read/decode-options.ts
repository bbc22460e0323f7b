import { getHeapStatistics } from 'node:v8'
import { optionsOf, type Rule, type Rules, rule } from '@dynsrv/kit'
import { isArray, isCount } from '../checks.ts'
import { type Atom, MAX_ATOM_CHARACTERS } from '../term.ts'
import { SETTING_RULES, type ValueSettings, type Values, valuesRule } from '../values/values.ts'

/**
 * How much a term may ask for before it is refused; each is raised or lowered by {@link DecodeOptions.limits}.
 *
 * The defaults let through what BEAM nodes send each other. A term over a limit is a term all the same: its error has the
 * category `limit`, and `limit` names the option.
 */
export interface DecodeLimits {
  /** Containers inside containers. Default 100 000; BEAM has none. No depth overflows the call stack. */
  readonly depth: number
  /**
   * How much memory the decoded term takes beside its input. Unit: bytes. Default 1 GiB, or a quarter of the heap that
   * V8 allows where that is less.
   *
   * It is counted as V8 keeps it, while the term is read. An element takes 8 bytes and what it is made of: a binary about
   * 100, a map about 200. One byte of input can become 40.
   */
  readonly memoryBytes: number
  /** Bytes of a compressed term once inflated. Default 128 MiB. */
  readonly inflatedBytes: number
  /** Bytes of the magnitude of an integer. Default 4 194 296, as OTP 26 and earlier; later releases take 524 280. */
  readonly integerBytes: number
  /**
   * What the atoms may take that come new from one peer, through one `TermDecoder` or in one call of `decode`, and are in
   * use. Atoms that the process has already cost nothing, others about 400 bytes each. All of these together have a quarter
   * of V8's heap, and each no more of it than is left. Unit: bytes. Default 64 MiB, or a 16th of the heap where that is
   * less; `decode` without this limit counts them as the program's own, which have another quarter of the heap.
   */
  readonly atomBytes: number
  /** Characters of an atom. Default and most 255, as BEAM. */
  readonly atomCharacters: number
}

/** The limits of everything that is decoded, unless others are given; of `memoryBytes` and `atomBytes` less where the heap is small. */
export const DEFAULT_DECODE_LIMITS: DecodeLimits = {
  depth: 100_000,
  memoryBytes: 1024 * 1024 * 1024,
  inflatedBytes: 128 * 1024 * 1024,
  integerBytes: 4_194_296,
  atomBytes: 64 * 1024 * 1024,
  atomCharacters: MAX_ATOM_CHARACTERS,
}

/** Made once: the size of the heap is asked of V8. */
let defaults: DecodeLimits | undefined

function defaultLimits(): DecodeLimits {
  const heap = getHeapStatistics().heap_size_limit
  const { memoryBytes, atomBytes } = DEFAULT_DECODE_LIMITS
  defaults ??= {
    ...DEFAULT_DECODE_LIMITS,
    memoryBytes: Math.min(memoryBytes, Math.floor(heap / 4)),
    atomBytes: Math.min(atomBytes, Math.floor(heap / 16)),
  }
  return defaults
}

/** What terms decode to, and what is too much. The single settings stand on top of `values`. */
export interface DecodeOptions extends Omit<ValueSettings, 'set'> {
  /** `exact` (default), `plain`, or settings on top of one of them. */
  readonly values?: Values
  readonly limits?: Partial<DecodeLimits>
}

/** What is decoded behind a distribution header. */
export interface DecodeTermOptions extends DecodeOptions {
  /** The atoms of the header, in its order. */
  readonly atoms?: readonly Atom[] | undefined
}

const limit: Rule = rule(
  'a whole number of at least 0, or Infinity',
  (value) => isCount(value) || value === Number.POSITIVE_INFINITY,
)

/** What each option takes. */
export const DECODE_RULES: Rules<DecodeOptions> = {
  values: valuesRule,
  ...SETTING_RULES,
  limits: optionsOf<DecodeLimits>({
    depth: limit,
    memoryBytes: limit,
    inflatedBytes: limit,
    integerBytes: limit,
    atomBytes: limit,
    atomCharacters: limit,
  }),
}

/** The atoms of a distribution header. */
export const headerAtoms: Rule = rule('an array of atoms', isArray)

/** Fills in limits. */
export function decodeLimits(limits: Partial<DecodeLimits> | undefined): DecodeLimits {
  if (limits === undefined) return defaults ?? defaultLimits()
  const filled: { -readonly [Name in keyof DecodeLimits]: number } = { ...(defaults ?? defaultLimits()) }
  for (const [name, value] of Object.entries(limits))
    if (value !== undefined) filled[name as keyof DecodeLimits] = value
  return { ...filled, atomCharacters: Math.min(filled.atomCharacters, MAX_ATOM_CHARACTERS) }
}
