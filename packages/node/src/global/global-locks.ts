import type { Pid, Term } from '@dynsrv/etf'
import { pidKey } from '../process/identifiers.ts'
import { bytesOfName } from '../process/kept-bytes.ts'
import type { LinksAndMonitors } from '../process/links-and-monitors.ts'
import type { LocalProcess } from '../process/local-process.ts'
import { type PeerUse, type PeerUses, Place } from '../process/peer-use.ts'
import { termKey } from '../process/term-key.ts'

interface Lock {
  readonly key: string
  readonly requester: string
  readonly requesterTerm: Term
  /** By key of the pid, the processes that hold it, each once however often it asked. */
  readonly holders: Map<string, Place>
}

/** A process that holds locks. */
interface Holder {
  readonly locks: Set<Lock>
  /** Takes the monitor back. */
  readonly unwatch: () => void
}

/**
 * Locks as `global` grants them: one requester at a time, who may take it again through other processes. What a process
 * holds is found by the process, so that its end costs time for its own locks only.
 *
 * @see OTP `global:set_lock/1`
 */
export class GlobalLocks {
  readonly #owner: LocalProcess
  readonly #life: LinksAndMonitors
  readonly #uses: PeerUses
  /** By key of the resource. */
  readonly #locks = new Map<string, Lock>()
  /** By key of the pid. */
  readonly #holders = new Map<string, Holder>()

  /** @param owner the process that watches the holders */
  constructor(owner: LocalProcess, life: LinksAndMonitors, uses: PeerUses) {
    this.#owner = owner
    this.#life = life
    this.#uses = uses
  }

  /**
   * Whether it is granted. To a peer that holds as much as it may no more is granted: it tries again later, as it does
   * when another one has the lock.
   *
   * @param pid the process that asks, with whose end the lock ends
   * @param use what the peer that asks makes us hold; undefined for a process of ours
   */
  set(resource: Term, requester: Term, pid: Pid, use?: PeerUse): boolean {
    const key = termKey(resource)
    const asks = termKey(requester)
    const lock = this.#locks.get(key) ?? { key, requester: asks, requesterTerm: requester, holders: new Map() }
    if (lock.requester !== asks) return false
    const holder = pidKey(pid)
    if (lock.holders.has(holder)) return true
    const bytes = bytesOfName(key) + bytesOfName(asks)
    if (this.#uses.refusesToHold(use, 'global locks', bytes)) return false
    this.#locks.set(key, lock)
    lock.holders.set(holder, new Place(use, bytes))
    const known = this.#holders.get(holder)
    if (known !== undefined) known.locks.add(lock)
    else this.#watch(pid, holder, lock)
    return true
  }

  /** Who has it; undefined when nobody has. */
  requester(resource: Term): Term {
    return this.#locks.get(termKey(resource))?.requesterTerm
  }

  delete(resource: Term, requester: Term, pid: Pid): void {
    const lock = this.#locks.get(termKey(resource))
    if (lock === undefined || lock.requester !== termKey(requester)) return
    const key = pidKey(pid)
    if (!lock.holders.has(key)) return
    this.#release(lock, key)
    const holder = this.#holders.get(key)
    holder?.locks.delete(lock)
    if (holder?.locks.size !== 0) return
    this.#holders.delete(key)
    holder.unwatch()
  }

  #watch(pid: Pid, key: string, lock: Lock): void {
    const locks = new Set([lock])
    let ref: ReturnType<LinksAndMonitors['monitor']> | undefined
    this.#holders.set(key, { locks, unwatch: () => void (ref && this.#life.demonitor(ref)) })
    // For a process that is gone already it fires at once.
    ref = this.#life.monitor(this.#owner, pid, () => {
      this.#holders.delete(key)
      for (const held of locks) this.#release(held, key)
    })
  }

  #release(lock: Lock, holder: string): void {
    lock.holders.get(holder)?.free()
    lock.holders.delete(holder)
    if (lock.holders.size === 0) this.#locks.delete(lock.key)
  }
}
