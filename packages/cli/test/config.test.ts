import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start } from '@dynsrv/cluster'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../src/config.ts'
import { Dynsrv, runDynsrv } from './run-dynsrv.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dynsrv-config-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

const json = (name: string, config: unknown) => file(name, JSON.stringify(config))

describe('a configuration file', () => {
  it('may be JSON, a module, or a module that exports a function', async () => {
    const wanted = { name: 'a@b.test', service: 'b.test', dns: ['127.0.0.1:8600'], hidden: false }
    const text = JSON.stringify(wanted)
    for (const path of [
      await file('one.json', text),
      await file('one.mjs', `export default ${text}`),
      await file('two.mjs', `export default async () => (${text})`),
      await file('one.cjs', `module.exports = ${text}`),
    ]) {
      expect(await loadConfig(path)).toEqual({ file: path, start: wanted })
    }
  })

  it('is found in the working directory, and is not needed', async () => {
    const empty = await mkdtemp(join(folder, 'empty-'))
    expect(await loadConfig(undefined, { cwd: empty })).toBeUndefined()
    await writeFile(join(empty, 'dynsrv.config.json'), '{ "minPeers": 3, "http": "127.0.0.1:1" }')
    expect(await loadConfig(undefined, { cwd: empty })).toMatchObject({ minPeers: 3, http: '127.0.0.1:1' })
  })

  it('has its files beside it', async () => {
    const path = await json('files.json', { cookieFile: 'secret' })
    expect((await loadConfig(path))?.start.cookieFile).toBe(join(folder, 'secret'))
    const changing = await json('changing.json', { cookieFile: { offered: 'old', accepted: ['old', '/new'] } })
    expect((await loadConfig(changing))?.start.cookieFile).toEqual({
      offered: join(folder, 'old'),
      accepted: [join(folder, 'old'), '/new'],
    })
  })

  it.each([
    [{ nmae: 'a@b.test' }, /there is no option nmae; did you mean name\?/, /Write name\./],
    [{ PollingInterval: 1 }, /there is no option PollingInterval; did you mean pollingInterval\?/, /Write/],
    [{ cookie: 'secret-of-mine' }, /: a cookie does not belong in a file/, /Use cookieFile/],
    [{ cokie: 'secret-of-mine' }, /no option cokie; did you mean cookieFile\? a cookie does not/, /Use cookieFile/],
    [{ Cookie: 'secret-of-mine' }, /no option Cookie; did you mean cookieFile\? a cookie does not/, /Use cookieFile/],
    [{ cokieFile: 'a' }, /no option cokieFile; did you mean cookieFile\?$/, /Write cookieFile\./],
    [{ colouring: 'red' }, /there is no option colouring$/, /The options are .*cookieFile/],
    [{ port: '4370' }, /port must be a whole number from 0 to 65535, not '4370'/, /Give a whole number/],
    [{ port: 70_000 }, /port must be .*65535/, /Give/],
    [{ hidden: 'no' }, /hidden must be true or false/, /Give/],
    [{ tls: { certFile: 'a' } }, /tls\.keyFile is missing/, /Give tls\.keyFile/],
    [{ tls: { certFile: 'a', keyFile: 'b', ca: 'c' } }, /there is no option tls\.ca$/, /The options are certFile/],
    [
      { cookieFile: { offered: 'a', acepted: ['b'] } },
      /there is no option cookieFile\.acepted/,
      /cookieFile\.accepted/,
    ],
    [{ topologies: { web: {} } }, /topologies\.web\.service is missing/, /SRV records/],
    [
      { topologies: { web: { strategy: 'consol' } } },
      /topologies\.web\.strategy must be one of .*'dynamicSrv'/,
      /Give/,
    ],
    [[], /must be an object of options/, /Give/],
    [{ dns: 3 }, /: dns must be a string that is not empty or an array of at least one string, not 3$/, /Give/],
    [
      { dns: 3, servce: 'a.b', port: 'x' },
      /: there is no option servce; did you mean service\?; dns must be .*; port must be /,
      /Write service\./,
    ],
  ])('refuses %j and says what is meant', async (config, message, hint) => {
    const error = await loadConfig(await json('wrong.json', config)).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'DYNSRV_CONFIG' })
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(hint)
    expect(error.message).not.toContain('secret-of-mine')
  })

  it.each([
    ['broken.json', '{ "name": '],
    ['broken.mjs', 'export default {'],
    ['throws.mjs', 'throw new Error("no")'],
  ])('says that %s cannot be read', async (name, text) => {
    const path = await file(name, text)
    await expect(loadConfig(path)).rejects.toMatchObject({
      code: 'DYNSRV_CONFIG',
      message: expect.stringContaining(path),
    })
    await expect(loadConfig(`${path}.gone`)).rejects.toMatchObject({
      code: 'DYNSRV_CONFIG',
      message: `${path}.gone cannot be read: there is no such file`,
      hint: 'Check the path and who may read it.',
    })
  })

  it('says where its JSON breaks, and that a folder is no file', async () => {
    const broken = await file('line.json', '{\n  "name": "a@b.test",\n}\n')
    await expect(loadConfig(broken)).rejects.toMatchObject({ message: expect.stringMatching(/at line 3, column 1$/) })
    await expect(loadConfig(await mkdtemp(join(folder, 'folder.json')))).rejects.toMatchObject({
      message: expect.stringMatching(/it is a folder$/),
    })
  })

  it('names any strategy, which checks its own options', async () => {
    const config = { name: 'a@b.test', port: 0, topologies: { s: { strategy: 'epmd', hosts: ['c@d.test'] } } }
    const good = await loadConfig(await json('epmd.json', config))
    await using cluster = await start({ ...good!.start, cookie: 'config-test' })
    expect(cluster.strategies.get('s')?.expected()).toEqual([])
    const wrong = { ...config, topologies: { s: { strategy: 'epmd', hosts: ['c@d.test'], timeout_: 1 } } }
    const bad = await loadConfig(await json('bad.json', wrong))
    await expect(start({ ...bad!.start, cookie: 'config-test' })).rejects.toMatchObject({
      code: 'STRATEGY_BAD_OPTION',
    })
  })
})

describe('dynsrv with a configuration file', () => {
  const ENV = { RELEASE_COOKIE: 'config-test' }

  it('takes what the file says, and arguments before it', async () => {
    await using zone = await startZoneServer()
    const path = await json('up.json', {
      ...{ $schema: 'https://example.test/schema.json', name: 'a@b.test', service: 'b.test', dns: zone.address },
      ...{ port: 0, host: '127.0.0.1', pollingInterval: 250, http: '127.0.0.1:0', page: true },
    })
    await using one = new Dynsrv(['up', '--config', path, '--json'], { env: ENV })
    expect(await one.event('started')).toMatchObject({
      name: 'a@b.test',
      services: ['b.test'],
      dns: [zone.address],
      pollingIntervalMs: 250,
      hidden: true,
      http: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      page: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/),
    })
    const more = ['--name', 'c@d.test', '--service', 'd.test', '--interval', '1s', '--visible', '--json']
    await using other = new Dynsrv(['join', '--config', path, ...more], { env: ENV })
    expect(await other.event('started')).toMatchObject({
      name: 'c@d.test',
      services: ['d.test'],
      pollingIntervalMs: 1_000,
      hidden: false,
    })
  })

  it('is TypeScript where Node.js reads that, and else says what to do', async () => {
    const path = await file('typed.ts', "const name: string = 'a@b.test'\nexport default { name, servce: 'b.test' }\n")
    const { code, stderr } = await runDynsrv(['up', '--config', path], { env: ENV })
    const reads = 'typescript' in process.features && process.features.typescript !== false
    expect(stderr).toMatch(
      reads ? /there is no option servce/ : /does not read this kind of file\. .*dynsrv\.config\.mjs/,
    )
    expect(code).toBe(2)
  })

  it('says what is wrong in it in one line', async () => {
    const path = await json('typo.json', { servce: 'b.test' })
    const { code, stderr } = await runDynsrv(['join', '--config', path], { env: ENV })
    expect([code, stderr]).toEqual([
      2,
      `dynsrv join: ${path}: there is no option servce; did you mean service? Write service.\n`,
    ])
  })
})
