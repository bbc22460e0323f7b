import type { Term } from '@dynsrv/etf'
import { discover, makeScope, type PgScope, type PgScopeParts } from './pg-scope.ts'

export interface PgScopesParts extends Omit<PgScopeParts, 'onClosed'> {
  readonly onClosed: (scope: string, reason: Term) => void
}

/** The scopes of process groups that a node has joined, by name. */
export class PgScopes {
  readonly #parts: PgScopesParts
  readonly #scopes = new Map<string, PgScope>()

  constructor(parts: PgScopesParts) {
    this.#parts = parts
  }

  /** Joins a scope, once. @throws {NodeError} `NODE_NAME_TAKEN` */
  join(name: string): PgScope {
    const known = this.#scopes.get(name)
    if (known !== undefined) return known
    const made = makeScope(name, {
      ...this.#parts,
      onClosed: (reason) => {
        this.#scopes.delete(name)
        this.#parts.onClosed(name, reason)
      },
    })
    this.#scopes.set(name, made)
    return made
  }

  /** Those that are joined now. */
  joined(): PgScope[] {
    return [...this.#scopes.values()]
  }

  /** A link is up: announces our scopes there. */
  connectionUp(node: string): void {
    for (const scope of this.#scopes.values()) discover(scope, node)
  }
}
