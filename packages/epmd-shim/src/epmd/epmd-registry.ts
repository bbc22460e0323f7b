import type { Clock } from '@dynsrv/kit'
import { END_OF_CREATIONS, LOWEST_CREATION } from '../creation.ts'
import type { AliveReply, EpmdDumpLine, EpmdNode } from './epmd-message.ts'

const MAX_NAME_CHARACTERS = 255
const MAX_FIELD_BYTES = 1020
const MAX_REMEMBERED_NAMES = 1000

interface Registration {
  readonly node: EpmdNode
  readonly counter: number
  readonly fd: number
}

/**
 * epmd's book: which node lives under which name, and with which creation a name comes back. No I/O.
 *
 * @see `epmd_srv.c`, `node_reg2` and `node_unreg_sock`
 */
export class EpmdRegistry {
  // In order of registration; readers want the newest first.
  readonly #live = new Map<string, Registration>()
  readonly #freed = new Map<string, Registration>()
  readonly #clock: Pick<Clock, 'now'>

  /** @param clock the first creation of a name is the seconds since 1970, as in epmd */
  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  get size(): number {
    return this.#live.size
  }

  find(name: string): EpmdNode | undefined {
    return this.#live.get(name)?.node
  }

  /** The live nodes, newest first. */
  nodes(): readonly EpmdNode[] {
    return [...this.#live.values()].reverse().map(({ node }) => node)
  }

  dump(): readonly EpmdDumpLine[] {
    const line =
      (active: boolean) =>
      ({ node: { name, port }, fd }: Registration) => ({ name, port, active, fd })
    return [
      ...[...this.#live.values()].reverse().map(line(true)),
      ...[...this.#freed.values()].reverse().map(line(false)),
    ]
  }

  /** Refused when the name is live already, or the name or the extra bytes are too long. */
  register(node: EpmdNode, fd: number): AliveReply {
    const tooLong =
      [...node.name].length > MAX_NAME_CHARACTERS ||
      Buffer.byteLength(node.name) > MAX_FIELD_BYTES ||
      node.extra.length > MAX_FIELD_BYTES
    if (tooLong || this.#live.has(node.name)) return { accepted: false, creation: 0 }
    const before = this.#freed.get(node.name)
    this.#freed.delete(node.name)
    const next = before === undefined ? Math.floor(this.#clock.now() / 1000) : before.counter + 1
    const counter = next >= LOWEST_CREATION && next < END_OF_CREATIONS ? next : LOWEST_CREATION
    this.#live.set(node.name, { node, counter, fd })
    return { accepted: true, creation: node.highestVersion >= 6 ? counter : (counter % 3) + 1 }
  }

  /** Frees a name and remembers its creation, so that its next life gets another one. */
  unregister(name: string): void {
    const registration = this.#live.get(name)
    if (registration === undefined) return
    this.#live.delete(name)
    this.#freed.set(name, registration)
    const [oldest] = this.#freed.keys()
    if (oldest !== undefined && this.#freed.size > MAX_REMEMBERED_NAMES) this.#freed.delete(oldest)
  }
}
