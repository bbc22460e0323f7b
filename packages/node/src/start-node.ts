import { HIDDEN_FLAGS, VISIBLE_FLAGS } from '@dynsrv/dist-protocol'
import { newCreation, parseNodeName } from '@dynsrv/epmd-shim'
import { Listener } from './link/listener.ts'
import { TCP, tlsTransport } from './link/transport.ts'
import { Node } from './node.ts'
import { NodeCore } from './node-core.ts'
import { checkOptions, NODE_LIMITS, type NodeOptions, SETUP_TIME_MS } from './node-options.ts'
import { STANDARD_OUTPUT } from './system/group-leader.ts'

/** The reach of a creation that nobody gave: OTP keeps the first ones free. */
const FIRST_CREATION = 4

/**
 * Starts a node: it listens, is registered with the epmd module, and dials nobody by itself.
 *
 * @throws {NodeError} `NODE_BAD_OPTION`, `NODE_PORT_IN_USE`, `NODE_LISTEN_FAILED`
 * @throws {EpmdError} for a name that no BEAM node would accept, and what the epmd module rejects with
 */
export async function startNode(options: NodeOptions): Promise<Node> {
  checkOptions(options)
  const { epmd, hidden = true, listen = {}, shortNames = false, tls } = options
  const { name, alive, host } = parseNodeName(options.name, { short: shortNames })
  const transport = tls === undefined ? TCP : tlsTransport(typeof tls === 'function' ? tls : () => tls)
  await epmd.startLink()
  let core: NodeCore | undefined
  const listener =
    listen === false
      ? undefined
      : await Listener.open({
          port: listen.port ?? (await epmd.listenPortPlease(alive, host)),
          host: listen.host,
          transport,
          setupTimeMs: options.setupTimeMs ?? SETUP_TIME_MS,
          maxUnauthenticated: options.limits?.maxUnauthenticated ?? NODE_LIMITS.maxUnauthenticated,
          acceptor: () => core?.acceptor(),
          onEstablished: (established) => core?.table.admit(established),
          onRefused: (refused) => core?.tell(refused),
        })
  try {
    const port = listener?.port
    const given = port === undefined ? 0 : (await epmd.registerNode(alive, port, 'inet')).creation
    const creation = given >= FIRST_CREATION ? given : newCreation()
    const identity = { name, flags: hidden ? HIDDEN_FLAGS : VISIBLE_FLAGS, creation }
    const { output = STANDARD_OUTPUT } = options
    core = new NodeCore({ options, self: name, identity, transport, listener, output })
    return new Node(core)
  } catch (error) {
    await listener?.close()
    throw error
  }
}
