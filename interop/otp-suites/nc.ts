import type { OtpSuite } from '@dynsrv/tools/otp-suites'

export const nc: OtpSuite = {
  about: 'Terms of every kind go to a Java program and come back, also turned round there. A node of ours is Java.',
  module: 'nc_SUITE',
  folder: 'lib/jinterface/test',
  helpers: ['jitu'],
  programs: { java: new URL('java.mjs', import.meta.url) },
}
