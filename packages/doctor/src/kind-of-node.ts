import {
  DFLAG_ALIAS,
  DFLAG_ALTACT_SIG,
  DFLAG_HANDSHAKE_23,
  DFLAG_MANDATORY_25_DIGEST,
  DFLAG_NATIVE_RECORDS,
  DFLAG_PUBLISHED,
} from '@dynsrv/dist-protocol'

const SIGNS: readonly (readonly [flag: bigint, releases: string])[] = [
  [DFLAG_NATIVE_RECORDS, 'OTP 29'],
  [DFLAG_ALTACT_SIG, 'OTP 28'],
  [DFLAG_MANDATORY_25_DIGEST | DFLAG_ALIAS, 'OTP 24 to 27'],
  [DFLAG_HANDSHAKE_23, 'OTP 23'],
]

/** The releases whose flags these are, as far as flags tell; other nodes announce those of the release they follow. */
export function releaseByFlags(flags: bigint): string {
  return SIGNS.find(([sign]) => (flags & sign) === sign)?.[1] ?? 'OTP 22 or older'
}

/** Whether `nodes()` of its peers lists it. */
export function visibility(flags: bigint): 'visible' | 'hidden' {
  return (flags & DFLAG_PUBLISHED) === 0n ? 'hidden' : 'visible'
}
