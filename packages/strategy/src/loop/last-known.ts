import type { NodeName } from '@dynsrv/epmd-shim'
import type { ByNode } from '../discover.ts'

/** What one answer says of members. */
export interface Said<T> {
  readonly nodes: ReadonlySet<NodeName>
  readonly known: ByNode<T> | undefined
}

/** What is known of members, such as where they listen, by the last good answer that named each of them. */
export class LastKnown<T> {
  #latest: Said<T> = { nodes: new Set(), known: undefined }
  /** Of members that the latest answer lacks. */
  readonly #older = new Map<NodeName, T>()
  /** The names of the latest answer by their small letters, made when one is asked for in another spelling. */
  #spelled: Map<string, NodeName> | undefined

  /** Takes an answer; of the members that it lacks, what was known before is kept. */
  take(answer: Said<T>, missing: Iterable<NodeName>): void {
    for (const node of missing) {
      const known = this.of(node)
      if (known !== undefined) this.#older.set(node, known)
    }
    this.#latest = answer
    this.#spelled = undefined
  }

  of(node: NodeName): T | undefined {
    const { known } = this.#latest
    return known?.get(node) ?? this.#inOtherLetters(known, node) ?? this.#older.get(node)
  }

  /** It is not a member any more. */
  forget(node: NodeName): void {
    this.#older.delete(node)
  }

  #inOtherLetters(known: ByNode<T> | undefined, node: NodeName): T | undefined {
    if (known === undefined || this.#latest.nodes.has(node)) return undefined
    this.#spelled ??= new Map([...this.#latest.nodes].map((each) => [each.toLowerCase(), each]))
    const written = this.#spelled.get(node.toLowerCase())
    return written === undefined ? undefined : known.get(written)
  }
}
