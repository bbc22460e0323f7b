import type { NodeName } from '@dynsrv/epmd-shim'

/**
 * Whom an empty answer forgot. A registry that was emptied fills again one by one: that it names the first nodes says nothing
 * of the others, until the time is over that an empty answer is not believed.
 */
export class Forgotten {
  readonly #nodes = new Set<NodeName>()
  #sinceMs = 0
  readonly #believedAfterMs: number

  constructor(believedAfterMs: number) {
    this.#believedAfterMs = believedAfterMs
  }

  /** An answer named nobody, and none has since a time. */
  forget(nodes: Iterable<NodeName>, sinceMs: number): void {
    this.#sinceMs = sinceMs
    for (const node of nodes) this.#nodes.add(node)
  }

  /** An answer named these. */
  named(nodes: Iterable<NodeName>): void {
    if (this.#nodes.size > 0) for (const node of nodes) this.#nodes.delete(node)
  }

  /** The service is gone, and the answer says so on purpose. */
  clear(): void {
    this.#nodes.clear()
  }

  /** @returns whether a node is still forgotten; undefined when none is */
  finder(now: number): ((node: NodeName) => boolean) | undefined {
    if (this.#nodes.size > 0 && now - this.#sinceMs >= this.#believedAfterMs) this.#nodes.clear()
    return this.#nodes.size === 0 ? undefined : (node) => this.#nodes.has(node)
  }
}
