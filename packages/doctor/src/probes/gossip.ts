import { once } from 'node:events'
import { messageOf, sleep } from '@dynsrv/kit'
import { decodeHeartbeat, gossipKey } from '@dynsrv/strategy'
import { NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { ownAddresses } from './system.ts'

/** Where libcluster's gossip strategy listens. */
const PORT = 45_892
const GROUP = '233.252.1.32'
/** Heartbeats come at least every 5 s. */
const LISTEN_MS = 5_500
/** Every machine on the network can send packets. */
const MAX_HEARD = 1_000

/** What was heard on the gossip port. */
export interface GossipFacts {
  /** Whether our own packet came back, as multicast does. */
  readonly ownHeard: boolean
  readonly nodes: readonly string[]
  /** Packets that cannot be read with our secret, and why. */
  readonly strange: readonly string[]
  /** Why the socket could not be used. */
  readonly fault?: string
}

/**
 * Listens as long as a heartbeat may take. What it sends is not a heartbeat, so that no node dials us.
 *
 * @throws {NotApplicable} unless it was asked for
 */
export async function gossipFacts(context: DoctorContext): Promise<GossipFacts> {
  const { gossip } = context.options
  if (gossip === undefined) throw new NotApplicable('only with --gossip')
  const key = gossip.secret === undefined ? undefined : gossipKey(gossip.secret)
  const { clock, network, random } = context.world
  const own = Buffer.from(`dynsrv doctor ${Buffer.from(random.bytes(8)).toString('hex')}`)
  const [nodes, strange] = [new Set<string>(), new Set<string>()]
  let ownHeard = false
  const socket = network.createUdpSocket({ type: 'udp4', reuseAddr: true })
  socket.on('message', (packet, { address }) => {
    if (packet.equals(own)) ownHeard = true
    else if (nodes.size + strange.size < MAX_HEARD) {
      const mapped = decodeHeartbeat(packet, key)
      if ('node' in mapped) nodes.add(mapped.node)
      else strange.add(`from ${address}: ${mapped.ignored}`)
    }
  })
  const facts = () => ({ ownHeard, nodes: [...nodes].sort(), strange: [...strange] })
  try {
    socket.bind(PORT)
    await once(socket, 'listening')
    const [outside] = (await context.get(ownAddresses)).filter(({ internal, family }) => !internal && family === 4)
    if (outside !== undefined) socket.setMulticastInterface(outside.ip)
    socket.setMulticastLoopback(true)
    socket.addMembership(GROUP, outside?.ip)
    await new Promise<void>((resolve, reject) => {
      socket.send(own, PORT, GROUP, (error) => (error === null ? resolve() : reject(error)))
    })
    await sleep(clock, LISTEN_MS)
    return facts()
  } catch (error) {
    return { ...facts(), fault: messageOf(error) }
  } finally {
    socket.close()
  }
}
