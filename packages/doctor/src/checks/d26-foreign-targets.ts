import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { counted, type Finding, finding, SHOWN_EXAMPLES } from '../finding.ts'
import { isForeign, type TargetFacts, targets } from '../probes/targets.ts'

/** D26: targets in other domains. */
export function judgeForeign({ unmapped: rest }: TargetFacts): Finding[] {
  const foreign = rest.filter(isForeign)
  if (foreign.length === 0) return []
  const evidence = foreign
    .slice(0, SHOWN_EXAMPLES)
    .map(({ target, service }) => `${service} names ${identifier(target)}`)
  const message = `${counted(foreign.length, 'target')} outside the domain of the service; we do not dial them`
  return [finding('warning', 'DNS_FOREIGN_TARGETS', message, { evidence })]
}

export const D26 = check({
  id: 'D26',
  group: 'dns',
  place: 5,
  title: 'targets in other domains',
  needs: ['D42'],
  look: targets,
  judge: judgeForeign,
})
