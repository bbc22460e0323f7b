import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { atom, charlist, type ImproperList, Pid, Reference, type Term, Tuple, tuple } from '@dynsrv/etf'
import { type Beam, startErl } from '@dynsrv/tools/beam'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AcceptorOptions,
  ALTACT,
  type ControlMessage,
  DFLAG_ALIAS,
  DFLAG_DIST_HDR_ATOM_CACHE,
  DFLAG_FRAGMENTS,
  DFLAG_UNLINK_ID,
  flagNames,
  HIDDEN_FLAGS,
  type IncomingMessage,
  type InitiatorOptions,
  type NodeIdentity,
} from '../src/index.ts'
import { dial, epmdFreeArgs, type Link, Listener, randomChallenge } from './sockets.ts'

const COOKIE = 'dist-protocol-interop'
const JS: NodeIdentity = { name: 'js@127.0.0.1', flags: HIDDEN_FLAGS, creation: 0xfeed_beef }
const BEAM = 'beam@127.0.0.1'

let beam: Beam
let port: number

beforeAll(async () => {
  beam = await startErl({ name: BEAM, cookie: COOKIE, args: epmdFreeArgs() })
  port = Number(await beam.eval('peer_epmd:port()'))
})
afterAll(() => beam.stop())

const initiating = (options: Partial<InitiatorOptions> = {}): InitiatorOptions => ({
  self: JS,
  peerName: BEAM,
  cookie: COOKIE,
  challenge: randomChallenge(),
  ...options,
})

const accepting = (options: Partial<AcceptorOptions> = {}): AcceptorOptions => ({
  self: JS,
  cookie: COOKIE,
  challenge: randomChallenge(),
  decide: () => 'ok',
  ...options,
})

let served = 0

/** Listens under a name that the node never saw: of a known one an older link may still be up over there. */
async function serve(options: Partial<AcceptorOptions> = {}): Promise<{ listener: Listener; self: NodeIdentity }> {
  const alive = `served_${++served}`
  const self = { ...JS, name: `${alive}@127.0.0.1` }
  const listener = new Listener(() => accepting({ self, ...options }))
  await beam.eval(`peer_epmd:peer("${alive}", ${await listener.listen()})`)
  return { listener, self }
}

const ourPid = (id = 1) => new Pid(atom(JS.name), id, 0, JS.creation)
let refs = 0
const ourRef = () => new Reference(atom(JS.name), JS.creation, [++refs, 0, 0])

/** Answers the question that `net_adm:ping/1` asks. */
function answerPing(link: Link, self: NodeIdentity, { control, payload }: IncomingMessage): void {
  expect(control).toMatchObject({ op: 'REG_SEND', toName: atom('net_kernel') })
  const [call, asker, question] = (payload!.decode() as Tuple<[Term, Tuple, Tuple]>).elements
  expect(call).toBe(atom('$gen_call'))
  expect([...question]).toStrictEqual([atom('is_auth'), atom(BEAM)])
  const [caller, tag] = asker.elements as [Pid, ImproperList | Reference]
  const from = new Pid(atom(self.name), 1, 0, self.creation)
  // OTP 23 has no aliases: there the tag is the reference of a monitor.
  const to = tag instanceof Reference ? caller : (tag.tail as Reference)
  const answer = tuple(tag, atom('yes'))
  if (to instanceof Pid) link.send({ op: 'SEND_SENDER', from, to }, answer)
  else link.send({ op: 'ALIAS_SEND', from, to }, answer)
  expect(caller.node.name).toBe(BEAM)
}

/** Asks the question that `net_adm:ping/1` asks. */
async function ping(link: Link, self = JS): Promise<unknown> {
  const node = atom(self.name)
  const from = new Pid(node, 1, 0, self.creation)
  const ref = new Reference(node, self.creation, [++refs, 0, 0])
  const question = tuple(atom('$gen_call'), tuple(from, ref), tuple(atom('is_auth'), node))
  link.send({ op: 'REG_SEND', from, toName: atom('net_kernel') }, question)
  const { payload } = await link.receive(({ control }) => control.op === 'SEND_SENDER' || control.op === 'ALIAS_SEND')
  const [tag, answer] = payload!.decode() as Tuple
  expect((tag as Reference).equals(ref)).toBe(true)
  return answer
}

const FRAMINGS = {
  'distribution headers, atom cache and fragments': HIDDEN_FLAGS,
  'distribution headers and atom cache': HIDDEN_FLAGS & ~DFLAG_FRAGMENTS,
  'distribution headers and fragments': HIDDEN_FLAGS & ~DFLAG_DIST_HDR_ATOM_CACHE,
  'pass-through': HIDDEN_FLAGS & ~(DFLAG_FRAGMENTS | DFLAG_DIST_HDR_ATOM_CACHE),
}

describe('the handshake with a real node', () => {
  it('connects as initiator, and the node answers a ping', async () => {
    using link = await dial(port, initiating())
    const { peer } = await link.connected
    expect(peer.name).toBe(BEAM)
    expect(await ping(link)).toBe(atom('yes'))
    expect(await beam.eval('nodes(hidden)')).toBe("['js@127.0.0.1']")
  })

  it('connects as acceptor, and our answer to a ping makes it pong', async () => {
    const { listener, self } = await serve()
    using _closed = listener
    const pong = beam.eval(`net_adm:ping('${self.name}')`)
    using link = await listener.accept()
    expect((await link.connected).peer.name).toBe(BEAM)
    answerPing(link, self, await link.receive(({ control }) => control.op === 'REG_SEND'))
    expect(await pong).toBe('pong')
  })

  it.each([
    0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
  ])('reads our challenge %i as we do, in both roles', async (challenge) => {
    {
      using link = await dial(port, initiating({ challenge }))
      expect((await link.connected).peer.name).toBe(BEAM)
    }
    const { listener, self } = await serve({ challenge })
    using _closed = listener
    const connecting = beam.eval(`net_kernel:connect_node('${self.name}')`)
    using link = await listener.accept()
    await link.connected
    expect(await connecting).toBe('true')
  })

  it('reads its challenges of 2^31 and more as it does', async () => {
    for (let highest = 0; highest < 2 ** 31; ) {
      const options = initiating()
      using link = await dial(port, options)
      link.socket.prependListener('data', (chunk: Buffer) => {
        const at = chunk.indexOf('N')
        if (at !== -1 && chunk.length > at + 13) highest = Math.max(highest, chunk.readUInt32BE(at + 9))
      })
      expect((await link.connected).peer.name).toBe(BEAM)
    }
  })

  it('says which side refused when the node dislikes our cookie', async () => {
    using link = await dial(port, initiating({ cookie: 'wrong' }))
    await expect(link.connected).rejects.toMatchObject({ code: 'DIST_COOKIE_REJECTED', peer: BEAM })
  })

  it('says which side refused when we dislike the cookie of the node', async () => {
    const { listener, self } = await serve({ cookie: 'wrong' })
    using _closed = listener
    const connecting = beam.eval(`net_kernel:connect_node('${self.name}')`)
    using link = await listener.accept()
    await expect(link.connected).rejects.toMatchObject({ code: 'DIST_COOKIE_MISMATCH', peer: BEAM })
    expect(await connecting).toBe('false')
  })

  it('shows both names when the node has another one than was dialled', async () => {
    using link = await dial(port, initiating({ peerName: 'other@127.0.0.1' }))
    await expect(link.connected).rejects.toMatchObject({
      code: 'DIST_NAME_MISMATCH',
      message: 'dialled other@127.0.0.1, it calls itself beam@127.0.0.1',
    })
  })

  it('explains a refusal by our own missing flags', async () => {
    using link = await dial(port, initiating({ self: { ...JS, flags: 1n } }))
    await expect(link.connected).rejects.toMatchObject({
      code: 'DIST_NOT_ALLOWED',
      hint: expect.stringContaining('OTP 25: '),
    })
  })

  it('asks the node for a name', async () => {
    using link = await dial(port, initiating({ self: { ...JS, name: '127.0.0.1' }, askForName: true }))
    const { self } = await link.connected
    expect(self.name).toMatch(/^[0-9A-Z]{1,13}@127\.0\.0\.1$/)
    expect(await ping(link, self)).toBe(atom('yes'))
    expect(await beam.eval('nodes(hidden)')).toContain(self.name)
  })

  it('gives a name to a node that asks for one', async () => {
    using listener = new Listener(() => accepting({ assignName: (host) => ({ name: `GIVEN@${host}`, creation: 77 }) }))
    const args = [...epmdFreeArgs(), '-dist_listen', 'false', '-hidden']
    await using nameless = await startErl({ name: 'undefined@127.0.0.1', cookie: COOKIE, args })
    await nameless.eval(`peer_epmd:peer("js", ${await listener.listen()})`)
    const connecting = nameless.eval(`net_kernel:connect_node('${JS.name}')`)
    using link = await listener.accept()
    expect((await link.connected).peer).toMatchObject({ name: 'GIVEN@127.0.0.1', creation: 77 })
    expect(await connecting).toBe('true')
    expect(await nameless.eval('node()')).toBe("'GIVEN@127.0.0.1'")
  })

  it.each([
    ['gives its own attempt up for a greater name', 'tie@127.0.0.1', undefined],
    ['goes on with its own attempt against a lesser name', 'aa@127.0.0.1', 'DIST_NOK'],
  ])('%s when both dial at once', async (_what, name, code) => {
    const self = { ...JS, name }
    // It dials a listener that never answers, so its attempt is under way while ours comes in.
    const silent = createServer().listen(0, '127.0.0.1')
    using _stopped = { [Symbol.dispose]: () => silent.close() }
    const dialled = once(silent, 'connection')
    await once(silent, 'listening')
    await beam.eval(`peer_epmd:peer("${name.split('@')[0]}", ${(silent.address() as AddressInfo).port})`)
    await beam.eval(`spawn(fun() -> net_kernel:connect_node('${name}') end)`)
    const [socket] = (await dialled) as [Socket]
    await once(socket, 'data')
    using link = await dial(port, initiating({ self }))
    if (code === undefined) expect((await link.connected).peer.name).toBe(BEAM)
    else await expect(link.connected).rejects.toMatchObject({ code, retryable: true })
    socket.destroy()
  })

  it('replaces a connection that the node believes to be alive', async () => {
    using first = await dial(port, initiating())
    const { flags } = await first.connected
    using second = await dial(port, initiating())
    // OTP 23 waits for the end of the old connection; later releases end it themselves.
    if ((flags & DFLAG_ALIAS) === 0n) first.socket.destroy()
    expect((await second.connected).peer.name).toBe(BEAM)
    expect(await ping(second)).toBe(atom('yes'))
  })
})

describe.each(Object.entries(FRAMINGS))('a link with %s', (_framing, flags) => {
  const self = { ...JS, flags }

  it('agrees on just that', async () => {
    using link = await dial(port, initiating({ self }))
    const agreed = (await link.connected).flags
    const mask = DFLAG_FRAGMENTS | DFLAG_DIST_HDR_ATOM_CACHE
    expect(flagNames(agreed & mask)).toStrictEqual(flagNames(flags & mask))
  })

  it('carries terms both ways, large and small, many times over', async () => {
    using link = await dial(port, initiating({ self }))
    await link.connected
    await beam.eval(
      'case whereis(echo) of undefined -> ok; Old -> unregister(echo), exit(Old, kill) end,' +
        'register(echo, spawn(fun() -> (fun Loop() -> receive {From, Term} -> From ! {echo, Term}, Loop() end end)() end))',
    )
    const large = Uint8Array.from({ length: 300_000 }, (_, index) => index % 253)
    const terms = [
      1,
      'text',
      [1, 2, 3],
      charlist('ab'),
      atom('hello'),
      atom('é'.repeat(255)),
      new Map([[atom('k'), tuple(true, null, undefined)]]),
      Array.from({ length: 300 }, (_, index) => atom(`distinct_${index}`)),
      large,
      tuple(atom('after'), large.subarray(0, 1_000), 1.5, 2n ** 70n),
    ]
    for (let round = 0; round < 3; round++) {
      for (const term of terms) {
        link.send({ op: 'REG_SEND', from: ourPid(), toName: atom('echo') }, tuple(ourPid(), term))
        const { control, payload } = await link.receive()
        expect(control).toMatchObject({ op: 'SEND_SENDER' })
        const [tag, echoed] = payload!.decode({ binary: typeof term === 'string' ? 'text' : 'bytes' }) as Tuple
        expect(tag).toBe(atom('echo'))
        if (term === large) expect(Buffer.compare(echoed as Uint8Array, large)).toBe(0)
        else expect(echoed).toStrictEqual(term)
      }
    }
  })

  it('passes on what it does not decode', async () => {
    using link = await dial(port, initiating({ self }))
    await link.connected
    await beam.eval('register(box, self())').catch(() => beam.eval('unregister(box), register(box, self())'))
    await beam.eval(
      `{out, '${JS.name}'} ! {msg, fun(X) -> {X, node()} end, fun lists:map/2, self(), make_ref(), <<1:3>>, #{a => [b | c]}, binary:copy(<<7>>, 100000)}`,
    )
    const { payload } = await link.receive(({ control }) => control.op === 'REG_SEND')
    link.send({ op: 'REG_SEND', from: ourPid(), toName: atom('box') }, payload!.copy())
    const received = await beam.eval(
      'receive {msg, F, G, P, R, <<1:3>>, #{a := [b | c]}, B} when is_reference(R), P =:= self() -> {F(x), G(fun(Y) -> Y + 1 end, [1]), byte_size(B)} after 5000 -> late end',
    )
    expect(received).toBe("{{x,'beam@127.0.0.1'},[2],100000}")
  })

  it('survives more distinct atoms than the cache has slots', async () => {
    using link = await dial(port, initiating({ self }))
    await link.connected
    await beam.eval(
      'case whereis(collect) of undefined -> ok; Old -> unregister(collect), exit(Old, kill) end,' +
        'register(collect, spawn(fun() -> (fun Loop(N) -> receive {From, done} -> From ! N; L -> Loop(N + length([A || A <- L, is_atom(A)])) end end)(0) end))',
    )
    for (let at = 0; at < 5_000; at += 100) {
      const atoms = Array.from({ length: 100 }, (_, index) => atom(`slot_${(at + index) % 2_500}`))
      link.send({ op: 'REG_SEND', from: ourPid(), toName: atom('collect') }, atoms)
    }
    link.send({ op: 'REG_SEND', from: ourPid(), toName: atom('collect') }, tuple(ourPid(), atom('done')))
    expect((await link.receive()).payload!.decode()).toBe(5_000)
  })
})

describe('control messages with a real node', () => {
  it('links and unlinks', async () => {
    using link = await dial(port, initiating())
    const { flags } = await link.connected
    await beam.eval(
      `put(linked, spawn(fun() -> receive {die, R} -> exit(R) end end)), {out, '${JS.name}'} ! get(linked)`,
    )
    const target = (await link.receive(({ control }) => control.op === 'REG_SEND')).payload!.decode() as Pid
    link.send({ op: 'LINK', from: ourPid(), to: target })
    // OTP 23 knows only the old protocol, in which nobody acknowledges.
    if ((flags & DFLAG_UNLINK_ID) === 0n) link.send({ op: 'UNLINK', from: ourPid(), to: target })
    else {
      link.send({ op: 'UNLINK_ID', id: 1n, from: ourPid(), to: target })
      expect((await link.receive()).control).toMatchObject({ op: 'UNLINK_ID_ACK', id: 1n })
    }
    link.send({ op: 'LINK', from: ourPid(), to: target })
    link.send({ op: 'SEND_SENDER', from: ourPid(), to: target }, tuple(atom('die'), atom('because')))
    const { control, payload } = await link.receive()
    expect(control).toMatchObject({ op: 'EXIT' })
    expect(payload!.decode()).toBe(atom('because'))
  })

  it('monitors, by name and by pid, with the reason as payload in the old and the new form', async () => {
    for (const flags of [HIDDEN_FLAGS, HIDDEN_FLAGS & ~(1n << 22n)]) {
      using link = await dial(port, initiating({ self: { ...JS, flags } }))
      await link.connected
      const ref = ourRef()
      link.send({ op: 'MONITOR_P', from: ourPid(), to: atom('nobody'), ref })
      const { control, payload } = await link.receive(({ control }) => control.op === 'MONITOR_P_EXIT')
      expect(control).toMatchObject({ op: 'MONITOR_P_EXIT', from: atom('nobody') })
      expect(payload!.decode()).toBe(atom('noproc'))
    }
  })

  it('sends exit signals in the old and the new form', async () => {
    for (const flags of [HIDDEN_FLAGS, HIDDEN_FLAGS & ~(1n << 22n)]) {
      using link = await dial(port, initiating({ self: { ...JS, flags } }))
      await link.connected
      await beam.eval(
        `spawn(fun() -> process_flag(trap_exit, true), {out, '${JS.name}'} ! self(), receive {'EXIT', _, Why} -> {out, '${JS.name}'} ! Why end end)`,
      )
      const target = (await link.receive()).payload!.decode() as Pid
      link.send({ op: 'EXIT2', from: ourPid(), to: target }, tuple(atom('shutdown'), 7))
      expect([...((await link.receive()).payload!.decode() as Tuple)]).toStrictEqual([atom('shutdown'), 7])
    }
  })

  it('spawns there, and answers what is to be spawned here', async () => {
    using link = await dial(port, initiating())
    await link.connected
    const ref = ourRef()
    const request = {
      op: 'SPAWN_REQUEST',
      ref,
      from: ourPid(),
      groupLeader: ourPid(),
      arity: 1,
      options: [atom('monitor')],
    } as const
    link.send({ ...request, module: atom('erlang'), function: atom('exit') }, [atom('done')])
    const reply = (await link.receive()).control
    expect(reply).toMatchObject({ op: 'SPAWN_REPLY', flags: 2, result: expect.any(Pid) })
    const down = await link.receive()
    expect(down.control).toMatchObject({ op: 'MONITOR_P_EXIT' })
    expect(down.payload!.decode()).toBe(atom('done'))

    const asked = beam.eval(
      `R = spawn_request('${JS.name}', some, thing, [1]), receive {spawn_reply, R, error, Why} -> Why after 5000 -> late end`,
    )
    const { control, payload } = await link.receive(({ control }) => control.op === 'SPAWN_REQUEST')
    if (control.op !== 'SPAWN_REQUEST') throw new Error('no spawn request')
    expect([control.module.name, control.function.name, control.arity, control.options]).toStrictEqual([
      'some',
      'thing',
      1,
      [],
    ])
    expect(payload!.decode()).toStrictEqual([1])
    link.send({ op: 'SPAWN_REPLY', ref: control.ref, to: control.from, flags: 0, result: atom('notsup') })
    expect(await asked).toBe('notsup')
  })

  it('carries trace tokens', async () => {
    using link = await dial(port, initiating())
    await link.connected
    await beam.eval(`seq_trace:set_token(label, 17), {out, '${JS.name}'} ! traced, seq_trace:set_token([])`)
    const { control } = await link.receive()
    expect(control).toMatchObject({ op: 'REG_SEND', toName: atom('out'), token: expect.any(Tuple) })
  })

  it('sends to an alias', async () => {
    using link = await dial(port, initiating())
    const { flags } = await link.connected
    if ((flags & DFLAG_ALIAS) === 0n) {
      const sending = (): void => link.send({ op: 'ALIAS_SEND', from: ourPid(), to: ourRef() }, 1)
      expect(sending).toThrow(expect.objectContaining({ code: 'DIST_BAD_CONTROL', fault: 'local' }))
      expect(await beam.eval('erlang:function_exported(erlang, alias, 0)')).toBe('false')
      return
    }
    const answer = beam.eval(`A = alias(), {out, '${JS.name}'} ! A, receive {via, Text} -> Text after 5000 -> late end`)
    const alias = (await link.receive()).payload!.decode() as Reference
    link.send({ op: 'ALIAS_SEND', from: ourPid(), to: alias }, tuple(atom('via'), atom('alias')))
    expect(await answer).toBe('alias')
  })

  it('keeps what BEAM would close on from being sent', async () => {
    using link = await dial(port, initiating())
    const { peer, flags } = await link.connected
    const theirs = new Pid(atom(peer.name), 1, 0, peer.creation)
    const stranger = new Pid(atom('x@y'), 1, 0, 1)
    const bad = expect.objectContaining({ code: 'DIST_BAD_CONTROL', fault: 'local' })
    expect(() => link.send({ op: 'LINK', from: stranger, to: theirs })).toThrow(bad)
    expect(() => link.send({ op: 'LINK', from: ourPid(), to: stranger })).toThrow(bad)
    // Which of the two it is that nobody may send depends on the release.
    const unlink: ControlMessage =
      (flags & DFLAG_UNLINK_ID) === 0n
        ? { op: 'UNLINK_ID', id: 1n, from: ourPid(), to: theirs }
        : { op: 'UNLINK', from: ourPid(), to: theirs }
    expect(() => link.send(unlink)).toThrow(bad)
    expect(() => link.send({ op: 'UNLINK_ID', id: 0n, from: ourPid(), to: theirs })).toThrow(bad)
    expect(() => link.send({ op: 'ALTACT_SIG_SEND', flags: ALTACT.PRIO, from: ourPid(), to: theirs }, 1)).toThrow(bad)
    expect(() => link.send({ op: 'LINK', from: ourPid(), to: theirs }, 1)).toThrow(bad)
    expect(() => link.send({ op: 'SEND', to: theirs })).toThrow(bad)
    expect(await ping(link)).toBe(atom('yes'))
  })
})
