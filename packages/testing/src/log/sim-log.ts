import type { Schedule } from '../time/schedule.ts'
import { fnv1a } from '../time/seeded-random.ts'

/** Something that happened. */
export interface LogEntry {
  /** When. Unit: milliseconds since the beginning. */
  readonly atMs: number
  /** Whom it happened to: a host, or `sim` for what the test did to the world. */
  readonly host: string
  readonly text: string
  /** The other host, where there is one. */
  readonly to?: string
}

/** Of a long run the last things are kept. */
const MAX_ENTRIES = 5_000

/** What happened in a simulation, in its order. */
export class SimLog {
  readonly #schedule: Schedule
  #entries: LogEntry[] = []
  #left = 0
  #digest = 0x811c_9dc5

  constructor(schedule: Schedule) {
    this.#schedule = schedule
  }

  /** What happened, oldest first; of a long run the last 5000. */
  get entries(): readonly LogEntry[] {
    return this.#entries
  }

  /** A number for all that was ever written, what is not kept any more included. */
  get digest(): string {
    return this.#digest.toString(16).padStart(8, '0')
  }

  note(host: string, text: string, to?: string): void {
    const entry: LogEntry = { atMs: this.#schedule.now, host, text, ...(to !== undefined && { to }) }
    this.#digest = fnv1a(lineOf(entry), this.#digest)
    this.#entries.push(entry)
    if (this.#entries.length < 2 * MAX_ENTRIES) return
    this.#left += this.#entries.length - MAX_ENTRIES
    this.#entries = this.#entries.slice(-MAX_ENTRIES)
  }

  /** One line for each thing. */
  toString(): string {
    const left = this.#left === 0 ? [] : [`(${this.#left} earlier lines are left out)`]
    return [...left, ...this.#entries.map(lineOf)].join('\n')
  }
}

function lineOf({ atMs, host, text, to }: LogEntry): string {
  return `${timeText(atMs).padStart(12)}  ${host.padEnd(8)} ${to === undefined ? '' : `→ ${to}: `}${text}`
}

/** A time as people read it: `1:02:03.004`. */
export function timeText(ms: number): string {
  const parts = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1_000) % 60]
  const text = parts.map((part) => String(part).padStart(2, '0')).join(':')
  return `${text.replace(/^(00:)?0?/, '')}.${String(Math.floor(ms % 1_000)).padStart(3, '0')}`
}
