import type { OtpSuite } from '@dynsrv/tools/otp-suites'

/** Erlang and Java echo terms of every kind to each other. Here a node of ours is Java. */
export const nc: OtpSuite = {
  module: 'nc_SUITE',
  folder: 'lib/jinterface/test',
  helpers: ['jitu'],
  programs: { java: new URL('java.mjs', import.meta.url) },
}
