import type { NodeName } from '@dynsrv/epmd-shim'
import type { Plan } from './plan.ts'

/**
 * Notices answers that show only part of the members in turn (Consul's and others' answer limits): a member goes missing,
 * keeps its link, and is named again; or one whose link was taken down is named again while others are not any more.
 */
export class Rotation {
  readonly #polls: number
  #absent: ReadonlySet<NodeName> = new Set()
  /** Whose links were taken down, and how many good answers ago. */
  readonly #departed = new Map<NodeName, number>()
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
    if ([...this.#absent].some(back) || this.#swaps(discovered, connected)) this.suspect()
  }

  /** Remembers who the answer lacks, and who leaves because of it. */
  remember({ members, held, leave }: Plan, discovered: ReadonlySet<NodeName>, connected: ReadonlySet<NodeName>): void {
    const absent = new Set<NodeName>()
    // One whose record could not be used was there.
    for (const node of members.keys()) if (!discovered.has(node) && held.get(node) !== 'unusable') absent.add(node)
    this.#absent = absent
    for (const [node, answers] of this.#departed) {
      if (answers >= this.#polls || discovered.has(node)) this.#departed.delete(node)
      else this.#departed.set(node, answers + 1)
    }
    for (const node of leave) if (connected.has(node)) this.#departed.set(node, 0)
  }

  /** Whether several come back while as many go: instances that are replaced one after the other do not look like that. */
  #swaps(discovered: ReadonlySet<NodeName>, connected: ReadonlySet<NodeName>): boolean {
    let back = 0
    for (const node of this.#departed.keys()) if (discovered.has(node)) back += 1
    if (back < 2) return false
    let gone = 0
    for (const node of connected) if (!discovered.has(node)) gone += 1
    return gone >= 2
  }
}
