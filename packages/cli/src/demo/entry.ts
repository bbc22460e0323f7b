import type { NodeView } from './demo-event.ts'
import type { DemoNode } from './demo-node.ts'

/** What the demo knows of one of its nodes. */
export interface Entry {
  readonly label: string
  readonly runs: string
  node: DemoNode | undefined
  /** Settles when the node is up or could not start. */
  starting: Promise<DemoNode | undefined>
  state: NodeView['state']
  registered: boolean
  /** Polls that were answered, and polls in a row that were not. */
  answeredPolls: number
  failedPolls: number
  /** Why its last poll failed. */
  pollProblem: string | undefined
  /** Why it could not reach a peer, by the peer's name. */
  readonly problems: Map<string, string>
}
