import type { OtpSuite } from '@dynsrv/tools/otp-suites'
import { declareTests } from './ei-connect.ts'

export const eiAccept: OtpSuite = {
  about: 'Erlang connects to a C program, sends it random terms and watches it. A node of ours is the C program.',
  module: 'ei_accept_SUITE',
  folder: 'lib/erl_interface/test',
  helpers: ['runner', 'erts/emulator/test/erts_test_utils'],
  programs: {
    'ei_accept_SUITE_data/ei_accept_test': new URL('ei-accept-program.mjs', import.meta.url),
    'ei_accept_SUITE_data/eiaccnode': new URL('ei-many-servers.mjs', import.meta.url),
  },
  prepare: (place) => declareTests(place, 'ei_accept'),
}
