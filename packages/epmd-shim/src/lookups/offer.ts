import { domainKey } from '@dynsrv/kit'
import { type IgnoredRecord, type SrvAnswer, type SrvRecord, usableSrvRecords } from '@dynsrv/srv-resolver'

/** What an SRV answer offers to a dialler. */
export interface Offer {
  readonly records: readonly SrvRecord[]
  /** What the answer holds besides, which names no node. */
  readonly ignored: readonly IgnoredRecord[]
  readonly byTarget: ReadonlyMap<string, readonly SrvRecord[]>
}

const NONE: readonly SrvRecord[] = []
const OFFERS = new WeakMap<SrvAnswer, Offer>()

/**
 * The records of an answer that can be dialled; a resolver of the caller's own may have let others through.
 *
 * Each answer is looked through once: dialling all members of a service asks one answer for each of its targets.
 */
export function offerOf(answer: SrvAnswer): Offer {
  const known = OFFERS.get(answer)
  if (known !== undefined) return known
  // The target `.` says that the service is not offered; nothing is wrong with it.
  const { records, ignored } = usableSrvRecords(answer.records.filter(({ target }) => target !== '.' && target !== ''))
  const byTarget = new Map<string, SrvRecord[]>()
  for (const record of records) {
    const key = domainKey(record.target)
    const same = byTarget.get(key)
    if (same === undefined) byTarget.set(key, [record])
    else same.push(record)
  }
  const offer = { records, ignored: [...(answer.ignored ?? []), ...ignored], byTarget }
  OFFERS.set(answer, offer)
  return offer
}

/** The records that have this target, in any case of letters. */
export function recordsOfTarget(answer: SrvAnswer, target: string): readonly SrvRecord[] {
  return offerOf(answer).byTarget.get(domainKey(target)) ?? NONE
}
