import { inspect, type Pid, type Term } from '@dynsrv/etf'
import { pidKey } from '../process/identifiers.ts'
import type { LinksAndMonitors } from '../process/links-and-monitors.ts'
import type { LocalProcess } from '../process/local-process.ts'

interface Lock {
  readonly requester: string
  readonly requesterTerm: Term
  /** Processes that hold it, each once however often it asked. */
  readonly holders: Set<string>
}

/**
 * Locks as `global` grants them: one requester at a time, who may take it again through other processes.
 *
 * @see OTP `global:set_lock/1`
 */
export class GlobalLocks {
  readonly #owner: LocalProcess
  readonly #life: LinksAndMonitors
  readonly #locks = new Map<string, Lock>()
  readonly #watched = new Set<string>()

  /** @param owner the process that watches the holders */
  constructor(owner: LocalProcess, life: LinksAndMonitors) {
    this.#owner = owner
    this.#life = life
  }

  /** Whether it is granted. @param pid the process that asks, with whose end the lock ends */
  set(resource: Term, requester: Term, pid: Pid): boolean {
    const key = inspect(resource)
    const asks = inspect(requester)
    const lock = this.#locks.get(key) ?? { requester: asks, requesterTerm: requester, holders: new Set() }
    if (lock.requester !== asks) return false
    this.#locks.set(key, lock)
    lock.holders.add(pidKey(pid))
    this.#watch(pid)
    return true
  }

  /** Who has it; undefined when nobody has. */
  requester(resource: Term): Term {
    return this.#locks.get(inspect(resource))?.requesterTerm
  }

  delete(resource: Term, requester: Term, pid: Pid): void {
    const key = inspect(resource)
    const lock = this.#locks.get(key)
    if (lock === undefined || lock.requester !== inspect(requester)) return
    lock.holders.delete(pidKey(pid))
    if (lock.holders.size === 0) this.#locks.delete(key)
  }

  #watch(pid: Pid): void {
    const holder = pidKey(pid)
    if (this.#watched.has(holder)) return
    this.#watched.add(holder)
    this.#life.monitor(this.#owner, pid, () => {
      this.#watched.delete(holder)
      for (const [key, { holders }] of this.#locks) {
        if (holders.delete(holder) && holders.size === 0) this.#locks.delete(key)
      }
    })
  }
}
