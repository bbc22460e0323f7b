import { identifier } from '@dynsrv/kit'
import { absoluteName } from '@dynsrv/srv-resolver'
import { type Attempt, attempt } from '../attempt.ts'
import { check, NotApplicable } from '../check.ts'
import { counted, type Finding, finding, SHOWN_EXAMPLES } from '../finding.ts'
import { resolver } from '../probes/dns.ts'
import { members } from '../probes/members.ts'
import { words } from '../words.ts'

const TAG_MISSING = words('DOCTOR_TAG_MISSING', {
  happened: 'A member has no SRV record of its own.',
  why: 'BEAM nodes with libcluster_dynamic_srv ask for SRV and A records of label.service. Consul answers this for a tag.',
  hint: 'Register each instance with its label as a tag, or use the companion dynsrv_epmd, which needs no such record.',
})

/** What a BEAM node of libcluster_dynamic_srv asks for one member. */
export interface TagFacts {
  readonly name: string
  readonly instance: string
  /** Whether SRV of `label.service` has records; fails when it was not answered. */
  readonly srv: Attempt<boolean>
}

/** D27: members without a record of their own. */
export function judgeTags(facts: readonly TagFacts[]): Finding[] {
  const without = facts.filter(({ srv }) => srv.ok && !srv.value)
  if (without.length === 0) return []
  const some = without.length < facts.length
  // Their absence is worth a word only where tags are usual.
  if (!some && !without.every(({ instance }) => /\.consul$/i.test(instance))) return []
  const evidence = without.slice(0, SHOWN_EXAMPLES).map(({ instance }) => `${identifier(instance)} has no SRV record`)
  const message = some
    ? `${without.length} of ${counted(facts.length, 'member')} lack the SRV record (the tag) that the others have`
    : 'members have no SRV records of their own (no tags)'
  return [finding(some ? 'warning' : 'info', TAG_MISSING, message, { evidence })]
}

export const D27 = check({
  id: 'D27',
  group: 'lookup',
  place: 1,
  title: 'records that BEAM nodes ask for',
  needs: ['D42'],
  words: [TAG_MISSING],
  look: async (context) => {
    const all = await context.get(members)
    if (all.length === 0) throw new NotApplicable('no members')
    const asked = await context.get(resolver)
    return Promise.all(
      all.map(async ({ name }): Promise<TagFacts> => {
        const instance = name.replace('@', '.')
        const srv = await attempt(asked.resolveSrv(absoluteName(instance)).then(({ records }) => records.length > 0))
        return { name, instance, srv }
      }),
    )
  },
  judge: judgeTags,
})
