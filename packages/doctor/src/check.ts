import type { DoctorContext } from './context.ts'
import type { Finding } from './finding.ts'
import type { Words } from './words.ts'

/** The groups, the most basic first: what is wrong in one explains what is seen in those below. */
export const GROUPS = {
  compose: 'compose file',
  self: 'this host and its name',
  environment: 'environment and cookie',
  dns: 'DNS',
  lookup: 'address lookup',
  port: "each peer's port",
  tls: 'TLS',
  handshake: 'handshake',
  membership: 'membership',
  mesh: 'mesh',
} as const

/** One of the groups. */
export type GroupId = keyof typeof GROUPS

/** A check: one thing that goes wrong in the field. */
export interface Check {
  /** `D` and two digits, `C` and two digits for a Compose file; stable. */
  readonly id: string
  readonly group: GroupId
  /** Its place in the group: a cause stands before its consequences. */
  readonly place: number
  /** What it looks at, in a few words. */
  readonly title: string
  /** Checks whose errors would show here as consequences: this one is left out then. */
  readonly needs: readonly string[]
  /** The codes that it alone reports. */
  readonly words: readonly Words[]
  /** @throws {NotApplicable} when there is nothing to look at */
  run(context: DoctorContext): Promise<readonly Finding[]>
}

/** There is nothing to look at, and why. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable'
}

/** A check in its two parts. */
export interface CheckParts<Facts> {
  readonly id: string
  readonly group: GroupId
  /** Default: behind those of the group that have one. */
  readonly place?: number
  readonly title: string
  /** Checks whose errors would show here as consequences; default: none. */
  readonly needs?: readonly string[]
  /** The codes that it alone reports; default: none, when runtime errors have codes for all that it finds. */
  readonly words?: readonly Words[]
  /** Gathers facts; the only part that touches anything. */
  readonly look: (context: DoctorContext) => Promise<Facts>
  /** Draws conclusions from facts alone. */
  readonly judge: (facts: Facts) => readonly Finding[]
}

/** Puts a probe and a judge together. */
export function check<Facts>(parts: CheckParts<Facts>): Check {
  const { id, group, place = Number.POSITIVE_INFINITY, title, needs = [], words = [], look, judge } = parts
  return { id, group, place, title, needs, words, run: async (context) => judge(await look(context)) }
}
