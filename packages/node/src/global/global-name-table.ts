import { inspect, type Pid, type Term } from '@dynsrv/etf'
import type { LinksAndMonitors } from '../process/links-and-monitors.ts'
import type { LocalProcess } from '../process/local-process.ts'
import type { GlobalOperation, NameEntry } from './global-operation.ts'

interface KnownName extends NameEntry {
  /** Undefined as long as there is no link over which its process could be watched. */
  unwatch: (() => void) | undefined
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
  readonly #isAwaited: (node: string) => boolean
  readonly #names = new Map<string, KnownName>()

  /**
   * @param owner the process that watches those that have names
   * @param isAwaited whether there is to be a link to a node that is not there yet
   */
  constructor(owner: LocalProcess, life: LinksAndMonitors, isAwaited: (node: string) => boolean) {
    this.#owner = owner
    this.#life = life
    this.#isAwaited = isAwaited
  }

  get(name: Term): NameEntry | undefined {
    return this.#names.get(inspect(name))
  }

  entries(): NameEntry[] {
    return [...this.#names.values()]
  }

  apply(operations: readonly GlobalOperation[]): void {
    for (const operation of operations) {
      if (operation.type === 'insert') this.insert(operation.name, operation.pid, operation.method)
      else this.remove(operation.name)
    }
  }

  insert(name: Term, pid: Pid, method: Term): void {
    this.remove(name)
    const entry = { name, pid, method, unwatch: undefined }
    this.#names.set(inspect(name), entry)
    if (!this.#isAwaited(pid.node.name)) this.#watch(entry)
  }

  /** The link to a node is up. */
  connected(node: string): void {
    for (const entry of this.#names.values()) {
      if (entry.unwatch === undefined && entry.pid.node.name === node) this.#watch(entry)
    }
  }

  /** There will be no link to a node: the names that wait for it go. */
  forget(node: string): void {
    for (const [key, { unwatch, pid }] of this.#names) {
      if (unwatch === undefined && pid.node.name === node) this.#names.delete(key)
    }
  }

  #watch(entry: KnownName): void {
    const key = inspect(entry.name)
    entry.unwatch = () => undefined
    // For a process that is gone already it fires at once.
    const ref = this.#life.monitor(this.#owner, entry.pid, () => {
      if (this.#names.get(key) === entry) this.#names.delete(key)
    })
    entry.unwatch = () => void this.#life.demonitor(ref)
  }

  remove(name: Term): void {
    const key = inspect(name)
    const entry = this.#names.get(key)
    this.#names.delete(key)
    entry?.unwatch?.()
  }
}
