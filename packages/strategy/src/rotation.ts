import type { NodeName } from '@dynsrv/epmd-shim'

/**
 * Notices answers that show only part of the members in turn (Consul's and others' answer limits): a member goes missing,
 * keeps its link, and is named again.
 */
export class Rotation {
  readonly #polls: number
  #absent: ReadonlySet<NodeName> = new Set()
  #left = 0

  constructor(polls: number) {
    this.#polls = polls
  }

  /** Whether answers rotate, as far as the last polls show. */
  get suspected(): boolean {
    return this.#left > 0
  }

  /** Somebody who was missing with a live link is named again. */
  suspect(): void {
    this.#left = this.#polls
  }

  /** Takes a whole answer in. */
  observe(discovered: ReadonlySet<NodeName>, connected: ReadonlySet<NodeName>): void {
    if (this.#left > 0) this.#left -= 1
    const back = (node: NodeName) => discovered.has(node) && connected.has(node)
    if ([...this.#absent].some(back)) this.suspect()
  }

  /** Remembers who the answer lacks. */
  remember(members: Iterable<NodeName>, discovered: ReadonlySet<NodeName>): void {
    const absent = new Set<NodeName>()
    for (const node of members) if (!discovered.has(node)) absent.add(node)
    this.#absent = absent
  }
}
