import type { OtpSuite } from '@dynsrv/tools/otp-suites'

export const jinterface: OtpSuite = {
  about: 'Names, mailboxes, links, exits and pings of a Java node, of several too. A node of ours is Java.',
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
