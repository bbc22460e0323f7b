import { absoluteName, type SrvAnswer } from '@dynsrv/srv-resolver'
import { type Attempt, attempt } from '../attempt.ts'
import { NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { answers, resolver } from './dns.ts'
import { resolvConf } from './system.ts'

/** A service that search domains are asked for, before it is asked as it was given. */
export interface Searched {
  readonly service: string
  /** As programs find it that append search domains. */
  readonly relative: Attempt<SrvAnswer>
  /** As it was given. */
  readonly absolute: Attempt<SrvAnswer>
  /** What each domain of the search list says, in its order. */
  readonly domains: readonly { readonly domain: string; readonly answer: Attempt<SrvAnswer> }[]
}

/** @throws {NotApplicable} when no name passes a search list before it is asked as it was given */
export async function searched(context: DoctorContext): Promise<readonly Searched[]> {
  const { dns } = context.options
  const file = await context.get(resolvConf)
  const { search, ndots } = file.ok && dns.length === 0 ? file.value : { search: [], ndots: 0 }
  const all = (await context.get(answers)).filter(
    ({ service }) => !service.endsWith('.') && service.split('.').length - 1 < ndots,
  )
  if (search.length === 0 || all.length === 0) throw new NotApplicable('no search domain is asked first')
  const asked = await context.get(resolver)
  const ask = (name: string) => attempt(asked.resolveSrv(absoluteName(name)))
  return Promise.all(
    all.map(async ({ service, answer }) => ({
      service,
      relative: answer,
      absolute: await ask(service),
      domains: await Promise.all(search.map(async (domain) => ({ domain, answer: await ask(`${service}.${domain}`) }))),
    })),
  )
}
