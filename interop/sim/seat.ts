import type { Mailbox } from '@dynsrv/node'
import type { Cluster } from 'dynsrv'
import type { Traffic } from './traffic.ts'

/** One member of a story: its seat stays, whoever sits there. */
export interface Seat {
  readonly index: number
  cluster: Cluster
  /** Its process, which is there as long as the member. */
  box: Mailbox
  /** Its process that has the names that others may take. */
  holder: Mailbox
  traffic: Traffic
  isUp: boolean
  /** How many scenes hold or slow it. */
  hindrances: number
  /** When one began or ended last. */
  hinderedAt: number
  /** How many scenes keep DNS from answering it. */
  deafened: number
  /** When it lost a link last. */
  lostAt: number
  /** When it asked DNS last, or took its seat. */
  polledAt: number
  isRegistered: boolean
  /** When its record was in DNS last; undefined while it is. */
  goneAt: number | undefined
  lastGoneAt: number
}
