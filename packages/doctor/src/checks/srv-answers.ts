import type { SrvAnswer } from '@dynsrv/srv-resolver'
import { type Check, check, NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Finding, finding } from '../finding.ts'
import { type Variety, varieties } from '../probes/dns.ts'
import { allRecords, recordKey } from '../probes/members.ts'

/** D28: members that an answer over UDP leaves out without saying so. */
export function judgeTrimming(all: readonly Variety[]): Finding[] {
  return all.flatMap((variety) => {
    const { service, edns, tcp, bare } = variety
    const whole = tcp.ok ? tcp.value.records.length : 0
    const shown = edns.transport === 'udp' && !edns.truncated ? edns.records.length : whole
    const small = bare.ok && bare.value.transport === 'udp' && !bare.value.truncated ? bare.value.records.length : whole
    if (shown >= whole && small >= whole) return []
    const evidence = [
      `over TCP: ${whole} records`,
      `over UDP with EDNS, as dynsrv asks: ${shown}`,
      `over UDP without EDNS, as others ask: ${small}`,
      'the bit that asks for TCP (TC) is not set',
    ]
    const severe = shown < whole
    const message = severe
      ? `${edns.server} shows ${shown} of ${whole} records of ${service} over UDP and does not say so`
      : `${edns.server} shows ${small} of ${whole} records of ${service} to those who ask without EDNS`
    return [finding(severe ? 'error' : 'warning', 'DOCTOR_DNS_TRIMS', message, { evidence })]
  })
}

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
    const message = `each answer about ${variety.service} shows ${least} of ${known} records, and each shows others`
    return [finding('error', 'DOCTOR_DNS_ROTATES', message, { evidence: [`${sets.length} answers were compared`] })]
  })
}

/** Answers, and how often they are asked for. */
export interface TtlFacts {
  readonly answers: readonly { readonly service: string; readonly answer: SrvAnswer }[]
  readonly intervalMs: number
}

/** D30: answers that may be kept over many polls. */
export function judgeLongTtl({ answers, intervalMs }: TtlFacts): Finding[] {
  return answers.flatMap(({ service, answer }) => {
    const { ttlSeconds, records } = answer
    if (records.length === 0 || ttlSeconds * 1_000 <= Math.max(intervalMs, USUAL_TTL_MS)) return []
    const message = `answers about ${service} may be kept for ${ttlSeconds} s, and are asked for every ${intervalMs / 1_000} s`
    return [finding('warning', 'DOCTOR_TTL_LONG', message, { evidence: [`from ${answer.server}`] })]
  })
}

/** A minute of staleness is what many zones have; it is no fault. */
const USUAL_TTL_MS = 60_000
/** More questions in a second than this from all members together are worth a word. */
const MANY_QUESTIONS = 20

/** D31: answers that may not be kept, and many who ask. */
export function judgeZeroTtl({ answers, intervalMs }: TtlFacts): Finding[] {
  return answers.flatMap(({ service, answer: { records, ttlSeconds } }) => {
    const perSecond = (records.length * 1_000) / intervalMs
    if (records.length === 0 || ttlSeconds > 0 || perSecond < MANY_QUESTIONS) return []
    const rate = `${records.length} nodes, each every ${intervalMs / 1_000} s: ${Math.round(perSecond)} questions a second`
    return [
      finding('warning', 'DOCTOR_TTL_ZERO', `answers about ${service} may not be kept at all`, { evidence: [rate] }),
    ]
  })
}

async function answered(context: DoctorContext): Promise<readonly Variety[]> {
  const all = (await context.get(varieties)).filter((variety) => allRecords(variety).length > 0)
  if (all.length === 0) throw new NotApplicable('no records')
  return all
}

async function ttls(context: DoctorContext): Promise<TtlFacts> {
  const all = await answered(context)
  const { intervalMs } = context.options
  return { answers: all.map(({ service, edns }) => ({ service, answer: edns })), intervalMs }
}

export const SRV_ANSWER_CHECKS: readonly Check[] = [
  check({ id: 'D28', group: 'dns', title: 'whole answers', needs: ['D42'], look: answered, judge: judgeTrimming }),
  check({
    id: 'D29',
    group: 'dns',
    title: 'the same answer each time',
    needs: ['D42', 'D28'],
    look: answered,
    judge: judgeRotation,
  }),
  check({
    id: 'D30',
    group: 'dns',
    title: 'how long answers are kept',
    needs: ['D42'],
    look: ttls,
    judge: judgeLongTtl,
  }),
  check({ id: 'D31', group: 'dns', title: 'how often is asked', needs: ['D42'], look: ttls, judge: judgeZeroTtl }),
]
