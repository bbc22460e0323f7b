import { check } from '../check.ts'
import { type Finding, finding, SHOWN_EXAMPLES } from '../finding.ts'
import { type GossipFacts, gossipFacts } from '../probes/gossip.ts'
import { words } from '../words.ts'

const GOSSIP_DEAF = words('DOCTOR_GOSSIP_DEAF', {
  happened: 'No gossip of any node was heard.',
  why: 'Cloud and Docker networks do not carry multicast, or no node gossips here.',
  hint: 'Use SRV records, or set the broadcast address of the network.',
})

const GOSSIP_FOREIGN = words('DOCTOR_GOSSIP_FOREIGN', {
  happened: 'Gossip was heard that cannot be read.',
  why: 'The packets are encrypted with another secret, or no secret is set here.',
  hint: 'Give every node the same secret.',
})

/** D43: whether gossip is heard, and can be read. */
export function judgeGossip({ ownHeard, nodes, strange, fault }: GossipFacts): Finding[] {
  if (fault !== undefined) {
    return [finding('error', GOSSIP_DEAF, `this network does not carry multicast: ${fault}`)]
  }
  if (!ownHeard) {
    return [finding('error', GOSSIP_DEAF, 'our own packet did not come back: this network does not carry multicast')]
  }
  if (nodes.length === 0 && strange.length > 0) {
    const message = 'gossip is heard, but none of it can be read with our secret'
    return [finding('error', GOSSIP_FOREIGN, message, { evidence: strange.slice(0, SHOWN_EXAMPLES) })]
  }
  if (nodes.length === 0) {
    return [
      finding('warning', GOSSIP_DEAF, 'multicast works, but no node was heard', {
        evidence: ['listened for 5.5 s'],
      }),
    ]
  }
  if (strange.length === 0) return []
  const message = 'some gossip cannot be read with our secret'
  return [finding('warning', GOSSIP_FOREIGN, message, { evidence: strange.slice(0, SHOWN_EXAMPLES) })]
}

export const D43 = check({
  id: 'D43',
  group: 'membership',
  place: 4,
  title: 'gossip is heard',
  words: [GOSSIP_DEAF, GOSSIP_FOREIGN],
  look: (context) => context.get(gossipFacts),
  judge: judgeGossip,
})
