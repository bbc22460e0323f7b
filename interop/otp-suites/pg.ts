import type { OtpSuite } from '@dynsrv/tools/otp-suites'

const MONITOR = 'A function of the suite runs on the peer, which only Erlang can run.'

/** Process groups of several nodes, with splits. Here nodes of ours are the others. */
export const pg: OtpSuite = {
  module: 'pg_SUITE',
  folder: 'lib/kernel/test',
  programs: {},
  rest: {
    monitor: MONITOR,
    monitor_scope: MONITOR,
  },
  peer: new URL('erl-peer.mjs', import.meta.url),
}
