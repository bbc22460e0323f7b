import { Atom, atom, Pid, Reference, type Term, Tuple } from '@dynsrv/etf'

/** What an element of a control tuple can be, and the value that it is here. */
export interface Kinds {
  readonly pid: Pid
  readonly reference: Reference
  readonly atom: Atom
  readonly 'pid or atom': Pid | Atom
  readonly 'unsigned integer': number
  readonly 'unlink id from 1 to 2^64 - 1': bigint
  readonly term: Term
  readonly 'set of flags for either an alias or a name': number
  readonly 'target that its flags announce': Pid | Atom | Reference
}

export type Kind = keyof Kinds

/** One property of a control message, and the one element of the control tuple that holds it. */
export interface Field<K extends Kind = Kind> {
  readonly role: 'property'
  readonly kind: K
  /** On whose node it must be, seen from the sender: over another one the receiver closes the link, or its VM crashes. */
  readonly of?: 'self' | 'peer'
  /** The largest number that is sent. */
  readonly most?: number
}

/** An element that says nothing, and is always written the same. */
export interface FixedField {
  readonly role: 'fixed'
  readonly value: Term
}

/** The trace token, which only the opcodes of traced messages have. */
export interface TokenField {
  readonly role: 'token'
}

/** An exit reason that stands in the control tuple, as peers without EXIT_PAYLOAD have it; here it is the payload. */
export interface ReasonField {
  readonly role: 'reason'
}

/** An element that is a tuple of several properties. */
export interface TupleField<F extends Readonly<Record<string, Field>> = Readonly<Record<string, Field>>> {
  readonly role: 'tuple'
  readonly fields: F
}

/** Any element of a control tuple behind its opcode. */
export type AnyField = Field | FixedField | TokenField | ReasonField | TupleField

/** The elements behind the opcode, in the order of the tuple. */
export interface Fields {
  readonly [name: string]: AnyField
}

/** The bits of the flags of ALTACT_SIG_SEND. */
export const ALTACT = {
  /** A priority signal. */
  PRIO: 1,
  /** A trace token follows. */
  TOKEN: 2,
  /** `to` is an alias. */
  ALIAS: 4,
  /** `to` is a registered name. */
  NAME: 8,
  /** The payload is an exit reason, else a message. */
  EXIT: 16,
} as const

/** Above this a small integer of a VM of 32 bits ends. */
const MOST_SMALL_FLAGS = 2 ** 27 - 1
const MOST_ALTACT_FLAGS = 31
/** As BEAM has it. */
const MOST_ARITY = 255

export const PID = { role: 'property', kind: 'pid' } as const
export const OWN_PID = { role: 'property', kind: 'pid', of: 'self' } as const
export const PEER_PID = { role: 'property', kind: 'pid', of: 'peer' } as const
export const REFERENCE = { role: 'property', kind: 'reference' } as const
export const OWN_REFERENCE = { role: 'property', kind: 'reference', of: 'self' } as const
export const PEER_REFERENCE = { role: 'property', kind: 'reference', of: 'peer' } as const
export const ATOM = { role: 'property', kind: 'atom' } as const
export const OWN_PID_OR_ATOM = { role: 'property', kind: 'pid or atom', of: 'self' } as const
export const PEER_PID_OR_ATOM = { role: 'property', kind: 'pid or atom', of: 'peer' } as const
export const TERM = { role: 'property', kind: 'term' } as const
export const ARITY = { role: 'property', kind: 'unsigned integer', most: MOST_ARITY } as const
export const FLAGS = { role: 'property', kind: 'unsigned integer', most: MOST_SMALL_FLAGS } as const
export const UNLINK_ID = { role: 'property', kind: 'unlink id from 1 to 2^64 - 1' } as const
export const ALTACT_FLAGS = {
  role: 'property',
  kind: 'set of flags for either an alias or a name',
  most: MOST_ALTACT_FLAGS,
} as const
export const ALTACT_TARGET = { role: 'property', kind: 'target that its flags announce' } as const
/** The cookie of older protocols: BEAM sends the empty atom, and looks at none. */
export const COOKIE: FixedField = { role: 'fixed', value: atom('') }
export const TOKEN: TokenField = { role: 'token' }
export const REASON: ReasonField = { role: 'reason' }

/** {@link readElement}'s answer for what is not of that kind. */
export const MISFIT = Symbol('misfit')

const MAX_UNLINK_ID = (1n << 64n) - 1n

/**
 * The value for an element of that kind. What the program sends goes through it too, so that nothing is written that we
 * would not read.
 *
 * A `switch` and no function for each kind, because V8 compiles that into the code of its callers.
 *
 * @param flags what stands in the place of the flags, for an element whose kind they announce
 */
export function readElement(kind: Kind, element: Term, flags: Term): Kinds[Kind] | typeof MISFIT {
  switch (kind) {
    case 'pid':
      return element instanceof Pid ? element : MISFIT
    case 'reference':
      return element instanceof Reference ? element : MISFIT
    case 'atom':
      return element instanceof Atom ? element : atomOfWord(element)
    case 'pid or atom':
      return element instanceof Pid || element instanceof Atom ? element : atomOfWord(element)
    case 'term':
      return element
    case 'unsigned integer':
      return isUnsigned(element) ? element : MISFIT
    case 'unlink id from 1 to 2^64 - 1':
      return readUnlinkId(element)
    case 'set of flags for either an alias or a name':
      return readAltactFlags(element)
    case 'target that its flags announce':
      return readAltactTarget(element, flags)
  }
}

/** How many elements a trace token has: flags, label, serial, the sender, and the last serial that it saw. */
const TOKEN_ARITY = 5

/** Whether a term can be a trace token. Over another one a VM crashes. */
export function isToken(term: Term): boolean {
  if (!(term instanceof Tuple) || term.length !== TOKEN_ARITY) return false
  const [flags, , serial, sender, last] = term.elements
  return (
    [flags, serial, last].every((number) => Number.isSafeInteger(number) && (number as number) >= 0) &&
    sender instanceof Pid
  )
}

function isUnsigned(element: Term): element is number {
  return typeof element === 'number' && Number.isInteger(element) && element >= 0
}

/** The atoms that decode to JavaScript's own values are names here like any other. */
function atomOfWord(element: Term): Atom | typeof MISFIT {
  if (element === null) return atom('nil')
  return element === undefined || typeof element === 'boolean' ? atom(String(element)) : MISFIT
}

function readUnlinkId(element: Term): bigint | typeof MISFIT {
  if (typeof element !== 'bigint' && !isUnsigned(element)) return MISFIT
  const id = BigInt(element)
  return id > 0n && id <= MAX_UNLINK_ID ? id : MISFIT
}

/** Bits above the known ones may make it a big integer; only the low ones mean something. */
function readAltactFlags(element: Term): number | typeof MISFIT {
  if (!isUnsigned(element) && !(typeof element === 'bigint' && element >= 0n)) return MISFIT
  const flags = Number(BigInt(element) & 0x7fff_ffffn)
  return (flags & ALTACT.ALIAS) !== 0 && (flags & ALTACT.NAME) !== 0 ? MISFIT : flags
}

function readAltactTarget(to: Term, announced: Term): Pid | Atom | Reference | typeof MISFIT {
  const flags = readAltactFlags(announced)
  if (flags === MISFIT) return MISFIT
  if ((flags & ALTACT.ALIAS) !== 0) return to instanceof Reference ? to : MISFIT
  if ((flags & ALTACT.NAME) !== 0) return to instanceof Atom ? to : atomOfWord(to)
  return to instanceof Pid ? to : MISFIT
}
