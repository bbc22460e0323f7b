import { EncodedTerm } from '@dynsrv/dist-protocol'
import type { DecodeOptions, Term } from '@dynsrv/etf'

/**
 * What is told to others: a term of our own, or one that came from another node and goes on by its bytes, however it was
 * decoded for those who read it here.
 */
export type Told = Term | EncodedTerm

/** It looks at no limit: what is passed on was read within them before, or is not read here at all. */
const VERBATIM: DecodeOptions = {
  float: 'boxed',
  limits: {
    depth: Number.POSITIVE_INFINITY,
    memoryBytes: Number.POSITIVE_INFINITY,
    inflatedBytes: Number.POSITIVE_INFINITY,
    integerBytes: Number.POSITIVE_INFINITY,
    atomBytes: Number.POSITIVE_INFINITY,
  },
}

/** The term in a form that is the same term when it is encoded again. */
export function verbatim(told: Told): Term {
  return told instanceof EncodedTerm ? told.decode(VERBATIM) : told
}
