import { DFLAG_NAME_ME, DFLAG_PUBLISHED, HIDDEN_FLAGS } from '@dynsrv/dist-protocol'
import { describe, expect, it } from 'vitest'
import type { Node, NodeOptions } from '../../src/index.ts'
import { Attacker } from '../support/attacker.ts'
import { startOurs } from '../support/nodes.ts'
import { TRANSPORTS } from '../support/transports.ts'

/** How a dial ends, as its error's code. */
const outcome = (dial: Promise<void>): Promise<string> =>
  dial.then(
    () => 'connected',
    (error) => error.code,
  )

// Over TLS the attacker has a certificate, so that it gets as far as over TCP.
describe.each(TRANSPORTS)('somebody without the cookie, over $over', ({ way, options }) => {
  const ours = (label: string, more: Partial<NodeOptions> = {}) =>
    startOurs(label, { ...options, setupTimeMs: 5_000, ...more })

  /** Has the answer of one handshake of ours passed on to the other one of ours, and its acknowledgement back. */
  async function reflect(
    attacker: Attacker,
    dialling: Node,
    dialled: Node,
    name: string,
    as: Parameters<Attacker['come']>[2] = {},
  ) {
    const dial = outcome(dialling.connect(attacker.name))
    const from = await attacker.dialled()
    const { wire: into, challenge } = await attacker.come(dialled.port!, name, as)
    attacker.show(from, challenge)
    const reply = await from.fromInitiator('challengeReply')
    if (reply !== undefined) {
      into.say(reply)
      const ack = await into.fromAcceptor('challengeAck')
      if (ack !== undefined) from.say(ack)
    }
    return { dial: await dial, replied: reply !== undefined }
  }

  const REFUSED = { dial: 'DIST_REFLECTED', replied: false }

  it('does not get in by showing us our own challenge', async () => {
    await using node = await ours('victim')
    using attacker = await Attacker.start(way)
    expect(await reflect(attacker, node, node, 'intruder@127.0.0.1')).toStrictEqual(REFUSED)
    expect(node.connected()).toStrictEqual([])
  })

  it('nor under a name that we are asked to give', async () => {
    await using node = await ours('victim')
    const flags = (HIDDEN_FLAGS | DFLAG_NAME_ME) & ~DFLAG_PUBLISHED
    using attacker = await Attacker.start(way)
    expect(await reflect(attacker, node, node, '127.0.0.1', { flags, dynamic: true })).toStrictEqual(REFUSED)
    expect(node.connected()).toStrictEqual([])
  })

  it('nor by showing the challenge of another node of this process', async () => {
    await using left = await ours('left')
    await using right = await ours('right')
    using attacker = await Attacker.start(way)
    expect(await reflect(attacker, left, right, 'intruder@127.0.0.1')).toStrictEqual(REFUSED)
    expect([...left.connected(), ...right.connected()]).toStrictEqual([])
  })

  it('nor by standing between two nodes of this process under their own names', async () => {
    using attacker = await Attacker.start(way)
    const name = attacker.name
    await using dialling = await ours('left')
    await using dialled = await ours('right', { name, listen: { port: 0 } })
    expect(await reflect(attacker, dialling, dialled, dialling.self)).toStrictEqual(REFUSED)
    expect([...dialling.connected(), ...dialled.connected()]).toStrictEqual([])
  })

  it('nor by having two dials of ours answer each other', async () => {
    await using left = await ours('left')
    await using right = await ours('right')
    using attacker = await Attacker.start(way)
    const first = outcome(left.connect(attacker.name))
    const one = await attacker.dialled()
    attacker.show(one, 1)
    const { challenge } = (await one.fromInitiator('challengeReply'))!
    const second = outcome(right.connect(attacker.name))
    const two = await attacker.dialled()
    attacker.show(two, challenge)
    const reply = await two.fromInitiator('challengeReply')
    if (reply !== undefined) one.say({ kind: 'challengeAck', digest: reply.digest })
    else one[Symbol.dispose]()
    expect([await first, await second]).toStrictEqual(['DIST_COOKIE_REJECTED', 'DIST_REFLECTED'])
  })
})

it('two nodes of one process that connect each other over one connection are no reflection', async () => {
  for (const { options } of TRANSPORTS) {
    await using left = await startOurs('left', options)
    await using right = await startOurs('right', options)
    await left.connect(right.self)
    expect(await right.ping(left.self)).toBe('pong')
  }
})
