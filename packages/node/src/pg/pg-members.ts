import { inspect, type Pid, type Term } from '@dynsrv/etf'

/** The members of one node; a process that joined twice is there twice. */
export class PgMembers {
  readonly groups = new Map<string, { readonly group: Term; readonly pids: Pid[] }>()

  add(group: Term, pids: readonly Pid[]): void {
    const key = inspect(group)
    const entry = this.groups.get(key) ?? { group, pids: [] }
    this.groups.set(key, entry)
    entry.pids.push(...pids)
  }

  /** Takes one membership of each pid away; gives those that were members. */
  remove(group: Term, pids: readonly Pid[]): Pid[] {
    const key = inspect(group)
    const entry = this.groups.get(key)
    if (entry === undefined) return []
    const removed = pids.filter((pid) => {
      const at = entry.pids.findIndex((member) => member.equals(pid))
      if (at >= 0) entry.pids.splice(at, 1)
      return at >= 0
    })
    if (entry.pids.length === 0) this.groups.delete(key)
    return removed
  }

  of(group: Term): readonly Pid[] {
    return this.groups.get(inspect(group))?.pids ?? []
  }
}
