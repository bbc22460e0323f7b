import { connect } from 'node:net'
import { challengeDigest, HIDDEN_FLAGS } from '@dynsrv/dist-protocol'
import { expect, it } from 'vitest'
import type { Node } from '../../src/index.ts'
import { HandshakeWire } from '../support/handshake-wire.ts'
import { startOurs } from '../support/nodes.ts'

/** Which incarnation of whom a node is connected to. */
const linked = (node: Node) => node.peers().map((peer) => [peer.peer, peer.state, 'creation' in peer && peer.creation])

it('somebody without the cookie cannot take the link of a peer by calling itself as that peer does', async () => {
  await using node = await startOurs('listens')
  await using peer = await startOurs('peer')
  await peer.connect(node.self)
  const before = linked(node)
  for (const creation of [1, 99, 0xffff_ffff]) {
    using wire = new HandshakeWire(connect(node.port!, '127.0.0.1'), 2)
    wire.say({ kind: 'sendName', version: 6, flags: HIDDEN_FLAGS, creation, name: peer.self })
    expect(await wire.fromAcceptor('status')).toMatchObject({ status: 'alive' })
    wire.say({ kind: 'statusReply', proceed: true })
    const { challenge } = (await wire.fromAcceptor('challenge'))!
    expect(await peer.ping(node.self)).toBe('pong')
    wire.say({ kind: 'challengeReply', challenge: 1, digest: challengeDigest('a_guess', challenge) })
    expect(await wire.fromAcceptor('challengeAck')).toBeUndefined()
  }
  expect(linked(node)).toStrictEqual(before)
  expect(await peer.ping(node.self)).toBe('pong')
})
