import { Atom, type DecodeOptions, decode, encode, type Term } from '@dynsrv/etf'
import { bytesOfName } from '../process/kept-bytes.ts'
import type { LinksAndMonitors } from '../process/links-and-monitors.ts'
import type { LocalProcess } from '../process/local-process.ts'
import { type PeerUse, type PeerUses, Place } from '../process/peer-use.ts'
import { termKey } from '../process/term-key.ts'
import type { GlobalOperation, NameEntry } from './global-operation.ts'

interface KnownName extends NameEntry {
  /** The name as the program wants terms decoded; the other form is the one in which others are told. */
  readonly shown: Term
  /** Undefined as long as there is no link over which its process could be watched. */
  unwatch: (() => void) | undefined
  /** It counts for the peer that told it. */
  readonly place: Place
}

/**
 * The names of the cluster as we know them. A name goes when its process ends, or the link to its node.
 *
 * Names are often told before there is a link to their node. To watch their process then would end them with the first dial
 * that comes to nothing, so they wait for the link, or until the node is given up.
 */
export class GlobalNameTable {
  readonly #owner: LocalProcess
  readonly #life: LinksAndMonitors
  readonly #uses: PeerUses
  readonly #awaits: (node: string, use: PeerUse | undefined) => boolean | undefined
  readonly #decode: DecodeOptions | undefined
  readonly #names = new Map<string, KnownName>()
  /** Where the key of a name as the program has it is another, the key of the name. */
  readonly #keys = new Map<string, string>()
  /** By node, the names that wait for the link to it, by key. */
  readonly #waiting = new Map<string, Map<string, KnownName>>()

  /**
   * @param owner the process that watches those that have names
   * @param awaits whether there is to be a link to a node that is not there yet; undefined when the peer that told a name may
   * have no more nodes dialled
   * @param decode how the program wants terms decoded
   */
  constructor(
    owner: LocalProcess,
    life: LinksAndMonitors,
    uses: PeerUses,
    awaits: (node: string, use: PeerUse | undefined) => boolean | undefined,
    decode?: DecodeOptions,
  ) {
    this.#decode = decode
    this.#owner = owner
    this.#life = life
    this.#uses = uses
    this.#awaits = awaits
  }

  get(name: Term): NameEntry | undefined {
    return this.#names.get(termKey(name))
  }

  /** The same by a name of the program: one of the names `shown` to it, or one that it made. */
  find(name: Term): NameEntry | undefined {
    const key = termKey(name)
    return this.#names.get(key) ?? this.#names.get(this.#keys.get(key) ?? key)
  }

  /** Every name, as the program wants terms decoded. */
  shown(): Term[] {
    return [...this.#names.values()].map(({ shown }) => shown)
  }

  entries(): NameEntry[] {
    return [...this.#names.values()]
  }

  /** @param use what the peer that told them makes us hold */
  apply(operations: readonly GlobalOperation[], use: PeerUse | undefined): void {
    for (const operation of operations) {
      if (operation.type === 'delete') this.remove(operation.name)
      else this.insert(operation, use)
    }
  }

  /**
   * Whether the name was taken: a peer that has told as many as it may gets no more in.
   *
   * @param use what the peer that told it makes us hold; undefined for a name that our program gave, in the form that it
   * likes
   */
  insert({ name, pid, method }: NameEntry, use?: PeerUse): boolean {
    this.remove(name)
    const key = termKey(name)
    // It is kept in both forms.
    const bytes = 2 * bytesOfName(key)
    if (this.#uses.refusesToHold(use, 'global names', bytes)) return false
    const awaited = this.#awaits(pid.node.name, use)
    if (awaited === undefined) return false
    const shown = use === undefined || name instanceof Atom ? name : decode(encode(name), this.#decode)
    const entry = { name, shown, pid, method, unwatch: undefined, place: new Place(use, bytes) }
    const shownKey = termKey(shown)
    this.#names.set(key, entry)
    if (shownKey !== key) this.#keys.set(shownKey, key)
    if (awaited) this.#wait(key, entry)
    else this.#watch(entry)
    return true
  }

  /** The link to a node is up. */
  connected(node: string): void {
    const waiting = this.#waiting.get(node)
    this.#waiting.delete(node)
    for (const entry of waiting?.values() ?? []) this.#watch(entry)
  }

  /** There will be no link to a node: the names that wait for it go. */
  forget(node: string): void {
    for (const key of this.#waiting.get(node)?.keys() ?? []) this.#delete(key)
  }

  #wait(key: string, entry: KnownName): void {
    const node = entry.pid.node.name
    const waiting = this.#waiting.get(node) ?? new Map<string, KnownName>()
    this.#waiting.set(node, waiting.set(key, entry))
  }

  #watch(entry: KnownName): void {
    const key = termKey(entry.name)
    entry.unwatch = () => undefined
    // For a process that is gone already it fires at once.
    const ref = this.#life.monitor(this.#owner, entry.pid, () => {
      if (this.#names.get(key) === entry) this.#delete(key)
    })
    entry.unwatch = () => void this.#life.demonitor(ref)
  }

  remove(name: Term): void {
    const key = termKey(name)
    const entry = this.#names.get(key)
    this.#delete(key)
    entry?.unwatch?.()
  }

  #delete(key: string): void {
    const entry = this.#names.get(key)
    if (entry === undefined) return
    this.#names.delete(key)
    const node = entry.pid.node.name
    const waiting = this.#waiting.get(node)
    if (waiting?.delete(key) === true && waiting.size === 0) this.#waiting.delete(node)
    entry.place.free()
    const shownKey = termKey(entry.shown)
    if (this.#keys.get(shownKey) === key) this.#keys.delete(shownKey)
  }
}
