import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { isShort } from '../host.ts'
import { type NamingFacts, soundName } from '../probes/own-naming.ts'
import { words } from '../words.ts'

const SHORT_AND_LONG = words('DOCTOR_SHORT_AND_LONG', {
  happened: 'Short and long names are mixed.',
  why: 'Erlang never connects a node with short names (-sname) to one with long names (-name).',
  hint: 'Set RELEASE_DISTRIBUTION=name everywhere, and use hosts that have a dot or are addresses.',
})

/** D10: short names where long ones are needed. */
export function judgeMixing({ text, source, host, distribution, services }: NamingFacts): Finding[] {
  if (distribution !== 'sname') return []
  const dotted = services.filter((service) => service.includes('.'))
  if (isShort(host) && dotted.length === 0) return []
  const evidence = [
    'RELEASE_DISTRIBUTION=sname',
    `${source}=${identifier(text)}`,
    ...dotted.map((service) => `the members are named …@${identifier(service)}`),
  ]
  return [
    finding('error', SHORT_AND_LONG, 'this node has short names, but the cluster uses long ones', {
      evidence,
    }),
  ]
}

export const D10 = check({
  id: 'D10',
  group: 'self',
  place: 2,
  title: 'short and long names',
  words: [SHORT_AND_LONG],
  look: soundName,
  judge: judgeMixing,
})
