import { makeCertificate, tlsDistArgs } from '@dynsrv/tools/certificates'
import { describe, expect, it } from 'vitest'
import type { Node } from '../../src/index.ts'
import { Attacker, OVER_TCP, overTls, type Way } from '../support/attacker.ts'
import { startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'

/**
 * What the protocol cannot see: somebody without the cookie lets us dial it, and carries each word between us and a third
 * node. The digest proves only that its maker knows the cookie, not for whom it was made.
 *
 * @returns how our dial ended
 */
async function relay(node: Node, third: string, way: Way): Promise<string> {
  using attacker = await Attacker.start(way)
  const dial = node.connect(attacker.name).then(
    () => 'connected',
    (error) => error.code as string,
  )
  const carry = async (): Promise<void> => {
    const from = await attacker.dialled()
    const { wire: into, challenge } = await attacker.come(Number(/\d+(?=@)/.exec(third)![0]), 'intruder@127.0.0.1')
    attacker.show(from, challenge)
    into.say((await from.fromInitiator('challengeReply'))!)
    from.say((await into.fromAcceptor('challengeAck'))!)
  }
  // Where TLS holds, the attacker never gets to say anything.
  await Promise.race([carry(), dial])
  return dial
}

describe('somebody who carries the handshake between us and a third node', () => {
  it('gets in over plain TCP: the protocol has nothing against it', async () => {
    await using erl = await startBeamPeer('third')
    await using node = await startOurs('victim')
    expect(await relay(node, erl.name, OVER_TCP)).toBe('connected')
  })

  it('stays out where both sides show certificates', async () => {
    const ours = makeCertificate()
    const { cert, key, ca } = ours
    await using erl = await startBeamPeer('third', { args: tlsDistArgs(ours) })
    await using node = await startOurs('victim', {
      tls: { cert, key, ca, requestCert: true, rejectUnauthorized: true },
    })
    await node.connect(erl.name)
    // With a certificate of an authority of its own, and without any, to either side.
    const stranger = overTls(makeCertificate())
    expect(await relay(node, erl.name, stranger)).toBe('NODE_TLS')
    for (const way of [stranger, overTls({})]) {
      for (const port of [node.port!, Number(/\d+(?=@)/.exec(erl.name)![0])]) {
        using attacker = await Attacker.start(way)
        await expect(attacker.come(port, 'intruder@127.0.0.1')).rejects.toThrow('closed')
      }
    }
    expect(node.connected()).toStrictEqual([erl.name])
    expect(await erl.eval('nodes(hidden)')).toBe(`['${node.self}']`)
  })
})
