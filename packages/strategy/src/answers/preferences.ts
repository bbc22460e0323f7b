import type { NodeName } from '@dynsrv/epmd-shim'
import type { Preference, PreferencesByNode } from '../discover.ts'

/** Priority and weight have 16 bits. */
const MAX = 0xffff
const NONE: Preference = { priority: 0, weight: 0 }

/** The preferences that records have; of a node with several records, the best. */
export class Preferences implements PreferencesByNode {
  readonly #known = new Map<NodeName, Preference>()

  add(node: NodeName, { priority, weight }: Preference): void {
    const known = this.#known.get(node)
    const isBetter =
      known === undefined || priority < known.priority || (priority === known.priority && weight > known.weight)
    if (isBetter) this.#known.set(node, { priority, weight })
  }

  get(node: NodeName): Preference | undefined {
    return this.#known.get(node)
  }
}

/** A preference as it may be used; 0 and 0 where there is none, or where a source of the program's own made it up. */
export function preferenceOr(given: Preference | undefined): Preference {
  if (given === undefined || !isSixteenBits(given.priority) || !isSixteenBits(given.weight)) return NONE
  return { priority: given.priority, weight: given.weight }
}

function isSixteenBits(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX
}
