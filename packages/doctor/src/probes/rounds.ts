import { attempt } from '../attempt.ts'
import type { DoctorContext, MemberState } from '../context.ts'
import { answers } from './dns.ts'
import { members } from './members.ts'
import { knocked } from './peers.ts'

/** How each member was found in this round; undefined when DNS did not answer, which says nothing about the members. */
export async function memberStates(context: DoctorContext): Promise<ReadonlyMap<string, MemberState> | undefined> {
  if ((await context.get(answers)).some(({ answer }) => !answer.ok)) return undefined
  const listed = (await context.get(members)).map(({ name }) => name)
  const peers = await attempt(context.get(knocked))
  const states = new Map<string, MemberState>(listed.map((name) => [name, 'listed']))
  for (const { name, good } of peers.ok ? peers.value : []) states.set(name, good === undefined ? 'silent' : 'answers')
  return states
}
