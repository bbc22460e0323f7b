import type { ClusterEvent } from '@dynsrv/cluster'
import { reasonText } from '@dynsrv/cluster'
import type { PageMember } from './page-state.ts'
import { timeOfDay } from './time-of-day.ts'

/** How many lost links are remembered: peers choose their names. */
const MAX_LOST = 2_000

/**
 * Why links were lost, kept until they are back.
 *
 * A member that was killed is dialled again and again, and each dial has a reason of its own: in a DNS outage it is the
 * lookup, though that is not why the member is missing. So the first cause stays in sight beside the newest.
 */
export class LostLinks {
  readonly #lost = new Map<string, { readonly at: number; readonly reason: string }>()

  /** Takes notice of links that come and go. `at` is in milliseconds since 1970. */
  notice(event: ClusterEvent, at: number): void {
    if (event.type === 'nodeup') this.#lost.delete(event.node)
    if (event.type !== 'nodedown') return
    this.#lost.delete(event.node)
    this.#lost.set(event.node, { at, reason: reasonText(event.reason) })
    if (this.#lost.size > MAX_LOST) this.#lost.delete(this.#lost.keys().next().value!)
  }

  /** The member with the first cause before the newest, where they differ. */
  explained(member: PageMember): PageMember {
    const first = this.#lost.get(member.name)
    if (first === undefined || member.state === 'connected' || member.state === 'gone') return member
    if (member.reason === first.reason) return member
    // The server's time zone is not the reader's.
    const lost = `lost at ${timeOfDay(first.at)} UTC: ${first.reason}`
    return { ...member, reason: member.reason === '' ? lost : `${lost}; since then: ${member.reason}` }
  }
}
