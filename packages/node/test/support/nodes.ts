import { once } from 'node:events'
import { type Node, type NodeEvents, type NodeOptions, startNode } from '../../src/index.ts'
import { COOKIE, freeName } from './beam-peer.ts'
import { portInName } from './port-in-name.ts'

/** A node of ours on a free port of loopback. */
export async function startOurs(label: string, options: Partial<NodeOptions> = {}): Promise<Node> {
  const name = options.name ?? (await freeName(label))
  return startNode({ name, cookie: COOKIE, epmd: portInName(), ...options })
}

/** The next event of a kind. */
export async function next<K extends 'nodeup' | 'nodedown' | 'refused' | 'warning'>(
  node: Node,
  kind: K,
): Promise<NodeEvents[K][0]> {
  const [event] = await once(node, kind, { signal: AbortSignal.timeout(15_000) })
  return event as NodeEvents[K][0]
}
