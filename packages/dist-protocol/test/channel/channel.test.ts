import { atom, decode, NativeRecord, Pid, Reference, type Term, type Tuple, tuple } from '@dynsrv/etf'
import { describe, expect, it } from 'vitest'
import {
  Channel,
  type ChannelLimits,
  type ChannelOutput,
  type ControlMessage,
  DFLAG_ALTACT_SIG,
  DFLAG_DIST_HDR_ATOM_CACHE,
  DFLAG_EXIT_PAYLOAD,
  DFLAG_FRAGMENTS,
  DFLAG_NATIVE_RECORDS,
  DFLAG_SEND_SENDER,
  DFLAG_UNLINK_ID,
  type EncodedTerm,
  HIDDEN_FLAGS,
  type IncomingMessage,
} from '../../src/index.ts'
import { bytesOf, capture, join, packets, toHex } from '../captures.ts'
import { erlangText } from '../erlang-text.ts'
import { BEAM, JS } from '../handshake/handshake-pairs.ts'

const PASS_THROUGH = HIDDEN_FLAGS & ~(DFLAG_FRAGMENTS | DFLAG_DIST_HDR_ATOM_CACHE)
const NO_CACHE = HIDDEN_FLAGS & ~DFLAG_DIST_HDR_ATOM_CACHE
const NO_FRAGMENTS = HIDDEN_FLAGS & ~DFLAG_FRAGMENTS
const FRAMINGS = [
  ['pass-through', PASS_THROUGH],
  ['headers, no atom cache', NO_CACHE],
  ['headers and atom cache, no fragments', NO_FRAGMENTS],
  ['headers, atom cache and fragments', HIDDEN_FLAGS],
] as const

const ours = (flags = HIDDEN_FLAGS, limits: Partial<ChannelLimits> = {}) =>
  new Channel({ self: JS, peer: BEAM, flags, limits })
const theirs = (flags = HIDDEN_FLAGS) => new Channel({ self: BEAM, peer: JS, flags })
const frame = (hex: string) => {
  const body = bytesOf(hex)
  return join(new Uint8Array([0, body.length >> 16, body.length >> 8, body.length]), body)
}
const hexOf = (text: string) => Buffer.from(text).toString('hex')
const small = (value: number) => value.toString(16).padStart(2, '0')
const atomHex = (name: string) => `77${small(Buffer.byteLength(name))}${hexOf(name)}`
const pidHex = (name: string) => `58${atomHex(name)}000000010000000000000004`
const [B, A] = [pidHex(BEAM.name), pidHex(JS.name)]
const refHex = `5a0003${atomHex(BEAM.name)}00000004${'00000001'.repeat(3)}`

const pid = (node: string, id = 1) => new Pid(atom(node), id, 0, 4)
const [beam, js] = [pid(BEAM.name), pid(JS.name)]
const ref = new Reference(atom(BEAM.name), 4, [1, 2, 3])
const out = (channel: Channel) => join(...channel.takeOutput())
const kinds = (outputs: readonly ChannelOutput[]) =>
  outputs.map((output) => (output.type === 'message' ? output.control.op : output.type))

function message(outputs: readonly ChannelOutput[]): { control: ControlMessage; payload?: EncodedTerm } {
  expect(outputs.map(({ type }) => type)).toStrictEqual(['message'])
  return outputs[0] as ChannelOutput & { type: 'message' }
}

describe('ticks', () => {
  it('are handed out, and drop nothing of the chunk they are in', () => {
    const channel = ours()
    const chunk = join(
      bytesOf('00000000'),
      frame(`834400680361 01${B}${A}`.replace(' ', '')),
      bytesOf('0000000000000000'),
    )
    expect(kinds(channel.receive(chunk))).toStrictEqual(['tick', 'LINK', 'tick', 'tick'])
  })

  it('are written as four zero bytes', () => {
    const channel = ours()
    channel.tick()
    expect(channel.pendingBytes).toBe(4)
    expect(toHex(out(channel))).toBe('00000000')
    expect(channel.pendingBytes).toBe(0)
  })
})

describe.each([
  ['pass-through framing where headers were agreed', HIDDEN_FLAGS, `7083680361 01${B}${A}`],
  ['a frame of one byte', HIDDEN_FLAGS, '83'],
  ['an unknown kind of frame', HIDDEN_FLAGS, '8347'],
  ['a control message that is no tuple', HIDDEN_FLAGS, '8344006101'],
  ['an empty tuple', HIDDEN_FLAGS, '8344006800'],
  ['NODE_LINK', HIDDEN_FLAGS, '83440068016105'],
  ['a control message that ends early', HIDDEN_FLAGS, '834400680361'],
  ['no control message', HIDDEN_FLAGS, '834400'],
  ['LINK with four elements', HIDDEN_FLAGS, `834400680461 01${B}${A}6101`],
  ['a send without its payload', HIDDEN_FLAGS, `834400680361 16${B}${A}`],
  ['an atom cache slot that was never set', HIDDEN_FLAGS, '83440100056801'],
  ['a header that ends in its flags', HIDDEN_FLAGS, '8344ff00'],
  ['a header that ends in an atom', HIDDEN_FLAGS, '834401080009616263'],
  ['a header with an atom that is not UTF-8', HIDDEN_FLAGS, '83440108000180'],
  ['an atom of 256 characters', HIDDEN_FLAGS, `834401180001 00${'61'.repeat(256)}`],
  ['REG_SEND from no pid', HIDDEN_FLAGS, `834400680461 066101${atomHex('')}${atomHex('x')}6101`],
  ['REG_SEND to no atom', HIDDEN_FLAGS, `834400680461 06${B}${atomHex('')}61016101`],
  ['unlink id 0', HIDDEN_FLAGS, `834400680461 236100${B}${A}`],
  ['unlink id 2^64', HIDDEN_FLAGS, `834400680461 236e0900${'00'.repeat(8)}01${B}${A}`],
  ['an alias that is no reference', HIDDEN_FLAGS, `834400680361 21${B}${A}6101`],
  ['a spawn request without function', HIDDEN_FLAGS, `834400680661 1d${refHex}${B}${B}61016a6a`],
  [
    'a spawn request with an arity that is no integer',
    HIDDEN_FLAGS,
    `834400680661 1d${refHex}${B}${B}6803${atomHex('m')}${atomHex('f')}6a6a6a`,
  ],
  ['a spawn reply that is neither pid nor error', HIDDEN_FLAGS, `834400680561 1f${refHex}${A}61006101`],
  ['an alias and a name at once', HIDDEN_FLAGS, `834400680461 25610c${B}${A}6101`],
  ['negative signal flags', HIDDEN_FLAGS, `834400680461 2562ffffffff${B}${A}6101`],
  ['a fragment that was not agreed on', NO_FRAGMENTS, `8345${'00'.repeat(7)}01${'00'.repeat(7)}0100680361 01${B}${A}`],
  ['a fragment that ends in its prefix', HIDDEN_FLAGS, '834500000000'],
  ['a message of 0 fragments', HIDDEN_FLAGS, `8345${'00'.repeat(7)}01${'00'.repeat(8)}00680361 01${B}${A}`],
  ['a further fragment of nothing', HIDDEN_FLAGS, `8346${'00'.repeat(7)}01${'00'.repeat(7)}01616161`],
  ['a control message cut by its fragment', HIDDEN_FLAGS, `8345${'00'.repeat(7)}01${'00'.repeat(7)}0200680361 16${B}`],
  ['header framing where pass-through was agreed', PASS_THROUGH, `834400680361 01${B}${A}`],
  ['pass-through with a payload without version', PASS_THROUGH, `7083680361 16${B}${A}6101`],
  ['pass-through without payload', PASS_THROUGH, `7083680361 16${B}${A}`],
  ['pass-through with a version and nothing behind', PASS_THROUGH, `7083680361 16${B}${A}83`],
])('a channel closes on %s', (_what, flags, spaced) => {
  const bytes = frame(spaced.replaceAll(' ', ''))

  it('whole, with more bytes behind, and byte by byte', () => {
    for (const pieces of [[bytes], [join(bytes, bytesOf('00000000'))], [...bytes].map((byte) => Uint8Array.of(byte))]) {
      const channel = ours(flags)
      const outputs = pieces.flatMap((piece) => channel.receive(piece))
      expect(outputs).toMatchObject([{ type: 'failed', error: { code: 'DIST_MALFORMED', fault: 'peer' } }])
      expect(channel.state).toBe('failed')
      expect(channel.receive(bytesOf('00000000'))).toStrictEqual([])
      expect(() => channel.send({ op: 'LINK', from: js, to: beam })).toThrow(
        expect.objectContaining({ code: 'DIST_BAD_STATE' }),
      )
    }
  })
})

describe('a channel', () => {
  it('closes on a frame of four gigabytes at its length', () => {
    const outputs = ours().receive(bytesOf('ffffffff'))
    expect(outputs).toMatchObject([{ type: 'failed', error: { code: 'DIST_FRAME_TOO_LARGE' } }])
  })

  it('gives out what came before the fault', () => {
    const outputs = ours().receive(join(bytesOf('00000000'), frame('83')))
    expect(kinds(outputs)).toStrictEqual(['tick', 'failed'])
  })

  it('survives an opcode that it does not know', () => {
    const { control, payload } = message(ours().receive(frame('8344006803616361016102' + '6107')))
    expect(control).toStrictEqual({ op: 'UNKNOWN', opcode: 99, elements: [99, 1, 2] })
    expect(payload?.decode()).toBe(7)
  })

  it('ignores bytes behind a payload, and behind a control message without one', () => {
    expect(message(ours().receive(frame(`834400680361 16${B}${A}6107ffff`.replace(' ', '')))).payload?.decode()).toBe(7)
    expect(message(ours().receive(frame(`834400680361 01${B}${A}ffff`.replace(' ', '')))).payload).toBeUndefined()
  })

  it('decodes a payload only when asked, and then says what is wrong with it', () => {
    const { payload } = message(ours().receive(frame(`834400680361 16${B}${A}6d000000ff`.replace(' ', ''))))
    expect(() => payload!.decode()).toThrow(expect.objectContaining({ name: 'EtfError' }))
  })

  it('never decodes a payload beyond its own frame', () => {
    const two = join(frame(`834400680361 16${B}${A}6d00000004`.replace(' ', '')), bytesOf('00000000'))
    const [first] = ours().receive(two)
    expect(() => (first as ChannelOutput & { type: 'message' }).payload!.decode()).toThrow(
      expect.objectContaining({ name: 'EtfError' }),
    )
  })

  it('does not copy a large payload on its way to a decoded binary', () => {
    const body = new Uint8Array(200_000).fill(9)
    const sender = theirs(PASS_THROUGH)
    sender.send({ op: 'SEND_SENDER', from: beam, to: js }, body)
    const chunk = out(sender)
    const decoded = message(ours(PASS_THROUGH).receive(chunk)).payload!.decode() as Uint8Array
    expect(Buffer.compare(decoded, body)).toBe(0)
    expect(decoded.buffer).toBe(chunk.buffer)
  })

  it.each([{ maxFrameBytes: 0 }, { maxPartialBytes: Number.NaN }])('cannot be made with %j', (limits) => {
    expect(() => ours(HIDDEN_FLAGS, limits)).toThrow(
      expect.objectContaining({ code: 'DIST_BAD_OPTION', fault: 'local' }),
    )
  })
})

describe('fragments', () => {
  it.each([
    ['0000000000000001', '0000000000000002'],
    ['001fffffffffffff', '0020000000000000'],
    ['0020000000000000', '0020000000000001'],
    ['fffffffffffffffe', 'ffffffffffffffff'],
  ])('of the messages %s and %s are kept apart', (one, other) => {
    const first = (sequence: string, byte: string) =>
      frame(`8345${sequence}00000000000000020068036116${B}${A}6d00000002${byte}`)
    const last = (sequence: string, byte: string) => frame(`8346${sequence}0000000000000001${byte}`)
    const outputs = ours().receive(
      join(first(one, '61'), first(other, '62'), last(one, '63'), last(other, '64')),
    ) as (ChannelOutput & { type: 'message' })[]
    expect(outputs.map(({ payload }) => payload?.decode({ binary: 'text' }))).toStrictEqual(['ac', 'bd'])
  })

  const recorded = capture('fragmented-interleaved')
  const frames = packets(recorded, 'A>B', 'dist')
  const at = frames.findIndex((bytes) => bytes[5] === 69)

  it('of several messages at once are put together', () => {
    const outputs = frames.flatMap((bytes) => ours().receive.call(shared, bytes))
    const sizes = outputs.flatMap((output) =>
      output.type === 'message' && output.payload !== undefined ? [output.payload.byteLength] : [],
    )
    expect(sizes.filter((size) => size > 150_000)).toHaveLength(3)
  })
  const shared = ours()

  it('above the number of unfinished messages are refused', () => {
    const channel = ours(HIDDEN_FLAGS, { maxPartialMessages: 2 })
    const outputs = frames.flatMap((bytes) => channel.receive(bytes))
    expect(outputs.at(-1)).toMatchObject({ type: 'failed', error: { code: 'DIST_FRAGMENT_LIMIT' } })
    expect(channel.error?.message).toContain('limits.maxPartialMessages allows: 2')
  })

  it('above the bytes of unfinished messages cost their own message alone, which says so when it is read', () => {
    const channel = ours(HIDDEN_FLAGS, { maxPartialBytes: 200_000 })
    const outputs = frames.flatMap((bytes) => channel.receive(bytes)) as IncomingMessage[]
    expect(channel.state).toBe('open')
    const whole = frames.flatMap((bytes) => undropped.receive(bytes)) as IncomingMessage[]
    expect(outputs.map(({ control }) => control)).toStrictEqual(whole.map(({ control }) => control))
    const dropped = outputs.filter(({ payload }) => payload?.refusal !== undefined)
    expect(dropped.length).toBeGreaterThan(0)
    expect(dropped.length).toBeLessThan(outputs.length)
    for (const { payload } of dropped) {
      const tooLarge = { code: 'ETF_LIMIT_SIZE', category: 'limit', limit: 'limits.maxPartialBytes' }
      expect(() => payload!.decode()).toThrow(expect.objectContaining(tooLarge))
      expect(() => payload!.copy().decode()).toThrow(expect.objectContaining(tooLarge))
      const onward = ours()
      expect(() => onward.send({ op: 'SEND', to: beam }, payload)).toThrow(expect.objectContaining(tooLarge))
      expect(onward.pendingBytes).toBe(0)
    }
  })
  const undropped = ours()

  it('of thirty calls with 8 MB each wait for one another', () => {
    const channel = ours()
    const [count, size] = [30, 8_000_000]
    const senders = Array.from({ length: count }, (_, index) => pid(BEAM.name, index + 10))
    const sender = theirs()
    for (const from of senders) sender.send({ op: 'SEND_SENDER', from, to: js }, new Uint8Array(size))
    const received: ChannelOutput[] = []
    while (sender.pendingBytes > 0)
      for (const chunk of sender.takeOutput(1_000_000)) received.push(...channel.receive(chunk))
    const sizes = received.map((output) => ((output as IncomingMessage).payload!.decode() as Uint8Array).length)
    expect(sizes).toStrictEqual(senders.map(() => size))
  })

  it('hold no more than allowed, however many are begun', () => {
    const maxPartialBytes = 1_000_000
    const channel = ours(HIDDEN_FLAGS, { maxPartialBytes })
    const sequence = (index: number) => index.toString(16)
    let index = 1
    for (; channel.state === 'open' && index < 10_000; index++) channel.receive(start(sequence(index), '3'))
    expect(channel.error).toMatchObject({ code: 'DIST_FRAGMENT_LIMIT' })
    // About half a kibibyte for each, whatever it brings.
    expect(index).toBeLessThan(maxPartialBytes / 512)
  })

  it('whose numbers were chosen to fall together are found as fast as others', () => {
    const channel = ours(HIDDEN_FLAGS)
    const begun = performance.now()
    for (let index = 1; index < 20_000; index++) channel.receive(start((index * 2 ** 20).toString(16), '3'))
    for (let index = 19_999; index > 0; index--) channel.receive(more((index * 2 ** 20).toString(16), '2', '61'))
    expect(channel.state).toBe('open')
    expect(performance.now() - begun).toBeLessThan(5_000)
  })

  it('that stand still for too long come without their payloads, and cost the link nothing', () => {
    const channel = ours(HIDDEN_FLAGS, { maxPartialAgeMs: 1_000 })
    const before = frames.slice(0, at + 1).flatMap((bytes) => channel.receive(bytes))
    expect(channel.expire(5_000)).toStrictEqual([])
    expect(channel.expire(5_999)).toStrictEqual([])
    const given = channel.expire(6_000)
    expect(given.length).toBeGreaterThan(0)
    for (const message of given) {
      expect(() => message.type === 'message' && message.payload!.decode()).toThrow(
        expect.objectContaining({ code: 'ETF_LIMIT_SIZE', category: 'limit', limit: 'limits.maxPartialAgeMs' }),
      )
    }
    expect(channel.expire(7_000)).toStrictEqual([])
    // What still comes of them counts for nothing, and others are whole.
    const after = frames.slice(at + 1).flatMap((bytes) => channel.receive(bytes))
    expect(channel.state).toBe('open')
    const whole = ours()
    const all = frames.flatMap((bytes) => whole.receive(bytes))
    expect(before.length + given.length + after.length).toBe(all.length)
  })

  it.each([1_000, 65_536, 1_000_000])('that nobody wants come without their payloads, in reads of %i bytes', (size) => {
    const unwanted = pid(JS.name, 77)
    const wants = (control: ControlMessage) => !('to' in control && control.to instanceof Pid && control.to.id === 77)
    const channel = new Channel({ self: JS, peer: BEAM, flags: HIDDEN_FLAGS, wants })
    const sender = theirs()
    const targets = [js, unwanted, unwanted, js, unwanted, unwanted, js, js]
    const contents = targets.map((_, index) => new Uint8Array(65_500 + index * 30_000).fill(index))
    for (const [index, to] of targets.entries())
      sender.send({ op: 'SEND_SENDER', from: beam, to }, tuple(index, contents[index]!))
    const stream = join(...sender.takeOutput())
    const outputs: ChannelOutput[] = []
    for (let at = 0; at < stream.length; ) {
      const target = channel.readTarget()
      const came = stream.subarray(at, at + Math.min(size, target?.length ?? size))
      at += came.length
      target?.set(came)
      outputs.push(...channel.receive(target === undefined ? came.slice() : target.subarray(0, came.length)))
    }
    expect(channel.state).toBe('open')
    expect(outputs).toHaveLength(targets.length)
    for (const { control, payload } of outputs as IncomingMessage[]) {
      if (wants(control)) {
        const [index, content] = payload!.decode() as Iterable<unknown>
        expect(Buffer.compare(content as Uint8Array, contents[index as number]!)).toBe(0)
      } else {
        expect(() => payload!.decode()).toThrow(expect.objectContaining({ category: 'limit' }))
        expect(payload!.byteLength).toBe(1024)
      }
    }
  })

  it('that were given up leave their numbers to others', () => {
    const channel = ours(HIDDEN_FLAGS, { maxPartialAgeMs: 1_000, maxPartialMessages: 2 })
    channel.receive(start('1', '3'))
    channel.receive(start('2', '3'))
    channel.expire(0)
    expect(channel.expire(1_000)).toHaveLength(2)
    const again = [start('1', '4'), more('1', '3', '61'), more('1', '2', ''), more('1', '1', '6263')]
    expect(message(again.flatMap((bytes) => channel.receive(bytes))).payload!.decode({ binary: 'text' })).toBe('abc')
    for (const number of ['3', '4']) channel.receive(start(number, '3'))
    expect(channel.state).toBe('open')
  })

  const start = (sequence: string, count: string) =>
    frame(`8345${sequence.padStart(16, '0')}${count.padStart(16, '0')}00680361 16${B}${A}6d00000003`.replace(' ', ''))
  const more = (sequence: string, id: string, hex: string) =>
    frame(`8346${sequence.padStart(16, '0')}${id.padStart(16, '0')}${hex}`)

  it('may be empty, and may cut the payload anywhere', () => {
    const channel = ours()
    const outputs = [start('1', '4'), more('1', '3', '61'), more('1', '2', ''), more('1', '1', '6263')].flatMap(
      (bytes) => channel.receive(bytes),
    )
    expect(message(outputs).payload!.decode({ binary: 'text' })).toBe('abc')
  })

  it('that only announce their size get no room for it', () => {
    const channel = ours()
    channel.receive(start('1', '3'))
    channel.receive(join(bytesOf('03000000'), bytesOf(`8346${'1'.padStart(16, '0')}${'2'.padStart(16, '0')}`)))
    expect(channel.readTarget()!.buffer.byteLength).toBeLessThanOrEqual(2 ** 20)
  })

  it.each([
    ['a whole message in a first fragment', 1, 5_000],
    ['a first fragment beyond what is gathered in place', 2, 1_100_000],
  ])('arrive in place after %s that came in pieces', (_what, count, size) => {
    const channel = ours()
    const receive = (bytes: Uint8Array) => [
      ...channel.receive(bytes.subarray(0, 100)),
      ...channel.receive(bytes.subarray(100)),
    ]
    const binary = (length: number) => `6d${length.toString(16).padStart(8, '0')}`
    const head = (sequence: number, fragments: number) =>
      `8345${sequence.toString(16).padStart(16, '0')}${fragments.toString(16).padStart(16, '0')}0068036116${B}${A}`
    const outputs = receive(frame(`${head(1, count)}${binary(size)}${'61'.repeat(size)}`))
    if (count === 2) outputs.push(...channel.receive(more('1', '1', '')))
    outputs.push(...channel.receive(frame(`${head(2, 2)}${binary(5_000)}`)))
    outputs.push(...receive(more('2', '1', '62'.repeat(5_000))))
    expect(outputs).toMatchObject([{ type: 'message' }, { type: 'message' }])
    const sizes = outputs.map((output) => ((output as IncomingMessage).payload!.decode() as Uint8Array).length)
    expect(sizes).toStrictEqual([size, 5_000])
  })

  it.each([
    ['out of order', [start('1', '4'), more('1', '2', '61')]],
    ['twice', [start('1', '4'), more('1', '3', '61'), more('1', '3', '61')]],
    ['of a sequence that was started twice', [start('1', '4'), start('1', '4')]],
    ['of another sequence', [start('1', '4'), more('2', '3', '61')]],
  ])('%s cost the connection', (_what, bytes) => {
    expect(ours().receive(join(...bytes))).toMatchObject([{ type: 'failed', error: { code: 'DIST_MALFORMED' } }])
  })
})

describe('what is sent', () => {
  const large = (size: number, seed = 1) => Uint8Array.from({ length: size }, (_, index) => (index * seed) % 251)

  it.each(FRAMINGS)('arrives in %s framing', (_name, flags) => {
    const [sender, receiver] = [ours(flags), theirs(flags)]
    const sizes = [0, 1, 16_000, 65_535, 65_536, 65_537, 131_072, 400_000]
    for (const size of sizes) sender.send({ op: 'SEND_SENDER', from: js, to: beam }, tuple(atom('data'), large(size)))
    const { pendingBytes } = sender
    const bytes = out(sender)
    expect(bytes).toHaveLength(pendingBytes)
    const received = receiver.receive(bytes) as (ChannelOutput & { type: 'message' })[]
    expect(kinds(received)).toStrictEqual(sizes.map(() => 'SEND_SENDER'))
    for (const [index, { payload }] of received.entries()) {
      const [tag, data] = payload!.decode() as Tuple
      expect(tag).toBe(atom('data'))
      expect(Buffer.compare(data as Uint8Array, large(sizes[index]!))).toBe(0)
    }
  })

  it.each([
    65_500, 65_536, 80_000, 131_072, 400_000, 1_048_576,
  ])('of %i bytes can be read straight into the place of its payload, fragments too', (size) => {
    const [sender, receiver] = [ours(), theirs()]
    sender.send({ op: 'SEND_SENDER', from: js, to: beam }, large(size))
    const stream = out(sender)
    const outputs: ChannelOutput[] = []
    const aimed = new Map<ArrayBufferLike, number>()
    for (let at = 0; at < stream.length; ) {
      const target = receiver.readTarget()
      const piece = stream.subarray(at, at + (target === undefined ? 1_000 : Math.min(target.length, 10_000)))
      at += piece.length
      if (target === undefined) {
        outputs.push(...receiver.receive(piece))
      } else {
        // What a socket does that reads into the buffer that it is given.
        target.set(piece)
        aimed.set(target.buffer, (aimed.get(target.buffer) ?? 0) + piece.length)
        outputs.push(...receiver.receive(target.subarray(0, piece.length)))
      }
    }
    const data = message(outputs).payload!.decode() as Uint8Array
    expect(Buffer.compare(data, large(size))).toBe(0)
    // All but the piece in which each fragment begins, and a second one that did not fit behind the first.
    expect(aimed.get(data.buffer)).toBeGreaterThan(size === 80_000 ? 9_000 : size * 0.96)
    expect(data.buffer.byteLength).toBeLessThan(size * 1.05 + 65_536)
  })

  it('is read with one read for each fragment, the head of the next one with it', () => {
    const [sender, receiver] = [ours(), theirs()]
    const sizes = [65_536, 1_048_576, 20_000, 65_536, 65_536, 40, 400_000, 65_536, 7, 30_000, 30_000]
    for (const [index, size] of sizes.entries())
      sender.send({ op: 'SEND_SENDER', from: js, to: beam }, large(size, index + 1))
    const stream = out(sender)
    const outputs: ChannelOutput[] = []
    let reads = 0
    for (let at = 0; at < stream.length; reads++) {
      const target = receiver.readTarget() ?? new Uint8Array(Math.min(receiver.readAhead, 65_536))
      const piece = stream.subarray(at, at + target.length)
      at += piece.length
      target.set(piece)
      outputs.push(...receiver.receive(target.subarray(0, piece.length)))
    }
    const came = outputs.map((output) => (output as IncomingMessage).payload!.decode() as Uint8Array)
    expect(came.map(({ length }) => length)).toStrictEqual(sizes)
    for (const [index, data] of came.entries()) expect(Buffer.compare(data, large(sizes[index]!, index + 1))).toBe(0)
    // 65 536 bytes and their control tuple are two fragments; the small one behind needs no read of its own.
    expect(reads).toBeLessThan(stream.length / 65_536 + sizes.length)
    // Small ones that were read ahead do not keep a large one's memory.
    expect(came[5]!.buffer.byteLength).toBeLessThan(4_096)
  })

  it('is preceded by as few bytes read ahead as say where it belongs, as long as large ones come', () => {
    const [sender, receiver] = [ours(), theirs()]
    expect(receiver.readAhead).toBe(Number.POSITIVE_INFINITY)
    for (const payload of [large(20_000), 1]) sender.send({ op: 'SEND_SENDER', from: js, to: beam }, payload)
    receiver.receive(out(sender))
    expect(receiver.readAhead).toBeLessThan(4_096)
    for (const payload of [2, 3]) sender.send({ op: 'SEND_SENDER', from: js, to: beam }, payload)
    receiver.receive(out(sender))
    expect(receiver.readAhead).toBe(Number.POSITIVE_INFINITY)
  })

  it('names each atom once in a header, and never again', () => {
    const sender = ours()
    const name = atom('a_rather_long_name_of_an_atom')
    sender.send({ op: 'SEND_SENDER', from: js, to: beam }, [name, name])
    const first = out(sender)
    expect(Buffer.from(first).toString('latin1').split(name.name)).toHaveLength(2)
    sender.send({ op: 'SEND_SENDER', from: js, to: beam }, [name, name])
    const second = out(sender)
    expect(Buffer.from(second).includes(name.name)).toBe(false)
    expect(second.length).toBeLessThan(first.length / 2)
    const receiver = theirs()
    receiver.receive(first)
    expect(message(receiver.receive(second)).payload!.decode()).toStrictEqual([name, name])
  })

  it('leaves the atom cache as it was when a term cannot be encoded', () => {
    const [sender, receiver] = [ours(), theirs()]
    const unwritable = [atom('lost'), Number.NaN]
    expect(() => sender.send({ op: 'SEND_SENDER', from: js, to: beam }, unwritable)).toThrow(
      expect.objectContaining({ name: 'EtfError' }),
    )
    expect(sender.pendingBytes).toBe(0)
    sender.send({ op: 'SEND_SENDER', from: js, to: beam }, [atom('lost'), atom('found')])
    expect(message(receiver.receive(out(sender))).payload!.decode()).toStrictEqual([atom('lost'), atom('found')])
  })

  it('fits 255 atoms into a header, the others inline, and one of more than 255 bytes', () => {
    const [sender, receiver] = [ours(), theirs()]
    const atoms = [atom('é'.repeat(255)), ...Array.from({ length: 700 }, (_, index) => atom(`many_${index}`))]
    for (let round = 0; round < 3; round++) {
      sender.send({ op: 'SEND_SENDER', from: js, to: beam }, atoms)
      expect(message(receiver.receive(out(sender))).payload!.decode()).toStrictEqual(atoms)
    }
  })

  it('keeps the order of one process, and lets others pass between fragments', () => {
    const [sender, receiver] = [ours(), theirs()]
    const [other, third] = [pid(JS.name, 2), pid(JS.name, 3)]
    sender.send({ op: 'SEND_SENDER', from: js, to: beam }, large(300_000, 3))
    sender.send({ op: 'SEND_SENDER', from: other, to: beam }, large(300_000, 5))
    sender.send({ op: 'SEND_SENDER', from: third, to: beam }, atom('small'))
    sender.send({ op: 'SEND_SENDER', from: js, to: beam }, atom('after'))
    const chunks: Uint8Array[] = []
    while (sender.pendingBytes > 0) chunks.push(...sender.takeOutput(100_000))
    const received = receiver.receive(join(...chunks)) as (ChannelOutput & { type: 'message' })[]
    const said = received.map(({ control, payload }) => [
      (control as { from: Pid }).from.id,
      payload!.byteLength > 100_000 ? 'large' : String(payload!.decode()),
    ])
    expect(said).toStrictEqual([
      [3, 'small'],
      [1, 'large'],
      [1, 'after'],
      [2, 'large'],
    ])
  })

  it('in fragments never counts from 0, which crashes some releases', () => {
    const sender = ours()
    sender.send({ op: 'SEND_SENDER', from: js, to: beam }, large(200_000))
    const view = new DataView(out(sender).buffer)
    expect([view.getUint8(5), view.getBigUint64(6), view.getBigUint64(14)]).toStrictEqual([69, 1n, 4n])
  })

  it('names no atom in a header without atom cache, which crashes every release', () => {
    const sender = ours(NO_CACHE)
    for (const size of [1, 200_000]) {
      sender.send({ op: 'SEND_SENDER', from: js, to: beam }, tuple(atom('data'), large(size)))
      const bytes = out(sender)
      expect(bytes[bytes[5] === 68 ? 6 : 22]).toBe(0)
    }
  })
})

describe('the opcode is the one that the agreed flags ask for', () => {
  const opcode = (flags: bigint, control: ControlMessage, ...payload: [Term?]) => {
    const sender = ours(flags)
    sender.send(control, ...payload)
    const bytes = out(sender)
    const elements = Buffer.from(bytes).subarray(bytes.indexOf(0x68, 5))
    expect(elements[2]).toBe(97)
    return elements[3]
  }
  const token = tuple(0, 17, 1, js, 0)
  const cases: readonly [ControlMessage, [Term?], bigint, number][] = [
    [{ op: 'LINK', from: js, to: beam }, [], 0n, 1],
    [{ op: 'SEND', to: beam }, [1], 0n, 2],
    [{ op: 'SEND', to: beam, token }, [1], 0n, 12],
    [{ op: 'SEND_SENDER', from: js, to: beam }, [1], DFLAG_SEND_SENDER, 2],
    [{ op: 'SEND_SENDER', from: js, to: beam, token }, [1], DFLAG_SEND_SENDER, 12],
    [{ op: 'SEND_SENDER', from: js, to: beam }, [1], 0n, 22],
    [{ op: 'SEND_SENDER', from: js, to: beam, token }, [1], 0n, 23],
    [{ op: 'EXIT', from: js, to: beam }, [1], DFLAG_EXIT_PAYLOAD, 3],
    [{ op: 'EXIT', from: js, to: beam, token }, [1], DFLAG_EXIT_PAYLOAD, 13],
    [{ op: 'EXIT', from: js, to: beam }, [1], 0n, 24],
    [{ op: 'EXIT', from: js, to: beam, token }, [1], 0n, 25],
    [{ op: 'EXIT2', from: js, to: beam }, [1], DFLAG_EXIT_PAYLOAD, 8],
    [{ op: 'EXIT2', from: js, to: beam, token }, [1], DFLAG_EXIT_PAYLOAD, 18],
    [{ op: 'EXIT2', from: js, to: beam }, [1], 0n, 26],
    [{ op: 'EXIT2', from: js, to: beam, token }, [1], 0n, 27],
    [{ op: 'UNLINK', from: js, to: beam }, [], DFLAG_UNLINK_ID, 4],
    [{ op: 'UNLINK_ID', id: 2n ** 64n - 1n, from: js, to: beam }, [], 0n, 35],
    [{ op: 'UNLINK_ID_ACK', id: 1n, from: js, to: beam }, [], 0n, 36],
    [{ op: 'REG_SEND', from: js, toName: atom('x') }, [1], 0n, 6],
    [{ op: 'REG_SEND', from: js, toName: atom('x'), token }, [1], 0n, 16],
    [{ op: 'GROUP_LEADER', leader: js, to: beam }, [], 0n, 7],
    [{ op: 'MONITOR_P', from: js, to: atom('x'), ref }, [], 0n, 19],
    [{ op: 'DEMONITOR_P', from: js, to: beam, ref }, [], 0n, 20],
    [{ op: 'MONITOR_P_EXIT', from: atom('x'), to: beam, ref }, [1], DFLAG_EXIT_PAYLOAD, 21],
    [{ op: 'MONITOR_P_EXIT', from: js, to: beam, ref }, [1], 0n, 28],
    [{ op: 'SPAWN_REPLY', ref, to: beam, flags: 3, result: js }, [], 0n, 31],
    [{ op: 'SPAWN_REPLY', ref, to: beam, flags: 0, result: atom('notsup'), token }, [], 0n, 32],
    [{ op: 'ALIAS_SEND', from: js, to: ref }, [1], 0n, 33],
    [{ op: 'ALIAS_SEND', from: js, to: ref, token }, [1], 0n, 34],
  ]

  it.each(
    cases.map(([control, payload, without, code]) => [code, control.op, control, payload, without] as const),
  )('%i for %s', (code, _op, control, payload, without) => {
    const flags = PASS_THROUGH & ~without
    expect(opcode(flags, control, ...payload)).toBe(code)
    const [sender, receiver] = [ours(flags), theirs(flags)]
    sender.send(control, ...payload)
    const received = message(receiver.receive(out(sender)))
    const expected = code === 2 || code === 12 ? { ...control, op: 'SEND', from: undefined } : control
    expect({ from: undefined, ...received.control }).toStrictEqual({ from: undefined, ...expected })
    expect(received.payload?.decode()).toBe(payload[0])
  })

  it('29 and 30 for SPAWN_REQUEST, 37 for ALTACT_SIG_SEND', () => {
    const own = new Reference(atom(JS.name), 4, [1, 2, 3])
    const request = {
      op: 'SPAWN_REQUEST',
      ref: own,
      from: js,
      groupLeader: js,
      module: atom('m'),
      function: atom('f'),
      arity: 1,
      options: [],
    } as const
    expect(opcode(PASS_THROUGH, request, [1])).toBe(29)
    expect(opcode(PASS_THROUGH, { ...request, token }, [1])).toBe(30)
    const flags = PASS_THROUGH | DFLAG_ALTACT_SIG
    expect(opcode(flags, { op: 'ALTACT_SIG_SEND', flags: 4, from: js, to: ref }, 1)).toBe(37)
    expect(opcode(flags, { op: 'ALTACT_SIG_SEND', flags: 9, from: js, to: atom('x') }, 1)).toBe(37)
  })
})

describe('a payload that is passed on', () => {
  const sources = ['sends-atom-cache', 'global-register', 'fragmented-300k', 'pg', 'rpc-call'].map(capture)

  it.each(FRAMINGS)('to a link with %s framing means the same there', (_name, flags) => {
    for (const recorded of sources) {
      const incoming = new Channel({ self: BEAM, peer: JS, flags: 0xd07df7fbcn })
      const [outgoing, far] = [ours(flags), theirs(flags)]
      for (const bytes of packets(recorded, 'A>B', 'dist')) {
        for (const output of incoming.receive(bytes)) {
          if (output.type !== 'message' || output.payload === undefined) continue
          outgoing.send({ op: 'REG_SEND', from: js, toName: atom('far') }, output.payload)
          const arrived = message(far.receive(out(outgoing))).payload!
          expect(erlangText(arrived.decode())).toBe(erlangText(output.payload.decode()))
        }
      }
    }
  })

  it.each([
    ['is cut short', '6d000000ff'],
    ['has more elements than bytes', '6cffffffff'],
    ['holds an unknown tag', '79'],
    ['is compressed', '50000000ff'],
    ['holds a fun whose arity crashes some releases', `71${atomHex('m')}${atomHex('f')}6200000100`],
    ['refers to an atom that its header does not name', '5200'],
  ])('is refused when it %s, and the other link goes on', (_what, hex) => {
    const { payload } = message(ours().receive(frame(`834400680361 16${B}${A}${hex}`.replace(' ', ''))))
    const outgoing = ours()
    expect(() => outgoing.send({ op: 'SEND_SENDER', from: js, to: beam }, payload)).toThrow(
      expect.objectContaining({ code: 'DIST_MALFORMED' }),
    )
    expect(outgoing.pendingBytes).toBe(0)
    expect(outgoing.state).toBe('open')
  })
})

/** `fun() -> X end` of OTP 29: once X is a native record, once it is a binary that holds the byte of its tag. */
const FUNS = {
  record:
    '83700000005500f3b78ddcba66edfea7b8fe424cdaadbc000000000000000177026672610062079dbc6e58770d6e6f6e6f6465406e6f686f737400000000000000000000000043000000010077016d7701727701616101',
  binary:
    '83700000004b00f3b78ddcba66edfea7b8fe424cdaadbc000000000000000177026672610062079dbc6e58770d6e6f6e6f6465406e6f686f73740000000000000000000000006d000000024343',
}

describe.each(FRAMINGS)('a native record, %s', (_name, flags) => {
  const record = new NativeRecord(atom('m'), atom('r'), true, [[atom('a'), 1]])
  const towards = (peerFlags: bigint) => new Channel({ self: JS, peer: { ...BEAM, flags: peerFlags }, flags })

  it('is sent to a peer that announced to take it, and to no other', () => {
    const newer = towards(HIDDEN_FLAGS | DFLAG_NATIVE_RECORDS)
    newer.send({ op: 'SEND_SENDER', from: js, to: beam }, [record])
    expect(message(theirs(flags).receive(out(newer))).payload!.decode()).toStrictEqual([record])
    const older = towards(HIDDEN_FLAGS)
    expect(() => older.send({ op: 'SEND_SENDER', from: js, to: beam }, [record])).toThrow(
      expect.objectContaining({ code: 'ETF_NOT_ENCODABLE' }),
    )
    expect(older.pendingBytes).toBe(0)
  })

  it('is found in a fun too', () => {
    const [inRecord, inBinary] = [FUNS.record, FUNS.binary].map((hex) => decode(Buffer.from(hex, 'hex')))
    const send = (peerFlags: bigint, fun: Term) =>
      towards(peerFlags).send({ op: 'SEND_SENDER', from: js, to: beam }, tuple(fun))
    send(HIDDEN_FLAGS | DFLAG_NATIVE_RECORDS, inRecord!)
    send(HIDDEN_FLAGS, inBinary!)
    expect(() => send(HIDDEN_FLAGS, inRecord!)).toThrow(
      expect.objectContaining({ code: 'ETF_NOT_ENCODABLE', message: expect.stringContaining('OTP 29') }),
    )
  })
})

describe.each(FRAMINGS)('messages with the same beginning, %s', (_name, flags) => {
  const text = (control: ControlMessage, payload: Term) =>
    [...Object.values(control as unknown as Record<string, Term>), payload].map(erlangText).join(' ')

  it('are read like any other, also with other senders between them', () => {
    const [sender, receiver] = [theirs(flags), ours(flags)]
    const sent: [ControlMessage, Term][] = []
    for (let n = 0; n < 40; n++) {
      const to = pid(JS.name, n % 7 < 4 ? 1 : 2)
      const tag = atom(n % 5 < 3 ? 'known' : `fresh_${n}`)
      if (n % 9 === 8) sent.push([{ op: 'REG_SEND', from: beam, toName: tag }, n])
      else sent.push([{ op: 'SEND_SENDER', from: pid(BEAM.name, n % 11 === 10 ? 3 : 1), to }, tuple(tag, n)])
    }
    for (const [control, payload] of sent) sender.send(control, payload)
    const came = receiver.receive(out(sender))
    expect(came.map((one) => text(message([one]).control, message([one]).payload?.decode()))).toStrictEqual(
      sent.map(([control, payload]) => text(control, payload)),
    )
  })

  it('need their payload', () => {
    const [sender, receiver] = [theirs(flags), ours(flags)]
    const [, , second] = [1, 2, 3].map((n) => {
      sender.send({ op: 'SEND_SENDER', from: beam, to: js }, n)
      const bytes = out(sender)
      expect(kinds(receiver.receive(bytes))).toStrictEqual(['SEND_SENDER'])
      return bytes
    })
    const cut = second!.slice(0, -2)
    cut[3] = cut.length - 4
    expect(kinds(receiver.receive(cut))).toStrictEqual(['failed'])
  })
})

it('an atom that takes another one’s place in the cache is read where the beginning stays the same', () => {
  const receiver = ours()
  const header = (slot: string, name?: string) =>
    name === undefined ? `0100${slot}` : `0108${slot}${small(name.length)}${hexOf(name)}`
  const body = `6803611658${atomHex(BEAM.name)}00000001000000000000000458${atomHex(JS.name)}000000010000000000000004`
  const atomsThatCame = [header('05', 'one'), header('05'), header('05', 'two'), header('05')].map((head) => {
    const [output] = receiver.receive(frame(`8344${head}${body}5200`))
    return String(message([output!]).payload?.decode())
  })
  expect(atomsThatCame).toStrictEqual(['one', 'one', 'two', 'two'])
})
