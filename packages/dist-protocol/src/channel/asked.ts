import { type Atom, isEtfError, Pid, Reference, Tag, type TermDecoder } from '@dynsrv/etf'

/** What a control message that cannot be read as a whole asks for, where somebody waits for the answer. */
export interface Asked {
  readonly op: 'SPAWN_REQUEST' | 'MONITOR_P'
  /** Who waits. */
  readonly from: Pid
  readonly ref: Reference
}

const MONITOR_P = 19
const SPAWN_REQUEST = 29
const SPAWN_REQUEST_TT = 30

/**
 * Who waits for the answer to a control message that is over a limit, which begins at `bytes[start]`; undefined when nobody does,
 * or that part of it cannot be read either.
 */
export function askedIn(
  decoder: TermDecoder,
  bytes: Uint8Array,
  start: number,
  end: number,
  atoms: readonly Atom[],
): Asked | undefined {
  if (bytes[start] !== Tag.SMALL_TUPLE_EXT || bytes[start + 2] !== Tag.SMALL_INTEGER_EXT) return undefined
  const opcode = bytes[start + 3]
  let at = start + 4
  const next = (): unknown => {
    const term = decoder.decode(bytes, at, end, atoms)
    at = decoder.end
    return term
  }
  try {
    if (opcode === SPAWN_REQUEST || opcode === SPAWN_REQUEST_TT)
      return asked('SPAWN_REQUEST', { ref: next(), from: next() })
    if (opcode !== MONITOR_P) return undefined
    const from = next()
    // The name may be what is too much.
    const behind = behindAtom(bytes, at)
    if (behind === undefined) next()
    else at = behind
    return asked('MONITOR_P', { from, ref: next() })
  } catch (cause) {
    if (!isEtfError(cause)) throw cause
    return undefined
  }
}

function asked(op: Asked['op'], { from, ref }: { readonly from: unknown; readonly ref: unknown }): Asked | undefined {
  return from instanceof Pid && ref instanceof Reference ? { op, from, ref } : undefined
}

/** Where an atom ends that begins at `bytes[at]`; undefined for any other term. */
function behindAtom(bytes: Uint8Array, at: number): number | undefined {
  switch (bytes[at]) {
    case Tag.ATOM_CACHE_REF:
      return at + 2
    case Tag.SMALL_ATOM_EXT:
    case Tag.SMALL_ATOM_UTF8_EXT:
      return at + 2 + (bytes[at + 1] ?? 0)
    case Tag.ATOM_EXT:
    case Tag.ATOM_UTF8_EXT:
      return at + 3 + ((bytes[at + 1] ?? 0) << 8) + (bytes[at + 2] ?? 0)
    default:
      return undefined
  }
}
