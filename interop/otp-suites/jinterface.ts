import type { OtpSuite } from '@dynsrv/tools/otp-suites'

/** Mailboxes, names, links and pings of Java. Here a node of ours is Java. */
export const jinterface: OtpSuite = {
  module: 'jinterface_SUITE',
  folder: 'lib/jinterface/test',
  helpers: ['jitu'],
  programs: { java: new URL('java.mjs', import.meta.url) },
  rest: {
    core_match_bind: 'It tests how classes of Java match and bind one another; no message is sent.',
    kill_mbox: 'OTP leaves it out itself: not yet implemented.',
    kill_mbox_from_erlang: 'OTP leaves it out itself: not yet implemented.',
  },
}
