import {
  DFLAG_ALIAS,
  DFLAG_ALTACT_SIG,
  DFLAG_HANDSHAKE_23,
  DFLAG_MANDATORY_25_DIGEST,
  DFLAG_NATIVE_RECORDS,
  DFLAG_PUBLISHED,
} from '@dynsrv/dist-protocol'
import { rule } from '@dynsrv/kit'
import { checks } from './argument-checks.ts'

/** Flags of a node. */
export const flagsRule = rule('a bigint', (value) => typeof value === 'bigint')

const SIGNS: readonly (readonly [flag: bigint, releases: string])[] = [
  [DFLAG_NATIVE_RECORDS, 'OTP 29'],
  [DFLAG_ALTACT_SIG, 'OTP 28'],
  [DFLAG_MANDATORY_25_DIGEST | DFLAG_ALIAS, 'OTP 24 to 27'],
  [DFLAG_HANDSHAKE_23, 'OTP 23'],
]

/**
 * The releases that announce these flags. Nodes that are not BEAM announce the flags of the release that they follow.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`
 */
export function releaseByFlags(flags: bigint): string {
  checks.argument('releaseByFlags', 'flags', flagsRule, flags)
  return SIGNS.find(([sign]) => (flags & sign) === sign)?.[1] ?? 'OTP 22 or older'
}

/**
 * Whether `nodes()` of its peers lists the node.
 *
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION`
 */
export function visibility(flags: bigint): 'visible' | 'hidden' {
  checks.argument('visibility', 'flags', flagsRule, flags)
  return (flags & DFLAG_PUBLISHED) === 0n ? 'hidden' : 'visible'
}
