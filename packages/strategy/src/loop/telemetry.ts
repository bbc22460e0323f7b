import { channel } from 'node:diagnostics_channel'
import type { NodeName } from '@dynsrv/epmd-shim'
import type { MembershipChange } from '../change.ts'

/** The name of the `node:diagnostics_channel` on which every strategy publishes every change. */
export const MEMBERSHIP_CHANNEL = 'dynsrv:membership'

/** What is published there. */
export interface MembershipMessage {
  /** The strategy's name. */
  readonly topology: string
  readonly self: NodeName
  readonly change: MembershipChange
}

/** What a strategy knows now, as numbers for a metrics system. */
export interface Gauges {
  /** Members that should be connected. */
  readonly expected: number
  /** How many of these are. */
  readonly connected: number
  /** Milliseconds since the last good answer; undefined when there was none. */
  readonly lastGoodAgeMs: number | undefined
  /** Failed polls in a row. */
  readonly failures: number
}

const membershipChannel = channel(MEMBERSHIP_CHANNEL)

export function publish(topology: string, self: NodeName, change: MembershipChange): void {
  if (!membershipChannel.hasSubscribers) return
  const message: MembershipMessage = { topology, self, change }
  membershipChannel.publish(message)
}
