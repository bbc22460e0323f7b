import type { NodeName } from '@dynsrv/epmd-shim'
import type { IgnoredTarget } from '../discover.ts'
import type { Plan } from './plan.ts'

const NOTHING: ReadonlySet<string> = new Set()

/**
 * Finds out whose records may be there although they cannot be used. A record that names a node is that node's. Of another
 * one only the time speaks: it may be that of each node that went missing when it appeared, and of none that it was beside.
 */
export class Unusable {
  /** The records that the last sound answer held and that were of no use. */
  #known: ReadonlySet<string> = NOTHING
  /** What had been of no use before each missing node went missing; undefined when nothing new was there then. */
  readonly #before = new Map<NodeName, ReadonlySet<string> | undefined>()

  /** Whether an answer may hold the record of a missing node among those that it cannot use. */
  finder(ignored: readonly IgnoredTarget[]): (node: NodeName) => boolean {
    if (ignored.length === 0) return () => false
    const named = new Set<string>()
    const keys: string[] = []
    for (const one of ignored) {
      if (one.node !== undefined) named.add(one.node.toLowerCase())
      else if (one.foreign !== true) keys.push(keyOf(one))
    }
    const newSince = new Map<ReadonlySet<string>, boolean>()
    const isNew = (before: ReadonlySet<string>) => {
      const known = newSince.get(before) ?? keys.some((key) => !before.has(key))
      newSince.set(before, known)
      return known
    }
    return (node) => {
      if (named.has(node.toLowerCase())) return true
      const before = this.#before.has(node) ? this.#before.get(node) : this.#known
      return before !== undefined && isNew(before)
    }
  }

  /** Takes a sound answer in, with what followed from it. */
  remember(
    self: NodeName,
    { members, own }: Plan,
    discovered: ReadonlySet<NodeName>,
    ignored: readonly IgnoredTarget[],
  ) {
    const isNew = this.finder(ignored.filter(({ node }) => node === undefined))
    const missing = [...members.keys()].filter((node) => !discovered.has(node))
    if (own !== undefined && !discovered.has(self)) missing.push(self)
    const before = missing.map((node) => {
      const first = this.#before.has(node) ? this.#before.get(node) : isNew(node) ? this.#known : undefined
      return [node, first] as const
    })
    this.#before.clear()
    for (const [node, first] of before) this.#before.set(node, first)
    this.#known = ignored.length === 0 ? NOTHING : new Set(ignored.map(keyOf))
  }
}

function keyOf({ target, reason }: IgnoredTarget): string {
  return `${target}\n${reason}`
}
