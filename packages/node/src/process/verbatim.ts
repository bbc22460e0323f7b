import { EncodedTerm } from '@dynsrv/dist-protocol'
import { type DecodeOptions, MAX_INTEGER_BYTES, type Term } from '@dynsrv/etf'

/**
 * What is told to others: a term of our own, or one that came from another node and goes on by its bytes, however it was
 * decoded for those who read it here.
 */
export type Told = Term | EncodedTerm

/**
 * As strict as the strictest release: what a BEAM node would refuse is never passed on to one, for that would cost it its
 * link to us. Whatever the program set for itself does not count.
 */
const VERBATIM: DecodeOptions = {
  float: 'boxed',
  limits: { depth: Number.POSITIVE_INFINITY, integerBytes: MAX_INTEGER_BYTES },
}

/**
 * The term in a form that is the same term when it is encoded again.
 *
 * @throws {EtfError} when it must not be passed on
 */
export function verbatim(told: Told): Term {
  return told instanceof EncodedTerm ? told.decode(VERBATIM) : told
}

/** Terms that were found sound: one reason may be told to many. */
const sound = new WeakSet<EncodedTerm>()

/**
 * Refuses to pass on what a BEAM node would not read.
 *
 * @throws {EtfError}
 */
export function checkSound(told: Told): void {
  if (!(told instanceof EncodedTerm) || sound.has(told)) return
  verbatim(told)
  sound.add(told)
}
