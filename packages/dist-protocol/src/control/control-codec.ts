import {
  Atom,
  type ByteWriter,
  inspect,
  type Pid,
  type Reference,
  Tag,
  type Term,
  type TermEncoder,
  Tuple,
} from '@dynsrv/etf'
import { identifier, nearest, shown } from '@dynsrv/kit'
import { DistError } from '../error.ts'
import { flagNames } from '../flags.ts'
import type { ControlMessage } from './control-message.ts'
import { type AnyField, type Field, type Fields, isToken, type Kind, MISFIT, readElement } from './field.ts'
import { type AnyMessage, makeMessage, makeSmallMessage, propertyAt, type Shape, shapeOf } from './message-shape.ts'
import { OPCODE_TABLE, type OpcodeEntry, REFUSED_OPCODES } from './opcodes.ts'

/** A control tuple taken apart. */
export interface DecodedControl {
  readonly control: ControlMessage
  /** Whether a payload follows; undefined when the opcode is unknown and nobody can tell. */
  readonly payload: boolean | undefined
}

/** How one kind of message is sent on a link. */
export interface ControlForm {
  /** Without a trace token, and with one. */
  readonly plain: Row
  readonly traced: Row
  /** Whether a payload goes with it, behind the control tuple or inside. */
  readonly takesPayload: boolean
  /** Whether the payload goes inside the control tuple, because the peer is too old for the other form. */
  readonly inlinesReason: boolean
}

/** The nodes at the two ends of a link. */
export interface LinkNames {
  /** Our own node name. */
  readonly self: string
  readonly peer: string
}

/** A property of the message, and which element of the control tuple holds it. */
interface Property {
  readonly name: string
  readonly kind: Kind
  readonly of: 'self' | 'peer' | undefined
  readonly most: number
  /** Which of the message's properties it is. */
  readonly index: number
  readonly at: number
  /** Its place in a tuple that is that element; -1 when it is the element itself. */
  readonly within: number
}

/** What one element of the control tuple is written from. */
interface Source {
  readonly role: AnyField['role']
  /** The property, or those of the tuple. */
  readonly property: Property | undefined
  readonly properties: readonly Property[]
  /** What is always written. */
  readonly value: Term
}

/** A row of the table, made ready for use. */
interface Row {
  readonly entry: OpcodeEntry
  readonly op: string
  readonly arity: number
  readonly hasPayload: boolean
  readonly tokenBit: number
  readonly properties: readonly Property[]
  readonly names: readonly string[]
  readonly shape: Shape
  /** The elements behind the opcode. */
  readonly sources: readonly Source[]
  /** The elements that are tuples. */
  readonly tuples: readonly { readonly at: number; readonly arity: number }[]
  /** The encoding up to the opcode, and the same for a tuple without its last element. */
  readonly head: Uint8Array
  readonly shortHead: Uint8Array
  /** Which element is the token, and which the reason; 0 for none. */
  readonly tokenAt: number
  readonly reasonAt: number
}

function propertiesOf(fields: Fields): Property[] {
  const found: Property[] = []
  const add = (name: string, { kind, of, most = Infinity }: Field, at: number, within: number) =>
    found.push({ name, kind, of, most, index: found.length, at, within })
  for (const [index, [name, field]] of Object.entries(fields).entries()) {
    if (field.role === 'property') add(name, field, index + 1, -1)
    if (field.role !== 'tuple') continue
    for (const [within, [inner, of]] of Object.entries(field.fields).entries()) add(inner, of, index + 1, within)
  }
  return found
}

function sourceOf(field: AnyField, at: number, all: readonly Property[]): Source {
  const properties = all.filter((property) => property.at === at)
  const value = field.role === 'fixed' ? field.value : undefined
  return { role: field.role, property: properties[0], properties, value }
}

function rowOf(entry: OpcodeEntry): Row {
  const fields = Object.values(entry.fields)
  const arity = fields.length + 1
  const placeOf = (role: string) => fields.findIndex((field) => field.role === role) + 1
  const headOf = (elements: number) => Uint8Array.of(Tag.SMALL_TUPLE_EXT, elements, Tag.SMALL_INTEGER_EXT, entry.opcode)
  const properties = propertiesOf(entry.fields)
  const names = properties.map(({ name }) => name)
  return {
    entry,
    op: entry.op,
    arity,
    hasPayload: entry.payload !== undefined,
    tokenBit: entry.tokenBit ?? 0,
    properties,
    names,
    shape: shapeOf(names),
    sources: fields.map((field, index) => sourceOf(field, index + 1, properties)),
    tuples: fields.flatMap((field, index) =>
      field.role === 'tuple' ? [{ at: index + 1, arity: Object.keys(field.fields).length }] : [],
    ),
    head: headOf(arity),
    shortHead: headOf(arity - 1),
    tokenAt: placeOf('token'),
    reasonAt: placeOf('reason'),
  }
}

/** Reads and writes control tuples as a table of opcodes has them. */
export class ControlCodec {
  readonly #rows: readonly Row[]
  readonly #byOpcode: readonly (Row | undefined)[]
  /** Nearly all links have the same flags, and share what follows from them. */
  #lastForms: ControlForms | undefined

  constructor(table: readonly OpcodeEntry[]) {
    this.#rows = table.map(rowOf)
    const byOpcode: (Row | undefined)[] = []
    for (const row of this.#rows) byOpcode[row.entry.opcode] = row
    this.#byOpcode = byOpcode
  }

  /**
   * Reads a control tuple; every opcode of the table is understood, whatever was negotiated.
   *
   * @param link whose processes it may name; without it, whose they are is not looked at
   * @throws {DistError} `DIST_MALFORMED` for the shapes on which BEAM closes too, and for a process of another node than
   * the sender's where the sender speaks of its own, or of another node than ours where it speaks of ours
   */
  decode(term: Term, link?: LinkNames): DecodedControl {
    if (!(term instanceof Tuple)) throw malformed('a control message that is no tuple')
    const elements: readonly Term[] = term.elements
    const opcode = elements[0]
    if (typeof opcode !== 'number') throw malformed('a control tuple that does not start with an opcode')
    const row = this.#byOpcode[opcode]
    if (row === undefined) return unknownControl(opcode, elements)
    const { arity, tokenAt, tokenBit } = row
    if (tokenBit === 0 ? elements.length !== arity : elements.length < arity - 1) {
      throw malformed(`${row.entry.name} with ${elements.length} elements`)
    }
    const message = messageOf(row, elements, link)
    if (tokenAt > 0 && (tokenBit === 0 || announcesToken(row, message, elements))) message.token = elements[tokenAt]
    const control = message as unknown as ControlMessage
    return { control, payload: row.hasPayload }
  }

  /** Whether the last element of a control tuple with that opcode is an exit reason, as in the older opcodes. */
  hasReason(opcode: number): boolean {
    return (this.#byOpcode[opcode]?.reasonAt ?? 0) > 0
  }

  /** How messages are sent on a link with these negotiated flags. */
  formsFor(flags: bigint): ControlForms {
    if (this.#lastForms?.flags !== flags) this.#lastForms = new ControlForms(this.#rows, flags)
    return this.#lastForms
  }
}

function unknownControl(opcode: number, elements: readonly Term[]): DecodedControl {
  const refused = REFUSED_OPCODES.get(opcode)
  if (refused !== undefined) throw malformed(`the obsolete ${refused}`)
  return { control: { op: 'UNKNOWN', opcode, elements }, payload: undefined }
}

function messageOf(row: Row, elements: readonly Term[], link: LinkNames | undefined): AnyMessage {
  const { shape, op, properties, names } = row
  const count = properties.length
  if (shape === undefined || count > 3) return makeMessage(shape, op, names, readProperties(row, elements, link))
  const a = readProperty(row, properties[0]!, elements, link)
  const b = count > 1 ? readProperty(row, properties[1]!, elements, link) : undefined
  const c = count > 2 ? readProperty(row, properties[2]!, elements, link) : undefined
  return makeSmallMessage(shape, op, a, b, c)
}

function readProperty(row: Row, property: Property, elements: readonly Term[], link: LinkNames | undefined): unknown {
  const { kind, of, at, within } = property
  const element = within < 0 ? elements[at] : (elements[at] as Tuple).elements[within]
  const value = readElement(kind, element, elements[1])
  if (value === MISFIT) throw malformed(`${row.entry.name} whose element ${at + 1} is no ${kind}`)
  if (of !== undefined && link !== undefined && !(value instanceof Atom)) {
    checkReceived(row, property, value as Pid | Reference, link)
  }
  return value
}

/** What the sender calls its own is of the peer, and what it calls the receiver's is ours, of whatever incarnation. */
function checkReceived(row: Row, { of, name }: Property, { node }: Pid | Reference, { self, peer }: LinkNames): void {
  const due = of === 'self' ? peer : self
  if (node.name !== due) {
    throw malformed(`${row.entry.name} whose ${name} is of ${inspect(node)}, where ${due} is due`)
  }
}

function readProperties(row: Row, elements: readonly Term[], link: LinkNames | undefined): unknown[] {
  const { properties, tuples } = row
  for (let index = 0; index < tuples.length; index++) {
    const { at, arity } = tuples[index]!
    const tuple = elements[at]
    if (!(tuple instanceof Tuple) || tuple.length !== arity) {
      throw malformed(`${row.entry.name} whose element ${at + 1} is no tuple of ${arity}`)
    }
  }
  const values = new Array<unknown>(properties.length)
  for (let index = 0; index < properties.length; index++) {
    values[index] = readProperty(row, properties[index]!, elements, link)
  }
  return values
}

/** Whether the flags say that the token is there. */
function announcesToken({ entry, tokenAt, tokenBit }: Row, { flags }: AnyMessage, elements: readonly Term[]): boolean {
  if (((flags as number) & tokenBit) === 0) return false
  if (elements.length <= tokenAt) throw malformed(`${entry.name} without the token that it announces`)
  return true
}

/** How each kind of message is sent on links with the same negotiated flags. */
export class ControlForms {
  readonly flags: bigint
  readonly #rows: readonly Row[]
  readonly #forms = new Map<string, ControlForm>()
  #lastOp: string | undefined
  #lastForm: ControlForm | undefined

  constructor(rows: readonly Row[], flags: bigint) {
    this.#rows = rows
    this.flags = flags
  }

  /** @throws {DistError} `DIST_BAD_CONTROL` when the peer would drop the connection over every opcode of this message */
  of(op: string): ControlForm {
    // Most messages are of the same kind as the one before.
    if (op === this.#lastOp && this.#lastForm !== undefined) return this.#lastForm
    const form = this.#forms.get(op) ?? this.#choose(op)
    this.#forms.set(op, form)
    this.#lastOp = op
    this.#lastForm = form
    return form
  }

  /** Whether the peer takes any opcode of this message. */
  takes(op: string): boolean {
    return this.#rowsOf(op).some((row) => isPlain(row) && this.#objection(row.entry) === undefined)
  }

  #rowsOf(op: string): Row[] {
    return typeof op === 'string' ? this.#rows.filter(({ entry }) => entry.op === op || entry.standsInFor === op) : []
  }

  /** Of the opcodes that say the same thing, the highest that the peer takes. */
  #choose(op: string): ControlForm {
    const rows = this.#rowsOf(op).sort((a, b) => b.entry.opcode - a.entry.opcode)
    const usable = rows.filter(({ entry }) => this.#objection(entry) === undefined)
    const plain = usable.find(isPlain)
    if (plain === undefined) {
      const last = rows.at(-1)
      if (last === undefined) throw this.#unknown(op)
      throw bad(op, this.#objection(last.entry)!)
    }
    const inlinesReason = plain.reasonAt > 0
    const traced = usable.find(({ tokenAt }) => tokenAt > 0) ?? plain
    return { plain, traced, inlinesReason, takesPayload: inlinesReason || plain.hasPayload }
  }

  #unknown(op: unknown): DistError {
    const near = typeof op === 'string' ? nearest(op, [...new Set(this.#rows.map(({ entry }) => entry.op))]) : undefined
    const meant = near === undefined ? '' : `; did you mean ${near}?`
    return new DistError('DIST_BAD_CONTROL', `there is no control message with the op ${shown(op)}${meant}`)
  }

  #objection({ needs = 0n, refusedWith = 0n }: OpcodeEntry): string | undefined {
    const missing = needs & ~this.flags
    if (missing !== 0n) return `${flagNames(missing).join(' and ')} was not announced by both sides`
    const over = refusedWith & this.flags
    return over === 0n ? undefined : `the peer speaks ${flagNames(over).join(' and ')} and closes the link over it`
  }
}

/** Whether it can be sent without a trace token. */
function isPlain({ tokenAt, tokenBit }: Row): boolean {
  return tokenAt === 0 || tokenBit !== 0
}

/** Writes control tuples to one link. */
export class ControlWriter {
  readonly #encoder: TermEncoder
  readonly #link: LinkNames

  /** @param encoder knows how the link writes atoms */
  constructor(encoder: TermEncoder, link: LinkNames) {
    this.#encoder = encoder
    this.#link = link
  }

  /**
   * Writes the control tuple for a message.
   *
   * @param writeReason writes the exit reason; used only when the form inlines it
   * @throws {DistError} `DIST_BAD_CONTROL` when the peer would drop the connection over it; a part is written then
   */
  write(out: ByteWriter, form: ControlForm, control: ControlMessage, writeReason?: () => void): void {
    const encoder = this.#encoder
    const link = this.#link
    const message = control as unknown as AnyMessage
    const token = message.token as Term
    const row = token === undefined ? form.plain : form.traced
    if (token !== undefined && !isToken(token)) {
      throw bad(row.op, 'its token is no {Flags, Label, Serial, From, LastCount}')
    }
    const { sources } = row
    const isShort = row.tokenBit !== 0 && token === undefined
    const count = isShort ? sources.length - 1 : sources.length
    out.bytes(isShort ? row.shortHead : row.head)
    for (let index = 0; index < count; index++) {
      const source = sources[index]!
      const { role } = source
      if (role === 'property') encoder.write(out, elementFor(row, source.property!, message, link))
      else if (role === 'fixed') encoder.write(out, source.value)
      else if (role === 'token') encoder.write(out, token)
      else if (role === 'reason') writeReason?.()
      else encoder.write(out, new Tuple(source.properties.map((inner) => elementFor(row, inner, message, link))))
    }
  }
}

function elementFor(row: Row, { name, kind, of, most, index }: Property, message: AnyMessage, link: LinkNames): Term {
  const value = propertyAt(row.shape, row.names, message, index) as Term
  const hasFlags = row.tokenBit !== 0
  const element = readElement(kind, value, hasFlags ? (message.flags as Term) : undefined)
  if (element === MISFIT) throw bad(row.op, `its ${name} is no ${kind}`)
  if (of !== undefined && !(element instanceof Atom)) checkNode(row.op, of, element as Pid | Reference, link)
  if (most !== Infinity && (element as number) > most)
    throw bad(row.op, `its ${name} is ${element}, and ${most} is the most`)
  return hasFlags && name === 'flags' ? withTokenBit(element as number, row.tokenBit, message.token) : element
}

/** Flags announce the token when it is there, and only then. */
function withTokenBit(flags: number, tokenBit: number, token: unknown): number {
  return token === undefined ? flags & ~tokenBit : flags | tokenBit
}

function checkNode(op: string, of: 'self' | 'peer', { node }: Pid | Reference, { self, peer }: LinkNames): void {
  if (of === 'self' && node.name !== self) throw bad(op, `it must come from ${self}, not from ${identifier(node.name)}`)
  if (of === 'peer' && node.name !== peer) {
    throw bad(op, `its target is on ${identifier(node.name)}, and this link leads to ${peer}`)
  }
}

function malformed(what: string): DistError {
  return new DistError('DIST_MALFORMED', `the peer sent ${what}`)
}

function bad(op: string, why: string): DistError {
  return new DistError('DIST_BAD_CONTROL', `${op} cannot be sent: ${why}`)
}

/** Control tuples as the protocol has them. */
export const CONTROL: ControlCodec = new ControlCodec(OPCODE_TABLE)
