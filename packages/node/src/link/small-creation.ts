import type { NodeName } from '@dynsrv/epmd-shim'
import type { Warning } from '../node-event.ts'

/** Peers with such a creation have an epmd module that gives one of three: a restart may reuse it. */
const SMALL_CREATION = 3

/** What to say of a peer whose creation does not tell its incarnations apart; undefined when it does. */
export function smallCreation(peer: NodeName, creation: number): Warning | undefined {
  if (creation > SMALL_CREATION) return undefined
  const message = `${peer} has creation ${creation}: a restart may reuse it, and messages reach the wrong process`
  return { type: 'warning', code: 'CREATION_SMALL', message, peer }
}
