import type { OtpSuite } from '@dynsrv/tools/otp-suites'

/** Process groups of several nodes, with splits. Here nodes of ours are the others. */
export const pg: OtpSuite = {
  module: 'pg_SUITE',
  folder: 'lib/kernel/test',
  programs: {},
  peer: new URL('erl-peer.mjs', import.meta.url),
}
