import { HIDDEN_FLAGS, VISIBLE_FLAGS } from '@dynsrv/dist-protocol'
import { newCreation, parseNodeName } from '@dynsrv/epmd-shim'
import { Listener } from './link/listener.ts'
import { tcpTransport, tlsTransport } from './link/transport.ts'
import { makeNode, type Node } from './node.ts'
import { type NodeOptions, settingsOf } from './node-options.ts'
import { Rooms } from './rooms.ts'

/** The reach of a creation that nobody gave: OTP keeps the first ones free. */
const FIRST_CREATION = 4

/**
 * Starts a node: it listens, is registered with the epmd module, and dials nobody by itself.
 *
 * @throws {NodeError} `NODE_BAD_OPTION`, `NODE_PORT_IN_USE`, `NODE_LISTEN_FAILED`
 * @throws {EpmdError} for a name that no BEAM node would accept, and what the epmd module rejects with
 */
export async function startNode(options: NodeOptions): Promise<Node> {
  const settings = settingsOf(options)
  const { epmd, hidden, limits, listen, setupTimeMs, shortNames, tls, world } = settings
  const { clock, network, random } = world
  const { name: self, alive, host } = parseNodeName(options.name, { short: shortNames })
  const transport = tls === undefined ? tcpTransport(network) : tlsTransport(network, tls)
  await epmd.startLink()
  let rooms: Rooms | undefined
  const listener =
    listen === false
      ? undefined
      : await Listener.open({
          clock,
          random,
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
    const given = port === undefined ? 0 : (await epmd.registerNode(alive, port, 'inet')).creation
    const creation = given >= FIRST_CREATION ? given : newCreation(world)
    const identity = { name: self, flags: hidden ? HIDDEN_FLAGS : VISIBLE_FLAGS, creation }
    rooms = new Rooms({ self, identity, settings, transport, listener })
    return makeNode(rooms)
  } catch (error) {
    await listener?.close()
    throw error
  }
}
