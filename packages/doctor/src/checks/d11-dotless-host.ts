import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { hostOf, isShort } from '../host.ts'
import { type NamingFacts, soundName } from '../probes/own-naming.ts'

/** D11: a long name whose host has no dot. */
export function judgeDotless({ text, source, host, distribution, services, peers = [] }: NamingFacts): Finding[] {
  if (!isShort(host) || distribution === 'sname') return []
  // In a cluster of short names it is right.
  const short = peers.length > 0 && peers.every((peer) => isShort(hostOf(peer)))
  if (short && services.length === 0 && distribution === undefined) return []
  const evidence = [
    `${source}=${identifier(text)}`,
    ...(distribution ? [`RELEASE_DISTRIBUTION=${identifier(distribution)}`] : []),
  ]
  const hint = `Give the host a dot, such as ${host}.internal, and the same name in DNS: RELEASE_NODE=${text}.internal`
  return [finding('error', 'NODE_NAME_SHORT_HOST', `${identifier(text)} is not a legal long name`, { evidence, hint })]
}

export const D11 = check({
  id: 'D11',
  group: 'self',
  place: 3,
  title: 'the host has a dot',
  needs: ['D10'],
  look: soundName,
  judge: judgeDotless,
})
