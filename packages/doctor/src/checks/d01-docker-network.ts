import { identifier } from '@dynsrv/kit'
import { check, NotApplicable } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { DOCKER_DNS } from '../probes/system.ts'
import { type UnknownFacts, unknownNames } from '../probes/unknown-names.ts'
import { words } from '../words.ts'

const SERVICE_NETWORK = words('DOCTOR_SERVICE_NETWORK', {
  happened: 'The name is unknown on the networks of this container.',
  why: 'Two Compose services share a network only when both list it.',
  hint: 'List the same network at both services, also at databases and DNS servers.',
})

/** D01: a name that Docker's DNS does not know on the networks of this container. */
export function judgeDockerNetwork({ services, dns, servers, networks }: UnknownFacts): Finding[] {
  if (dns.length > 0 || !servers.some((server) => server.startsWith(DOCKER_DNS))) return []
  return services.flatMap(({ service, answer }) => {
    if (answer.empty !== 'nxdomain') return []
    const message = `${identifier(service)} is unknown on the networks of this container (${networks.join(', ') || 'none'})`
    return [finding('error', SERVICE_NETWORK, message, { evidence: [`asked: ${answer.server}`] })]
  })
}

export const D01 = check({
  id: 'D01',
  group: 'dns',
  place: 3,
  title: 'networks of the container',
  needs: ['D42', 'D34'],
  words: [SERVICE_NETWORK],
  look: async (context) => {
    const facts = await context.get(unknownNames)
    if (!facts.servers.some((server) => server.startsWith(DOCKER_DNS))) throw new NotApplicable('not in Docker')
    return facts
  },
  judge: judgeDockerNetwork,
})
