import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { counted, type Finding, finding, SHOWN_EXAMPLES } from '../finding.ts'
import { CONSUL_OWN, isForeign, type TargetFacts, targets } from '../probes/targets.ts'
import { words } from '../words.ts'

const TARGETS_IGNORED = words('DOCTOR_TARGETS_IGNORED', {
  happened: 'SRV records exist, but their targets name no nodes.',
  why: 'A target must be <label>.<service>. Consul answers with machine names unless the registered address is such a name.',
  hint: 'Register the address <label>.<service>, or choose another mapping for the strategy (wholeTarget, byTag, byTxt).',
})

/** D25: targets that name no nodes. */
export function judgeIgnored({ members: named, unmapped: rest }: TargetFacts): Finding[] {
  const ignored = rest.filter((one) => !isForeign(one))
  if (ignored.length === 0) return []
  const all = named.length + ignored.length
  const consul = ignored.some(({ target }) => CONSUL_OWN.test(target.replace(/\.$/, '')))
  const { service } = ignored[0]!
  const shape = `<label>.${service}`
  return [
    finding(
      named.length === 0 ? 'error' : 'warning',
      TARGETS_IGNORED,
      `${ignored.length} of ${counted(all, 'target')} of ${service} name no node: ${identifier(ignored[0]!.target)} is not ${shape}`,
      {
        evidence: ignored.slice(0, SHOWN_EXAMPLES).map(({ target, port }) => `${identifier(target)} port ${port}`),
        ...(consul && {
          hint: `Consul answers with names of its machines: register each instance with the address ${shape}.`,
        }),
      },
    ),
  ]
}

export const D25 = check({
  id: 'D25',
  group: 'dns',
  place: 6,
  title: 'targets name nodes',
  needs: ['D42'],
  words: [TARGETS_IGNORED],
  look: targets,
  judge: judgeIgnored,
})
