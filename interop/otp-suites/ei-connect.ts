import type { OtpSuite, SuitePlace } from '@dynsrv/tools/otp-suites'

export const eiConnect: OtpSuite = {
  about: 'A C program connects to Erlang, sends, calls and is linked to. A node of ours is the C program.',
  module: 'ei_connect_SUITE',
  folder: 'lib/erl_interface/test',
  helpers: ['runner'],
  programs: {
    'ei_connect_SUITE_data/ei_connect_test': new URL('ei-connect-program.mjs', import.meta.url),
    'ei_connect_SUITE_data/einode': new URL('ei-many-nodes.mjs', import.meta.url),
  },
  prepare: (place) => declareTests(place, 'ei_connect'),
}

/** Writes the header that the suite includes, with OTP's own program for it. */
export function declareTests({ otp, run }: SuitePlace, name: string): void {
  const data = `${otp}/otp/lib/erl_interface/test/all_SUITE_data`
  run('erlc', `${data}/init_tc.erl`)
  const generate = `code:load_file(init_tc), file:set_cwd("${name}_SUITE_data"), init_tc:run([${name}_test]), halt(0).`
  run('erl', '-noinput', '-eval', generate)
}
