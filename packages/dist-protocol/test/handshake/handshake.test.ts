import { describe, expect, it } from 'vitest'
import { DistError } from '../../src/error.ts'
import {
  DFLAG_ALTACT_SIG,
  DFLAG_NAME_ME,
  DFLAG_PUBLISHED,
  HIDDEN_FLAGS,
  MANDATORY_FLAGS,
  VISIBLE_FLAGS,
} from '../../src/flags.ts'
import { resolveSimultaneous } from '../../src/handshake/acceptor-handshake.ts'
import { challengeDigest } from '../../src/handshake/digest.ts'
import { ACCEPTOR_TRANSITIONS, INITIATOR_TRANSITIONS } from '../../src/handshake/handshake-transitions.ts'
import { bytesOf, capture, join, packets, toHex } from '../captures.ts'
import { acceptor, BEAM, connection, drive, failure, initiator, JS, sent } from './handshake-pairs.ts'

const text = (value: string) => new Uint8Array(Buffer.from(value, 'latin1'))

describe('digest', () => {
  it.each([
    ['lab', 3003775646, '08c7cdcd04b09c941a90126166b83cb0'],
    ['lab', 2897695647, '543f4937356df62d7b4a9b6e63410e4d'],
  ])('of cookie %s and challenge %i is what OTP 25 sent', (cookie, challenge, hex) => {
    expect(toHex(challengeDigest(cookie, challenge))).toBe(hex)
  })
})

describe.each([
  ['initiator', INITIATOR_TRANSITIONS],
  ['acceptor', ACCEPTOR_TRANSITIONS],
] as const)('the table of the %s', (_role, transitions) => {
  const table: Readonly<Record<string, Readonly<Record<string, string>>>> = transitions

  it('leads from idle to every state, and nowhere from the last two', () => {
    const reached = new Set(['idle'])
    for (const state of reached) for (const next of Object.values(table[state]!)) reached.add(next)
    expect([...reached].sort()).toStrictEqual(Object.keys(table).sort())
    expect([table.connected, table.failed]).toStrictEqual([{}, {}])
  })
})

describe('an initiator against OTP 25', () => {
  const recorded = capture('handshake-v6')
  const [sendName, reply] = packets(recorded, 'A>B', 'handshake')
  const answers = packets(recorded, 'B>A', 'handshake')
  const a = () =>
    initiator({
      self: { name: 'a@localhost', flags: VISIBLE_FLAGS ^ DFLAG_ALTACT_SIG, creation: 0xae32_b219 },
      peerName: 'b@localhost',
      challenge: 2897695647,
    })

  it('writes the bytes that OTP wrote', () => {
    const machine = a()
    expect(toHex(sent(machine.start()))).toBe(toHex(sendName!))
    expect(toHex(sent(machine.receive(join(...answers.slice(0, 2)))))).toBe(toHex(reply!))
  })

  it.each([1, 2, 3, 7, 1000])('connects with its answers in pieces of %i bytes', (size) => {
    const machine = a()
    machine.start()
    const stream = join(...answers, bytesOf('00000000'))
    const outputs = []
    let at = 0
    for (; machine.state !== 'connected'; at += size) outputs.push(...machine.receive(stream.subarray(at, at + size)))
    const { peer, flags, rest } = connection(outputs)
    expect(peer).toStrictEqual({ name: 'b@localhost', flags: 0xd07df7fbdn, creation: 0x4ae4_b99c })
    expect(flags).toBe(0xd07df7fbdn)
    expect(toHex(join(rest, stream.subarray(at)))).toBe('00000000')
  })

  it('reports each state it comes to', () => {
    const machine = a()
    const outputs = [...machine.start(), ...machine.receive(join(...answers))]
    expect(outputs.flatMap((output) => (output.type === 'progress' ? [output.state] : []))).toStrictEqual([
      'awaitingStatus',
      'awaitingChallenge',
      'awaitingAck',
    ])
  })
})

describe('an acceptor against OTP 25', () => {
  const recorded = capture('handshake-v6')
  const questions = packets(recorded, 'A>B', 'handshake')
  const answers = packets(recorded, 'B>A', 'handshake')

  it('writes the bytes that OTP wrote', () => {
    const self = { name: 'b@localhost', flags: 0xd07df7fbdn, creation: 0x4ae4_b99c }
    const machine = acceptor({ self, challenge: 3003775646 })
    const outputs = [...machine.start(), ...machine.receive(join(...questions))]
    expect(toHex(sent(outputs))).toBe(toHex(join(...answers)))
    expect(connection(outputs).peer).toStrictEqual({ name: 'a@localhost', flags: 0xd07df7fbdn, creation: 0xae32_b219 })
  })
})

describe('two machines', () => {
  it.each([1, 3, 1000])('connect over a wire of %i-byte pieces, with the extreme challenges', (size) => {
    const { a, b } = drive(initiator(), acceptor(), size)
    expect(connection(a).peer).toStrictEqual(BEAM)
    expect(connection(b).peer).toStrictEqual(JS)
    expect(connection(a).flags).toBe(connection(b).flags)
  })

  it('connect with the four-byte packet lengths of TLS', () => {
    const { a, b } = drive(initiator({ headerBytes: 4 }), acceptor({ headerBytes: 4 }))
    expect([connection(a).peer.name, connection(b).peer.name]).toStrictEqual([BEAM.name, JS.name])
  })

  it('connect with a version 5 name and its complement', () => {
    const { a, b } = drive(initiator({ version: 5 }), acceptor())
    expect(connection(b).peer).toStrictEqual(JS)
    expect(connection(a).peer).toStrictEqual(BEAM)
  })

  it('connect when the acceptor gives its own attempt up', () => {
    const { a } = drive(initiator(), acceptor({ decide: () => 'ok_simultaneous' }))
    expect(connection(a).peer.name).toBe(BEAM.name)
  })

  it('say DIST_NOK on both sides when the own attempt of the acceptor goes on', () => {
    const { a, b } = drive(initiator(), acceptor({ decide: ({ name }) => resolveSimultaneous('z@localhost', name) }))
    expect(failure(a)).toMatchObject({ code: 'DIST_NOK', retryable: true, peer: BEAM.name })
    expect(failure(b)).toMatchObject({ code: 'DIST_NOK', peer: JS.name })
  })

  it('replace a connection that the acceptor believes to be alive', () => {
    const { a, b } = drive(initiator(), acceptor({ decide: () => 'alive' }))
    expect(connection(a).peer.name).toBe(BEAM.name)
    expect(connection(b).peer.name).toBe(JS.name)
  })

  it('replace it with a version 5 name too', () => {
    const { b } = drive(initiator({ version: 5 }), acceptor({ decide: () => 'alive' }))
    expect(connection(b).peer).toStrictEqual(JS)
  })

  it('keep it when the initiator holds it too', () => {
    const { a, b } = drive(initiator({ keepExisting: () => true }), acceptor({ decide: () => 'alive' }))
    expect(failure(a)).toMatchObject({ code: 'DIST_ALIVE', retryable: true })
    expect(failure(b)).toMatchObject({ code: 'DIST_ALIVE', peer: JS.name })
  })

  it('say DIST_NOT_ALLOWED on both sides for a peer that is not wanted', () => {
    const { a, b } = drive(initiator(), acceptor({ decide: () => 'not_allowed' }))
    expect(failure(a)).toMatchObject({ code: 'DIST_NOT_ALLOWED', peer: BEAM.name, retryable: false })
    expect(failure(b)).toMatchObject({ code: 'DIST_NOT_ALLOWED', peer: JS.name })
  })

  it('hand out a name', () => {
    const self = { name: 'localhost', flags: VISIBLE_FLAGS, creation: 7 }
    const assignName = (host: string) => ({ name: `1D669J5ECNBBP@${host}`, creation: 42 })
    const { a, b } = drive(initiator({ self, askForName: true }), acceptor({ assignName }))
    expect(connection(a).self).toMatchObject({ name: '1D669J5ECNBBP@localhost', creation: 42 })
    expect(connection(b).peer).toMatchObject({ name: '1D669J5ECNBBP@localhost', creation: 42 })
    expect(connection(a).peer.flags & (DFLAG_NAME_ME | DFLAG_PUBLISHED)).toBe(DFLAG_NAME_ME)
    expect(connection(b).flags & DFLAG_PUBLISHED).toBe(0n)
  })

  it('refuse to hand out a name by default', () => {
    const { a, b } = drive(initiator({ self: { ...JS, name: 'localhost' }, askForName: true }), acceptor())
    expect(failure(a).code).toBe('DIST_NOT_ALLOWED')
    expect(failure(b).hint).toContain('hand out names')
  })
})

describe('cookies', () => {
  it('that differ are refused by the acceptor, and the initiator learns it from the close', () => {
    const a = initiator({ cookie: 'aaa' })
    const { b } = drive(a, acceptor({ cookie: 'bbb' }))
    expect(failure(b)).toMatchObject({ code: 'DIST_COOKIE_MISMATCH', peer: JS.name, retryable: false })
    expect(failure(b).message).toContain('we refused it; name, port and flags were right')
    expect(failure(a.end())).toMatchObject({ code: 'DIST_COOKIE_REJECTED', peer: BEAM.name, retryable: false })
    expect(a.error?.message).toContain('it refused our cookie; name, port and flags were right')
  })

  it('may be looked up by the name of the peer', () => {
    const { b } = drive(initiator(), acceptor({ cookie: (name) => (name === JS.name ? 'lab' : 'other') }))
    expect(connection(b).peer.name).toBe(JS.name)
  })

  it.each(['old', 'new'])('may be two while they are changed: the peer uses the %s one', (cookie) => {
    const { a, b } = drive(initiator({ cookie }), acceptor({ cookie: { offered: 'new', accepted: ['new', 'old'] } }))
    expect([a.at(-1)?.type, b.at(-1)?.type]).toStrictEqual(['connected', 'connected'])
  })

  it('may differ by direction', () => {
    const { a, b } = drive(
      initiator({ cookie: { offered: 'to-beam', accepted: ['to-js'] } }),
      acceptor({ cookie: { offered: 'to-js', accepted: ['to-beam'] } }),
    )
    expect([a.at(-1)?.type, b.at(-1)?.type]).toStrictEqual(['connected', 'connected'])
  })

  it('proved wrong in the acknowledgement are refused by the initiator', () => {
    const { a } = drive(initiator(), acceptor({ cookie: { offered: 'other', accepted: ['lab'] } }))
    expect(failure(a)).toMatchObject({ code: 'DIST_COOKIE_MISMATCH', peer: BEAM.name })
  })

  it.each([
    ['', 'empty'],
    ['ключ', 'Latin-1'],
    ['x'.repeat(256), '255'],
  ])('%j cannot be used', (cookie, problem) => {
    expect(() => initiator({ cookie })).toThrow(problem)
    expect(() => acceptor({ cookie })).toThrow(expect.objectContaining({ code: 'DIST_BAD_OPTION', fault: 'local' }))
  })
})

describe('an initiator refuses', () => {
  const started = (options = {}) => {
    const machine = initiator(options)
    machine.start()
    return machine
  }
  const challengeFrom = (name: string, flags = HIDDEN_FLAGS) =>
    sent(
      acceptor({ self: { name, flags, creation: 5 } })
        .start()
        .concat(challenge(name, flags)),
    )
  const challenge = (name: string, flags: bigint) => {
    const machine = acceptor({ self: { name, flags, creation: 5 } })
    machine.start()
    return machine.receive(sent(initiator({ self: { ...JS, name: 'x@y' } }).start()))
  }

  it('a peer with another name than the dialled one, and shows both', () => {
    const error = failure(started().receive(challengeFrom('user@svc')))
    expect(error).toMatchObject({ code: 'DIST_NAME_MISMATCH', peer: 'user@svc', retryable: false })
    expect(error.message).toBe('dialled beam@localhost, it calls itself user@svc')
  })

  it('knows who the peer is before anything is proved', () => {
    const machine = started({ peerName: undefined })
    machine.receive(challengeFrom('user@svc'))
    expect(machine.peer).toStrictEqual({ name: 'user@svc', flags: HIDDEN_FLAGS, creation: 5 })
  })

  it('a peer that lacks flags, with their names and the release', () => {
    const error = failure(started().receive(challengeFrom(BEAM.name, MANDATORY_FLAGS[23])))
    expect(error.code).toBe('DIST_FLAGS_MISSING')
    expect(error.message).toMatch(/lacks FUN_TAGS, EXPORT_PTR_TAG, .*MAP_TAG.* OTP 25 requires/)
  })

  it('a version 5 challenge, which only OTP 22 and older send', () => {
    const old = bytesOf(`0003736f6b${'0019'}6e0005${'05df7fbd'}00000001${toHex(text('beam@localhost'))}`)
    const error = failure(started().receive(old))
    expect(error.code).toBe('DIST_FLAGS_MISSING')
    expect(error.message).toContain('HANDSHAKE_23')
  })

  it('not_allowed: names what our own flags lack, when they do', () => {
    const machine = started({ self: { ...JS, flags: MANDATORY_FLAGS[25] } })
    expect(failure(machine.receive(bytesOf('000c736e6f745f616c6c6f776564'))).hint).toMatch(/OTP 27: UNLINK_ID, V4_NC/)
  })

  it.each([
    ['an HTTP server', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'DIST_NOT_DISTRIBUTION', 'HTTP'],
    ['a TLS server', '\x15\x03\x03\x00\x02\x02\x32', 'DIST_NOT_DISTRIBUTION', 'TLS'],
    ['an SSH server', 'SSH-2.0-OpenSSH_9.2\r\n', 'DIST_NOT_DISTRIBUTION', 'SSH'],
    ['a packet of 60 000 bytes', '\xea\x60', 'DIST_FRAME_TOO_LARGE', '60000'],
    ['an unknown status', '\x00\x05smaybe', 'DIST_MALFORMED', 'status'],
    ['a status that comes twice', '\x00\x03sok\x00\x03sok', 'DIST_UNEXPECTED_MESSAGE', "peer's challenge"],
    [
      'an acknowledgement without challenge',
      `\x00\x03sok\x00\x11a${'x'.repeat(16)}`,
      'DIST_UNEXPECTED_MESSAGE',
      'challengeAck',
    ],
    ['an empty packet', '\x00\x00', 'DIST_MALFORMED', 'ends after 0 bytes'],
    ['a challenge that ends early', '\x00\x03sok\x00\x04N123', 'DIST_MALFORMED', 'ends after 4 bytes'],
    [
      'a name that was not asked for',
      '\x00\x0dsnamed:\x00\x00\x00\x00\x00\x01',
      'DIST_UNEXPECTED_MESSAGE',
      'not asked for',
    ],
    ["an initiator's message", '\x00\x09c12345678', 'DIST_UNEXPECTED_MESSAGE', 'starts with "c"'],
  ])('%s, whole and byte by byte', (_what, bytes, code, shown) => {
    const whole = started()
    const error = failure(whole.receive(text(bytes)))
    expect(error).toMatchObject({ code, fault: 'peer' })
    expect(error.message).toContain(shown)
    expect(error.hint).not.toBe('')
    const slow = started()
    const outputs = [...text(bytes)].flatMap((byte) => slow.receive(Uint8Array.of(byte)))
    expect(failure(outputs)).toMatchObject({ code, message: error.message })
  })

  it('to go on after a failure', () => {
    const machine = started()
    machine.receive(text('HTTP/1.1 400 Bad Request'))
    expect(machine.state).toBe('failed')
    expect(machine.receive(bytesOf('0003736f6b'))).toStrictEqual([])
    expect([machine.end(), machine.timeout()]).toStrictEqual([[], []])
  })

  it('a packet of four gigabytes over TLS', () => {
    const machine = initiator({ headerBytes: 4 })
    machine.start()
    expect(failure(machine.receive(bytesOf('ffffffff')))).toMatchObject({ code: 'DIST_FRAME_TOO_LARGE' })
  })
})

describe('an acceptor refuses', () => {
  const started = (options = {}) => {
    const machine = acceptor(options)
    machine.start()
    return machine
  }

  it.each([
    ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'DIST_NOT_DISTRIBUTION', 'HTTP'],
    ['TLS', '\x16\x03\x01\x02\x00\x01', 'DIST_NOT_DISTRIBUTION', 'TLS'],
    ['a name without @', nameMessage('nohost'), 'DIST_NAME_INVALID', 'nohost'],
    ['a name with two @', nameMessage('a@b@c'), 'DIST_NAME_INVALID', 'a@b@c'],
    ['a name without host', nameMessage('a@'), 'DIST_NAME_INVALID', 'a@'],
    ['a name over 255 bytes', nameMessage(`a@${'b'.repeat(254)}`), 'DIST_NAME_INVALID', 'bbb'],
    ['a challenge reply before a name', `\x00\x15r${'x'.repeat(20)}`, 'DIST_UNEXPECTED_MESSAGE', 'challengeReply'],
    ['a version 4 name', '\x00\x0an\x00\x04\x00\x00\x00\x00a@b', 'DIST_MALFORMED', 'version 4'],
  ])('%s, without an answer, whole and byte by byte', (_what, bytes, code, shown) => {
    const whole = started()
    const outputs = whole.receive(text(bytes))
    expect(failure(outputs)).toMatchObject({ code, fault: 'peer' })
    expect(failure(outputs).message).toContain(shown)
    expect(sent(outputs)).toHaveLength(0)
    const slow = started()
    expect(failure([...text(bytes)].flatMap((byte) => slow.receive(Uint8Array.of(byte)))).code).toBe(code)
  })

  it.each([
    ['our own name', BEAM.name],
    ['a name that is not ASCII', 'caf\xe9@localhost'],
  ])('%s, with nok', (_what, name) => {
    const outputs = started().receive(text(nameMessage(name)))
    expect(toHex(sent(outputs))).toBe('0004736e6f6b')
    expect(failure(outputs).code).toBe('DIST_NAME_INVALID')
  })

  it('a peer without the mandatory flags, with not_allowed', () => {
    const outputs = started().receive(sent(initiator({ self: { ...JS, flags: MANDATORY_FLAGS[23] } }).start()))
    expect(toHex(sent(outputs))).toBe('000c736e6f745f616c6c6f776564')
    expect(failure(outputs)).toMatchObject({ code: 'DIST_FLAGS_MISSING', peer: JS.name })
  })

  it('an OTP 22 by its version 5 name without HANDSHAKE_23', () => {
    const outputs = started().receive(text('\x00\x0an\x00\x05\x00\xdf\x7f\xbda@b'))
    expect(failure(outputs)).toMatchObject({ code: 'DIST_FLAGS_MISSING', peer: 'a@b' })
    expect(failure(outputs).message).toContain('HANDSHAKE_23')
  })

  it('ignores bytes behind the name', () => {
    const name = nameMessage('a@b')
    const outputs = started().receive(text(`\x00${String.fromCharCode(name.length + 1)}${name.slice(2)}abc`))
    expect(outputs.at(-1)).toMatchObject({ type: 'progress', state: 'awaitingReply' })
  })
})

describe('a peer that closes', () => {
  it('at once', () => {
    const a = initiator()
    a.start()
    expect(failure(a.end())).toMatchObject({ code: 'DIST_CLOSED_BY_PEER', retryable: true, peer: BEAM.name })
    const b = acceptor()
    b.start()
    expect(failure(b.end()).message).toBe("the peer closed while waiting for the peer's name")
  })

  it('after half a handshake', () => {
    const a = initiator()
    a.start()
    a.receive(bytesOf('0003736f6b001e4e00'))
    expect(failure(a.end()).message).toBe(
      "the peer closed in the middle of a message while waiting for the peer's challenge",
    )
  })

  it('after our challenge', () => {
    const b = acceptor()
    b.start()
    b.receive(sent(initiator().start()))
    expect(failure(b.end()).hint).toContain('dialled another name than beam@localhost')
  })
})

describe('a peer that waits', () => {
  it('is given up with the state it stopped in', () => {
    const a = initiator()
    a.start()
    a.receive(bytesOf('0003736f6b001e'))
    expect(failure(a.timeout())).toMatchObject({ code: 'DIST_TIMEOUT', retryable: true, peer: BEAM.name })
    expect(a.error?.message).toBe(
      "the peer did not answer in time: the handshake ended while waiting for the peer's challenge, and half a message came",
    )
  })
})

describe('misuse by the caller throws', () => {
  const local = (code: string) => expect.objectContaining({ code, fault: 'local' })
  it.each([
    ['an own name without host', () => initiator({ self: { ...JS, name: 'js' } })],
    ['a peer name without host', () => initiator({ peerName: 'beam' })],
    ['creation 0', () => initiator({ self: { ...JS, creation: 0 } })],
    ['a negative challenge', () => initiator({ challenge: -1 })],
    ['a challenge of 33 bits', () => acceptor({ challenge: 2 ** 32 })],
    ['a full name when asking for one', () => initiator({ askForName: true })],
  ])('%s', (_what, misuse) => expect(misuse).toThrow(local('DIST_BAD_OPTION')))

  it('a second start, and bytes before the first', () => {
    const machine = initiator()
    expect(() => machine.receive(bytesOf('00'))).toThrow(local('DIST_BAD_STATE'))
    machine.start()
    expect(() => machine.start()).toThrow(DistError)
  })
})

describe('captures of handshakes', () => {
  it('OTP 23 with a version 5 name is accepted', () => {
    const recorded = capture('handshake-old-n-otp23')
    const machine = acceptor({
      self: { name: 'b@localhost', flags: 0x101df7fbdn, creation: 548268983 },
      challenge: 143745308,
    })
    machine.start()
    const outputs = machine.receive(join(...packets(recorded, 'A>B', 'handshake')))
    expect(toHex(sent(outputs))).toBe(toHex(join(...packets(recorded, 'B>A', 'handshake'))))
    expect(connection(outputs).peer).toStrictEqual({ name: 'a@localhost', flags: 0x101df7fbdn, creation: 2406279108 })
  })

  it('OTP 23 accepts our version 5 name', () => {
    const recorded = capture('handshake-old-n-otp23')
    const self = { name: 'a@localhost', flags: 0x101df7fbdn, creation: 2406279108 }
    const machine = initiator({ self, peerName: 'b@localhost', version: 5, challenge: 996506654 })
    const outputs = [...machine.start(), ...machine.receive(join(...packets(recorded, 'B>A', 'handshake')))]
    expect(toHex(sent(outputs))).toBe(toHex(join(...packets(recorded, 'A>B', 'handshake'))))
    expect(connection(outputs).peer.name).toBe('b@localhost')
  })

  it('a dynamic name is asked for as OTP does, and handed out as OTP does', () => {
    const recorded = capture('handshake-dynamic-name')
    const [question, answer] = [packets(recorded, 'A>B', 'handshake'), packets(recorded, 'B>A', 'handshake')]
    const self = { name: 'localhost', flags: 0xd07df7fbdn, creation: 0 }
    const a = initiator({ self, peerName: 'b@localhost', askForName: true, challenge: 2975322084 })
    const asked = [...a.start(), ...a.receive(join(...answer))]
    expect(toHex(sent(asked))).toBe(toHex(join(...question)))
    expect(connection(asked).self).toMatchObject({ name: '1D669J5ECNBBP@localhost', creation: 0x4047_b2e5 })
    const b = acceptor({
      self: { name: 'b@localhost', flags: 0xd07df7fbdn, creation: 1819064830 },
      challenge: 3173621609,
      assignName: (host) => ({ name: `1D669J5ECNBBP@${host}`, creation: 0x4047_b2e5 }),
    })
    b.start()
    const given = b.receive(join(...question))
    expect(toHex(sent(given))).toBe(toHex(join(...answer)))
    expect(connection(given).peer.name).toBe('1D669J5ECNBBP@localhost')
  })

  it('OTP 27 refuses OTP 23 and we say what it lacks', () => {
    const recorded = capture('handshake-otp23-rejected-by-otp27')
    const self = { name: 'a@localhost', flags: 0x101df7fbdn, creation: 5 }
    const machine = initiator({ self, peerName: 'b@localhost' })
    machine.start()
    const error = failure(machine.receive(join(...packets(recorded, 'B>A', 'handshake'))))
    expect(error).toMatchObject({ code: 'DIST_NOT_ALLOWED' })
    expect(error.hint).toContain('OTP 27: UNLINK_ID, V4_NC')
  })

  it('OTP 25 closes on a wrong cookie', () => {
    const recorded = capture('handshake-wrong-cookie')
    const self = { name: 'a@localhost', flags: 0xd07df7fbdn, creation: 536053173 }
    const machine = initiator({ self, peerName: 'b@localhost', cookie: 'aaa', challenge: 2893449796 })
    const outputs = [...machine.start(), ...machine.receive(join(...packets(recorded, 'B>A', 'handshake')))]
    expect(toHex(sent(outputs))).toBe(toHex(join(...packets(recorded, 'A>B', 'handshake'))))
    expect(failure(machine.end()).code).toBe('DIST_COOKIE_REJECTED')
    const b = acceptor({ self: { ...self, name: 'b@localhost' }, cookie: 'bbb', challenge: 3004636224 })
    b.start()
    expect(failure(b.receive(join(...packets(recorded, 'A>B', 'handshake')))).code).toBe('DIST_COOKIE_MISMATCH')
  })
})

/** A version 6 name message with all mandatory flags. */
function nameMessage(name: string): string {
  const body = Buffer.from(`N${'x'.repeat(8)}${'\0\0\0\x05'}${'\0'.repeat(2)}${name}`, 'latin1')
  body.writeBigUInt64BE(HIDDEN_FLAGS, 1)
  body.writeUInt16BE(name.length, 13)
  const length = Buffer.alloc(2)
  length.writeUInt16BE(body.length)
  return Buffer.concat([length, body]).toString('latin1')
}

describe('a challenge that this side has open itself', () => {
  const reflected = { code: 'DIST_REFLECTED', fault: 'peer', retryable: false }
  const isOwnChallenge = (challenge: number) => challenge === 7

  it('is not answered by an initiator', () => {
    const { a, b } = drive(initiator({ isOwnChallenge }), acceptor({ challenge: 7 }))
    expect(failure(a)).toMatchObject({ ...reflected, peer: BEAM.name })
    expect(b.at(-1)).toStrictEqual({ type: 'progress', state: 'awaitingReply' })
  })

  it('is not answered by an acceptor, even when the cookie was proved', () => {
    const { a, b } = drive(initiator({ challenge: 7 }), acceptor({ isOwnChallenge }))
    expect(failure(b)).toMatchObject({ ...reflected, peer: JS.name })
    expect(a.at(-1)).toStrictEqual({ type: 'progress', state: 'awaitingAck' })
  })

  it('is the only one that matters', () => {
    const { a, b } = drive(initiator({ isOwnChallenge }), acceptor({ isOwnChallenge }))
    expect([connection(a).peer.name, connection(b).peer.name]).toStrictEqual([BEAM.name, JS.name])
  })
})
