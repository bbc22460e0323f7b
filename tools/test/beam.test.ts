import { describe, expect, it } from 'vitest'
import { type BeamOptions, startElixir, startErl } from '../testing/beam.ts'

const NO_EPMD = ['-start_epmd', 'false', '-dist_listen', 'false']

describe.each([
  {
    language: 'Erlang',
    start: startErl,
    sum: 'lists:sum([1, 2])',
    self: 'node()',
    shown: (n: string) => `'${n}'`,
    bad: '1 + a',
  },
  {
    language: 'Elixir',
    start: startElixir,
    sum: 'Enum.sum([1, 2])',
    self: 'node()',
    shown: (n: string) => `:"${n}"`,
    bad: '1 + :a',
  },
])('a real $language node', ({ start, sum, self, shown, bad }) => {
  const options = (alive: string): BeamOptions => ({ name: `${alive}@127.0.0.1`, cookie: 'tools', args: NO_EPMD })

  it('evaluates, reports errors, and ends', async () => {
    await using beam = await start(options('tools_eval'))
    expect(await beam.eval(sum)).toBe('3')
    expect(await beam.eval(self)).toBe(shown('tools_eval@127.0.0.1'))
    await expect(beam.eval(bad)).rejects.toThrow(/could not evaluate/)
    expect(await beam.eval(sum)).toBe('3')
    await beam.stop()
    await expect(beam.eval(sum)).rejects.toThrow(/tools_eval@127\.0\.0\.1: it ended/)
  })

  it('can be killed', async () => {
    await using beam = await start(options('tools_kill'))
    await beam.kill()
    expect(() => process.kill(beam.pid, 0)).toThrow(/ESRCH/)
  })
})
