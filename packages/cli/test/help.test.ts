import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../src/commands/all.ts'
import { runDynsrv } from './run-dynsrv.ts'
import { inTerminal } from './terminal.ts'

describe('the help', () => {
  it.each(COMMANDS.map(({ name }) => name))('%s has at least two examples', async (name) => {
    const { code, stdout } = await runDynsrv([name, '--help'])
    expect(code).toBe(0)
    expect(stdout.match(/^ +\$ /gm)?.length ?? 0).toBeGreaterThanOrEqual(2)
  })

  it('lists every command under its heading', async () => {
    const { stdout } = await runDynsrv(['--help'])
    const groups = new Map<string, string[]>()
    for (const block of stdout.split('\n\n')) {
      const [heading = '', ...lines] = block.split('\n')
      groups.set(
        heading,
        lines.map((line) => /^ {2}([a-z]+) /.exec(line)?.[1] ?? ''),
      )
    }
    for (const { name, group } of COMMANDS) expect(groups.get(`${group}:`)).toContain(name)
  })

  it.each([[], ['ping'], ['doctor']])('%j fits into a narrow terminal', async (...args) => {
    const { screen } = await inTerminal([...args, '--help'], { columns: 60, env: { NO_COLOR: '1' } })
    const wide = screen.split('\n').filter((line) => line.length > 60)
    // A word that is longer than the room that is left cannot be broken.
    expect(wide.filter((line) => line.trim().includes(' ') && !/[\w./{}-]{30,}/.test(line))).toEqual([])
  })
})
