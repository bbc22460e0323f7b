import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '@dynsrv/tools/free-port'
import { codeBlocks, testReadme } from '@dynsrv/tools/readme-blocks'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const GUIDES = new URL('../../docs/guides/', import.meta.url)
const FILES = readdirSync(GUIDES).filter((name) => name.endsWith('.md'))
const DYNSRV = join(ROOT, 'packages/dynsrv/bin/dynsrv.js')
const run = promisify(execFile)

for (const name of FILES) {
  const blocks = codeBlocks(readFileSync(new URL(name, GUIDES), 'utf8'))
  if (blocks.some(({ language }) => language === 'ts'))
    testReadme(new URL('../', import.meta.url), `../docs/guides/${name}`)

  const programs = blocks.filter(({ language }) => language === 'js')
  it.each(programs)(`${name}, the program in line $line is one, and what it imports exists`, async ({ code }) => {
    const imports = [...code.matchAll(/^import \{ (.+) \} from '([^']+)'$/gm)]
    for (const [, names = '', from = ''] of imports) {
      const loaded = (await import(/* @vite-ignore */ from)) as Record<string, unknown>
      for (const each of names.split(', ')) expect(Object.keys(loaded), `${each} of ${from}`).toContain(each)
    }
    const folder = await mkdtemp(join(tmpdir(), 'dynsrv-guide-'))
    try {
      const file = join(folder, 'program.mjs')
      await writeFile(file, code)
      await run(process.execPath, ['--check', file])
    } finally {
      await rm(folder, { recursive: true })
    }
  })
}

describe('the five minutes', () => {
  it('are as the guide says, word for word', { timeout: 60_000 }, async () => {
    const blocks = codeBlocks(readFileSync(new URL('five-minutes.md', GUIDES), 'utf8'))
    const [dnsPort, shellPort, jsPort] = [await freePort(), await freePort(), await freePort()]
    const ours = (code: string) =>
      code
        .replaceAll('127.0.0.1:8600', `127.0.0.1:${dnsPort}`)
        .replaceAll('9301', String(shellPort))
        .replaceAll('9302', String(jsPort))
        .replaceAll('npx dynsrv', `exec ${process.execPath} ${DYNSRV}`)
    const shell = blocks.filter(({ language }) => language === 'sh').map(({ code }) => ours(code))
    const program = ours(blocks.find(({ language }) => language === 'js')!.code)
    const folder = await mkdtemp(join(tmpdir(), 'dynsrv-minutes-'))
    await symlink(join(ROOT, 'packages'), join(folder, 'packages'))
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const started: ReturnType<typeof spawn>[] = []
    const begin = (command: string) => {
      const child = spawn('bash', ['-c', command], {
        cwd: folder,
        detached: true,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      started.push(child)
      return child
    }
    try {
      begin(shell[0]!)
      // What the guide types at the prompt of the shell, as soon as the program is there.
      const typed = `
        Wait = fun Wait() -> case nodes(hidden) of [] -> timer:sleep(50), Wait(); Nodes -> Nodes end end,
        io:format("~p~n", [Wait()]),
        io:format("~p~n", [erpc:call('js@hello.test', hello, greet, [<<"Joe">>])]), halt().`
      const erlang = begin(
        `${shell[1]!.replace(' erl ', ' exec erl -noshell ')} -eval '${typed.replaceAll("'", `'\\''`)}'`,
      )
      let printed = ''
      erlang.stdout!.on('data', (text: Buffer) => {
        printed += text
      })
      await writeFile(join(folder, 'hello.mjs'), program)
      begin(`exec ${shell[2]}`)
      await once(erlang, 'exit')
      const prompts = blocks.find(({ language }) => language === 'erlang')!.code.split('\n')
      expect(printed.trim().split('\n')).toEqual(prompts.filter((line) => !/^\d> /.test(line)))
    } finally {
      for (const { pid, exitCode } of started) if (exitCode === null) process.kill(-pid!, 'SIGKILL')
      await rm(folder, { recursive: true, force: true })
    }
  })
})
