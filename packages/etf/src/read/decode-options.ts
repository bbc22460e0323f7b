import { EtfError } from '../error.ts'
import { MAX_ATOM_CHARACTERS } from '../term.ts'
import { MAX_KEY_DEPTH } from '../write/term-writer.ts'

/** How much a term may ask for before it is refused; each is raised or lowered by {@link DecodeOptions.limits}. */
export interface DecodeLimits {
  /** Containers inside containers. Default 10 000; BEAM has none. No depth overflows the call stack. */
  readonly depth: number
  /**
   * Compound map keys inside compound map keys, counted only in maps of two and more pairs. Default 32, most 64.
   *
   * Such a key is compared with its neighbours as a whole, once for each level.
   */
  readonly keyDepth: number
  /** Elements of all containers together. Default 10 000 000. */
  readonly terms: number
  /** Bytes of a compressed term once inflated. Default 64 MiB. */
  readonly inflatedBytes: number
  /** Bytes of the magnitude of an integer. Default 524 287, as OTP 27 and later. */
  readonly integerBytes: number
  /** Characters of an atom. Default and most 255, as BEAM. */
  readonly atomCharacters: number
}

/** The limits of everything that is decoded, unless others are given. */
export const DEFAULT_DECODE_LIMITS: DecodeLimits = {
  depth: 10_000,
  keyDepth: 32,
  terms: 10_000_000,
  inflatedBytes: 64 * 1024 * 1024,
  integerBytes: 524_287,
  atomCharacters: MAX_ATOM_CHARACTERS,
}

/** What terms decode to, and what is too much. */
export interface DecodeOptions {
  /**
   * What binaries become: `bytes` (default) a `Uint8Array` on the memory of the input; `text` a string when they are
   * UTF-8, else bytes; `view` a {@link Binary}, which is the fastest.
   */
  readonly binary?: 'bytes' | 'text' | 'view'
  /**
   * What maps become: `map` (default) a `Map`; `object` a plain object when every key is an atom or UTF-8 text and no
   * two of them read the same, else a `Map`.
   */
  readonly map?: 'map' | 'object'
  /**
   * What floats become: `number` (default), or `boxed` a {@link Float}, so that `1.0` is told from `1`.
   *
   * Inside map keys, floats without a fraction are always boxed: `1` and `1.0` are two keys.
   */
  readonly float?: 'number' | 'boxed'
  readonly limits?: Partial<DecodeLimits>
}

/** Fills in and checks limits. */
export function decodeLimits(limits: Partial<DecodeLimits> | undefined): DecodeLimits {
  if (limits === undefined) return DEFAULT_DECODE_LIMITS
  const filled: { -readonly [Name in keyof DecodeLimits]: number } = { ...DEFAULT_DECODE_LIMITS }
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined) continue
    if (!(name in DEFAULT_DECODE_LIMITS)) throw new EtfError('ETF_BAD_OPTION', `there is no limit named ${name}`)
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new EtfError('ETF_BAD_OPTION', `the limit ${name} must be a whole number, not ${value}`)
    }
    filled[name as keyof DecodeLimits] = value
  }
  return {
    ...filled,
    atomCharacters: Math.min(filled.atomCharacters, MAX_ATOM_CHARACTERS),
    keyDepth: Math.min(filled.keyDepth, MAX_KEY_DEPTH - 1),
  }
}
