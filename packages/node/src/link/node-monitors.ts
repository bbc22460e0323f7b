import { type Closable, closable } from '../closable.ts'
import type { NodeDownReason } from '../node-event.ts'

/** What a node monitor calls, once. */
export type OnNodeDown = (reason: NodeDownReason) => void

/** Callbacks for the end of the link to a node, by node. */
export class NodeMonitors {
  readonly #byNode = new Map<string, Set<OnNodeDown>>()

  /** @returns what takes it back */
  add(node: string, onDown: OnNodeDown): Closable {
    const monitors = this.#byNode.get(node) ?? new Set()
    // A function of its own for each, so that one callback may be given twice.
    const entry: OnNodeDown = (reason) => onDown(reason)
    this.#byNode.set(node, monitors.add(entry))
    return closable(() => {
      monitors.delete(entry)
      if (monitors.size === 0 && this.#byNode.get(node) === monitors) this.#byNode.delete(node)
    })
  }

  /** The link is down, or did not come up: calls all its monitors, once, and forgets them. */
  down(node: string, reason: NodeDownReason): void {
    const monitors = this.#byNode.get(node)
    this.#byNode.delete(node)
    for (const monitor of monitors ?? []) monitor(reason)
  }
}
