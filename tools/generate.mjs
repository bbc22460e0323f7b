// Writes anew what is derived from the sources: lists of files first, then what is made of what they list.
import { run } from './run.mjs'

const LISTS = ['packages/doctor/test/all-checks.test.ts', 'packages/cli/test/all-commands.test.ts']
const PAGES = [
  'packages/doctor/test/errors-page.test.ts',
  'packages/cli/test/readme.test.ts',
  'packages/cli/test/config-schema.test.ts',
  'interop/test/otp-suites-page.test.ts',
  'tools/test/changelog.test.ts',
]

for (const tests of [LISTS, PAGES]) {
  const { code, output } = await run('vitest', 'run', ...tests, '--update')
  if (code !== 0) {
    console.error(output)
    process.exit(1)
  }
}
