import { readdirSync, readFileSync } from 'node:fs'

/** Whether every thread of a process stands still; a signal that stops it takes its time. */
export function isStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((task) => {
    const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
  })
}
