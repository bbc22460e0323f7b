import { EventEmitter } from 'node:events'
import type { NodeName } from '@dynsrv/epmd-shim'
import type { Dial, LinkDown, LinkUp, Membership } from '@dynsrv/strategy'
import { DynsrvError } from './error.ts'

/** The node as the strategies see it: they are made before it, so that their options are checked before anything listens. */
export class LateMembership extends EventEmitter<{ nodeup: [LinkUp]; nodedown: [LinkDown] }> implements Membership {
  readonly self: NodeName
  #node: Membership | undefined

  constructor(self: NodeName) {
    super()
    this.self = self
    this.setMaxListeners(0)
  }

  /** The node is there. */
  attach(node: Membership): void {
    this.#node = node
    node.on('nodeup', (event: LinkUp) => this.emit('nodeup', event))
    node.on('nodedown', (event: LinkDown) => this.emit('nodedown', event))
  }

  connected(): Iterable<NodeName> {
    return this.#node?.connected() ?? []
  }

  async connect(peer: NodeName, options: Dial): Promise<void> {
    // A strategy that does not know where it listens has asked already: the node is not to ask it again.
    await this.#live().connect(peer, { endpoints: [], ...options })
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
