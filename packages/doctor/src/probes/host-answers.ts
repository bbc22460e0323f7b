import { absoluteName } from '@dynsrv/srv-resolver'
import { attempt } from '../attempt.ts'
import { NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { resolver } from './dns.ts'
import { members } from './members.ts'

/** The addresses of one host that SRV records name. */
export interface HostAnswer {
  readonly host: string
  /** As programs find it that append search domains, as `getaddrinfo` and Erlang do. */
  readonly relative: readonly string[]
  /** Of the name as it stands in the record. */
  readonly absolute: readonly string[]
}

/** The addresses of all targets. @throws {NotApplicable} without members */
export async function hostAnswers(context: DoctorContext): Promise<readonly HostAnswer[]> {
  const asked = await context.get(resolver)
  const hosts = [...new Set((await context.get(members)).flatMap(({ records }) => records.map(({ target }) => target)))]
  if (hosts.length === 0) throw new NotApplicable('no members')
  const ask = async (name: string) => {
    const answer = await attempt(asked.resolveAddresses(name))
    return answer.ok ? answer.value.records.map(({ address }) => address) : []
  }
  return Promise.all(
    hosts.map(async (target) => {
      const host = target.replace(/\.$/, '')
      return { host, relative: await ask(host), absolute: await ask(absoluteName(host)) }
    }),
  )
}
