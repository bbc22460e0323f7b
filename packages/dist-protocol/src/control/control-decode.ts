import { Atom, atom, Pid, Reference, type Term, Tuple } from '@dynsrv/etf'
import { DistError } from '../error.ts'
import { ALTACT, type ControlMessage, OPCODE_TABLE, type OpcodeEntry } from './control-message.ts'

/** A control tuple taken apart. */
export interface DecodedControl {
  readonly control: ControlMessage
  /** A payload follows; undefined when the opcode is unknown and nobody can tell. */
  readonly payload: boolean | undefined
  /** The exit reason of the older opcodes, which carry it in the tuple. */
  readonly inlineReason?: { readonly term: Term }
}

const BY_OPCODE: readonly (OpcodeEntry | undefined)[] = OPCODE_TABLE.reduce<(OpcodeEntry | undefined)[]>(
  (all, entry) => {
    all[entry.opcode] = entry
    return all
  },
  [],
)

const MAX_UNLINK_ID = (1n << 64n) - 1n

/**
 * Reads a control tuple; every opcode is understood, whatever was negotiated.
 *
 * @throws {DistError} `DIST_MALFORMED` for the shapes on which BEAM closes too
 */
export function decodeControl(term: Term): DecodedControl {
  if (!(term instanceof Tuple)) throw malformed('a control message that is no tuple')
  const elements: readonly Term[] = term.elements
  const opcode = elements[0]
  if (typeof opcode !== 'number') throw malformed('a control tuple that does not start with an opcode')
  if (opcode === 5) throw malformed('the obsolete NODE_LINK')
  const entry = BY_OPCODE[opcode]
  if (entry === undefined) return { control: { op: 'UNKNOWN', opcode, elements }, payload: undefined }
  const { arity, name, payload } = entry
  if (opcode === 37 ? elements.length < arity : elements.length !== arity) {
    throw malformed(`${name} with ${elements.length} elements`)
  }
  const read = new Fields(name, elements)
  switch (opcode) {
    case 1:
      return { control: { op: 'LINK', from: read.pid(1), to: read.pid(2) }, payload }
    case 2:
      return { control: { op: 'SEND', to: read.pid(2) }, payload }
    case 12:
      return { control: { op: 'SEND', to: read.pid(2), token: elements[3] }, payload }
    case 3:
    case 8:
      return reasoned({ op: opcode === 3 ? 'EXIT' : 'EXIT2', from: read.pid(1), to: read.pid(2) }, elements[3])
    case 13:
    case 18:
      return reasoned(
        { op: opcode === 13 ? 'EXIT' : 'EXIT2', from: read.pid(1), to: read.pid(2), token: elements[3] },
        elements[4],
      )
    case 24:
    case 26:
      return { control: { op: opcode === 24 ? 'EXIT' : 'EXIT2', from: read.pid(1), to: read.pid(2) }, payload }
    case 25:
    case 27: {
      const op = opcode === 25 ? 'EXIT' : 'EXIT2'
      return { control: { op, from: read.pid(1), to: read.pid(2), token: elements[3] }, payload }
    }
    case 4:
      return { control: { op: 'UNLINK', from: read.pid(1), to: read.pid(2) }, payload }
    case 6:
      return { control: { op: 'REG_SEND', from: read.pid(1), toName: read.atom(3) }, payload }
    case 16:
      return { control: { op: 'REG_SEND', from: read.pid(1), toName: read.atom(3), token: elements[4] }, payload }
    case 7:
      return { control: { op: 'GROUP_LEADER', leader: read.pid(1), to: read.pid(2) }, payload }
    case 19:
    case 20: {
      const op = opcode === 19 ? 'MONITOR_P' : 'DEMONITOR_P'
      return { control: { op, from: read.pid(1), to: read.pidOrAtom(2), ref: read.ref(3) }, payload }
    }
    case 21:
      return reasoned({ op: 'MONITOR_P_EXIT', from: read.pidOrAtom(1), to: read.pid(2), ref: read.ref(3) }, elements[4])
    case 28:
      return { control: { op: 'MONITOR_P_EXIT', from: read.pidOrAtom(1), to: read.pid(2), ref: read.ref(3) }, payload }
    case 22:
      return { control: { op: 'SEND_SENDER', from: read.pid(1), to: read.pid(2) }, payload }
    case 23:
      return { control: { op: 'SEND_SENDER', from: read.pid(1), to: read.pid(2), token: elements[3] }, payload }
    case 29:
      return { control: spawnRequest(read), payload }
    case 30:
      return { control: { ...spawnRequest(read), token: elements[6] }, payload }
    case 31:
      return { control: spawnReply(read), payload }
    case 32:
      return { control: { ...spawnReply(read), token: elements[5] }, payload }
    case 33:
      return { control: { op: 'ALIAS_SEND', from: read.pid(1), to: read.ref(2) }, payload }
    case 34:
      return { control: { op: 'ALIAS_SEND', from: read.pid(1), to: read.ref(2), token: elements[3] }, payload }
    case 35:
    case 36: {
      const op = opcode === 35 ? 'UNLINK_ID' : 'UNLINK_ID_ACK'
      return { control: { op, id: read.unlinkId(1), from: read.pid(2), to: read.pid(3) }, payload }
    }
    default:
      return { control: altactSigSend(read), payload }
  }
}

function reasoned(control: ControlMessage, term: Term): DecodedControl {
  return { control, payload: false, inlineReason: { term } }
}

function spawnRequest(read: Fields): ControlMessage & { op: 'SPAWN_REQUEST' } {
  const mfa = read.elements[4]
  if (!(mfa instanceof Tuple) || mfa.length !== 3) throw malformed('SPAWN_REQUEST without {Module, Function, Arity}')
  const inner = new Fields('the function of SPAWN_REQUEST', mfa.elements)
  return {
    op: 'SPAWN_REQUEST',
    ref: read.ref(1),
    from: read.pid(2),
    groupLeader: read.pid(3),
    module: inner.atom(0),
    function: inner.atom(1),
    arity: inner.unsigned(2),
    options: read.elements[5],
  }
}

function spawnReply(read: Fields): ControlMessage & { op: 'SPAWN_REPLY' } {
  return { op: 'SPAWN_REPLY', ref: read.ref(1), to: read.pid(2), flags: read.unsigned(3), result: read.pidOrAtom(4) }
}

function altactSigSend(read: Fields): ControlMessage {
  const flags = read.flagWord(1)
  const [alias, name, traced] = [flags & ALTACT.ALIAS, flags & ALTACT.NAME, flags & ALTACT.TOKEN]
  if (alias !== 0 && name !== 0) throw malformed('ALTACT_SIG_SEND to an alias and a name at once')
  if (traced !== 0 && read.elements.length < 5) throw malformed('ALTACT_SIG_SEND without the token that it announces')
  const to = alias !== 0 ? read.ref(3) : name !== 0 ? read.atom(3) : read.pid(3)
  const control = { op: 'ALTACT_SIG_SEND', flags, from: read.pid(2), to } as const
  return traced === 0 ? control : { ...control, token: read.elements[4] }
}

/** Typed access to the elements of a control tuple. */
class Fields {
  readonly #name: string
  readonly elements: readonly Term[]

  constructor(name: string, elements: readonly Term[]) {
    this.#name = name
    this.elements = elements
  }

  pid(index: number): Pid {
    const value = this.elements[index]
    if (value instanceof Pid) return value
    throw this.#wrong(index, 'pid')
  }

  ref(index: number): Reference {
    const value = this.elements[index]
    if (value instanceof Reference) return value
    throw this.#wrong(index, 'reference')
  }

  /** The atoms that decode to JavaScript's own values are names here like any other. */
  atom(index: number): Atom {
    const value = this.elements[index]
    if (value instanceof Atom) return value
    if (value === undefined) return atom('undefined')
    if (value === null) return atom('nil')
    if (typeof value === 'boolean') return atom(String(value))
    throw this.#wrong(index, 'atom')
  }

  pidOrAtom(index: number): Pid | Atom {
    const value = this.elements[index]
    return value instanceof Pid ? value : this.atom(index)
  }

  unsigned(index: number): number {
    const value = this.elements[index]
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
    throw this.#wrong(index, 'unsigned integer')
  }

  /** Bits above the known ones may make it a big integer; only the low ones mean something. */
  flagWord(index: number): number {
    const value = this.elements[index]
    if (typeof value === 'bigint' && value >= 0n) return Number(value & 0x7fff_ffffn)
    const small = this.unsigned(index)
    return small > 0x7fff_ffff ? small % 0x8000_0000 : small
  }

  unlinkId(index: number): bigint {
    const value = this.elements[index]
    const id = typeof value === 'bigint' ? value : BigInt(this.unsigned(index))
    if (id > 0n && id <= MAX_UNLINK_ID) return id
    throw this.#wrong(index, 'unlink id from 1 to 2^64 - 1')
  }

  #wrong(index: number, expected: string): DistError {
    return malformed(`${this.#name} whose element ${index + 1} is no ${expected}`)
  }
}

function malformed(what: string): DistError {
  return new DistError('DIST_MALFORMED', `the peer sent ${what}`)
}
