import { NotApplicable } from '../check.ts'
import type { DoctorContext } from '../context.ts'
import { type Member, members, type Unmapped, unmapped } from './members.ts'

/** The targets of a service: those that name members, and those that do not. */
export interface TargetFacts {
  readonly members: readonly Pick<Member, 'name' | 'service'>[]
  readonly unmapped: readonly Unmapped[]
}

/** How Consul names its machines and addresses. */
export const CONSUL_OWN = /\.(node|addr)\.[^.]+\.[^.]+$/i

/** Whether a target lies outside the domain of the service; Consul's names of machines do not. */
export function isForeign({ target, service }: Pick<Unmapped, 'target' | 'service'>): boolean {
  const end = (name: string) => name.toLowerCase().replace(/\.$/, '').split('.').slice(-2).join('.')
  return end(target) !== end(service) && !CONSUL_OWN.test(target.replace(/\.$/, ''))
}

/** @throws {NotApplicable} when no answer has a record */
export async function targets(context: DoctorContext): Promise<TargetFacts> {
  const facts = { members: await context.get(members), unmapped: await context.get(unmapped) }
  if (facts.members.length + facts.unmapped.length === 0) throw new NotApplicable('no records')
  return facts
}
