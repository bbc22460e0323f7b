import { callable, flag, oneOf, type Rule, type Rules, rule } from '@dynsrv/kit'
import { isCount } from '../checks.ts'
import type { Atom } from '../term.ts'

/** How values without an Erlang counterpart are written, and how much is written at most. */
export interface EncodeOptions {
  /**
   * What the keys of plain objects become: `text` (default) binaries, `atom` atoms.
   *
   * A BEAM node never forgets an atom, so atoms are only for names from a closed set.
   */
  readonly keys?: 'atom' | 'text'
  /**
   * Whether maps are written in one fixed order whatever the order of insertion: that of
   * `term_to_binary(Term, [deterministic])`, which is Erlang's order of terms with integers before floats. Default false.
   */
  readonly deterministic?: boolean
  /**
   * Whether the term is deflated when that makes it smaller: `true` is level 6. Default false; not for distribution.
   */
  readonly compressed?: boolean | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9
  /** Containers inside containers; what is deeper is refused, which ends a value that contains itself. Default 100 000. */
  readonly maxDepth?: number
}

/** How a term is written behind a distribution header. */
export interface WriteOptions extends EncodeOptions {
  /** The atom's place in the distribution header, or -1 to write it in place. */
  readonly atomRef?: ((atom: Atom) => number) | undefined
  /** Whether native records may be written: a peer before OTP 29 closes the link over one. Default true. */
  readonly records?: boolean
  /**
   * Whether pids, ports and references may be larger than OTP 23 takes, which closes the link over one. For a peer that
   * announces `DFLAG_V4_NC`. Default true.
   */
  readonly largeIds?: boolean
}

export const DEFAULT_MAX_DEPTH = 100_000

const depth: Rule = rule(
  'a whole number of at least 0, or Infinity',
  (value) => isCount(value) || value === Number.POSITIVE_INFINITY,
)

/** What each option of {@link EncodeOptions} takes. */
export const ENCODE_RULES: Rules<EncodeOptions> = {
  keys: oneOf('atom', 'text'),
  deterministic: flag,
  compressed: oneOf(true, false, 1, 2, 3, 4, 5, 6, 7, 8, 9),
  maxDepth: depth,
}

/** What each option of {@link WriteOptions} takes. */
export const WRITE_RULES: Rules<WriteOptions> = { ...ENCODE_RULES, atomRef: callable, records: flag, largeIds: flag }
