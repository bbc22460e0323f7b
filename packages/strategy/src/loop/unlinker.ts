import type { NodeName } from '@dynsrv/epmd-shim'
import type { MembershipChange } from '../change.ts'
import type { Membership } from '../membership.ts'

/** How many of those who left are remembered, the latest. */
const MAX_LEFT = 1_000
/** How often one is dropped again: who still comes is not late in hearing of it, but wants to be here. */
const TIMES_AGAIN = 3

/**
 * Takes down the links to those who left; what fails is tried again with the next `pump`. One that does not know yet that it is
 * deregistered dials back: its link goes as well, with the next whole answer, three times at most.
 */
export class Unlinker {
  readonly #membership: Membership
  readonly #report: (change: MembershipChange) => void
  readonly #leaving = new Set<NodeName>()
  /** Those who left, each with how often it may be dropped again. */
  readonly #left = new Map<NodeName, number>()

  constructor(membership: Membership, report: (change: MembershipChange) => void) {
    this.#membership = membership
    this.#report = report
  }

  add(node: NodeName): void {
    this.#leaving.add(node)
    this.#left.delete(node)
    this.#left.set(node, TIMES_AGAIN)
    for (const oldest of this.#left.keys()) {
      if (this.#left.size <= MAX_LEFT) break
      this.#left.delete(oldest)
    }
  }

  /** A whole answer came: who left and is here again without being a member leaves again. */
  again(isMember: (node: NodeName) => boolean, connected: ReadonlySet<NodeName>): void {
    for (const [node, times] of this.#left) {
      if (isMember(node) || times === 0) this.#left.delete(node)
      else if (connected.has(node) && !this.#leaving.has(node)) {
        this.#leaving.add(node)
        this.#left.set(node, times - 1)
      }
    }
  }

  /** Its link is down, or it is a member again. */
  forget(node: NodeName): void {
    this.#leaving.delete(node)
  }

  pump(isMember: (node: NodeName) => boolean, connected: ReadonlySet<NodeName>): void {
    for (const node of this.#leaving) {
      if (isMember(node) || !connected.has(node)) this.#leaving.delete(node)
      else void this.#disconnect(node)
    }
  }

  async #disconnect(node: NodeName): Promise<void> {
    try {
      await this.#membership.disconnect(node)
      this.#leaving.delete(node)
    } catch (cause) {
      this.#report({ type: 'disconnectFailed', node, cause })
    }
  }
}
