import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { SERVICE } from '@dynsrv/tools/srv-cluster'
import { describe, expect, it } from 'vitest'
import { startPeer } from './peer.ts'
import { BIN, runDynsrv } from './run-dynsrv.ts'

async function script(shell: string): Promise<string> {
  const { code, stdout, stderr } = await runDynsrv(['completion', shell])
  expect([code, stderr]).toEqual([0, ''])
  return stdout
}

/** What a real bash offers for these words, with that script. */
async function offersWith(bash: string, words: readonly string[]): Promise<string[]> {
  const program = `${bash}
COMP_LINE=${JSON.stringify(words.join(' '))}
COMP_POINT=\${#COMP_LINE}
_dynsrv
printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout } = await promisify(execFile)('bash', ['-c', program], { cwd: new URL('..', import.meta.url) })
  return stdout.trim().split('\n')
}

describe('dynsrv completion', () => {
  it('completes commands, options, words and files in a real bash', async () => {
    const bash = await script('bash')
    const offers = (...words: string[]) => offersWith(bash, words)
    expect(await offers('dynsrv', 'pi')).toEqual(['ping'])
    expect(await offers('dynsrv', 'join', '--vis')).toEqual(['--visible'])
    expect(await offers('dynsrv', 'cookie', '')).toContain('new')
    expect(await offers('dynsrv', 'completion', 'f')).toEqual(['fish'])
    expect(await offers('dynsrv', 'join', '--config', 'pack')).toEqual(['package.json'])
    expect(await offers('dynsrv', 'join', '--service', 'x')).toEqual([''])
    expect(await offers('dynsrv', 'help', 'doc')).toEqual(['doctor'])
    expect(await offers('dynsrv', 'join', '--cookie')).toEqual(['--cookie-file'])
    expect(await offers('dynsrv', 'call', '--syntax', 'e')).toEqual(['erlang', 'elixir'])
    expect(await offers('dynsrv', 'ping', '--timeout', '5')).toEqual(['500ms', '5s'])
    // What stands before the colon is typed already.
    expect(await offers('dynsrv', 'ping', '--dns', '127.0.0.1:8')).toEqual(['8600'])
  })

  it('offers the nodes of the service in a real bash', async () => {
    await using peer = await startPeer()
    const dynsrv = `dynsrv() { PATH=${process.env.PATH} ${process.execPath} ${BIN} "$@"; }\n`
    const bash = dynsrv + (await script('bash'))
    expect(await offersWith(bash, ['dynsrv', 'ping', ...peer.dns, '--service', SERVICE, 'erl'])).toEqual([peer.name])
    expect(await offersWith(bash, ['dynsrv', 'call', ...peer.dns, `erl-1@${SERVICE}`])).toEqual([SERVICE])
    expect(await offersWith(bash, ['dynsrv', 'ping', '--dns', '127.0.0.1:1', '--service', SERVICE, 'e'])).toEqual([''])
  })

  it('never runs what a name of a node says', async () => {
    const names = ['node port', 'a$(echo ran >&2)@x.test 1', 'b`echo ran >&2`@x.test 2', 'c;ran@x.test 3', 'd@x.test 4']
    const bash = `dynsrv() { printf '%s\\n' ${names.map((name) => `'${name}'`).join(' ')}; }\n${await script('bash')}`
    expect(await offersWith(`exec 2>&1\n${bash}`, ['dynsrv', 'ping', ''])).toEqual(['d@x.test'])
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
