import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { type NamingFacts, soundName } from '../probes/own-naming.ts'
import { words } from '../words.ts'

const HOST_RANDOM = words('DOCTOR_HOST_RANDOM', {
  happened: 'The host part of our name is a container id.',
  why: 'Docker makes a new one at each start. Other machines cannot look it up, and peers keep the old names.',
  hint: 'Set hostname: in Compose, or set RELEASE_NODE to a fixed name.',
})

const CONTAINER_ID = /^[0-9a-f]{12}$/

/** D03: a host that Docker made up. */
export function judgeRandomHost({ text, host }: Pick<NamingFacts, 'text' | 'host'>): Finding[] {
  const [label = ''] = host.split('.')
  if (!CONTAINER_ID.test(label) || /^\d+$/.test(label)) return []
  const message = `the host part of ${identifier(text)} is a container id, which other machines cannot look up`
  return [finding('error', HOST_RANDOM, message)]
}

export const D03 = check({
  id: 'D03',
  group: 'self',
  place: 4,
  title: 'the host is not a container id',
  words: [HOST_RANDOM],
  look: soundName,
  judge: judgeRandomHost,
})
