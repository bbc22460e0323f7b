import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { type TtlFacts, ttls } from '../probes/answered.ts'
import { words } from '../words.ts'

const TTL_ZERO = words('DOCTOR_TTL_ZERO', {
  happened: 'Answers may not be cached, and there are many questions.',
  why: 'The TTL is 0, and each node asks at each poll.',
  hint: 'Set a TTL of some seconds at the registry (Consul: dns_config.service_ttl), or poll less often.',
})

/** More questions from all members together are worth a word. Unit: each second. */
const MANY_QUESTIONS = 20

/** D31: answers that may not be cached, and many members that ask. */
export function judgeZeroTtl({ answers, intervalMs }: TtlFacts): Finding[] {
  return answers.flatMap(({ service, answer: { records, ttlSeconds } }) => {
    const perSecond = (records.length * 1_000) / intervalMs
    if (records.length === 0 || ttlSeconds > 0 || perSecond < MANY_QUESTIONS) return []
    const rate = `${records.length} nodes, each every ${intervalMs / 1_000} s: ${Math.round(perSecond)} questions a second`
    return [finding('warning', TTL_ZERO, `answers about ${service} may not be cached at all`, { evidence: [rate] })]
  })
}

export const D31 = check({
  id: 'D31',
  group: 'dns',
  place: 10,
  title: 'how often DNS is asked',
  needs: ['D42'],
  words: [TTL_ZERO],
  look: ttls,
  judge: judgeZeroTtl,
})
