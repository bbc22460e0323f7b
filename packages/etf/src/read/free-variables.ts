import { isEtfError } from '../error.ts'
import type { Fun, Term } from '../term.ts'
import type { TermIdentity } from '../write/term-identity.ts'
import { TermReader } from './term-reader.ts'

/**
 * Reads the free variables of a fun, as of one in a map key; `undefined` for bytes that are no fun.
 *
 * @param identity keeps those of the funs inside it
 */
export function readVariables(fun: Fun, identity: TermIdentity): readonly Term[] | undefined {
  const reader = new TermReader(fun.bytes, 0, { limits: { depth: Number.POSITIVE_INFINITY } })
  try {
    reader.open(fun.bytes, 0, fun.bytes.length, undefined)
    reader.isInKey = true
    reader.identity = identity
    return identity.variablesOf(reader.read(0) as Fun)
  } catch (cause) {
    if (!isEtfError(cause)) throw cause
    return undefined
  } finally {
    reader.close()
  }
}
