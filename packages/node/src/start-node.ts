import { HIDDEN_FLAGS, VISIBLE_FLAGS } from '@dynsrv/dist-protocol'
import { LOWEST_CREATION, newCreation } from '@dynsrv/epmd-shim'
import { Listener } from './link/listener.ts'
import { OwnChallenges } from './link/own-challenges.ts'
import { tcpTransport, tlsTransport } from './link/transport.ts'
import { makeNode, type Node } from './node.ts'
import { type NodeOptions, settingsOf } from './node-options.ts'
import { Rooms } from './rooms.ts'

/** A creation has 32 bits; all are below this. */
const END_OF_CREATIONS = 2 ** 32

/**
 * Starts a node: it listens, is registered with the epmd module, and dials nobody by itself.
 *
 * All options are checked before anything is opened.
 *
 * @throws {NodeError} `NODE_BAD_OPTION`; `NODE_NAME_*` for a name that no BEAM node would accept; `NODE_TLS` for
 * certificates that cannot be used; `NODE_PORT_IN_USE`, `NODE_LISTEN_FAILED`
 * @throws what the epmd module rejects with
 */
export async function startNode(options: NodeOptions): Promise<Node> {
  const settings = settingsOf(options)
  const { epmd, hidden, limits, listen, name, setupTimeMs, tls, world } = settings
  const { clock, network } = world
  const challenges = new OwnChallenges(world)
  const { name: self, alive, host } = name
  const transport = tls === undefined ? tcpTransport(network) : tlsTransport(network, tls)
  await epmd.startLink()
  let rooms: Rooms | undefined
  const listener =
    listen === false
      ? undefined
      : await Listener.open({
          clock,
          challenges,
          port: listen.port ?? (await epmd.listenPortPlease(alive, host)),
          host: listen.host,
          transport,
          setupTimeMs,
          maxUnauthenticated: limits.maxUnauthenticated,
          acceptor: () => rooms?.links.acceptor(),
          onEstablished: (established) => rooms?.links.admit(established),
          onRefused: (refused) => rooms?.tell(refused),
        })
  try {
    const port = listener?.port
    const registered = port === undefined ? undefined : await epmd.registerNode(alive, port, 'inet')
    const given = registered?.creation
    const creation = given !== undefined && isLargeCreation(given) ? given : newCreation(world)
    const identity = { name: self, flags: hidden ? HIDDEN_FLAGS : VISIBLE_FLAGS, creation }
    rooms = new Rooms({ self, identity, settings, transport, listener })
    return makeNode(rooms)
  } catch (error) {
    await listener?.close()
    throw error
  }
}

/** Smaller ones are of old epmd servers, which count to three and begin again. */
function isLargeCreation(creation: number): boolean {
  return Number.isInteger(creation) && creation >= LOWEST_CREATION && creation < END_OF_CREATIONS
}
