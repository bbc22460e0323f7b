import type { OtpSuite } from '@dynsrv/tools/otp-suites'

/** Handshakes written by hand, simultaneous ones too, against a peer node. Here a node of ours is the peer. */
export const distribution: OtpSuite = {
  module: 'erl_distribution_wb_SUITE',
  folder: 'lib/kernel/test',
  programs: {},
  peer: new URL('erl-peer.mjs', import.meta.url),
}
