import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { type EchoFacts, echoes } from '../probes/links.ts'
import { words } from '../words.ts'

const LARGE_STALLS = words('DOCTOR_LARGE_STALLS', {
  happened: 'Small messages pass and large ones stall.',
  why: 'The network between the nodes loses large packets: a tunnel has a smaller MTU, and ICMP is filtered.',
  hint: 'Lower the MTU of the interface (try 1400), or let ICMP "fragmentation needed" pass.',
})

/** D41: large messages that do not pass. */
export function judgeEchoes(all: readonly EchoFacts[]): Finding[] {
  return all.flatMap(({ name, passed, stalledAt }) => {
    const largest = passed.at(-1)
    if (stalledAt === undefined || largest === undefined) return []
    const message = `messages to ${identifier(name)} stall above ${largest} bytes`
    return [finding('error', LARGE_STALLS, message, { node: name, evidence: [`${stalledAt} bytes did not pass`] })]
  })
}

export const D41 = check({
  id: 'D41',
  group: 'mesh',
  place: 5,
  title: 'large messages pass',
  words: [LARGE_STALLS],
  look: (context) => context.get(echoes),
  judge: judgeEchoes,
})
