import { Atom, atom, type Term, Tuple, tuple } from '@dynsrv/etf'
import { list } from './global-operation.ts'

/** From here on nodes tell each other the versions of those they know. */
const VERSIONS_VERSION = 7

/** A node and the version of the protocol of `global` that it speaks; 0 when nobody has told. */
export type GlobalNode = readonly [name: string, version: number]

/** The nodes that share the names of the cluster with us. */
export class GlobalNodes {
  /** Our part of the cluster: we announce to all of these each node that joins it through us. */
  readonly #known = new Map<string, number>()
  /** Those of them that know us too. */
  readonly #synced = new Set<string>()

  names(): string[] {
    return [...this.#known.keys()]
  }

  entries(): GlobalNode[] {
    return [...this.#known]
  }

  has(name: string): boolean {
    return this.#known.has(name)
  }

  version(name: string): number | undefined {
    return this.#known.get(name)
  }

  isSynced(name: string): boolean {
    return this.#synced.has(name)
  }

  /** @param version as far as it is known; the higher of two that were told counts */
  add([name, version]: GlobalNode): void {
    this.#known.set(name, Math.max(version, this.#known.get(name) ?? 0))
  }

  /** It knows us too. */
  sync(node: GlobalNode): void {
    this.add(node)
    this.#synced.add(node[0])
  }

  delete(name: string): void {
    this.#known.delete(name)
    this.#synced.delete(name)
  }
}

/** `[{Node, Version}]`, or `[Node]` as OTP up to 24 tells it; what is neither is left out. */
export function readGlobalNodes(term: Term): GlobalNode[] {
  const nodes: GlobalNode[] = []
  for (const entry of list(term)) {
    if (entry instanceof Atom) nodes.push([entry.name, 0])
    else if (entry instanceof Tuple) {
      const { 0: name, 1: version } = entry.elements
      if (name instanceof Atom && typeof version === 'number') nodes.push([name.name, version])
    }
  }
  return nodes
}

/** @param version that of the node for which it is */
export function writeGlobalNodes(nodes: readonly GlobalNode[], version: number): Term {
  if (version < VERSIONS_VERSION) return nodes.map(([name]) => atom(name))
  return nodes.map(([name, theirs]) => tuple(atom(name), theirs))
}
