import type { NodeName } from '@dynsrv/epmd-shim'
import type { MembershipChange } from '../change.ts'
import type { Membership } from '../membership.ts'

/** Takes down the links to those who left; what fails is tried again with the next `pump`. */
export class Unlinker {
  readonly #membership: Membership
  readonly #report: (change: MembershipChange) => void
  readonly #leaving = new Set<NodeName>()

  constructor(membership: Membership, report: (change: MembershipChange) => void) {
    this.#membership = membership
    this.#report = report
  }

  add(node: NodeName): void {
    this.#leaving.add(node)
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
