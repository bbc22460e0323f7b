import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { checkCookie } from '@dynsrv/cluster'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { startErl } from '@dynsrv/tools/beam'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { describe, expect, it } from 'vitest'
import { COOKIE, ENV } from './peer.ts'
import { BIN, Dynsrv, runDynsrv } from './run-dynsrv.ts'

describe('dynsrv epmd', () => {
  it('is the epmd of a stock Erlang node, which names and ping find through it', async () => {
    await using epmd = new Dynsrv(['epmd', '--port', '0', '--json'])
    const { port } = await epmd.event('serving')
    const env = { ERL_EPMD_PORT: String(port) }
    await using erl = await startErl({
      name: 'stock@127.0.0.1',
      cookie: COOKIE,
      args: ['-start_epmd', 'false', '-kernel', 'inet_dist_use_interface', '{127,0,0,1}'],
      env,
    })
    const names = await runDynsrv(['names', '--epmd', '127.0.0.1'], { env })
    expect(names.stdout).toMatch(/^stock@127\.0\.0\.1 {2}\d+$/m)
    const ping = await runDynsrv(['ping', erl.name, '--epmd'], { env: { ...ENV, ...env } })
    expect(ping.stdout).toMatch(/✓ ping/)
    expect(ping.code).toBe(0)
    epmd.signal('SIGTERM')
    expect(await epmd.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('answers for nodes that are only in SRV records, and only with --service', async () => {
    await using zone = await startZoneServer()
    zone.add({ type: 'SRV', name: 'shop.test', target: 'db-1.shop.test', port: 4370 })
    zone.add({ type: 'A', name: 'db-1.shop.test', address: '127.0.0.1' })
    const options = ['--port', '0', '--json']
    await using epmd = new Dynsrv(['epmd', '--service', 'shop.test', '--dns', zone.address, ...options])
    const { port } = await epmd.event('serving')
    const env = { ERL_EPMD_PORT: String(port) }
    expect((await runDynsrv(['names', '--epmd', '127.0.0.1'], { env })).stdout).toMatch(/^db-1@127\.0\.0\.1 +4370$/m)
    const { code, stderr } = await runDynsrv(['epmd', '--dns', zone.address, ...options, '--plain'])
    expect(stderr).toContain('--service')
    expect(code).toBe(2)
  })

  it('says when the port is taken', async () => {
    await using server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { code, stdout, stderr } = await runDynsrv(['epmd', '--port', String(port)])
    expect(stderr).toMatch(new RegExp(`^dynsrv epmd: .*${port}.*\\n$`))
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  it('refuses a port that is none', async () => {
    const { code, stderr } = await runDynsrv(['epmd'], { env: { ERL_EPMD_PORT: 'x' } })
    expect(stderr).toMatch(/ERL_EPMD_PORT is not a number: "x"/)
    expect(code).toBe(2)
  })
})

describe('dynsrv cookie new', () => {
  it('prints a cookie that Erlang takes, another one each time', async () => {
    const [one, two] = await Promise.all([runDynsrv(['cookie', 'new']), runDynsrv(['cookie', 'new', '--json'])])
    expect(one.stdout).toMatch(/^[A-Za-z0-9]{43}\n$/)
    const { cookie } = JSON.parse(two.stdout) as { cookie: string }
    expect(checkCookie(cookie, 'it')).toBe(cookie)
    expect(cookie).not.toBe(one.stdout.trim())
    expect([one.code, two.code]).toEqual([0, 0])
  })

  it('puts it into a file that only its owner reads, and overwrites none', async () => {
    const file = join(temporaryFolder('cookie'), 'cookie')
    const made = await runDynsrv(['cookie', 'new', '--file', file])
    const cookie = await readFile(file, 'utf8')
    expect(cookie).toMatch(/^[A-Za-z0-9]{43}$/)
    expect((await stat(file)).mode & 0o777).toBe(0o400)
    expect(made.stdout).not.toContain(cookie)
    expect(made.code).toBe(0)
    const again = await runDynsrv(['cookie', 'new', '--file', file])
    expect(again.stderr).toMatch(/^dynsrv cookie: did not write .*exists already.*\n$/)
    expect(again.code).toBe(2)
    expect(await readFile(file, 'utf8')).toBe(cookie)
  })
})

describe('what the shell writes for <(command)', () => {
  const inShell = (command: string, end?: (stdout: string) => boolean) =>
    new Promise<{ stdout: string; stderr: string }>((resolve) => {
      const child = spawn('bash', ['-c', `exec "$0" "$1" ${command}`, process.execPath, BIN], { env: ENV_OF_SHELL })
      let [stdout, stderr] = ['', '']
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text
        if (end?.(stdout) === true) child.kill('SIGTERM')
      })
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text
      })
      child.once('close', () => resolve({ stdout, stderr }))
    })
  const ENV_OF_SHELL = { PATH: process.env.PATH, HOME: '/nonexistent', LC_ALL: 'C.UTF-8' }

  it('can be the records of dynsrv dns', async () => {
    const record = '[{ "type": "A", "name": "a.my.test", "address": "127.0.0.1" }]'
    const { stdout, stderr } = await inShell(`dns <(echo '${record}')`, (text) => text.includes('Ctrl-C'))
    expect(stdout).toMatch(/^1 record at 127\.0\.0\.1:\d+/)
    expect(stderr).toBe('')
  })

  it('can be the cookie', async () => {
    const { stderr } = await inShell(`ping a@b.test --at 127.0.0.1:1 --cookie-file <(echo)`)
    expect(stderr).toMatch(/the cookie file \/dev\/fd\/\d+ is empty/)
    const { stdout } = await inShell(`ping a@b.test --at 127.0.0.1:1 --cookie-file <(echo ${COOKIE})`)
    expect(stdout).toMatch(/127\.0\.0\.1:1/)
  })
})
