import { chmodSync, chownSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { COMMANDS } from '../src/commands/all.ts'
import { findConfig } from '../src/config/find-config.ts'
import { runMain } from './main-run.ts'
import { ENV } from './peer.ts'

const PEER = 'a@my-service.test'
const DNS = ['--dns', '127.0.0.1:1']

/** How each command is called so that it ends by itself, and whether it takes something from the file that was not typed. */
const CALLS: readonly (readonly [args: readonly string[], reads: boolean])[] = [
  [['join', '--name', 'wrong'], true],
  [['up', '--name', 'wrong'], true],
  [['doctor', '--timeout', 'wrong'], true],
  [['ping', PEER, '--at', 'wrong'], true],
  [['call', PEER, 'lists', 'reverse', '[]', '--at', 'wrong'], true],
  [['cast', PEER, 'lists', 'reverse', '[]', '--at', 'wrong'], true],
  [['send', PEER, 'logger', 'hello', '--at', 'wrong'], true],
  [['eval', PEER, '1', '--at', 'wrong'], true],
  [['nodes', '--service', 'my-service.test', '--timeout', 'wrong'], true],
  [['watch', '--service', 'my-service.test', '--timeout', 'wrong'], true],
  [['wait', '--service', 'my-service.test', '--timeout', 'wrong'], true],
  [['names', '--service', 'my-service.test', '--timeout', 'wrong'], true],
  [['names', ...DNS, '--timeout', 'wrong'], true],
  [['names', '--service', 'my-service.test', ...DNS, '--timeout', 'wrong'], false],
  [['names', '--epmd', '127.0.0.1', '--timeout', 'wrong'], false],
  [['resolve', PEER, '--timeout', 'wrong'], true],
  [['resolve', PEER, ...DNS, '--timeout', 'wrong'], false],
  [['resolve', PEER, '--epmd', '--timeout', 'wrong'], false],
  [['types', 'lists', '--node', PEER, '--at', 'wrong'], true],
  [['types', 'lists', '--beam', 'missing.beam'], false],
  [['epmd', '--port', 'wrong'], false],
  [['decode', '83610b'], false],
  [['cookie', 'new'], false],
  [['dns', 'missing.json'], false],
  [['demo', '--wrong'], false],
  [['completion', 'bash'], false],
  [['help'], false],
  [['ping', '--help'], false],
]

/** A folder whose configuration leaves a mark when it runs. */
function markedFolder(): { readonly folder: string; readonly mark: string; readonly file: string } {
  const folder = temporaryFolder('config-is-code')
  const [mark, file] = [join(folder, 'mark'), join(folder, 'dynsrv.config.mjs')]
  writeFileSync(
    file,
    `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(mark)}, '')\nexport default {}\n`,
  )
  return { folder, mark, file }
}

describe('the configuration file of the folder, which is code', () => {
  const before = process.cwd()
  afterAll(() => process.chdir(before))

  it.each(CALLS)('%j runs it: %s; never with --no-config', async (args, reads) => {
    const { folder, mark } = markedFolder()
    process.chdir(folder)
    if (reads) {
      await runMain([...args, '--no-config'], ENV)
      expect(existsSync(mark)).toBe(false)
    }
    await runMain(args, ENV)
    expect(existsSync(mark)).toBe(reads)
  })

  it('is looked at with every command', () => {
    const called = new Set(CALLS.map(([[name]]) => name))
    expect(COMMANDS.map(({ name }) => name).filter((name) => !called.has(name))).toEqual([])
  })

  it('is refused when anybody can write it, unless it is named', async () => {
    const { folder, mark, file } = markedFolder()
    chmodSync(file, 0o666)
    process.chdir(folder)
    const { code, stderr } = await runMain(['ping', PEER, '--at', 'wrong'], ENV)
    expect(stderr).toMatch(/dynsrv\.config\.mjs can be written by anybody\..*--config FILE/)
    expect(code).toBe(2)
    expect(existsSync(mark)).toBe(false)
    expect(findConfig(file)).toBe(file)
    await runMain(['ping', PEER, '--at', 'wrong', '--config', file], ENV)
    expect(existsSync(mark)).toBe(true)
  })

  it('is not looked for in other folders than the working directory', () => {
    const { folder, file } = markedFolder()
    const below = join(folder, 'below')
    mkdirSync(below)
    expect(findConfig(undefined, folder)).toBe(file)
    expect(findConfig(undefined, below)).toBeUndefined()
  })

  it('is refused when it belongs to another user, but not to root, unless it is named', () => {
    const { folder, file } = markedFolder()
    // Only root can give a file away; somebody else is another user when the file stays.
    if (process.getuid?.() === 0) chownSync(file, 4_001, -1)
    const owner = statSync(file).uid
    const as = (uid: number) => vi.spyOn(process, 'getuid').mockReturnValue(uid)
    try {
      as(owner + 1)
      expect(() => findConfig(undefined, folder)).toThrow('belongs to another user')
      expect(findConfig(file, folder)).toBe(file)
      as(owner)
      expect(findConfig(undefined, folder)).toBe(file)
      as(0)
      expect(findConfig(undefined, folder)).toBe(file)
    } finally {
      vi.restoreAllMocks()
    }
  })
})
