import type { SrvAnswer } from '@dynsrv/srv-resolver'
import { NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { answers } from './dns.ts'
import { type OwnAddress, ownAddresses, resolvConf } from './system.ts'

/** What may explain that a name is missing. */
export interface UnknownFacts {
  readonly services: readonly { readonly service: string; readonly answer: SrvAnswer }[]
  readonly dns: readonly string[]
  readonly servers: readonly string[]
  readonly search: readonly string[]
  readonly networks: readonly string[]
}

/** @throws {NotApplicable} when no service was answered */
export async function unknownNames(context: DoctorContext): Promise<UnknownFacts> {
  const config = await context.get(resolvConf)
  const all = (await context.get(answers)).flatMap(({ service, answer }) =>
    answer.ok ? [{ service, answer: answer.value }] : [],
  )
  if (all.length === 0) throw new NotApplicable('no service was answered')
  return {
    services: all,
    dns: context.options.dns,
    servers: config.ok ? config.value.servers.map(({ text }) => text) : [],
    search: config.ok ? config.value.search : [],
    networks: (await context.get(ownAddresses)).filter(isOutside).map(({ cidr }) => cidr),
  }
}

function isOutside({ internal }: OwnAddress): boolean {
  return !internal
}
