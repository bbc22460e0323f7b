import { isIP } from 'node:net'
import { DFLAG_HANDSHAKE_23, type DistErrorCode, missingFlags, type NodeIdentity } from '@dynsrv/dist-protocol'

/** What is wrong, how sure it breaks the link, and what to do. */
export interface Finding {
  readonly code: DistErrorCode | 'DYNSRV_SMALL_CREATION'
  /** An error keeps the nodes apart; a warning bites later. */
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly hint: string
}

const HIGHEST_OLD_CREATION = 3

/**
 * Holds what a peer says of itself against the name that was dialled: the name, its case, short and long names, the
 * flags and the creation. Errors come first.
 */
export function judgeIntroduction(dialled: string, { name, flags, creation }: NodeIdentity): Finding[] {
  const findings: Finding[] = []
  if (name !== dialled) {
    findings.push({
      code: 'DIST_NAME_MISMATCH',
      severity: 'error',
      message: `dialled ${dialled}, it calls itself ${name}`,
      hint: nameHint(dialled, name),
    })
  }
  const missing = missingFlags(flags)
  if (missing.length > 0) {
    const old = (flags & DFLAG_HANDSHAKE_23) === 0n
    findings.push({
      code: 'DIST_FLAGS_MISSING',
      severity: 'error',
      message: `${name} lacks ${missing.join(', ')}, which every node since OTP 25 requires`,
      hint: old ? 'It runs OTP 22 or older: run OTP 25 or later there.' : 'Run OTP 25 or later there.',
    })
  }
  if (creation <= HIGHEST_OLD_CREATION) {
    findings.push({
      code: 'DYNSRV_SMALL_CREATION',
      severity: 'warning',
      message: `${name} has creation ${creation}, which a restart may get again; old pids would then reach new processes`,
      hint: 'Its epmd module gives creations of 3 or less: return -1 or a random number of 4 or more from register_node.',
    })
  }
  return findings
}

function nameHint(dialled: string, name: string): string {
  if (dialled.toLowerCase() === name.toLowerCase()) {
    return 'Only the case of letters differs: DNS ignores it, node names do not. Spell both alike.'
  }
  const host = name.slice(name.lastIndexOf('@') + 1)
  if (isShort(host) && !isShort(dialled.slice(dialled.lastIndexOf('@') + 1))) {
    return `It uses a short name (-sname), and Erlang never mixes short and long: start it with -name ${dialled}, or RELEASE_DISTRIBUTION=name and RELEASE_NODE=${dialled}.`
  }
  return `The address is that of another node, or the node goes by another name: dial ${name}, or start it as ${dialled} (-name, RELEASE_NODE).`
}

/** Whether a host makes a short name: one without a dot that is no address. */
export function isShort(host: string): boolean {
  return !host.includes('.') && isIP(host) === 0
}
