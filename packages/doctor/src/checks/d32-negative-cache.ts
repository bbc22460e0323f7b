import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { type UnknownFacts, unknownNames } from '../probes/unknown-names.ts'
import { words } from '../words.ts'

const NEGATIVE_CACHE = words('DOCTOR_NEGATIVE_CACHE', {
  happened: 'Resolvers may remember for some time that the service does not exist.',
  why: 'The zone says so, in the minimum of its SOA record.',
  hint: 'Register members before others ask, or lower the negative TTL.',
})

/** D32: how long resolvers may remember that there is nothing. */
export function judgeNegativeCache(services: UnknownFacts['services'], intervalMs: number): Finding[] {
  return services.flatMap(({ service, answer }) => {
    if (answer.records.length > 0 || answer.ttlSeconds * 1_000 <= intervalMs) return []
    const message = `resolvers may remember for ${answer.ttlSeconds} s that ${service} has no records`
    return [finding('warning', NEGATIVE_CACHE, message, { evidence: [`${answer.empty} from ${answer.server}`] })]
  })
}

export const D32 = check({
  id: 'D32',
  group: 'dns',
  place: 4,
  title: 'how long an empty answer is remembered',
  needs: ['D42'],
  words: [NEGATIVE_CACHE],
  look: async (context) => ({ ...(await context.get(unknownNames)), intervalMs: context.options.intervalMs }),
  judge: ({ services, intervalMs }) => judgeNegativeCache(services, intervalMs),
})
