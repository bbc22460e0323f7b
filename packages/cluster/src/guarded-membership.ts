import type { NodeName } from '@dynsrv/epmd-shim'
import type { LinkDown, LinkUp, Membership } from '@dynsrv/strategy'
import type { OwnRecord } from './own-record.ts'

type Up = (event: LinkUp) => void
type Down = (event: LinkDown) => void

/** The node as the strategies see it: the same, but nobody is dialled for a service that does not name us any more. */
export class GuardedMembership implements Membership {
  readonly self: NodeName
  readonly #node: Membership
  readonly #ownRecords: readonly OwnRecord[]
  /** Peers whose link went down since they were dialled last. */
  readonly #dropped = new Set<NodeName>()

  constructor(node: Membership, ownRecords: readonly OwnRecord[]) {
    this.self = node.self
    this.#node = node
    this.#ownRecords = ownRecords
    node.on('nodedown', ({ node: peer }: LinkDown) => this.#dropped.add(peer))
  }

  connected(): Iterable<NodeName> {
    return this.#node.connected()
  }

  async connect(peer: NodeName, options: { readonly signal: AbortSignal }): Promise<void> {
    const own = this.#ownRecords.find((record) => record.covers(peer))
    if (this.#dropped.delete(peer)) await own?.refresh(options.signal)
    own?.check()
    await this.#node.connect(peer, options)
  }

  disconnect(peer: NodeName): Promise<void> {
    return this.#node.disconnect(peer)
  }

  on(event: 'nodeup', listener: Up): unknown
  on(event: 'nodedown', listener: Down): unknown
  on(event: 'nodeup' | 'nodedown', listener: Up & Down): unknown {
    return event === 'nodeup' ? this.#node.on(event, listener) : this.#node.on(event, listener)
  }

  off(event: 'nodeup', listener: Up): unknown
  off(event: 'nodedown', listener: Down): unknown
  off(event: 'nodeup' | 'nodedown', listener: Up & Down): unknown {
    return event === 'nodeup' ? this.#node.off(event, listener) : this.#node.off(event, listener)
  }
}
