import { identifier, isCoded } from '@dynsrv/kit'
import { codeOf } from '../attempt.ts'
import { check, NotApplicable } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { addressText } from '../host.ts'
import { type KnockedPeer, knocked } from '../probes/peers.ts'
import { words } from '../words.ts'

const FAMILY_DEAD = words('DOCTOR_FAMILY_DEAD', {
  happened: 'A node answers on IPv4 or on IPv6 only, but DNS gives both addresses.',
  why: 'The node listens on one family, or the network does not carry the other.',
  hint: 'Remove the record of the family that fails, or start the node with -proto_dist inet6_tcp.',
})

/** D22: peers that answer on one family only. */
export function judgeFamilies(peers: readonly KnockedPeer[]): Finding[] {
  return peers.flatMap(({ name, knocks }) => {
    const alive = knocks.filter(({ answer }) => answer.ok || isPastConnect(answer.error))
    const dead = knocks.filter((one) => !alive.includes(one) && !alive.some(({ family }) => family === one.family))
    if (alive.length === 0 || dead.length === 0) return []
    const [works, fails] = alive[0]!.family === 4 ? ['IPv4', 'IPv6'] : ['IPv6', 'IPv4']
    const evidence = dead.map((one) => `${addressText(one)}: ${one.answer.ok ? '' : codeOf(one.answer.error)}`)
    const message = `${identifier(name)} answers on ${works} only, but DNS gives ${fails} as well`
    return [finding('warning', FAMILY_DEAD, message, { evidence, node: name })]
  })
}

/** Whether a program answered, though not as a node should. */
function isPastConnect(error: unknown): boolean {
  return isCoded(error) && error.category !== 'connect'
}

export const D22 = check({
  id: 'D22',
  group: 'port',
  place: 1,
  title: 'IPv4 and IPv6',
  words: [FAMILY_DEAD],
  look: async (context) => {
    const peers = await context.get(knocked)
    if (!peers.some(({ knocks }) => new Set(knocks.map(({ family }) => family)).size > 1)) {
      throw new NotApplicable('one family only')
    }
    return peers
  },
  judge: judgeFamilies,
})
