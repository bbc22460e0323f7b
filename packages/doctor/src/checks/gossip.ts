import { type Check, check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { type GossipFacts, gossipFacts } from '../probes/gossip.ts'

const SHOWN = 5

/** D43: whether gossip is heard, and can be read. */
export function judgeGossip({ ownHeard, nodes, strange, fault }: GossipFacts): Finding[] {
  if (fault !== undefined) {
    return [finding('error', 'DOCTOR_GOSSIP_DEAF', `this network carries no multicast: ${fault}`)]
  }
  if (!ownHeard) {
    return [
      finding('error', 'DOCTOR_GOSSIP_DEAF', 'our own packet did not come back: this network carries no multicast'),
    ]
  }
  if (nodes.length === 0 && strange.length > 0) {
    const message = 'gossip is heard, but none of it can be read with our secret'
    return [finding('error', 'DOCTOR_GOSSIP_FOREIGN', message, { evidence: strange.slice(0, SHOWN) })]
  }
  if (nodes.length === 0) {
    return [
      finding('warning', 'DOCTOR_GOSSIP_DEAF', 'multicast works, but no node was heard', {
        evidence: ['listened for 5.5 s'],
      }),
    ]
  }
  if (strange.length === 0) return []
  const message = 'some gossip cannot be read with our secret'
  return [finding('warning', 'DOCTOR_GOSSIP_FOREIGN', message, { evidence: strange.slice(0, SHOWN) })]
}

export const GOSSIP_CHECKS: readonly Check[] = [
  check({
    id: 'D43',
    group: 'membership',
    title: 'gossip is heard',
    look: (context) => context.get(gossipFacts),
    judge: judgeGossip,
  }),
]
