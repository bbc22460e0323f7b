import type { OtpSuite } from '@dynsrv/tools/otp-suites'

const MONITOR = 'A function of the suite runs on the peer, which only Erlang can run.'

export const pg: OtpSuite = {
  about: 'Process groups over several nodes, with splits and restarts. Nodes of ours are all the others.',
  module: 'pg_SUITE',
  folder: 'lib/kernel/test',
  programs: {},
  rest: {
    'monitor/monitor': MONITOR,
    'monitor/monitor_scope': MONITOR,
  },
  peer: new URL('erl-peer.mjs', import.meta.url),
}
