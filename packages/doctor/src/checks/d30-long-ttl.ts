import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { type TtlFacts, ttls } from '../probes/answered.ts'
import { words } from '../words.ts'

const TTL_LONG = words('DOCTOR_TTL_LONG', {
  happened: 'Answers may be cached longer than the time between two polls.',
  why: "A cache repeats an old answer until its TTL ends. Docker's own DNS always says 600 seconds.",
  hint: 'Lower the TTL of the records, or ask the registry itself (--dns).',
})

/** D30: answers that may be cached over many polls. */
export function judgeLongTtl({ answers, intervalMs }: TtlFacts): Finding[] {
  return answers.flatMap(({ service, answer }) => {
    const { ttlSeconds, records } = answer
    if (records.length === 0 || ttlSeconds * 1_000 <= Math.max(intervalMs, USUAL_TTL_MS)) return []
    const message = `answers about ${service} may be cached for ${ttlSeconds} s, but we ask every ${intervalMs / 1_000} s`
    return [finding('warning', TTL_LONG, message, { evidence: [`from ${answer.server}`] })]
  })
}

/** Many zones have a TTL of a minute; that is not a fault. */
const USUAL_TTL_MS = 60_000

export const D30 = check({
  id: 'D30',
  group: 'dns',
  place: 9,
  title: 'how long answers are cached',
  needs: ['D42'],
  words: [TTL_LONG],
  look: ttls,
  judge: judgeLongTtl,
})
