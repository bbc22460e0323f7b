import { identifier, isConsulName } from '@dynsrv/kit'
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
  /** Whether `label.service` has an address. */
  readonly address: Attempt<boolean>
}

/** D27: members without a record of their own. */
export function judgeTags(facts: readonly TagFacts[]): Finding[] {
  const without = facts.filter(({ srv }) => srv.ok && !srv.value)
  const consul = without.filter(({ instance }) => isConsulName(instance))
  const lost = consul.filter(({ address }) => address.ok && !address.value)
  // Without the tag Consul has no address of that name either, so that nobody can be dialled.
  if (lost.length > 0) return lost.map(lostMember)
  if (without.length === 0) return []
  const some = without.length < facts.length
  // Their absence is worth a word only where tags are usual.
  if (!some && consul.length < without.length) return []
  const evidence = without.slice(0, SHOWN_EXAMPLES).map(({ instance }) => `${identifier(instance)} has no SRV record`)
  const message = some
    ? `${without.length} of ${counted(facts.length, 'member')} lack the SRV record (the tag) that the others have`
    : 'members have no SRV records of their own (no tags)'
  return [finding(some ? 'warning' : 'info', TAG_MISSING, message, { evidence })]
}

function lostMember({ name, instance }: TagFacts): Finding {
  const shown = identifier(instance)
  return finding('error', TAG_MISSING, `${shown} has no address: its instance lacks the tag of that name in Consul`, {
    node: name,
    evidence: [`${shown} has neither SRV nor A records`],
    hint: 'Register each instance with its label as a tag: "tags": ["<label>"].',
  })
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
        const some = ({ records }: { readonly records: readonly unknown[] }) => records.length > 0
        const srv = await attempt(asked.resolveSrv(absoluteName(instance)).then(some))
        const address = await attempt(asked.resolveAddresses(absoluteName(instance)).then(some))
        return { name, instance, srv, address }
      }),
    )
  },
  judge: judgeTags,
})
