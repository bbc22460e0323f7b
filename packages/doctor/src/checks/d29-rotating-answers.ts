import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { answered } from '../probes/answered.ts'
import type { Variety } from '../probes/dns.ts'
import { allRecords, recordKey } from '../probes/members.ts'
import { words } from '../words.ts'

const DNS_ROTATES = words('DOCTOR_DNS_ROTATES', {
  happened: 'Each DNS answer shows different members.',
  why: 'The server limits the number of records in an answer and rotates them.',
  hint: 'Ask a source without an answer limit (TCP, the HTTP API of the registry), or raise the limit.',
})

/** D29: answers that each show another part. */
export function judgeRotation(all: readonly Variety[]): Finding[] {
  return all.flatMap((variety) => {
    const sets = [variety.edns, ...variety.repeated].map(({ records }) => new Set(records.map(recordKey)))
    const contradicting = sets.some((one) =>
      sets.some((other) => [...one].some((key) => !other.has(key)) && [...other].some((key) => !one.has(key))),
    )
    if (!contradicting) return []
    const known = allRecords(variety).length
    const least = Math.min(...sets.map(({ size }) => size))
    const message = `each answer about ${variety.service} shows ${least} of ${known} records, each time different ones`
    return [finding('error', DNS_ROTATES, message, { evidence: [`${sets.length} answers were compared`] })]
  })
}

export const D29 = check({
  id: 'D29',
  group: 'dns',
  place: 8,
  title: 'the same answer each time',
  needs: ['D42', 'D28'],
  words: [DNS_ROTATES],
  look: answered,
  judge: judgeRotation,
})
