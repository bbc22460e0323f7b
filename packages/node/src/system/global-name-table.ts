import { inspect, type Pid, type Term } from '@dynsrv/etf'
import type { LinksAndMonitors } from '../links-and-monitors.ts'
import type { LocalProcess } from '../local-process.ts'
import type { GlobalOperation, NameEntry } from './global-operation.ts'

interface WatchedName extends NameEntry {
  readonly unwatch: () => void
}

/** The names of the cluster as we know them. A name goes when its process ends, or the link to its node. */
export class GlobalNameTable {
  readonly #owner: LocalProcess
  readonly #life: LinksAndMonitors
  readonly #names = new Map<string, WatchedName>()

  /** @param owner the process that watches those that have names */
  constructor(owner: LocalProcess, life: LinksAndMonitors) {
    this.#owner = owner
    this.#life = life
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
    const key = inspect(name)
    this.remove(name)
    // Set before the monitor is: for a process that is gone already it fires at once.
    let unwatch = (): void => undefined
    this.#names.set(key, { name, pid, method, unwatch: () => unwatch() })
    const ref = this.#life.monitor(this.#owner, pid, () => {
      if (this.#names.get(key)?.pid === pid) this.#names.delete(key)
    })
    unwatch = () => void this.#life.demonitor(ref)
  }

  remove(name: Term): void {
    const key = inspect(name)
    const entry = this.#names.get(key)
    this.#names.delete(key)
    entry?.unwatch()
  }
}
