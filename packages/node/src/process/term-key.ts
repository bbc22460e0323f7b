import { encode, type Term } from '@dynsrv/etf'

/** Terms that came in nest no deeper than they may; our own program's are checked when they are sent. */
const OPTIONS = { deterministic: true, maxDepth: 1_000_000 }

/**
 * Text that is equal exactly when the terms are, as `=:=` has it: `1` is not `1.0`, maps are equal in whatever order, and
 * pids of two incarnations are two. For tables that are kept by term.
 *
 * @throws {EtfError} for what is no term
 */
export function termKey(term: Term): string {
  const bytes = encode(term, OPTIONS)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
