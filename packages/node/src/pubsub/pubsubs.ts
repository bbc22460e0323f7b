import type { Term } from '@dynsrv/etf'
import { makePubSub, type PubSub, type PubSubOptions, type PubSubParts } from './pubsub.ts'

export interface PubSubsParts extends Omit<PubSubParts, 'scope' | 'onClosed'> {
  readonly scope: () => PubSubParts['scope']
}

/** The servers of Phoenix.PubSub that a node has joined, by name. */
export class PubSubs {
  readonly #parts: PubSubsParts
  readonly #pubsubs = new Map<string, PubSub>()

  constructor(parts: PubSubsParts) {
    this.#parts = parts
  }

  /** Joins one, once; the options of the first time count. @throws {NodeError} `NODE_NAME_TAKEN` */
  join(name: string, options: PubSubOptions): PubSub {
    const key = name.replace(/^Elixir\./, '')
    const known = this.#pubsubs.get(key)
    if (known !== undefined) return known
    const scope = this.#parts.scope()
    const made = makePubSub(key, { ...this.#parts, scope, onClosed: () => this.#pubsubs.delete(key) }, options)
    this.#pubsubs.set(key, made)
    return made
  }

  /** The names of those that are joined now. */
  names(): string[] {
    return [...this.#pubsubs.keys()]
  }

  /** Leaves all of them. */
  close(reason: Term): void {
    for (const pubsub of [...this.#pubsubs.values()]) pubsub.close(reason)
  }
}
