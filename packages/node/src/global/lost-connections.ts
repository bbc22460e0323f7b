import { Atom, atom, type Term, type Tuple, tuple } from '@dynsrv/etf'
import type { Clock, Random } from '@dynsrv/kit'
import { NodeError } from '../error.ts'
import { termKey } from '../process/term-key.ts'

/** From here on nodes prevent that parts of a cluster overlap. */
const PREVENTS_VERSION = 7
/** How long a notice is remembered at least, unless there are too many. Unit: milliseconds. */
const REMEMBERED_MS = 3_600_000
/** How many of the last notices are remembered at least. */
const MAX_REMEMBERED = 50_000

/** What was heard last from one node of its loss of another. */
interface Notice {
  readonly instance: string
  readonly count: bigint
}

export interface LostConnectionsParts {
  readonly clock: Clock
  readonly random: Random
  readonly self: string
  /** Distinguishes us from an earlier node of our name. */
  readonly creation: number
  /** @see NodeOptions.preventOverlappingPartitions */
  readonly prevent: boolean
  /** The version of a node that we share names with, or are about to; undefined for all others. */
  readonly version: (node: string) => number | undefined
  readonly connected: () => readonly string[]
  readonly isConnected: (node: string) => boolean
  readonly tell: (node: string, message: Term) => void
  /** We share no names with it any more. */
  readonly forget: (node: string) => void
  readonly disconnect: (node: string, reason: NodeError) => void
}

/**
 * Keeps parts of a cluster from overlapping. When one node loses another, all that know the first drop the second: else
 * some would share names with both, while the two no longer hear of each other's.
 *
 * @see OTP `global`, "Prevent Overlapping Partitions Algorithm"; `kernel`, `prevent_overlapping_partitions`
 */
export class LostConnections {
  readonly #parts: LostConnectionsParts
  /** By both nodes. No queue in a map: to take the first out of one is to step over all that were taken out before. */
  #heard = new Map<string, Notice>()
  #heardBefore: ReadonlyMap<string, Notice> = new Map()
  #heardSince: number
  /** Nodes whose link is ended to keep partitions apart, which is no loss to report. */
  readonly #removing = new Set<string>()
  readonly #instance: number
  #count = 0

  constructor(parts: LostConnectionsParts) {
    this.#parts = parts
    this.#heardSince = parts.clock.monotonic()
    // BEAM makes an integer of a random number and the creation too; others only compare it with the last one.
    this.#instance = Math.floor(parts.random.number() * 2 ** 20) * 2 ** 32 + parts.creation
  }

  /** The link to a node is gone, or the node cannot be reached from here though others know it as one of ours. */
  lost(node: string): void {
    if (!this.#removing.delete(node)) this.#tell(node, node)
  }

  /** The program is about to drop a node: the others drop it with us, and it does not make them drop us. */
  disconnecting(node: string): void {
    if (!this.#parts.prevent || this.#parts.version(node) === undefined) return
    this.#tell(node)
    this.#parts.forget(node)
    this.#removing.add(node)
  }

  /** `{remove_connection, Node}`: a node asks to be dropped. */
  asked(node: string): void {
    if (this.#parts.version(node) !== undefined) this.#drop(node, `${node} dropped this node`)
  }

  /** `{lost_connection, Node, Instance, Count, Lost}`: somebody says that one node lost another. */
  heard(notice: Tuple): void {
    const [, first, instance, count, second] = notice.elements
    if (!this.#parts.prevent || !(first instanceof Atom && second instanceof Atom)) return
    if (typeof count !== 'number' && typeof count !== 'bigint') return
    if (typeof count === 'number' && !Number.isInteger(count)) return
    if (!this.#isNews(`${first.name} ${second.name}`, termKey(instance), BigInt(count))) return
    const { self, tell } = this.#parts
    // It may have lost others before they heard it, so that each passes it on.
    for (const node of this.#others(first.name)) tell(node, notice)
    // All others drop the one that was lost. When that is us, they need not drop the one that lost us as well.
    const dropped = second.name === self ? first.name : second.name
    const version = this.#parts.version(dropped)
    if (version === undefined) return
    if (version >= PREVENTS_VERSION) tell(dropped, tuple(atom('remove_connection'), atom(self)))
    this.#drop(dropped, `${first.name} lost its link to ${second.name}`)
  }

  #tell(lost: string, except?: string): void {
    const { self, prevent, tell } = this.#parts
    if (!prevent) return
    const notice = [atom('lost_connection'), atom(self), this.#instance, ++this.#count, atom(lost)] as const
    for (const node of this.#others(except)) tell(node, tuple(...notice))
  }

  #drop(node: string, because: string): void {
    const { isConnected, forget, disconnect } = this.#parts
    forget(node)
    if (!isConnected(node)) return
    this.#removing.add(node)
    const message = `this node dropped ${node} to prevent overlapping partitions, since ${because}`
    disconnect(node, new NodeError('NODE_PARTITION_PREVENTED', message, { peer: node }))
  }

  #isNews(key: string, instance: string, count: bigint): boolean {
    const last = this.#heard.get(key) ?? this.#heardBefore.get(key)
    if (last !== undefined && last.instance === instance && count <= last.count) return false
    const now = this.#parts.clock.monotonic()
    if (this.#heard.size >= MAX_REMEMBERED || now - this.#heardSince >= REMEMBERED_MS) {
      this.#heardBefore = this.#heard
      this.#heard = new Map()
      this.#heardSince = now
    }
    this.#heard.set(key, { instance, count })
    return true
  }

  #others(except: string | undefined): string[] {
    const { connected, version } = this.#parts
    return connected().filter((node) => node !== except && (version(node) ?? 0) >= PREVENTS_VERSION)
  }
}
