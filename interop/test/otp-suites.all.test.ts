import { type CaseResult, runOtpSuite } from '@dynsrv/tools/otp-suites'
import { describe, expect, it } from 'vitest'
import { SUITES } from '../otp-suites/suites.ts'

// Each starts an Erlang and, for most cases, a node of ours: minutes, not seconds.
describe('OTP’s own suites, with a node of ours', () => {
  it.each(SUITES.map((suite) => [suite.module, suite] as const))(
    '%s',
    { timeout: 1_800_000 },
    async (_module, suite) => {
      const results = await runOtpSuite(suite)
      const { rest = {}, differs = {} } = suite
      for (const [name, { detail }] of Object.entries(differs)) {
        expect(results.get(name)).toMatchObject({ outcome: 'failed', detail: expect.stringContaining(detail) })
      }
      const failed = failedOf(results).filter((name) => !(name in differs))
      // Seconds are hard-wired in the suites; on a busy machine a node of ours is not even started by then.
      const again = failed.length === 0 ? new Map<string, CaseResult>() : await runOtpSuite(suite, failed)
      expect(failedOf(again).map((name) => `${name}: ${again.get(name)?.detail}`)).toStrictEqual([])
      const skipped = [...results].filter(([, { outcome }]) => outcome === 'skipped')
      expect(skipped.map(([name]) => name).sort()).toStrictEqual(Object.keys(rest).sort())
    },
  )
})

function failedOf(results: ReadonlyMap<string, CaseResult>): string[] {
  return [...results].filter(([, { outcome }]) => outcome === 'failed').map(([name]) => name)
}
