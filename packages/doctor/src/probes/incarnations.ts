import type { NodeErrorCode } from '@dynsrv/node'
import { attempt, codeOf } from '../attempt.ts'
import type { DoctorContext } from '../context.ts'
import { type Incarnation, lookAgain } from '../incarnations.ts'
import { introductions } from './introductions.ts'
import { beams } from './links.ts'
import { type KnockedPeer, knocked } from './peers.ts'

/** The life that each peer is in now, with what earlier rounds showed. */
export async function incarnations(context: DoctorContext): Promise<ReadonlyMap<string, Incarnation>> {
  const before = context.options.incarnations ?? new Map()
  const peers = await attempt(context.get(knocked))
  if (!peers.ok) return before
  const asked = await attempt(context.get(beams))
  const started = new Map(asked.ok ? asked.value.map(({ name, startedMs }) => [name, startedMs]) : [])
  const answered = introductions(peers.value).map(({ name, at, peer }): [string, Incarnation] => {
    const startedMs = started.get(name)
    return [name, { creation: peer.creation, port: at.port, ...(startedMs !== undefined && { startedMs }) }]
  })
  return lookAgain(before, new Map(answered), new Set(peers.value.filter(isRefused).map(({ name }) => name)))
}

const REFUSED: NodeErrorCode = 'NODE_REFUSED'

function isRefused({ knocks }: KnockedPeer): boolean {
  return knocks.length > 0 && knocks.every(({ answer }) => !answer.ok && codeOf(answer.error) === REFUSED)
}
