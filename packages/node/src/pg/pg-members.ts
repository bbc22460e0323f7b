import type { Pid, Term } from '@dynsrv/etf'
import { pidKey } from '../process/identifiers.ts'
import { bytesOfName } from '../process/kept-bytes.ts'
import { termKey } from '../process/term-key.ts'

/** What one membership takes: its pid, the key of that, and its place in two tables. */
const MEMBER_BYTES = 400

/** How often a process is in a group. */
interface Membership {
  readonly pid: Pid
  times: number
}

interface Group {
  readonly group: Term
  /** By key of the pid. */
  readonly members: Map<string, Membership>
  /** All members as a list, until the next change. */
  list: readonly Pid[] | undefined
}

/** A group with its members. */
export interface GroupMembers {
  readonly group: Term
  readonly pids: readonly Pid[]
}

/**
 * The members of one node; a process that joined twice is there twice. What joins or leaves costs time for itself, however
 * many others there are.
 */
export class PgMembers {
  /** By key of the group. */
  readonly #groups = new Map<string, Group>()
  #bytes = 0

  /** How much memory all of it may take. */
  get bytes(): number {
    return this.#bytes
  }

  /** Gives those that were taken. @param room bytes that more members may take */
  add(group: Term, pids: readonly Pid[], room = Number.POSITIVE_INFINITY): readonly Pid[] {
    const key = termKey(group)
    const known = this.#groups.get(key)
    const groupBytes = known === undefined ? bytesOfName(key) : 0
    const most = Math.floor((room - groupBytes) / MEMBER_BYTES)
    const taken = pids.length <= most ? pids : pids.slice(0, Math.max(0, most))
    if (taken.length === 0) return taken
    const entry = known ?? { group, members: new Map(), list: undefined }
    this.#groups.set(key, entry)
    this.#bytes += groupBytes + taken.length * MEMBER_BYTES
    entry.list = undefined
    for (const pid of taken) {
      const member = entry.members.get(pidKey(pid))
      if (member === undefined) entry.members.set(pidKey(pid), { pid, times: 1 })
      else member.times++
    }
    return taken
  }

  /** Takes one membership of each pid away; gives those that were members. */
  remove(group: Term, pids: readonly Pid[]): Pid[] {
    const key = termKey(group)
    const entry = this.#groups.get(key)
    if (entry === undefined) return []
    entry.list = undefined
    const removed = pids.filter((pid) => {
      const member = entry.members.get(pidKey(pid))
      if (member === undefined) return false
      if (--member.times === 0) entry.members.delete(pidKey(pid))
      return true
    })
    this.#bytes -= removed.length * MEMBER_BYTES
    if (entry.members.size === 0) {
      this.#groups.delete(key)
      this.#bytes -= bytesOfName(key)
    }
    return removed
  }

  /**
   * The same for many groups at once, each with those that were members. Costs time for the pids once, and for each group for
   * its members at most.
   */
  removeFromAll(groups: readonly Term[], pids: readonly Pid[]): GroupMembers[] {
    const times = new Map<string, number>()
    for (const pid of pids) times.set(pidKey(pid), (times.get(pidKey(pid)) ?? 0) + 1)
    return groups.map((group) => {
      const members = this.#groups.get(termKey(group))?.members
      if (members === undefined || members.size >= pids.length) return { group, pids: this.remove(group, pids) }
      const leaving = [...members].flatMap(([key, member]) =>
        Array<Pid>(Math.min(times.get(key) ?? 0, member.times)).fill(member.pid),
      )
      return { group, pids: this.remove(group, leaving) }
    })
  }

  /** How often a process is in a group. */
  times(group: Term, pid: Pid): number {
    return this.#groups.get(termKey(group))?.members.get(pidKey(pid))?.times ?? 0
  }

  of(group: Term): readonly Pid[] {
    const entry = this.#groups.get(termKey(group))
    return entry === undefined ? [] : listOf(entry)
  }

  /** Every group that has a member, by its key. */
  names(): IterableIterator<[string, { readonly group: Term }]> {
    return this.#groups.entries()
  }

  /** Every group with its members. */
  *all(): Generator<GroupMembers, void> {
    for (const entry of this.#groups.values()) yield { group: entry.group, pids: listOf(entry) }
  }
}

function listOf(entry: Group): readonly Pid[] {
  entry.list ??= [...entry.members.values()].flatMap(({ pid, times }) => (times === 1 ? pid : Array(times).fill(pid)))
  return entry.list
}
