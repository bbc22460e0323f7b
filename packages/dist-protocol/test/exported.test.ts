import { atom, EtfError, encode, Pid, Reference, TermDecoder, tuple } from '@dynsrv/etf'
import {
  type Argument,
  argument,
  call,
  EVERY_ODD_VALUE,
  making,
  ODD_OPTIONS,
  ODD_TEXTS,
  ODD_VALUES,
  type Odd,
  testOddArguments,
} from '@dynsrv/tools/odd-values'
import { testSoundOptions } from '@dynsrv/tools/options'
import { describe, expect, it } from 'vitest'
import * as api from '../src/index.ts'

const { HIDDEN_FLAGS } = api

const ODD_OBJECTS = EVERY_ODD_VALUE.filter((odd) => typeof ODD_VALUES[odd]() === 'object' && odd !== 'null')

const self = { name: 'a@localhost', flags: HIDDEN_FLAGS, creation: 4 }
const peer = { name: 'b@localhost', flags: HIDDEN_FLAGS, creation: 5 }
const initiator = { self, peerName: peer.name, cookie: 'secret', challenge: 1 }
const acceptor = { self, cookie: 'secret', challenge: 1, decide: () => 'ok' as const }
const link = { self, peer, flags: HIDDEN_FLAGS }

const value = (right: unknown, ...takes: readonly (Odd | readonly Odd[])[]): Argument =>
  argument(() => right, takes.flat())
const anything = value(1, EVERY_ODD_VALUE)
const flags = value(HIDDEN_FLAGS, 'a bigint')
const packet = value(Uint8Array.of(0), 'bytes')
const number = (right: number, ...takes: readonly Odd[]) => value(right, takes)
const options = value({}, ODD_OPTIONS)
const text = value('secret', ODD_TEXTS)

const from = new Pid(atom(self.name), 1, 0, self.creation)
const to = new Pid(atom(peer.name), 1, 0, peer.creation)
const term = encode('odd')

const machine = { start: call(), receive: call(packet), end: call(), timeout: call() }

testOddArguments(api, {
  AcceptorHandshake: making([value(acceptor)], machine),
  Channel: making([value(link)], {
    receive: call(packet),
    readTarget: call(),
    expire: call(number(0, 'zero', 'a negative number', 'a fraction', 'a huge number')),
    send: call(value({ op: 'SEND_SENDER', from, to }), anything),
    takes: call(value('LINK', ODD_TEXTS)),
    tick: call(),
    takeOutput: call(number(0, 'zero', 'undefined', 'a fraction', 'a huge number', 'Infinity')),
  }),
  EncodedTerm: making(
    [
      value(term),
      number(1, 'zero'),
      number(term.length),
      value([], 'undefined', 'an empty array', 'a sparse array'),
      argument(() => new TermDecoder(), 'undefined'),
      argument(() => undefined, 'undefined', ODD_OBJECTS),
    ],
    { decode: call(options), copy: call() },
  ),
  InitiatorHandshake: making([value(initiator)], machine),
  PacketReader: making([number(2), number(100, 'Infinity'), value(undefined, 'undefined')], {
    push: call(packet),
    next: call(),
    rest: call(),
    readTarget: call(),
  }),
  TickClock: making([value({ now: 0 })], {
    sent: call(),
    received: call(),
    check: call(number(0, 'zero', 'a negative number', 'a fraction', 'a huge number')),
  }),
  challengeDigest: call(value('secret', 'a text', 'a control character'), number(1, 'zero')),
  decodeAcceptorMessage: call(value(api.encodeHandshakeMessage({ kind: 'status', status: 'ok' }), 'bytes')),
  decodeInitiatorMessage: call(value(api.encodeHandshakeMessage({ kind: 'statusReply', proceed: true }), 'bytes')),
  digestEquals: call(packet, packet),
  encodeHandshakeMessage: call(value({ kind: 'status', status: 'ok' })),
  expandFlags: call(flags),
  flagNames: call(flags),
  framePacket: call(number(2), packet),
  isDistError: call(anything),
  missingFlags: call(flags, number(25, 'undefined')),
  refusals: call(flags),
  resolveSimultaneous: call(text, text),
})

const { of, refused } = api.EncodedTerm
testOddArguments(
  { of, refused },
  {
    of: call(anything),
    refused: call(
      argument(() => new EtfError('ETF_LIMIT_SIZE', 'too large')),
      packet,
      value([], 'undefined', 'an empty array', 'a sparse array'),
    ),
  },
)

const ref = new Reference(atom(self.name), self.creation, [1, 2, 3])

/** What stands in a message whose other fields are right. */
const RIGHT: Readonly<Record<string, unknown>> = {
  from,
  to,
  leader: from,
  ref,
  groupLeader: from,
  id: 5n,
  flags: 0,
  toName: atom('name'),
  result: from,
  module: atom('erlang'),
  function: atom('self'),
  arity: 0,
  options: [],
  token: tuple(0, 17, 1, from, 0),
}

/** Fields whose node depends on the message. */
const RIGHT_IN: Readonly<Record<string, object>> = {
  ALIAS_SEND: { to: new Reference(atom(peer.name), peer.creation, [1, 2, 3]) },
  SPAWN_REPLY: { ref: new Reference(atom(peer.name), peer.creation, [1, 2, 3]) },
}

const FLAGS = api.OPCODE_TABLE.reduce((all, { needs = 0n }) => all | needs, HIDDEN_FLAGS)

/** The names of the properties of a message. */
function propertiesOf({ fields }: api.OpcodeEntry): string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    if (field.role === 'tuple') return Object.keys(field.fields)
    return field.role === 'property' || field.role === 'token' ? [name] : []
  })
}

describe('a control message with an odd value in a field', () => {
  for (const entry of api.OPCODE_TABLE) {
    it(`${entry.name} is refused, or the peer can read it`, () => {
      const names = propertiesOf(entry)
      const right = Object.fromEntries(names.map((name) => [name, RIGHT[name]]))
      const payload = takesPayload(entry) ? [[]] : []
      for (const name of names) {
        for (const odd of EVERY_ODD_VALUE) {
          const here = new api.Channel({ self, peer, flags: FLAGS })
          const there = new api.Channel({ self: peer, peer: self, flags: FLAGS })
          const message = { op: entry.op, ...right, ...RIGHT_IN[entry.op], [name]: ODD_VALUES[odd]() }
          try {
            here.send(message as never, ...(payload as []))
          } catch (error) {
            expect(error, `${name}: ${odd}`).toMatchObject({
              code: expect.stringMatching(/^(DIST|ETF)_/),
              hint: expect.any(String),
            })
            expect(here.pendingBytes, `${name}: ${odd}`).toBe(0)
            continue
          }
          const outputs = there.receive(Buffer.concat(here.takeOutput()))
          expect(outputs, `${name}: ${odd}`).toMatchObject([{ type: 'message', control: { op: expect.any(String) } }])
        }
      }
    })
  }
})

/** Whether a payload goes with the message, behind the control tuple or as a reason inside. */
function takesPayload({ payload, fields }: api.OpcodeEntry): boolean {
  return payload !== undefined || Object.values(fields).some(({ role }) => role === 'reason')
}

testSoundOptions(
  new URL('../src/index.ts', import.meta.url),
  {
    AcceptorOptions: {
      take: (given) => new api.AcceptorHandshake(given as never),
      valid: acceptor,
      nested: { self, cookie: { offered: 'a', accepted: ['b'] } },
    },
    ChannelOptions: {
      take: (given) => new api.Channel(given as never),
      valid: link,
      nested: { self, peer, limits: {} },
    },
    InitiatorOptions: {
      take: (given) => new api.InitiatorHandshake(given as never),
      valid: initiator,
      nested: { self, cookie: { offered: 'a', accepted: ['b'] } },
    },
    TickClockOptions: { take: (given) => new api.TickClock(given as never), valid: { now: 0 } },
  },
  {
    CodedErrorOptions: 'the details of an error: making one never throws',
    DistErrorOptions: 'the details of an error: making one never throws',
  },
)
