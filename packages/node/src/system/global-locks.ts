import { inspect, type Term } from '@dynsrv/etf'

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
  readonly #locks = new Map<string, Lock>()

  /** @param holder key of the process that asks, with whose end the lock ends */
  set(resource: Term, requester: Term, holder: string): boolean {
    const key = inspect(resource)
    const asks = inspect(requester)
    const lock = this.#locks.get(key)
    if (lock === undefined) {
      this.#locks.set(key, { requester: asks, requesterTerm: requester, holders: new Set([holder]) })
      return true
    }
    if (lock.requester !== asks) return false
    lock.holders.add(holder)
    return true
  }

  /** Who has it; undefined when nobody has. */
  requester(resource: Term): Term {
    return this.#locks.get(inspect(resource))?.requesterTerm
  }

  delete(resource: Term, requester: Term, holder: string): void {
    const key = inspect(resource)
    const lock = this.#locks.get(key)
    if (lock === undefined || lock.requester !== inspect(requester)) return
    lock.holders.delete(holder)
    if (lock.holders.size === 0) this.#locks.delete(key)
  }

  /** The process has ended: what it held is free. */
  release(holder: string): void {
    for (const [key, { holders }] of this.#locks) {
      if (holders.delete(holder) && holders.size === 0) this.#locks.delete(key)
    }
  }
}
