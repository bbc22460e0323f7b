import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { decode, inspect } from '../../src/index.ts'

/** Dates and times of every kind and width; the last ones have no sigil. */
const WRITTEN = [
  ...['~D[2026-01-31]', '~D[0000-02-29]', '~D[-0044-03-15]', '~D[9999-12-31]'],
  ...['~T[00:00:00]', '~T[23:59:59.123456]', '~T[12:00:00.120]', '~T[12:00:00.0]'],
  ...['~N[2024-02-29 12:30:00]', '~N[-0001-01-01 00:00:00.001]'],
  ...['~U[2026-11-30 18:00:00Z]', '~U[1970-01-01 00:00:00.000000Z]'],
]

it('writes dates and times as Elixir does', { timeout: 120_000 }, () => {
  const list = `[${[...WRITTEN, '[~D[2020-01-01], %{at: ~U[2020-01-01 00:00:00Z]}]'].join(', ')}]`
  const program = `for term <- ${list}, do: IO.puts(inspect(term) <> "\\t" <> Base.encode64(:erlang.term_to_binary(term)))`
  const lines = execFileSync('elixir', ['-e', program], { encoding: 'utf8' }).trim().split('\n')
  expect(lines).toHaveLength(WRITTEN.length + 1)
  for (const line of lines) {
    const [text = '', bytes = ''] = line.split('\t')
    for (const options of [{}, { map: 'object' as const }, { binary: 'text' as const }])
      expect(inspect(decode(Buffer.from(bytes, 'base64'), options), { syntax: 'elixir' })).toBe(text)
  }
})

it('writes what Elixir could not read back as a struct', { timeout: 120_000 }, () => {
  const structs = [
    '%{~D[2026-02-28] | day: 29}',
    '%{~D[2026-01-01] | calendar: My.Calendar}',
    '%{~T[12:00:00] | microsecond: {1, 7}}',
    '%{~U[2026-01-01 00:00:00Z] | utc_offset: 3600, zone_abbr: "CET", time_zone: "Europe/Berlin"}',
    'Map.put(~D[2026-01-01], :more, 1)',
  ]
  const program = `for term <- [${structs.join(', ')}], do: IO.puts(Base.encode64(:erlang.term_to_binary(term)))`
  const lines = execFileSync('elixir', ['-e', program], { encoding: 'utf8' }).trim().split('\n')
  for (const line of lines)
    expect(inspect(decode(Buffer.from(line, 'base64')), { syntax: 'elixir' })).toMatch(/^%(Date|Time|DateTime)\{/)
})
