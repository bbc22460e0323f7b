import type { NodeName } from '@dynsrv/epmd-shim'

interface Heard {
  at: number
  readonly from: string
}

/**
 * Names that were heard, each until it has been silent for too long; a bounded number.
 *
 * Anybody on the network can send names. When the table is full, the address that sent most names loses the one that it has
 * not repeated for longest. So an address that floods the table pushes out its own names, and a node that says its name is
 * heard. When names come from many forged addresses, those that are not repeated go.
 */
export class HeardNames {
  readonly #max: number
  /** In the order in which they were heard last. */
  readonly #names = new Map<NodeName, Heard>()
  /** The names of each address, in the same order. */
  readonly #byAddress = new Map<string, Set<NodeName>>()
  /** The addresses by how many names they have; at least one has `#most`. */
  readonly #byCount = new Map<number, Set<string>>()
  #most = 0

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#names.size
  }

  names(): Set<NodeName> {
    return new Set(this.#names.keys())
  }

  /** Notes a name; says whether it was not known. In constant time. */
  hear(node: NodeName, from: string, at: number): boolean {
    const known = this.#names.has(node)
    this.#forget(node)
    if (this.#names.size >= this.#max) this.#makeRoom()
    this.#names.set(node, { at, from })
    const names = this.#byAddress.get(from) ?? new Set()
    this.#byAddress.set(from, names)
    names.add(node)
    this.#recount(from, names.size - 1, names.size)
    return !known
  }

  /** Forgets what was heard before. */
  expire(before: number): void {
    for (const [node, { at }] of this.#names) {
      if (at >= before) return
      this.#forget(node)
    }
  }

  #makeRoom(): void {
    const [address = ''] = this.#byCount.get(this.#most) ?? []
    const [longestSilent] = this.#byAddress.get(address) ?? []
    if (longestSilent !== undefined) this.#forget(longestSilent)
  }

  #forget(node: NodeName): void {
    const heard = this.#names.get(node)
    if (heard === undefined) return
    this.#names.delete(node)
    const names = this.#byAddress.get(heard.from)!
    names.delete(node)
    if (names.size === 0) this.#byAddress.delete(heard.from)
    this.#recount(heard.from, names.size + 1, names.size)
  }

  #recount(address: string, before: number, now: number): void {
    const old = this.#byCount.get(before)
    old?.delete(address)
    if (old?.size === 0) this.#byCount.delete(before)
    if (now > 0) {
      const same = this.#byCount.get(now) ?? new Set()
      this.#byCount.set(now, same)
      same.add(address)
    }
    // A count moves by one, so that the greatest one does too.
    if (now > this.#most) this.#most = now
    else if (before === this.#most && !this.#byCount.has(before)) this.#most = now
  }
}
