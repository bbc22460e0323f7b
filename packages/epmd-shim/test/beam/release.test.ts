import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '@dynsrv/tools/free-port'
import { codeBlocks } from '@dynsrv/tools/readme-blocks'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { companionPath } from '../../src/index.ts'

const run = promisify(execFile)
const NAME = 'released'

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dynsrv-release-'))
  const env = { ...process.env, MIX_ENV: 'prod' }
  await run('mix', ['new', NAME], { cwd: folder, env })
  const cwd = join(folder, NAME)
  for (const sub of ['src', 'rel']) mkdirSync(join(cwd, sub))
  copyFileSync(companionPath(), join(cwd, 'src', 'dynsrv_epmd.erl'))
  // What the README says.
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const script = codeBlocks(readme).find(({ language }) => language === 'bash')
  writeFileSync(join(cwd, 'rel', 'env.sh.eex'), `#!/bin/sh\n${script?.code}\n`)
  await run('mix', ['release', '--quiet', '--path', join(folder, 'out')], { cwd, env })
}, 300_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('an Elixir release runs with the companion, its remote commands too', { timeout: 240_000 }, async () => {
  const env = {
    ...process.env,
    RELEASE_COOKIE: 'release',
    ERL_DIST_PORT: String(await freePort()),
    DYNSRV_DNS: '127.0.0.1:1',
  }
  const program = join(folder, 'out', 'bin', NAME)
  const command = (name: string, ...args: string[]) => run(program, [name, ...args], { env, timeout: 60_000 })
  // It lives through all the commands, so its own time is far longer than theirs.
  const exited = run(program, ['start'], { env, timeout: 200_000 })
  let ended = false
  const end = () => {
    ended = true
  }
  exited.then(end, end)
  try {
    let asked = await command('pid').catch(() => undefined)
    while (asked === undefined && !ended) asked = await command('pid').catch(() => undefined)
    const { stdout } = await command('rpc', 'IO.inspect({node(), :net_kernel.epmd_module()})')
    expect(stdout.trim()).toBe('{:"web-1@my-service.internal", :dynsrv_epmd}')
  } finally {
    // A node that is gone before it answered has stopped as well; that it ended soundly is seen from itself.
    await Promise.allSettled([command('stop')])
    await exited
  }
})

it('an Elixir release says which variable is missing', { timeout: 120_000 }, async () => {
  const env = { ...process.env, RELEASE_COOKIE: 'release', ERL_DIST_PORT: '' }
  await expect(run(join(folder, 'out', 'bin', NAME), ['start'], { env, timeout: 100_000 })).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^dynsrv_epmd: this node cannot start: ERL_DIST_PORT is not set/),
  })
})
