import type { OtpSuite } from '@dynsrv/tools/otp-suites'

export const distribution: OtpSuite = {
  about:
    'Handshakes written by hand against a peer node: flags, a name that is in use, dials from both sides at once. A node of ours is the peer.',
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
