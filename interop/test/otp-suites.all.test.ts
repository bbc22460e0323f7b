import { runOtpSuite } from '@dynsrv/tools/otp-suites'
import { describe, expect, it } from 'vitest'
import { SUITES } from '../otp-suites/suites.ts'

// Each starts an Erlang and, for most cases, a node of ours: minutes, not seconds.
describe('OTP’s own suites, with a node of ours', () => {
  it.each(SUITES.map((suite) => [suite.module, suite] as const))('%s', { timeout: 900_000 }, async (_module, suite) => {
    const results = await runOtpSuite(suite)
    const { rest = {}, differs = {} } = suite
    for (const [name, { detail }] of Object.entries(differs)) {
      expect(results.get(name)).toMatchObject({ outcome: 'failed', detail: expect.stringContaining(detail) })
    }
    const failed = [...results].filter(([name, { outcome }]) => outcome === 'failed' && !(name in differs))
    expect(failed.map(([name, { detail }]) => `${name}: ${detail}`)).toStrictEqual([])
    const skipped = [...results].filter(([, { outcome }]) => outcome === 'skipped')
    expect(skipped.map(([name]) => name).sort()).toStrictEqual(Object.keys(rest).sort())
  })
})
