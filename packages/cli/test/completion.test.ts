import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { runDynsrv } from './run-dynsrv.ts'

async function script(shell: string): Promise<string> {
  const { code, stdout, stderr } = await runDynsrv(['completion', shell])
  expect([code, stderr]).toEqual([0, ''])
  return stdout
}

/** What a real bash offers for these words, with that script. */
function offersWith(bash: string, words: readonly string[]): string[] {
  const program = `${bash}
COMP_WORDS=(${words.map((word) => JSON.stringify(word)).join(' ')})
COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
_dynsrv
printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync('bash', ['-c', program], { encoding: 'utf8', cwd: new URL('..', import.meta.url) })
    .trim()
    .split('\n')
}

describe('dynsrv completion', () => {
  it('completes commands, options, words and files in a real bash', async () => {
    const bash = await script('bash')
    const offers = (...words: string[]) => offersWith(bash, words)
    expect(offers('dynsrv', 'pi')).toEqual(['ping'])
    expect(offers('dynsrv', 'join', '--vis')).toEqual(['--visible'])
    expect(offers('dynsrv', 'cookie', '')).toContain('new')
    expect(offers('dynsrv', 'completion', 'f')).toEqual(['fish'])
    expect(offers('dynsrv', 'join', '--config', 'pack')).toEqual(['package.json'])
    expect(offers('dynsrv', 'join', '--service', 'x')).toEqual([''])
    expect(offers('dynsrv', 'help', 'doc')).toEqual(['doctor'])
    expect(offers('dynsrv', 'join', '--cookie')).toEqual(['--cookie-file'])
  })

  it('names every command and option for zsh and fish', async () => {
    const zsh = await script('zsh')
    expect(zsh).toContain("'ping:reach a node step by step")
    expect(zsh).toMatch(/^ +'\*--config\[settings[^\]]*\]:file:_files' \\$/m)
    const fish = await script('fish')
    expect(fish).toContain("complete -c dynsrv -n '__fish_seen_subcommand_from up' -l http -x -d 'where to serve HTTP")
    expect(fish).toContain('complete -c dynsrv -n __fish_use_subcommand -a doctor -d ')
  })

  it('refuses a shell that it does not know', async () => {
    const { code, stderr } = await runDynsrv(['completion', 'tcsh'])
    expect([code, stderr]).toEqual([2, expect.stringMatching(/tcsh.*bash, zsh, fish/)])
  })
})
