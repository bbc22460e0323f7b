import { DistError } from '../error.ts'
import { missingFlags } from '../flags.ts'

/** What keeps a peer with these flags out: an error with the names of the flags and the release that requires them. */
export function flagsProblem(flags: bigint, peer: string): DistError | undefined {
  const missing = missingFlags(flags)
  if (missing.length === 0) return undefined
  return new DistError(
    'DIST_FLAGS_MISSING',
    `${peer} lacks ${missing.join(', ')}, which every node since OTP 25 requires and every node since OTP 23 announces`,
    { peer },
  )
}
