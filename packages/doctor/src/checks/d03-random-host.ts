import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { type NamingFacts, soundName } from '../probes/own-naming.ts'
import { words } from '../words.ts'

const HOST_RANDOM = words('DOCTOR_HOST_RANDOM', {
  happened: 'The host part of our name is the id of a container.',
  why: 'Docker makes it up at each start; nobody else can look it up, and peers keep the dead ones.',
  remedy: 'Set hostname: in Compose, or a fixed RELEASE_NODE.',
})

const CONTAINER_ID = /^[0-9a-f]{12}$/

/** D03: a host that Docker made up. */
export function judgeRandomHost({ text, host }: Pick<NamingFacts, 'text' | 'host'>): Finding[] {
  const [label = ''] = host.split('.')
  if (!CONTAINER_ID.test(label) || /^\d+$/.test(label)) return []
  const message = `the host part of ${text} is a container id; nobody else can resolve it`
  return [finding('error', HOST_RANDOM, message)]
}

export const D03 = check({
  id: 'D03',
  group: 'self',
  place: 4,
  title: 'the host is no container id',
  words: [HOST_RANDOM],
  look: soundName,
  judge: judgeRandomHost,
})
