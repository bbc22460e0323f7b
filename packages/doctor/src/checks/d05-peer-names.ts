import { isIP } from 'node:net'
import { identifier } from '@dynsrv/kit'
import { check } from '../check.ts'
import { type Finding, finding } from '../finding.ts'
import { addressText, hostOf, isShort } from '../host.ts'
import { judgeIntroduction } from '../judge-introduction.ts'
import { introduced, introductions } from '../probes/introductions.ts'
import type { KnockedPeer } from '../probes/peers.ts'

/** How the dialled name and the peer's own name differ. */
export function kindOfMismatch(dialled: string, name: string): 'case' | 'short' | 'address' | 'other' | undefined {
  if (dialled === name) return undefined
  if (dialled.toLowerCase() === name.toLowerCase()) return 'case'
  const [from, to] = [hostOf(dialled), hostOf(name)]
  if (isShort(from) !== isShort(to)) return 'short'
  return (isIP(from) === 0) === (isIP(to) === 0) ? 'other' : 'address'
}

type Mismatch = NonNullable<ReturnType<typeof kindOfMismatch>>

/** Peers whose names differ in these ways. A peer whose name is right at one of its addresses is fine. */
export function judgeNames(peers: readonly KnockedPeer[], kinds: readonly Mismatch[]): Finding[] {
  const wrong = introductions(peers).flatMap(({ name, at, peer }) => {
    const kind = kindOfMismatch(name, peer.name)
    return kind === undefined || !kinds.includes(kind) ? [] : [{ kind, name, at, peer }]
  })
  return wrong.map(({ kind, name, at, peer }) => {
    const same = wrong.filter((one) => one.peer.name === peer.name && addressText(one.at) === addressText(at))
    const alike = wrong.filter((one) => one.kind === kind)
    const objection = judgeIntroduction(name, peer).find(({ code }) => code === 'DIST_NAME_MISMATCH')
    const hint =
      same.length > 1
        ? `${same.length} records lead to ${addressText(at)}, where ${identifier(peer.name)} listens: give each the address and port of its own node.`
        : alike.length > 1
          ? HINTS[kind]
          : kind === 'address'
            ? `${HINTS.address} Here: dial ${identifier(peer.name)}.`
            : objection?.hint
    const evidence = [`${addressText(at)} answers as ${identifier(peer.name)}`]
    const message = `we dialled ${identifier(name)}, but it calls itself ${identifier(peer.name)}`
    return finding('error', 'DIST_NAME_MISMATCH', message, {
      evidence,
      node: name,
      ...(hint !== undefined && { hint }),
    })
  })
}

/** What to do when the names of several peers are wrong in the same way, which has one cause. */
const HINTS: Readonly<Record<Mismatch, string>> = {
  address: 'Name nodes by their address, or find them through SRV or epmd: a plain A record gives no names.',
  case: 'Only the case of letters differs. DNS ignores case, node names do not: spell both alike.',
  other:
    'Start each node under the name that its record gives it (-name, RELEASE_NODE), or register it under its own name.',
  short:
    'They use short names (-sname), which Erlang never connects to long ones. Start them with long names: RELEASE_DISTRIBUTION=name and RELEASE_NODE.',
}

export const D05 = check({
  id: 'D05',
  group: 'handshake',
  place: 4,
  title: 'peers have the names that we dial',
  look: introduced,
  judge: (peers) => judgeNames(peers, ['address', 'short', 'other']),
})
