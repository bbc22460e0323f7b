import type { Reference } from '@dynsrv/etf'
import type { Identifiers } from './identifiers.ts'
import { type LocalProcess, nodeOf, type OwnMonitor } from './local-process.ts'
import { OwnReferences } from './own-references.ts'

/** The monitors that our processes have set up and that wait for an end. */
export class OwnMonitors {
  readonly #all: OwnReferences<OwnMonitor>

  constructor(ids: Identifiers) {
    this.#all = new OwnReferences(ids)
  }

  get size(): number {
    return this.#all.size
  }

  get(ref: Reference): OwnMonitor | undefined {
    return this.#all.get(ref)
  }

  add(owner: LocalProcess, ref: Reference, target: OwnMonitor['target'], down: OwnMonitor['down']): void {
    const monitor: OwnMonitor = { owner, ref, target, down, previous: undefined, next: owner.monitor }
    if (monitor.next !== undefined) monitor.next.previous = monitor
    owner.monitor = monitor
    this.#all.set(ref, monitor)
  }

  /** Takes a monitor out: it is not told any more. */
  take(ref: Reference): OwnMonitor | undefined {
    const monitor = this.#all.delete(ref)
    if (monitor === undefined) return undefined
    const { owner, previous, next } = monitor
    if (previous === undefined) owner.monitor = next
    else previous.next = next
    if (next !== undefined) next.previous = previous
    // What is dead must not keep what is young alive.
    monitor.previous = undefined
    monitor.next = undefined
    return monitor
  }

  /** Those that watch somebody on a node. */
  on(node: string): OwnMonitor[] {
    return this.#all.values().filter(({ target }) => nodeOf(target) === node)
  }
}
