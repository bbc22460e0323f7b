import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
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
const OTP_RELEASE = 'io:put_chars(erlang:system_info(otp_release)), halt().'

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
  // What the guide types at the prompt of each shell, as soon as the program is there.
  const shells = [
    {
      language: 'erlang',
      begins: / erl -name/,
      prompt: /^\d> /,
      batch: (command: string, typed: string) => `${command.replace(' erl ', ' exec erl -noshell ')} -eval '${typed}'`,
      typed: `
        Wait = fun Wait() -> case nodes(hidden) of [] -> timer:sleep(50), Wait(); Nodes -> Nodes end end,
        io:format("~p~n", [Wait()]),
        io:format("~p~n", [erpc:call('js@hello.test', hello, greet, [<<"Joe">>])]),
        receive stop -> ok end`,
    },
    {
      language: 'elixir',
      begins: / iex --name/,
      prompt: /^iex> /,
      batch: (command: string, typed: string) => `${command.replace(' iex ', ' exec elixir ')} --eval '${typed}'`,
      typed: `
        wait = fn wait -> if Node.list(:hidden) == [], do: (Process.sleep(50); wait.(wait)), else: Node.list(:hidden) end
        IO.inspect(wait.(wait))
        IO.inspect(:erpc.call(:"js@hello.test", :hello, :greet, ["Joe"]))
        Process.sleep(:infinity)`,
    },
  ]

  it.each(shells)('are as the guide says, word for word, in $language', { timeout: 90_000 }, async (kind) => {
    const blocks = codeBlocks(readFileSync(new URL('five-minutes.md', GUIDES), 'utf8'))
    const [dnsPort, shellPort] = [await freePort(), await freePort()]
    const [jsPort, pagePort] = [await freePort(), await freePort()]
    const ours = (code: string) =>
      code
        .replaceAll('8600', String(dnsPort))
        .replaceAll('9301', String(shellPort))
        .replaceAll('9302', String(jsPort))
        .replaceAll('9464', String(pagePort))
        .replaceAll('npx dynsrv', `${process.execPath} ${DYNSRV}`)
    const block = (language: string, text: RegExp) =>
      ours(blocks.find((each) => each.language === language && text.test(each.code))!.code)
    const lines = (language: string) => blocks.find((each) => each.language === language)!.code.split('\n')
    const folder = await mkdtemp(join(tmpdir(), 'dynsrv-minutes-'))
    await symlink(join(ROOT, 'packages'), join(folder, 'packages'))
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    const started: ChildProcess[] = []
    /** Runs a command of the guide until it has written so many lines, and gives these. */
    const written = async (command: string, count: number) => {
      const child = spawn('bash', ['-c', command], {
        cwd: folder,
        detached: true,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      started.push(child)
      const found: string[] = []
      for await (const line of createInterface(child.stdout!)) if (found.push(line) === count) break
      return found
    }
    try {
      await written(`exec ${block('sh', /dynsrv dns/)}`, 1)
      await run('bash', ['-c', block('sh', /erlc/)], { cwd: folder })
      const expected = lines(kind.language).filter((line) => !kind.prompt.test(line))
      const typed = kind.typed.replaceAll("'", `'\\''`)
      const shell = written(kind.batch(block('sh', kind.begins), typed), expected.length)
      await writeFile(join(folder, 'hello.mjs'), block('js', /start\(/))
      const told = block('text', /watch it/).split('\n')
      const program = await written(`exec ${block('sh', /node hello/)}`, told.length)
      expect(await shell).toEqual(expected)
      const { stdout: release } = await run('erl', ['-noshell', '-eval', OTP_RELEASE])
      expect(program).toEqual([...told.slice(0, -1), `which runs {"Erlang/OTP","${release}"}`])
      expect(await (await fetch(program[0]!.split(' ').at(-1)!)).text()).toContain('shell@hello.test')
      const doctor = block('sh', /dynsrv doctor/).split('\n')
      const { stdout } = await run('bash', ['-c', doctor[1]!], { cwd: folder })
      expect(stdout).toMatch(/✓ ping/)
      // The doctor finds nothing worse than a cookie that is no secret.
      const { code } = await run('bash', ['-c', doctor[0]!], { cwd: folder }).then(
        () => ({ code: 0 }),
        (error: { code: number }) => error,
      )
      expect([0, 3]).toContain(code)
    } finally {
      for (const { pid, exitCode } of started) if (exitCode === null) process.kill(-pid!, 'SIGKILL')
      await rm(folder, { recursive: true, force: true })
    }
  })
})
