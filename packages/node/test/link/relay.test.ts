import { realWorld } from '@dynsrv/kit'
import type { Beam } from '@dynsrv/tools/beam'
import { makeCertificate, tlsDistArgs } from '@dynsrv/tools/certificates'
import { describe, expect, it } from 'vitest'
import { type Node, type NodeOptions, startNode } from '../../src/index.ts'
import { Attacker, OVER_TCP, overTls, type Way } from '../support/attacker.ts'
import { COOKIE, freeName, startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'
import { portInName } from '../support/port-in-name.ts'

const portOf = (name: string): number => Number(/\d+(?=@)/.exec(name)![0])

/** A node of ours as in another process: it does not know which challenges the first one has open. */
async function startElsewhere(label: string, options: Partial<NodeOptions> = {}): Promise<Node> {
  const world = { ...realWorld, system: { ...realWorld.system, shared: {} } }
  return startNode({ name: await freeName(label), cookie: COOKIE, epmd: portInName(), world, ...options })
}

/**
 * What the protocol cannot see: somebody without the cookie lets a node dial it, and carries each word between it and a third
 * node. The digest proves only that its maker knows the cookie, not for whom it was made.
 *
 * @param dials has the first node connect the one that is named
 * @returns how that dial ended
 */
async function relay(dials: (name: string) => Promise<unknown>, third: string, way: Way): Promise<unknown> {
  using attacker = await Attacker.start(way)
  const dial = dials(attacker.name)
  const carry = async (): Promise<void> => {
    const from = await attacker.dialled()
    const { wire: into, challenge } = await attacker.come(portOf(third), 'intruder@127.0.0.1')
    attacker.show(from, challenge)
    into.say((await from.fromInitiator('challengeReply'))!)
    from.say((await into.fromAcceptor('challengeAck'))!)
  }
  // Where TLS holds, the attacker never gets to say anything.
  await Promise.race([carry(), dial])
  return dial
}

const by =
  (node: Node) =>
  (name: string): Promise<string> =>
    node.connect(name).then(
      () => 'connected',
      (error) => error.code as string,
    )

const byBeam =
  (erl: Beam) =>
  (name: string): Promise<string> =>
    erl.eval(`net_kernel:hidden_connect_node('${name}')`)

describe('somebody who carries the handshake between us and a third node', () => {
  it('gets in over plain TCP: the protocol has nothing against it', async () => {
    await using erl = await startBeamPeer('third')
    await using node = await startOurs('victim')
    expect(await relay(by(node), erl.name, OVER_TCP)).toBe('connected')
    // The other way round, and between two nodes of ours in two processes, it is the same.
    expect(await relay(byBeam(erl), node.self, OVER_TCP)).toBe('true')
    await using elsewhere = await startElsewhere('elsewhere')
    expect(await relay(by(node), elsewhere.self, OVER_TCP)).toBe('connected')
  })

  it('stays out where both sides show certificates', async () => {
    const ours = makeCertificate()
    const { cert, key, ca } = ours
    await using erl = await startBeamPeer('third', { args: tlsDistArgs(ours) })
    const tls = { cert, key, ca, requestCert: true, rejectUnauthorized: true }
    await using node = await startOurs('victim', { tls })
    await using elsewhere = await startElsewhere('elsewhere', { tls })
    await node.connect(erl.name)
    // With a certificate of an authority of its own, and without any, to either side.
    const stranger = overTls(makeCertificate())
    for (const third of [erl.name, elsewhere.self]) expect(await relay(by(node), third, stranger)).toBe('NODE_TLS')
    expect(await relay(byBeam(erl), node.self, stranger)).toBe('false')
    for (const way of [stranger, overTls({})]) {
      for (const port of [node, elsewhere].map(({ port }) => port!).concat(portOf(erl.name))) {
        using attacker = await Attacker.start(way)
        await expect(attacker.come(port, 'intruder@127.0.0.1')).rejects.toThrow('closed')
      }
    }
    expect([node.connected(), elsewhere.connected()]).toStrictEqual([[erl.name], []])
    expect(await erl.eval('nodes(hidden)')).toBe(`['${node.self}']`)
  })
})
