import { EncodedTerm } from '@dynsrv/dist-protocol'
import { type DecodeOptions, MAX_INTEGER_BYTES, type Term } from '@dynsrv/etf'

/**
 * What is told to others: a term of our own, or one that came from another node and goes on by its bytes, however it was
 * decoded for those who read it here.
 */
export type Told = Term | EncodedTerm

/** It looks at no limit: what is read here was read within them before. */
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

/** As strict as the strictest release, whatever the program set for itself. */
const STRICT: DecodeOptions = {
  float: 'boxed',
  limits: { depth: Number.POSITIVE_INFINITY, integerBytes: MAX_INTEGER_BYTES },
}

/** The term in a form that is the same term when it is encoded again. */
export function verbatim(told: Told): Term {
  return told instanceof EncodedTerm ? told.decode(VERBATIM) : told
}

/** Terms that were found sound: one reason may be told to many. */
const sound = new WeakSet<EncodedTerm>()

/**
 * Refuses to pass on bytes that a BEAM node would not read: it would lose its link to us over them.
 *
 * @throws {EtfError}
 */
export function checkSound(told: Told): void {
  if (!(told instanceof EncodedTerm) || sound.has(told)) return
  told.decode(STRICT)
  sound.add(told)
}
