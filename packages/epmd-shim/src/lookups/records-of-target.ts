import type { SrvAnswer, SrvRecord } from '@dynsrv/srv-resolver'

const NONE: readonly SrvRecord[] = []
const indexes = new WeakMap<SrvAnswer, ReadonlyMap<string, readonly SrvRecord[]>>()

/**
 * The records of an answer that have this target, in any case of letters.
 *
 * The index is made once for each answer: dialling all members of a service asks one answer for each of its targets.
 */
export function recordsOfTarget(answer: SrvAnswer, target: string): readonly SrvRecord[] {
  let index = indexes.get(answer)
  if (index === undefined) {
    index = grouped(answer.records)
    indexes.set(answer, index)
  }
  return index.get(target.toLowerCase()) ?? NONE
}

function grouped(records: readonly SrvRecord[]): ReadonlyMap<string, readonly SrvRecord[]> {
  const groups = new Map<string, SrvRecord[]>()
  for (const record of records) {
    const key = record.target.toLowerCase()
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [record])
    else group.push(record)
  }
  return groups
}
