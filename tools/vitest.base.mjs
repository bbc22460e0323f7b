import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { defineProject } from 'vitest/config'

/**
 * In CI a test gets one more try, since real nodes, ports and clocks of another machine take part. The tests that needed it
 * are named at the end of the run. On a developer's machine nothing is tried again, so that a flaky test is seen.
 */
const retry = process.env.CI ? 1 : 0

/** Whether the long matrix runs too: other releases, other runtimes, suites of others, each in a file `*.all.test.ts`. */
const ALL = process.env.DYNSRV_TEST_ALL === '1'

/**
 * The one test set-up of every package: sources are read directly, so a test never sees a stale build. The timeouts only
 * end what hangs: on a machine with thirty busy processes a BEAM node takes over 20 s to start.
 */
export function library({ name = basename(process.cwd()), ...test } = {}) {
  return defineProject({
    resolve: { alias: sources() },
    test: {
      name,
      include: ['test/**/*.test.ts'],
      exclude: ALL ? [] : ['**/*.all.test.ts'],
      testTimeout: 120_000,
      hookTimeout: 120_000,
      expect: { poll: { timeout: 30_000 } },
      retry,
      ...test,
    },
  })
}

/** From each package's name to its sources, as the compiler has it. */
function sources() {
  const { compilerOptions } = JSON.parse(readFileSync(join(import.meta.dirname, 'tsconfig.base.json'), 'utf8'))
  return Object.entries(compilerOptions.paths).map(([name, [path]]) => ({
    find: new RegExp(`^${name}$`),
    replacement: join(import.meta.dirname, path),
  }))
}
