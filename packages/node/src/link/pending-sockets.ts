import type { NodeError } from '../error.ts'

/** A socket that has come in and has not proved itself yet. */
export interface PendingSocket {
  /** Where it comes from, as {@link sourceOf} says. */
  readonly source: string
  /** Ends it for this reason. */
  readonly giveUp: (reason: NodeError) => void
}

/**
 * The sockets that have not proved themselves yet, by where they come from.
 *
 * When there are too many, one from the address that holds most makes room: so a host that opens sockets without end gets in
 * its own way, and not in that of others.
 */
export class PendingSockets {
  readonly #max: number
  /** In the order they came. */
  readonly #all = new Set<PendingSocket>()
  readonly #counts = new Map<string, number>()

  /** @param max how many may be there at once */
  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#all.size
  }

  /** @returns the one that has to make room for it; it is out already */
  add(socket: PendingSocket): PendingSocket | undefined {
    this.#all.add(socket)
    this.#counts.set(socket.source, this.#count(socket) + 1)
    if (this.#all.size <= this.#max) return undefined
    const most = Math.max(...this.#counts.values())
    for (const leaving of this.#all) {
      // A real peer is through in milliseconds: the one that has been here longest is the least likely one.
      if (this.#count(leaving) < most) continue
      this.delete(leaving)
      return leaving
    }
    return undefined
  }

  delete(socket: PendingSocket): void {
    if (!this.#all.delete(socket)) return
    const count = this.#count(socket) - 1
    if (count === 0) this.#counts.delete(socket.source)
    else this.#counts.set(socket.source, count)
  }

  #count({ source }: PendingSocket): number {
    return this.#counts.get(source) ?? 0
  }
}

/**
 * What counts as one place that sockets come from: an IPv4 address, or the first half of an IPv6 address, since one machine
 * has the whole other half to itself.
 */
export function sourceOf(address: string): string {
  const ipv4 = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (ipv4 !== undefined) return ipv4
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const groups = head.split(':').filter((group) => group !== '')
  if (tail !== undefined)
    while (groups.length < 8 - tail.split(':').filter((group) => group !== '').length) groups.push('0')
  return `${groups.slice(0, 4).map(significant).join(':')}::/64`
}

function significant(group: string): string {
  return group.toLowerCase().replace(/^0+(?=.)/, '')
}
