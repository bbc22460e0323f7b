import { connect } from 'node:net'
import { inspect } from 'node:util'
import { HIDDEN_FLAGS } from '@dynsrv/dist-protocol'
import { atom } from '@dynsrv/etf'
import { expect, it } from 'vitest'
import type { NodeLogger } from '../src/index.ts'
import { COOKIE, startBeamPeer } from './support/beam-peer.ts'
import { HandshakeWire } from './support/handshake-wire.ts'
import { next, startOurs } from './support/nodes.ts'

/** A killed process closes its socket, or the system resets it. */
const LOST = /^NODE_(CLOSED_BY_PEER|CONNECTION_LOST)$/

it('inspect shows links, processes, queues, what is exposed and groups, as plain data', async () => {
  await using erl = await startBeamPeer('seen')
  await using node = await startOurs('inspected', { hidden: false })
  const up = next(node, 'nodeup')
  await erl.eval(`net_kernel:connect_node('${node.self}')`)
  await up
  const slow = node.mailbox('slow')
  const busy = node.mailbox('busy')
  for (let count = 0; count < 3; count++) node.send(busy.pid, count)
  node.send(slow.pid, 'one')
  const monitor = slow.monitor(busy.pid)
  node.serve({ name: 'server', call: (request) => request })
  node.expose('Elixir.MyApp.Js', { hello: () => 'hi', bye: () => 'bye' })
  node.pg().join(atom('workers'), busy)
  node.pubsub('MyApp.PubSub')
  await node.global.register(atom('leader'), slow)
  await node.ping(erl.name)

  const seen = node.inspect()
  expect(JSON.parse(JSON.stringify(seen))).toStrictEqual(seen)
  expect(seen).toMatchObject({ self: node.self, creation: node.creation, state: 'open', hidden: false, tls: false })
  expect(seen).toMatchObject({ port: node.port, exposed: { 'Elixir.MyApp.Js': ['hello', 'bye'] }, handshakes: 0 })
  expect(seen.peers).toMatchObject([{ peer: erl.name, state: 'connected', direction: 'incoming', hidden: false }])
  expect(seen.peers).toMatchObject([{ flags: expect.arrayContaining(['HANDSHAKE_23', 'V4_NC', 'UNLINK_ID']) }])
  expect(seen.groups).toMatchObject({ pg: [{ group: 'workers', members: 1, local: 1 }] })
  expect(seen).toMatchObject({ pubsubs: ['MyApp.PubSub'], global: ['leader'] })
  expect(seen.monitors).toBeGreaterThanOrEqual(1)
  expect(seen.processCount).toBe(seen.processes.length)
  const named = (name: string) => seen.processes.find(({ names }) => names.includes(name))
  expect(named('busy')).toMatchObject({ kind: 'mailbox', queued: 3, watchers: 2 })
  expect(named('slow')).toMatchObject({ kind: 'mailbox', queued: 1 })
  expect(named('server')).toMatchObject({ kind: 'server', queued: 0 })
  expect(named('net_kernel')).toMatchObject({ kind: 'system' })
  expect(node.inspect({ maxProcesses: 1 }).processes).toStrictEqual([named('busy')])

  expect(inspect(node)).toMatch(/^Node<inspected_\d+@127\.0\.0\.1> \{\s+state: 'open',\s+hidden: false,\s+port: \d+,/)
  expect(inspect(node)).toContain(erl.name)
  expect(inspect({ deeper: { still: { node } } })).toContain(`Node<${node.self}>`)
  slow.demonitor(monitor)

  const down = next(node, 'nodedown')
  await erl.kill()
  await down
  const [lost] = node.inspect().peers
  expect(lost).toMatchObject({ state: 'down', reason: { code: expect.stringMatching(LOST) } })
  expect(JSON.stringify(node.inspect())).not.toContain(COOKIE)
  await node.close()
  expect(node.inspect()).toMatchObject({ state: 'closed', processCount: 0 })
})

it('a logger of the shape of pino is told of links, refusals and failed dials, and of no secret', async () => {
  const lines: { level: string; details: Record<string, unknown>; message: string }[] = []
  const level = (name: string) => (details: object, message: string) =>
    lines.push({ level: name, details: details as Record<string, unknown>, message })
  const logger: NodeLogger = {
    debug: level('debug'),
    info: level('info'),
    warn: level('warn'),
    error: level('error'),
  }
  await using erl = await startBeamPeer('logged')
  await using stranger = await startBeamPeer('stranger', { cookie: 'another_secret' })
  await using node = await startOurs('logger', { logger })
  node.serve({ name: 'faulty', cast: () => JSON.parse('{') })
  await node.connect(erl.name)
  const refused = next(node, 'refused')
  await stranger.eval(`net_kernel:connect_node('${node.self}')`)
  await refused
  await expect(node.connect(stranger.name)).rejects.toThrow('cookie')
  const threw = next(node, 'warning')
  await erl.eval(`gen_server:cast({faulty, '${node.self}'}, go)`)
  await threw
  await node.disconnect(erl.name)
  await node.connect(erl.name)
  const down = next(node, 'nodedown')
  await erl.kill()
  await down

  const told = (name: string, text: string) =>
    lines.find(({ level: at, message }) => at === name && message.includes(text))?.details
  expect(told('info', `${erl.name} is connected`)).toMatchObject({ node: node.self, peer: erl.name })
  expect(told('info', `${erl.name} is gone`)).toMatchObject({ code: 'NODE_DISCONNECTED' })
  expect(told('warn', `${erl.name} is gone`)).toMatchObject({ code: expect.stringMatching(LOST), sentMessages: 0 })
  expect(told('warn', `refused ${stranger.name}`)).toMatchObject({ peer: stranger.name })
  expect(told('error', 'the cast handler of')).toMatchObject({ code: 'HANDLER_THREW' })
  expect(told('debug', `${stranger.name} was not reached`)).toMatchObject({ peer: stranger.name })
  expect(inspect(lines, { depth: null })).not.toMatch(/node_test_cookie|another_secret/)
})

it('the log has one line and a count for one who comes again and again, whatever it calls itself', async () => {
  const lines: { details: Record<string, unknown>; message: string }[] = []
  const level = (details: object, message: string) => lines.push({ details: { ...details }, message })
  const node = await startOurs('bounded', { logger: { debug: level, info: level, warn: level } })
  const seen: unknown[] = []
  node.on('refused', (event) => seen.push(event))
  for (let at = 0; at < 200; at++) {
    using wire = new HandshakeWire(connect(node.port!, '127.0.0.1'), 2)
    wire.say({ kind: 'sendName', version: 6, flags: HIDDEN_FLAGS, creation: 9, name: `stranger${at}@127.0.0.1` })
    await wire.fromAcceptor('status')
    await wire.fromAcceptor('challenge')
    wire.say({ kind: 'challengeReply', challenge: 1, digest: new Uint8Array(16) })
    expect(await wire.fromAcceptor('challengeAck')).toBeUndefined()
  }
  await expect.poll(() => seen.length).toBe(200)
  expect(lines.map(({ message }) => message)).toEqual([expect.stringMatching(/^refused stranger0@.*cookie/)])
  await node.close()
  expect(lines).toMatchObject([
    {},
    { details: { more: 199 }, message: expect.stringMatching(/\(199 more like this\)$/) },
  ])
})

it('a logger without a level is refused when it is given', async () => {
  const logger = { info: () => undefined } as never
  await expect(startOurs('logger', { logger })).rejects.toThrow(
    'logger must be a logger of the shape of pino: debug, info and warn',
  )
})
