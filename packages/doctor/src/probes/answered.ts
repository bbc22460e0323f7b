import type { SrvAnswer } from '@dynsrv/srv-resolver'
import { NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Variety, varieties } from './dns.ts'
import { allRecords } from './members.ts'

/** The services that have records. @throws {NotApplicable} when none has */
export async function answered(context: DoctorContext): Promise<readonly Variety[]> {
  const all = (await context.get(varieties)).filter((variety) => allRecords(variety).length > 0)
  if (all.length === 0) throw new NotApplicable('no records')
  return all
}

/** Answers, and how often they are asked for. */
export interface TtlFacts {
  readonly answers: readonly { readonly service: string; readonly answer: SrvAnswer }[]
  readonly intervalMs: number
}

/** The same, by how long answers may be kept. */
export async function ttls(context: DoctorContext): Promise<TtlFacts> {
  const all = await answered(context)
  const { intervalMs } = context.options
  return { answers: all.map(({ service, edns }) => ({ service, answer: edns })), intervalMs }
}
