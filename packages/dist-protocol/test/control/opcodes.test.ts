import * as etf from '@dynsrv/etf'
import {
  atom,
  ByteWriter,
  decode,
  decodeTerm,
  encode,
  equals,
  Pid,
  Reference,
  type Term,
  TermEncoder,
  Tuple,
  tuple,
} from '@dynsrv/etf'
import { describe, expect, it } from 'vitest'
import { protocolSections } from '../../scripts/protocol-docs.mjs'
import { CONTROL, ControlCodec, type ControlForm, ControlWriter } from '../../src/control/control-codec.ts'
import { ATOM, type Field, type Fields, FLAGS, type Kind, PEER_PID, TOKEN } from '../../src/control/field.ts'
import { makeMessage } from '../../src/control/message-shape.ts'
import * as protocol from '../../src/index.ts'
import { type ControlMessage, FLAG_TABLE, OPCODE_TABLE, type OpcodeEntry, VISIBLE_FLAGS } from '../../src/index.ts'
import { BEAM, JS } from '../handshake/handshake-pairs.ts'

const LINK = { self: 'js@localhost', peer: 'beam@localhost' }
const js = new Pid(atom(LINK.self), 1, 0, 4)
const beam = new Pid(atom(LINK.peer), 2, 0, 5)
const ref = new Reference(atom(LINK.self), 4, [1, 2, 3])
const token = tuple(0, 17, 1, js, 0)
const ALL_FLAGS = FLAG_TABLE.reduce((all, { flag }) => all | flag, 0n)

/** The control tuple as the peer reads it. */
function encodeControl(form: ControlForm, message: ControlMessage, reason?: Term): Tuple {
  const out = new ByteWriter()
  const encoder = new TermEncoder()
  new ControlWriter(encoder, LINK).write(out, form, message, () => encoder.write(out, reason))
  return decodeTerm(out.take(), 0, { binary: 'text' }).value as Tuple
}

/** A value of each kind that fits, and one that does not. */
const SAMPLES: Readonly<Record<Kind, { readonly fits: Term; readonly misfits: readonly Term[] }>> = {
  pid: { fits: js, misfits: [ref, atom('x'), 1, undefined] },
  reference: { fits: ref, misfits: [js, 'text', undefined] },
  atom: { fits: atom('x'), misfits: [js, 1, 'text', []] },
  'pid or atom': { fits: atom('x'), misfits: [ref, 1, 'text'] },
  'unsigned integer': { fits: 3, misfits: [-1, 1.5, 2n ** 70n, atom('x'), undefined] },
  'unlink id from 1 to 2^64 - 1': { fits: 2n ** 64n - 1n, misfits: [0, 0n, 2n ** 64n, -1, atom('x'), undefined] },
  term: { fits: tuple('anything'), misfits: [] },
  'set of flags for either an alias or a name': { fits: 11, misfits: [12, -1, 1.5, atom('x'), undefined] },
  'target that its flags announce': { fits: atom('x'), misfits: [js, ref, 1] },
}

const SAMPLES_OF_PEER: Readonly<Partial<Record<Kind, Term>>> = {
  pid: beam,
  'pid or atom': beam,
  reference: new Reference(atom(LINK.peer), 5, [1, 2, 3]),
}

const sampleOf = ({ kind, of }: Field): Term => (of === 'peer' ? SAMPLES_OF_PEER[kind]! : SAMPLES[kind].fits)

function propertiesOf(fields: Fields): [string, Field][] {
  return Object.entries(fields).flatMap(([name, field]) => {
    if (field.role === 'property') return [[name, field] as [string, Field]]
    return field.role === 'tuple' ? Object.entries(field.fields) : []
  })
}

function messageOf({ op, fields }: OpcodeEntry): ControlMessage {
  const properties = propertiesOf(fields).map(([name, field]) => [name, sampleOf(field)])
  const traced = Object.values(fields).some(({ role }) => role === 'token')
  return { op, ...Object.fromEntries(properties), ...(traced && { token }) } as ControlMessage
}

/** The negotiated flags under which this opcode is the one that is sent. */
function flagsFor({ opcode, op, needs = 0n, refusedWith = 0n }: OpcodeEntry): bigint {
  const better = OPCODE_TABLE.filter((other) => other.op === op && other.opcode > opcode && other.needs !== needs)
  return better.reduce((flags, other) => flags & ~((other.needs ?? 0n) & ~needs), ALL_FLAGS & ~refusedWith)
}

const ROWS = OPCODE_TABLE.map((entry) => [entry.name, entry] as const)

describe.each(ROWS)('%s', (_name, entry) => {
  const { opcode, fields, payload } = entry
  const form = CONTROL.formsFor(flagsFor(entry)).of(entry.op)
  const message = messageOf(entry)
  const written = () => encodeControl(form, message, 'the reason')

  it('is written under its flags, and read as the same message', () => {
    const elements = written().elements
    expect(elements[0]).toBe(opcode)
    const reason = Object.values(fields).some(({ role }) => role === 'reason')
    const decoded = CONTROL.decode(written())
    expect(Object.keys(decoded.control).sort()).toStrictEqual(Object.keys(message).sort())
    for (const [name, value] of Object.entries(message)) {
      expect(equals(Reflect.get(decoded.control, name), value), name).toBe(true)
    }
    expect(decoded.payload).toBe(payload !== undefined)
    expect(CONTROL.hasReason(opcode)).toBe(reason)
    expect(form.takesPayload).toBe(payload !== undefined || reason)
  })

  it('is refused with an element too many or too few', () => {
    const { elements } = written()
    const malformed = expect.objectContaining({ code: 'DIST_MALFORMED', fault: 'peer' })
    expect(() => CONTROL.decode(new Tuple(elements.slice(0, -1)))).toThrow(malformed)
    // Only ALTACT_SIG_SEND may grow.
    if (entry.tokenBit === undefined) expect(() => CONTROL.decode(new Tuple([...elements, 1]))).toThrow(malformed)
  })

  it.each(propertiesOf(fields))('is neither read nor written with another kind of %s', (name, { kind }) => {
    for (const misfit of SAMPLES[kind].misfits) {
      const wrong = { ...message, [name]: misfit } as ControlMessage
      expect(() => encodeControl(form, wrong), String(misfit)).toThrow(
        expect.objectContaining({ code: 'DIST_BAD_CONTROL', fault: 'local' }),
      )
      const elements = written().elements.map((element, at) => {
        const of = Object.entries(fields)[at - 1]
        if (of?.[0] === name) return misfit
        if (of?.[1].role !== 'tuple') return element
        const names = Object.keys(of[1].fields)
        return new Tuple((element as Tuple).elements.map((inner, index) => (names[index] === name ? misfit : inner)))
      })
      expect(() => CONTROL.decode(new Tuple(elements)), String(misfit)).toThrow(
        expect.objectContaining({ code: 'DIST_MALFORMED' }),
      )
    }
  })

  it.each(
    propertiesOf(fields).filter(([, { of }]) => of !== undefined),
  )('names nobody else as its %s', (name, field) => {
    // What one end writes is read at the other.
    const reader = { self: LINK.peer, peer: LINK.self }
    expect(CONTROL.decode(written(), reader).control.op).toBe(entry.op)
    for (const node of ['third@localhost', field.of === 'self' ? LINK.peer : LINK.self].map((text) => atom(text))) {
      const foreign = field.kind === 'reference' ? new Reference(node, 4, [1, 2, 3]) : new Pid(node, 1, 0, 4)
      const wrong = { ...message, [name]: foreign } as ControlMessage
      expect(() => encodeControl(form, wrong)).toThrow(expect.objectContaining({ code: 'DIST_BAD_CONTROL' }))
      const elements = written().elements.map((element, at) =>
        Object.keys(fields)[at - 1] === name ? foreign : element,
      )
      expect(CONTROL.decode(new Tuple(elements)).control.op).toBe(entry.op)
      expect(() => CONTROL.decode(new Tuple(elements), reader)).toThrow(
        expect.objectContaining({ code: 'DIST_MALFORMED', message: expect.stringContaining(`is of ${node.name}, `) }),
      )
    }
  })

  it('is made by a literal as it is made by names', () => {
    const { control } = CONTROL.decode(written())
    const names = propertiesOf(fields).map(([name]) => name)
    const byNames = makeMessage(
      undefined,
      entry.op,
      names,
      names.map((name) => Reflect.get(control, name)),
    )
    expect({ ...byNames, token: undefined }).toStrictEqual({ ...control, token: undefined })
  })
})

describe('an opcode is one row', () => {
  const TOY: OpcodeEntry = {
    opcode: 99,
    name: 'TOY_SIGNAL',
    op: 'TOY',
    fields: { to: PEER_PID, colour: ATOM, count: FLAGS, token: TOKEN },
    payload: 'message',
    needs: 1n << 38n,
  }
  const PLAIN: OpcodeEntry = { ...TOY, opcode: 98, name: 'TOY', fields: { to: PEER_PID, colour: ATOM, count: FLAGS } }
  const codec = new ControlCodec([...OPCODE_TABLE, PLAIN, TOY])
  const toy = { op: 'TOY', to: beam, colour: atom('red'), count: 7 } as unknown as ControlMessage

  it('that is read and written', () => {
    const form = codec.formsFor(ALL_FLAGS).of('TOY')
    for (const message of [toy, { ...toy, token }]) {
      const { control, payload } = codec.decode(encodeControl(form, message))
      expect(control).toStrictEqual(message)
      expect(payload).toBe(true)
    }
    expect(encodeControl(form, toy).elements).toStrictEqual([98, beam, atom('red'), 7])
    expect(() => codec.formsFor(VISIBLE_FLAGS).of('TOY')).toThrow('NATIVE_RECORDS was not announced by both sides')
  })

  it('and stands in the docs', () => {
    const { opcodes } = protocolSections({ ...protocol, ...etf, OPCODE_TABLE: [...OPCODE_TABLE, TOY] })
    expect(opcodes).toContain('| 99 | TOY_SIGNAL | `TOY` | to², colour, count, token | message | NATIVE_RECORDS |')
  })

  it('whose elements are not of another row', () => {
    expect(new Set(OPCODE_TABLE.map(({ opcode }) => opcode)).size).toBe(OPCODE_TABLE.length)
    expect(() => codec.decode(tuple(98, js))).toThrow('TOY with 2 elements')
  })
})

describe('what no row has', () => {
  it.each([0, 9, 10, 11, 14, 15, 17, 38, 255, 2 ** 40, -1, 1.5])('opcode %d is handed over', (opcode) => {
    const term = decode(encode(tuple(opcode, 'x')))
    const { control, payload } = CONTROL.decode(term)
    expect(control).toStrictEqual({ op: 'UNKNOWN', opcode, elements: (term as Tuple).elements })
    expect(payload).toBeUndefined()
  })

  it.each([[5, 'NODE_LINK'] as const])('opcode %d is refused as BEAM does', (opcode, name) => {
    expect(() => CONTROL.decode(tuple(opcode))).toThrow(
      expect.objectContaining({ code: 'DIST_MALFORMED', message: `the peer sent the obsolete ${name}` }),
    )
  })

  it.each([[], [tuple()], ['text'], [tuple('SEND')], [tuple(2n ** 70n)]])('%o is refused', (...terms) => {
    expect(() => CONTROL.decode(terms[0])).toThrow(expect.objectContaining({ code: 'DIST_MALFORMED' }))
  })

  it.each([
    ['SENT', "'SENT'; did you mean SEND?"],
    ['reg_send', "'reg_send'; did you mean REG_SEND?"],
    ['nothing of the kind', "'nothing of the kind'"],
    [undefined, 'undefined'],
    [6, '6'],
  ])('a control message with the op %s is refused', (op, said) => {
    const channel = new protocol.Channel({ self: JS, peer: BEAM, flags: protocol.HIDDEN_FLAGS })
    const message = `there is no control message with the op ${said}`
    expect(() => channel.send({ op } as never)).toThrow(expect.objectContaining({ code: 'DIST_BAD_CONTROL', message }))
    expect(() => channel.send({} as never)).toThrow(expect.objectContaining({ code: 'DIST_BAD_CONTROL' }))
  })

  it('cannot be sent', () => {
    expect(() => CONTROL.formsFor(ALL_FLAGS).of('UNKNOWN')).toThrow('there is no control message with the op')
  })
})

it('flags that the peer has only newer opcodes for are named', () => {
  expect(() => CONTROL.formsFor(ALL_FLAGS).of('UNLINK')).toThrow('the peer speaks UNLINK_ID')
  expect(() => CONTROL.formsFor(0n).of('MONITOR_P')).toThrow('DIST_MONITOR and DIST_MONITOR_NAME')
})

/** A process and a reference of the nodes that a field must not be of. */
const STRANGERS = {
  self: [beam, SAMPLES_OF_PEER.reference!, new Pid(atom('third@localhost'), 1, 0, 6)],
  peer: [js, ref, new Pid(atom('third@localhost'), 1, 0, 6)],
}

// Each of these makes the VM of OTP 23 to 29 close the link, and EXIT2 in the name of its own process crashes it.
const BOUND = ROWS.flatMap(([name, entry]) => {
  const fields = propertiesOf(entry.fields).filter(([, { of }]) => of !== undefined)
  return fields.length === 0 ? [] : [[name, entry, fields] as const]
})

describe.each(BOUND)('%s in the name of somebody else', (_name, entry, fields) => {
  it('is not written', () => {
    const form = CONTROL.formsFor(flagsFor(entry)).of(entry.op)
    for (const [name, { of, kind }] of fields) {
      for (const stranger of STRANGERS[of!]) {
        if ((kind === 'reference') !== stranger instanceof Reference) continue
        const message = { ...messageOf(entry), [name]: stranger } as ControlMessage
        expect(() => encodeControl(form, message, 'reason'), name).toThrow(
          expect.objectContaining({ code: 'DIST_BAD_CONTROL', message: expect.stringContaining(entry.op) }),
        )
      }
    }
  })
})

// `42` ends the VM with SIGSEGV.
it.each([
  42,
  [[]],
  tuple(0, 17, 1, js),
  tuple(0, 17, 1, js, 0, 1),
  tuple(atom('x'), 17, 1, js, 0),
  tuple(0, 17, -1, js, 0),
  tuple(0, 17, 2n ** 70n, js, 0),
  tuple(0, 17, 1, atom('x'), 0),
  tuple(0, 17, 1, js, 1.5),
])('the trace token %o is not written', (odd) => {
  const form = CONTROL.formsFor(ALL_FLAGS).of('SEND_SENDER')
  const message = { op: 'SEND_SENDER', from: js, to: beam, token: odd } as ControlMessage
  expect(() => encodeControl(form, message)).toThrow(expect.objectContaining({ code: 'DIST_BAD_CONTROL' }))
})
