import type { NodeIdentity } from '@dynsrv/dist-protocol'
import type { NodeName } from '@dynsrv/epmd-shim'
import type { NodeOptions } from '../node-options.ts'
import type { Output } from '../system/group-leader.ts'
import type { Listener } from './listener.ts'
import type { Transport } from './transport.ts'

/** What `startNode` found out before there was a node. */
export interface NodeParts {
  readonly options: NodeOptions
  readonly self: NodeName
  readonly identity: NodeIdentity
  readonly transport: Transport
  readonly listener: Listener | undefined
  readonly output: Output
}
