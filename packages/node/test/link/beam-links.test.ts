import { once } from 'node:events'
import { atom, Pid, type Term, type Tuple, tuple } from '@dynsrv/etf'
import { describe, expect, it } from 'vitest'
import { freeName, startBeamPeer } from '../support/beam-peer.ts'
import { next, startOurs } from '../support/nodes.ts'

const shown = (name: string): string => `'${name}'`

describe('a real Erlang node', () => {
  it('is dialled, and each side sees the other', async () => {
    await using erl = await startBeamPeer('dialled')
    await using node = await startOurs('dialler')
    const up = next(node, 'nodeup')
    await node.connect(erl.name)
    expect(node.connected()).toStrictEqual([erl.name])
    expect(await up).toMatchObject({ node: erl.name, direction: 'outgoing', hidden: true })
    expect(await erl.eval('nodes(hidden)')).toBe(`[${shown(node.self)}]`)
    expect(await erl.eval('nodes()')).toBe('[]')
    expect(node.peers()).toMatchObject([{ state: 'connected', peer: erl.name }])
  })

  it('dials us', async () => {
    await using erl = await startBeamPeer('dials')
    await using node = await startOurs('dialled')
    const up = next(node, 'nodeup')
    expect(await erl.eval(`net_kernel:connect_node(${shown(node.self)})`)).toBe('true')
    expect(await up).toMatchObject({ node: erl.name, direction: 'incoming' })
    expect(node.connected()).toStrictEqual([erl.name])
  })

  it('answers a ping, and gets its own answered', async () => {
    await using erl = await startBeamPeer('pinged')
    await using node = await startOurs('pings')
    expect(await node.ping(erl.name)).toBe('pong')
    expect(await erl.eval(`net_adm:ping(${shown(node.self)})`)).toBe('pong')
    await node.disconnect(erl.name)
    expect(node.connected()).toStrictEqual([])
    expect(await erl.eval(`net_adm:ping(${shown(node.self)})`)).toBe('pong')
  })

  it('echoes messages by name and by pid', async () => {
    await using erl = await startBeamPeer('echo')
    await using node = await startOurs('echoes')
    await erl.eval(
      'register(echo, spawn(fun Loop() -> receive {From, Message} -> From ! {self(), Message}, Loop() end end))',
    )
    const mailbox = node.mailbox('js')
    const message = tuple(atom('hello'), [1, 2.5, 'text', 2n ** 70n], new Map([[atom('key'), null]]))
    mailbox.send({ name: 'echo', node: erl.name }, tuple(mailbox.pid, message))
    const reply = (await mailbox.receive({ timeoutMs: 5_000 })) as Tuple<[Pid, Term]>
    const [echo, same] = reply.elements
    expect(echo).toBeInstanceOf(Pid)
    expect(same).toStrictEqual(
      tuple(atom('hello'), [1, 2.5, new TextEncoder().encode('text'), 2n ** 70n], new Map([[atom('key'), null]])),
    )
    mailbox.send(echo, tuple(mailbox.pid, 2))
    expect(await mailbox.receive({ timeoutMs: 5_000 })).toStrictEqual(tuple(echo, 2))
    await erl.eval(`{js, ${shown(node.self)}} ! {from_erl, 3}`)
    expect(await mailbox.receive({ timeoutMs: 5_000 })).toStrictEqual(tuple(atom('from_erl'), 3))
  })

  it('comes back under the same name as a new incarnation', async () => {
    const name = await freeName('again')
    await using node = await startOurs('stays')
    const downs: string[] = []
    node.on('nodedown', ({ reason }) => downs.push(reason.code))
    await using first = await startBeamPeer('again', { name })
    await node.connect(name)
    const down = next(node, 'nodedown')
    await first.stop()
    expect(await down).toMatchObject({ node: name, reason: { code: 'NODE_CLOSED_BY_PEER' } })
    await expect(node.connect(name)).rejects.toMatchObject({ code: 'NODE_REFUSED', peer: name, retryable: true })
    await using second = await startBeamPeer('again', { name })
    await node.connect(name)
    expect(await second.eval('nodes(hidden)')).toBe(`[${shown(node.self)}]`)
    expect(downs).toStrictEqual(['NODE_CLOSED_BY_PEER'])
  })

  it('that is killed goes down with a reason', async () => {
    await using erl = await startBeamPeer('killed')
    await using node = await startOurs('survivor')
    await node.connect(erl.name)
    const down = next(node, 'nodedown')
    await erl.kill()
    const { reason } = await down
    expect(['NODE_CLOSED_BY_PEER', 'NODE_CONNECTION_LOST']).toContain(reason.code)
    expect(node.peers()).toMatchObject([{ state: 'down', peer: erl.name, reason: { code: reason.code } }])
  })

  it('that freezes goes down by the tick time', async () => {
    await using erl = await startBeamPeer('frozen')
    await using node = await startOurs('ticking', { netTickTimeMs: 1_000 })
    await node.connect(erl.name)
    const down = next(node, 'nodedown')
    erl.signal('SIGSTOP')
    try {
      expect(await down).toMatchObject({ node: erl.name, reason: { code: 'NODE_TICK_TIMEOUT' } })
    } finally {
      erl.signal('SIGCONT')
    }
  })

  it('stays connected through its own tick time when nobody says anything', async () => {
    await using erl = await startBeamPeer('quiet', { args: ['-kernel', 'net_ticktime', '4'] })
    await using node = await startOurs('quiet', { netTickTimeMs: 4_000 })
    let downs = 0
    node.on('nodedown', () => downs++)
    await node.connect(erl.name)
    const mailbox = node.mailbox('bell')
    await erl.eval(`erlang:send_after(6000, self(), ring), receive ring -> {bell, ${shown(node.self)}} ! ring end`)
    expect(await mailbox.receive({ timeoutMs: 5_000 })).toBe(atom('ring'))
    expect(downs).toBe(0)
  })
})

describe('a wrong cookie', () => {
  it('of ours is refused by the peer, and the error says so', async () => {
    await using erl = await startBeamPeer('strict')
    await using node = await startOurs('stranger', { cookie: 'not_the_cookie' })
    await expect(node.connect(erl.name)).rejects.toMatchObject({
      code: 'DIST_COOKIE_REJECTED',
      peer: erl.name,
      retryable: false,
      message: expect.stringMatching(/name, port and flags were right/),
    })
  })

  it('of theirs is refused by us, and the event says so', async () => {
    await using erl = await startBeamPeer('stranger', { cookie: 'not_the_cookie' })
    await using node = await startOurs('strict')
    const refused = next(node, 'refused')
    expect(await erl.eval(`net_kernel:connect_node(${shown(node.self)})`)).toBe('false')
    expect(await refused).toMatchObject({ peer: erl.name, reason: { code: 'DIST_COOKIE_MISMATCH' } })
    expect(node.connected()).toStrictEqual([])
  })
})

describe('a peer of another name', () => {
  it('is refused with both names', async () => {
    await using erl = await startBeamPeer('itself')
    await using node = await startOurs('asks')
    const port = /_(\d+)@/.exec(erl.name)![1]!
    const error: unknown = await node.connect(`other_${port}@127.0.0.1`).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'DIST_NAME_MISMATCH', retryable: false })
    expect(String(error)).toContain(erl.name)
    expect(String(error)).toContain(`other_${port}@127.0.0.1`)
    await node.connect(erl.name)
  })
})

describe('what a peer asks of processes that we do not have', () => {
  it('is answered noproc at once', async () => {
    await using erl = await startBeamPeer('asker')
    await using node = await startOurs('empty')
    await node.connect(erl.name)
    const down = `Ref = monitor(process, {nobody, ${shown(node.self)}}), receive {'DOWN', Ref, _, _, Why} -> Why end`
    expect(await erl.eval(down)).toBe('noproc')
    expect(await erl.eval(`catch gen_server:call({nobody, ${shown(node.self)}}, hello)`)).toContain('noproc')
  })
})

it('leaves no socket behind', async () => {
  await using erl = await startBeamPeer('leaves')
  const node = await startOurs('leaver')
  await node.connect(erl.name)
  const down = once(node, 'nodedown')
  await node.close()
  expect(await down).toMatchObject([{ reason: { code: 'NODE_CLOSED' } }])
  await expect(node.connect(erl.name)).rejects.toMatchObject({ code: 'NODE_CLOSED' })
  expect(await erl.eval('nodes(hidden)')).toBe('[]')
})
