import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { expect, it } from 'vitest'
import { PACKAGE, run } from './application.ts'

it('rebar3 takes it as a dependency, with no network and no hex', async () => {
  const root = temporaryFolder('rebar')
  for (const part of ['src', 'rebar.config']) {
    await cp(join(PACKAGE, part), join(root, 'app/_checkouts/dynsrv', part), { recursive: true })
  }
  await mkdir(join(root, 'app/src'), { recursive: true })
  await writeFile(join(root, 'app/rebar.config'), '{deps, [dynsrv]}.\n')
  await writeFile(
    join(root, 'app/src/app.app.src'),
    '{application, app, [{vsn, "1"}, {applications, [kernel, stdlib, dynsrv]}]}.\n',
  )
  await writeFile(join(root, 'app/src/app.erl'), '-module(app).\n-export([run/0]).\nrun() -> dynsrv:members(nobody).\n')
  const env = { ...process.env, HOME: root, LC_ALL: 'C.UTF-8', REBAR_OFFLINE: '1' }
  await run('rebar3', ['compile'], { cwd: join(root, 'app'), env })
  const script = '{ok, _} = application:ensure_all_started(app), io:format("~p", [app:run()]), halt().'
  const folders = [
    join(root, 'app/_build/default/lib/app/ebin'),
    join(root, 'app/_build/default/checkouts/dynsrv/ebin'),
  ]
  const { stdout } = await run('erl', ['-noshell', '-pa', ...folders, '-eval', script])
  expect(stdout).toBe('[]')
})
