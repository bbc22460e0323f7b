import type { Atom, Pid, Reference } from '@dynsrv/etf'
import { pidKey, referenceKey } from './identifiers.ts'
import type { Place } from './peer-use.ts'

/** Somebody who wants to hear of the process' end. */
export interface Watcher {
  readonly pid: Pid
  readonly ref: Reference
  /** How the process was named in the request: its pid, or the registered name. */
  readonly as: Pid | Atom
  /** What it takes of its peer's room here. */
  readonly place: Place
}

/** A watcher by its reference; one of another node than the reference's cannot take the place of its owner. */
export function watcherKey({ node }: Pid, ref: Reference): string {
  return ref.node === node ? referenceKey(ref) : `${referenceKey(ref)} of ${node.name}`
}

/** Who watches one process. */
export class Watchers {
  readonly #all = new Map<string, Watcher>()
  /** The same by pid; made when it is asked for, which it seldom is. */
  #byPid: Map<string, Set<Watcher>> | undefined

  get size(): number {
    return this.#all.size
  }

  /** @param key that of {@link watcherKey} */
  has(key: string): boolean {
    return this.#all.has(key)
  }

  /** The reference must not be in use: `take` it first. */
  add(watcher: Watcher): void {
    this.#all.set(watcherKey(watcher.pid, watcher.ref), watcher)
    if (this.#byPid !== undefined) index(this.#byPid, watcher)
  }

  /** Takes one out, and frees its place. */
  take(key: string): Watcher | undefined {
    const watcher = this.#all.get(key)
    if (watcher === undefined) return undefined
    this.#all.delete(key)
    watcher.place.free()
    if (this.#byPid !== undefined) {
      const pid = pidKey(watcher.pid)
      const same = this.#byPid.get(pid)
      same?.delete(watcher)
      if (same?.size === 0) this.#byPid.delete(pid)
    }
    return watcher
  }

  /** Those of one process. */
  of(pid: Pid): Watcher[] {
    if (this.#byPid === undefined) {
      this.#byPid = new Map()
      for (const watcher of this.#all.values()) index(this.#byPid, watcher)
    }
    return [...(this.#byPid.get(pidKey(pid)) ?? [])]
  }

  /** All of them by key, as they are now. */
  entries(): [string, Watcher][] {
    return [...this.#all]
  }
}

function index(byPid: Map<string, Set<Watcher>>, watcher: Watcher): void {
  const pid = pidKey(watcher.pid)
  const same = byPid.get(pid)
  if (same === undefined) byPid.set(pid, new Set([watcher]))
  else same.add(watcher)
}
