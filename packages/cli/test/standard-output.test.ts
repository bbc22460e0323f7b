import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { describe, expect, it } from 'vitest'
import { runMain } from './main-run.ts'
import { ENV } from './peer.ts'
import { runDynsrv } from './run-dynsrv.ts'

describe('--json before the name of a command', () => {
  it.each([
    [['decode', '83610b']],
    [['decode', '8361']],
    [['decode', '83610b', 'too many']],
    [['decode', '--elixr', '83610b']],
    [['ping', 'a@b.test', '--at', 'wrong']],
    [['ping']],
    [['demo', '--nodes', 'x']],
    [['pnig', 'a@b.test']],
    [['cookie', 'new', '--file', '/dev/null/cookie']],
    [['cookie']],
  ])('is the same as behind it: %j', async (args) => {
    const before = await runMain(['--json', ...args], ENV)
    expect(before).toEqual(await runMain([...args, '--json'], ENV))
    for (const line of `${before.stdout}${before.stderr}`.trim().split('\n')) JSON.parse(line)
  })

  it('goes together with others, and leaves help and version alone', async () => {
    const decoded = { code: 0, stdout: '{"term":11}\n', stderr: '' }
    expect(await runMain(['--plain', '--json', 'decode', '83610b'], ENV)).toEqual(decoded)
    const helped = await runMain(['--json', '--help', 'decode'], ENV)
    expect(helped).toEqual(await runMain(['--help'], ENV))
    expect(await runMain(['--version'], ENV)).toMatchObject({ code: 0, stdout: /^\d+\.\d+\.\d+\n$/ })
  })
})

describe('a configuration file that prints', () => {
  const folder = temporaryFolder('config-that-prints')
  const file = join(folder, 'dynsrv.config.mjs')
  writeFileSync(
    file,
    `console.log('read: %s', 'yes')
console.table([{ a: 1 }])
const { info } = console
export default () => {
  info('called')
  console.dir({ deep: true })
  setImmediate(() => console.debug('later'))
  return {}
}`,
  )

  it('prints to standard error, and the results of a command stand alone', async () => {
    const args = ['ping', 'a@b.test', '--at', '127.0.0.1:1', '--json', '--config', file]
    const { stdout, stderr } = await runDynsrv(args, { env: ENV })
    const lines = stdout.trim().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ step: 'connect', ok: false }),
    )
    for (const text of ['read: yes', '│ 0', 'called', '{ deep: true }', 'later']) expect(stderr).toContain(text)
  })

  it('has its console back afterwards', async () => {
    const before = { ...console }
    await runMain(['ping', 'a@b.test', '--at', 'wrong', '--config', file], ENV)
    expect({ ...console }).toEqual(before)
  })
})
