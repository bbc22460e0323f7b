import { check, NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { counted, type Finding, finding, SHOWN_EXAMPLES } from '../finding.ts'
import { varieties } from '../probes/dns.ts'
import { allAnswers, allRecords } from '../probes/members.ts'
import { words } from '../words.ts'

const RECORD_UNUSABLE = words('DOCTOR_RECORD_UNUSABLE', {
  happened: 'An SRV record of the service cannot be used, so nobody dials its node.',
  why: 'Its port is 0, or its target is not a domain name. The other records are used all the same.',
  hint: 'Register the node anew, with its name as the target and the port on which it listens.',
})

/** Records of a service that lookups leave out. */
export interface UnusableRecords {
  readonly service: string
  /** How many can be used. */
  readonly usable: number
  readonly ignored: readonly { readonly target: string; readonly reason: string }[]
}

/** D47: records that nobody can dial. Where none can be used, the lookup fails, which D42 reports. */
export function judgeUnusable(all: readonly UnusableRecords[]): Finding[] {
  return all.flatMap(({ service, usable, ignored }) => {
    const [first] = ignored
    if (first === undefined) return []
    const message = `${ignored.length} of ${counted(usable + ignored.length, 'record')} of ${service} cannot be used: ${first.target}: ${first.reason}`
    const more = ignored.slice(1, SHOWN_EXAMPLES + 1).map(({ target, reason }) => `${target}: ${reason}`)
    return [finding('error', RECORD_UNUSABLE, message, { evidence: more })]
  })
}

async function look(context: DoctorContext): Promise<UnusableRecords[]> {
  const all = await context.get(varieties)
  if (all.length === 0) throw new NotApplicable('no records')
  return all.map((variety) => {
    const ignored = new Map(
      allAnswers(variety).flatMap(({ ignored: left = [] }) =>
        left.map((one) => [`${one.target} ${one.reason}`, one] as const),
      ),
    )
    return { service: variety.service, usable: allRecords(variety).length, ignored: [...ignored.values()] }
  })
}

export const D47 = check({
  id: 'D47',
  group: 'dns',
  place: 6,
  title: 'all records can be used',
  needs: ['D42'],
  words: [RECORD_UNUSABLE],
  look,
  judge: judgeUnusable,
})
