import { DFLAG_HANDSHAKE_23, type DistErrorCode, missingFlags, type NodeIdentity } from '@dynsrv/dist-protocol'
import { hostOf, isShort } from './host.ts'
import { words } from './words.ts'

/** What speaks against a peer by its own word, how sure it breaks the link, and what to do. */
export interface Objection {
  readonly code: DistErrorCode | 'DYNSRV_SMALL_CREATION'
  /** An error keeps the nodes apart; a warning bites later. */
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly hint: string
}

/** Worth a warning: it links all the same. */
export const SMALL_CREATION = words('DYNSRV_SMALL_CREATION', {
  happened: 'A node has a creation of 3 or less.',
  why: 'Its epmd module counts from 1 to 3: one restart in three gets the same, and old pids reach new processes.',
  remedy: 'Its epmd module gives creations of 3 or less: return -1 or a random number of 4 or more from register_node.',
})

const HIGHEST_OLD_CREATION = 3

/**
 * Holds what a peer says of itself against the name that was dialled: the name, its case, short and long names, the
 * flags and the creation. Errors come first.
 */
export function judgeIntroduction(dialled: string, { name, flags, creation }: NodeIdentity): Objection[] {
  const objections: Objection[] = []
  if (name !== dialled) {
    objections.push({
      code: 'DIST_NAME_MISMATCH',
      severity: 'error',
      message: `dialled ${dialled}, it calls itself ${name}`,
      hint: nameHint(dialled, name),
    })
  }
  const missing = missingFlags(flags)
  if (missing.length > 0) {
    const old = (flags & DFLAG_HANDSHAKE_23) === 0n
    objections.push({
      code: 'DIST_FLAGS_MISSING',
      severity: 'error',
      message: `${name} lacks ${missing.join(', ')}, which every node since OTP 25 requires`,
      hint: old ? 'It runs OTP 22 or older: run OTP 25 or later there.' : 'Run OTP 25 or later there.',
    })
  }
  if (creation <= HIGHEST_OLD_CREATION) {
    objections.push({
      code: 'DYNSRV_SMALL_CREATION',
      severity: 'warning',
      message: `${name} has creation ${creation}, which a restart may get again; old pids would then reach new processes`,
      hint: SMALL_CREATION.remedy,
    })
  }
  return objections
}

function nameHint(dialled: string, name: string): string {
  if (dialled.toLowerCase() === name.toLowerCase()) {
    return 'Only the case of letters differs: DNS ignores it, node names do not. Spell both alike.'
  }
  const host = hostOf(name)
  if (isShort(host) && !isShort(hostOf(dialled))) {
    return `It uses a short name (-sname), and Erlang never mixes short and long: start it with -name ${dialled}, or RELEASE_DISTRIBUTION=name and RELEASE_NODE=${dialled}.`
  }
  return `The address is that of another node, or the node goes by another name: dial ${name}, or start it as ${dialled} (-name, RELEASE_NODE).`
}
