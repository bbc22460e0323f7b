import { EventEmitter } from 'node:events'
import type { NodeName } from '@dynsrv/epmd-shim'
import type { LinkDown, LinkUp, Membership } from '@dynsrv/strategy'
import { DynsrvError } from './error.ts'
import type { OwnRecord } from './own-record.ts'

/**
 * The node as the strategies see it: the same, but no peer of a service is dialled while that service has dropped us.
 *
 * Strategies are made before the node, so that their options are checked before anything listens.
 */
export class GuardedMembership extends EventEmitter<{ nodeup: [LinkUp]; nodedown: [LinkDown] }> implements Membership {
  readonly self: NodeName
  readonly #ownRecords: readonly OwnRecord[]
  /** Peers whose link went down since they were dialled last. */
  readonly #dropped = new Set<NodeName>()
  #node: Membership | undefined

  constructor(self: NodeName, ownRecords: readonly OwnRecord[]) {
    super()
    this.self = self
    this.#ownRecords = ownRecords
    this.setMaxListeners(0)
  }

  /** The node is there. */
  attach(node: Membership): void {
    this.#node = node
    node.on('nodeup', (event: LinkUp) => this.emit('nodeup', event))
    node.on('nodedown', (event: LinkDown) => {
      this.#dropped.add(event.node)
      this.emit('nodedown', event)
    })
  }

  connected(): Iterable<NodeName> {
    return this.#node?.connected() ?? []
  }

  async connect(peer: NodeName, options: { readonly signal: AbortSignal }): Promise<void> {
    const own = this.#ownRecords.find((record) => record.covers(peer))
    if (this.#dropped.delete(peer)) await own?.refresh(options.signal)
    own?.check()
    await this.#live().connect(peer, options)
  }

  async disconnect(peer: NodeName): Promise<void> {
    await this.#live().disconnect(peer)
  }

  #live(): Membership {
    if (this.#node !== undefined) return this.#node
    throw new DynsrvError('DYNSRV_BAD_OPTION', 'a strategy wants to connect while it is made', {
      hint: 'Connect when the strategy is started. start() does that as soon as the node listens.',
    })
  }
}
