import type { Cluster } from '@dynsrv/cluster'
import { reasonText } from '@dynsrv/cluster'
import { optional, whole } from '@dynsrv/kit'
import { checks, clusterRule } from '../checks.ts'

/** What `/readyz` answers. */
export interface Readiness {
  readonly ready: boolean
  readonly name: string
  readonly state: Cluster['state']
  readonly connected: number
  /** What stands in the way; empty when it is ready. */
  readonly waitingFor: readonly string[]
  /** Members that discovery names and that are not connected, with why. They do not make it unready by themselves. */
  readonly missing: Readonly<Record<string, string>>
  readonly topologies: Readonly<Record<string, TopologyReadiness>>
}

/** What `/readyz` answers about one topology. */
export interface TopologyReadiness {
  readonly expected: number
  readonly connected: number
  /** Age of the last good answer in seconds; null before the first one. */
  readonly lastGoodAgeSeconds: number | null
  /** Polls that failed in a row. */
  readonly failures: number
}

const minPeersRule = optional(whole())

/**
 * Ready: it is not leaving, every topology has had a good answer once, and enough peers are connected. A DNS outage later on
 * does not make it unready: all members stay connected.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`
 */
export function readiness(cluster: Cluster, minPeers = 0): Readiness {
  checks.argument('readiness', 'cluster', clusterRule, cluster)
  checks.argument('readiness', 'minPeers', minPeersRule, minPeers)
  const topologies: Record<string, TopologyReadiness> = {}
  const waitingFor: string[] = []
  if (cluster.state !== 'running') waitingFor.push(`nothing: it is ${cluster.state}`)
  for (const [name, strategy] of cluster.strategies) {
    const { expected, connected, lastGoodAgeMs, failures } = strategy.gauges()
    const age = lastGoodAgeMs === undefined ? null : Math.round(lastGoodAgeMs) / 1_000
    topologies[name] = { expected, connected, lastGoodAgeSeconds: age, failures }
    if (age === null) waitingFor.push(`the first answer about ${name}`)
  }
  const connected = cluster.members().length
  if (connected < minPeers) waitingFor.push(`${minPeers - connected} more of ${minPeers} peers`)
  const missing = Object.fromEntries(
    [...cluster.missing()].map(([node, cause]) => [node, cause === undefined ? 'not dialled yet' : reasonText(cause)]),
  )
  const ready = waitingFor.length === 0
  return { ready, name: cluster.self, state: cluster.state, connected, waitingFor, missing, topologies }
}
