import type { OtpSuite } from '@dynsrv/tools/otp-suites'

/** Handshakes written by hand, simultaneous ones too, against a peer node. Here a node of ours is the peer. */
export const distribution: OtpSuite = {
  module: 'erl_distribution_wb_SUITE',
  folder: 'lib/kernel/test',
  programs: {},
  differs: {
    whitebox: {
      detail: 'unexpected_success',
      why: 'When both dial at once, OTP ends its own dial as soon as the other side says its name. Ours goes on until the other side has shown the cookie: a name alone must not be able to end it. All steps before that agree.',
    },
  },
  peer: new URL('erl-peer.mjs', import.meta.url),
}
