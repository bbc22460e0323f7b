import { type AtomShare, giveBack } from '../atom-table.ts'
import { EtfError, overLimit } from '../error.ts'
import { Atom, BROUGHT } from '../term.ts'
import { asBuffer, countCharacters, readUtf8 } from '../utf8.ts'
import type { DecodeLimits } from './decode-options.ts'

// Atoms seen lately, found by hashing their bytes, so that no string is made. Bounded, hence it may hold them strongly.
// Each set of two neighbouring places keeps the younger atom first.
const RECENT_PLACES = 4096
const recent: (Atom | undefined)[] = new Array<Atom | undefined>(RECENT_PLACES).fill(undefined)

/** A term was refused: the atoms that came with it are forgotten. */
export function refuseAtoms(): void {
  if (giveBack()) recent.fill(undefined)
}

/** Who reads atoms, and what they may take. */
export interface Bringing {
  readonly limits: Pick<DecodeLimits, 'atomCharacters' | 'atomBytes'>
  readonly atomShare: AtomShare
}

/** The atom of that name, for those who read it. */
export function bring(name: string, { limits, atomShare }: Bringing): Atom {
  return Atom[BROUGHT](name, atomShare, limits.atomBytes)
}

/** The atom whose name is the UTF-8 text `bytes[start, end)`. */
export function atomFromUtf8(bytes: Uint8Array, start: number, end: number, brought: Bringing): Atom {
  const maxCharacters = brought.limits.atomCharacters
  if (end - start > maxCharacters && countCharacters(bytes, start, end) > maxCharacters) {
    throw tooLong(start, maxCharacters)
  }
  let hash = end - start
  // Two bytes a step, for each step waits for the multiplication of the one before.
  let at = start
  for (; at + 2 <= end; at += 2) hash = Math.imul(hash ^ (bytes[at]! | (bytes[at + 1]! << 8)), 0x01000193)
  if (at < end) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  const place = ((hash ^ (hash >>> 15)) & (RECENT_PLACES / 2 - 1)) << 1
  const first = recent[place]
  if (first !== undefined && isNamed(first, bytes, start, end)) return first
  const second = recent[place + 1]
  if (second !== undefined && isNamed(second, bytes, start, end)) return second
  const name = readUtf8(bytes, start, end)
  if (name === undefined) throw new EtfError('ETF_BAD_ATOM', 'the atom is not UTF-8', { offset: start })
  const found = bring(name, brought)
  recent[place + 1] = first
  recent[place] = found
  return found
}

function isNamed(candidate: Atom, bytes: Uint8Array, start: number, end: number): boolean {
  const wire = candidate.wire
  let own = candidate.wireStart
  if (wire.length - own !== end - start) return false
  for (let at = start; at < end; at++) if (wire[own++] !== bytes[at]) return false
  return true
}

/** The atom whose name is the Latin-1 text `bytes[start, end)`, as the tags before OTP 26 have it. */
export function atomFromLatin1(bytes: Uint8Array, start: number, end: number, brought: Bringing): Atom {
  const maxCharacters = brought.limits.atomCharacters
  if (end - start > maxCharacters) throw tooLong(start, maxCharacters)
  for (let at = start; at < end; at++) {
    if (bytes[at]! > 127) return bring(asBuffer(bytes).toString('latin1', start, end), brought)
  }
  return atomFromUtf8(bytes, start, end, brought)
}

function tooLong(offset: number, most: number): EtfError {
  return overLimit('ETF_LIMIT_ATOM', {
    limit: 'limits.atomCharacters',
    most,
    what: 'the atom has more characters',
    offset,
  })
}
