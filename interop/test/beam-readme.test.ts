import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '@dynsrv/tools/free-port'
import { codeBlocks } from '@dynsrv/tools/readme-blocks'
import { expect, it } from 'vitest'
import { eventually } from '../src/eventually.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const README = join(ROOT, 'packages/beam/README.md')

it('the ten minutes of packages/beam/README.md, as they are written', { timeout: 300_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dynsrv-ten-minutes-'))
  const ports = { 8600: await freePort(), 9101: await freePort(), 9102: await freePort() }
  const text = await readFile(README, 'utf8')
  const free = Object.entries(ports).reduce((all, [said, port]) => all.replaceAll(said, String(port)), text)
  const blocks = codeBlocks(free.slice(free.indexOf('## Ten minutes'), free.indexOf('## Install')))
  const block = (language: string, having: string): string => {
    const found = blocks.find((each) => each.language === language && each.code.includes(having))
    if (found === undefined) throw new Error(`no ${language} block has ${having}`)
    return found.code
  }
  const env = { ...process.env, LC_ALL: 'C.UTF-8', PATH: `${join(folder, 'node_modules/.bin')}:${process.env.PATH}` }
  const sh = async (code: string) => (await run('sh', ['-c', code], { cwd: folder, env })).stdout.trim()
  const started: ChildProcess[] = []
  const begin = (code: string): ChildProcess => {
    const lines = code.trim().split('\n')
    // The last line is what goes on; the shell gives its place to it, so that a signal reaches it.
    const last = lines
      .pop()!
      .replace(/^((?:\w+=\S+ )*)/, '$1exec ')
      .replace(/^((?:\w+=\S+ )+)exec /, 'exec env $1')
    const child = spawn('sh', ['-c', [...lines, last].join('\n')], { cwd: folder, env, stdio: 'ignore' })
    started.push(child)
    return child
  }
  try {
    // What npm install brings, from this checkout.
    await mkdir(join(folder, 'node_modules/.bin'), { recursive: true })
    await symlink(join(ROOT, 'packages/dynsrv'), join(folder, 'node_modules/dynsrv'))
    await symlink(join(ROOT, 'packages/dynsrv/bin/dynsrv.js'), join(folder, 'node_modules/.bin/dynsrv'))
    for (const part of ['src', 'lib', 'mix.exs']) {
      await cp(join(ROOT, 'packages/beam', part), join(folder, 'beam', part), { recursive: true })
    }

    await sh(block('sh', 'mix new'))
    const replace = async (file: string, from: RegExp, to: string) => {
      const before = await readFile(join(folder, 'shop', file), 'utf8')
      expect(before).toMatch(from)
      await writeFile(join(folder, 'shop', file), before.replace(from, to))
    }
    const dependencies = block('elixir', 'defp deps').replace(/git: .*sparse: "[^"]+"/, 'path: "../beam"')
    expect(dependencies).toContain('path: "../beam"')
    await replace('mix.exs', / {2}defp deps do[\s\S]*?\n {2}end/, dependencies)
    await replace('lib/shop/application.ex', / {4}children = \[[\s\S]*?\n {4}\]/, block('elixir', 'Dynsrv.Cluster'))
    await sh(block('sh', 'mix dynsrv.install'))

    const dns = begin(block('sh', 'dynsrv dns').replace('npm install dynsrv\n', '').replace('npx dynsrv', 'dynsrv'))
    begin(block('sh', 'bin/shop start'))
    await writeFile(join(folder, 'prices.mjs'), block('js', 'expose'))
    begin(block('sh', 'node prices.mjs'))

    const [environment, call, doctor] = block('sh', 'Dynsrv.call').split('\n')
    const ask = (command = '') => sh(`${environment}\n${command}`)
    await eventually(() => ask(call).catch(String), '30', { patienceMs: 60_000 })
    expect(await ask(doctor)).toContain('prices@market.test is connected (hidden)')
    dns.kill('SIGINT')
    await once(dns, 'exit')
    expect(await ask(doctor)).toContain('EPMD_LOOKUP_FAILED')
    expect(await ask(call)).toBe('30')
  } finally {
    for (const child of started.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGTERM')
      const patience = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await once(child, 'exit')
      clearTimeout(patience)
    }
    await rm(folder, { recursive: true, force: true })
  }
})
