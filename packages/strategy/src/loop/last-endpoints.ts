import type { NodeName } from '@dynsrv/epmd-shim'
import type { Discovery, Endpoints, EndpointsByNode } from '../discover.ts'

/** Where members listen, by the last good answer that named each of them. */
export class LastEndpoints {
  #latest: Pick<Discovery, 'nodes' | 'endpoints'> = { nodes: new Set() }
  /** Members that the latest answer lacks. */
  readonly #older = new Map<NodeName, Endpoints>()
  /** The names of the latest answer by their small letters, made when one is asked for in another spelling. */
  #spelled: Map<string, NodeName> | undefined

  /** Takes an answer; of the members that it lacks, the older place is kept. */
  take(answer: Pick<Discovery, 'nodes' | 'endpoints'>, missing: Iterable<NodeName>): void {
    for (const node of missing) {
      const known = this.of(node)
      if (known !== undefined) this.#older.set(node, known)
    }
    this.#latest = answer
    this.#spelled = undefined
  }

  of(node: NodeName): Endpoints | undefined {
    const { endpoints } = this.#latest
    return endpoints?.get(node) ?? this.#inOtherLetters(endpoints, node) ?? this.#older.get(node)
  }

  /** It is not a member any more. */
  forget(node: NodeName): void {
    this.#older.delete(node)
  }

  #inOtherLetters(endpoints: EndpointsByNode | undefined, node: NodeName): Endpoints | undefined {
    if (endpoints === undefined || this.#latest.nodes.has(node)) return undefined
    this.#spelled ??= new Map([...this.#latest.nodes].map((each) => [each.toLowerCase(), each]))
    const written = this.#spelled.get(node.toLowerCase())
    return written === undefined ? undefined : endpoints.get(written)
  }
}
