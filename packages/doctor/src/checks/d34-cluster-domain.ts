import { check, NotApplicable } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { type UnknownFacts, unknownNames } from '../probes/unknown-names.ts'
import { words } from '../words.ts'

const CLUSTER_DOMAIN = words('DOCTOR_CLUSTER_DOMAIN', {
  happened: 'The name of the service ends with a cluster domain that this cluster does not have.',
  why: 'Kubernetes can be installed with a domain other than cluster.local.',
  hint: 'Use the domain of the search list in /etc/resolv.conf.',
})

const KUBERNETES = /\.svc\.((?:[a-z0-9-]+\.)*[a-z0-9-]+)$/i

/** D34: a Kubernetes name whose cluster domain is not that of this cluster. */
export function judgeClusterDomain({ services, search }: UnknownFacts): Finding[] {
  const here = search.flatMap((domain) => /(?:^|\.)svc\.(.+)$/i.exec(domain)?.[1] ?? [])[0]?.toLowerCase()
  if (here === undefined) return []
  return services.flatMap(({ service, answer }) => {
    const asked = KUBERNETES.exec(service)?.[1]?.toLowerCase()
    if (asked === undefined || asked === here || answer.empty !== 'nxdomain') return []
    const right = service.replace(KUBERNETES, `.svc.${here}`)
    return [
      finding('error', CLUSTER_DOMAIN, `the cluster domain is ${here}, not ${asked}`, {
        evidence: [`${service} does not exist`, `search list: ${search.join(' ')}`],
        hint: `Use ${right}.`,
      }),
    ]
  })
}

export const D34 = check({
  id: 'D34',
  group: 'dns',
  place: 2,
  title: 'the cluster domain',
  needs: ['D42'],
  words: [CLUSTER_DOMAIN],
  look: async (context) => {
    const facts = await context.get(unknownNames)
    if (!facts.services.some(({ service }) => KUBERNETES.test(service))) throw new NotApplicable('no Kubernetes name')
    return facts
  },
  judge: judgeClusterDomain,
})
