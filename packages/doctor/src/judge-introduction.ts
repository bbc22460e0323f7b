import { DFLAG_HANDSHAKE_23, type DistErrorCode, missingFlags, type NodeIdentity } from '@dynsrv/dist-protocol'
import { identifier, oneLine, type Rules, text, whole } from '@dynsrv/kit'
import { checks, withFields } from './argument-checks.ts'
import { hostOf, isShort } from './host.ts'
import { flagsRule } from './kind-of-node.ts'
import { words } from './words.ts'

/** What is wrong with how a peer introduces itself, and what to do. */
export interface Objection {
  readonly code: DistErrorCode | 'DYNSRV_SMALL_CREATION'
  /** An error keeps the nodes apart; a warning bites later. */
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly hint: string
}

/** Worth a warning: the nodes connect all the same. */
export const SMALL_CREATION = words('DYNSRV_SMALL_CREATION', {
  happened: 'A node has a creation of 4 or less.',
  why: 'Its epmd module chooses it, from 1 to 3; OTP 27 and later make 4 of each. After a restart the node has the same creation again, always or one time in three, and messages to old pids reach new processes.',
  hint: 'Let register_node of its epmd module return -1, or a random number of at least 4.',
})

const identity = withFields({ name: text, flags: flagsRule, creation: whole() } satisfies Rules<NodeIdentity>)

/** What epmd modules made for OTP 22 choose, 1 to 3, and what newer releases make of that. A random one is never so small. */
const HIGHEST_CHOSEN_CREATION = 4

/**
 * Compares how a peer introduces itself with the name that was dialled: the name, its case, short and long names, the
 * flags and the creation. Errors come first.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`
 */
export function judgeIntroduction(dialled: string, peer: NodeIdentity): Objection[] {
  checks.argument('judgeIntroduction', 'dialled', text, dialled)
  checks.argument('judgeIntroduction', 'peer', identity, peer)
  const { name, flags, creation } = peer
  const shown = identifier(name)
  const objections: Objection[] = []
  if (name !== dialled) {
    objections.push({
      code: 'DIST_NAME_MISMATCH',
      severity: 'error',
      message: `we dialled ${identifier(dialled)}, but it calls itself ${shown}`,
      hint: oneLine(nameHint(dialled, name)),
    })
  }
  const missing = missingFlags(flags)
  if (missing.length > 0) {
    const old = (flags & DFLAG_HANDSHAKE_23) === 0n
    objections.push({
      code: 'DIST_FLAGS_MISSING',
      severity: 'error',
      message: `${shown} lacks ${missing.join(', ')}, which every node since OTP 25 requires`,
      hint: old ? 'It runs OTP 22 or older: run OTP 25 or later there.' : 'Run OTP 25 or later there.',
    })
  }
  if (creation <= HIGHEST_CHOSEN_CREATION) {
    objections.push({
      code: 'DYNSRV_SMALL_CREATION',
      severity: 'warning',
      message: `${shown} has creation ${creation}, which it may have again after a restart: messages to old pids would reach new processes`,
      hint: SMALL_CREATION.hint,
    })
  }
  return objections
}

function nameHint(dialled: string, name: string): string {
  if (dialled.toLowerCase() === name.toLowerCase()) {
    return 'Only the case of letters differs. DNS ignores case, node names do not: spell both alike.'
  }
  const wanted = identifier(dialled)
  if (isShort(hostOf(name)) && !isShort(hostOf(dialled))) {
    return `It uses a short name (-sname), which Erlang never connects to long ones. Start it with -name ${wanted}, or with RELEASE_DISTRIBUTION=name and RELEASE_NODE=${wanted}.`
  }
  return `The address is that of another node, or the node has another name: dial ${identifier(name)}, or start it as ${wanted} (-name, RELEASE_NODE).`
}
