import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { certificateFiles } from '@dynsrv/tools/certificate-files'
import { freePort } from '@dynsrv/tools/free-port'
import { COOKIE as DOCTOR_COOKIE, oneNode, SERVICE } from '@dynsrv/tools/srv-cluster'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COOKIE, type Peer, startPeer } from './peer.ts'
import { runDynsrv } from './run-dynsrv.ts'

/** A folder with a configuration file, as an operator has it. */
function configured(
  config: object,
  { cookie = COOKIE, name = 'dynsrv.config.json' } = {},
): { cwd: string; file: string } {
  const cwd = temporaryFolder('peer-config')
  mkdirSync(join(cwd, 'secrets'))
  writeFileSync(join(cwd, 'secrets', 'cookie'), `${cookie}\n`, { mode: 0o600 })
  const file = join(cwd, name)
  writeFileSync(file, JSON.stringify({ cookieFile: 'secrets/cookie', ...config }))
  return { cwd, file }
}

describe('commands that ask, with a configuration file', () => {
  let peer: Peer
  let closed = 0
  let cwd = ''
  beforeAll(async () => {
    peer = await startPeer()
    closed = await freePort()
    cwd = configured({ service: SERVICE, dns: peer.zone.address }).cwd
  })
  afterAll(() => peer[Symbol.asyncDispose]())

  it.each([
    ['ping', () => ['ping', peer.name], /pong/],
    ['resolve', () => ['resolve', peer.name], /→ 127\.0\.0\.1:/],
    ['names', () => ['names'], /^erl-1@my-service\.test {2}\d+$/m],
    ['nodes', () => ['nodes'], /erl-1@my-service\.test .*up$/m],
    ['wait', () => ['wait', '--nodes', '1'], /1 of 1/],
    ['call', () => ['call', peer.name, 'erlang', 'abs', '--', '-7'], /^7$/m],
    ['cast', () => ['cast', peer.name, 'erlang', 'garbage_collect', '--json'], /"sent":true/],
    ['send', () => ['send', peer.name, 'logger', 'hello', '--json'], /"sent":true/],
    ['eval', () => ['eval', peer.name, '1 + 2'], /^3$/m],
  ])('%s takes what it needs from the file of the folder', async (_command, args, wanted) => {
    // The file goes before the environment.
    const { code, stdout, stderr } = await runDynsrv(args(), { cwd, env: { RELEASE_COOKIE: 'of-the-environment' } })
    expect(stderr).toBe('')
    expect(stdout).toMatch(wanted)
    expect(code).toBe(0)
  })

  it('arguments go before the file', async () => {
    const wrong = configured(
      { service: 'other.test', dns: `127.0.0.1:${closed}` },
      { cookie: 'another', name: 'else.json' },
    )
    const right = join(cwd, 'secrets', 'cookie')
    const config = ['--config', wrong.file, '--timeout', '5s']
    const listed = await runDynsrv(['names', ...config, '--service', SERVICE, ...peer.dns])
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining(peer.name) })
    const asked = await runDynsrv(['ping', peer.name, ...config, ...peer.dns, '--cookie-file', right])
    expect(asked).toMatchObject({ code: 0, stdout: expect.stringContaining('pong') })
    // A way of its own needs no DNS server.
    const at = ['--at', `127.0.0.1:${peer.port}`, '--cookie-file', right]
    expect(await runDynsrv(['ping', peer.name, ...config, ...at])).toMatchObject({ code: 0, stderr: '' })
    const other = await runDynsrv(['ping', peer.name, ...config, ...peer.dns])
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('cookie') })
  })

  it('lists the members of all topologies, or of the host of its name, and asks as a stranger', async () => {
    await using zone = await startZoneServer()
    for (const service of ['a.test', 'b.test']) {
      zone.add({ type: 'SRV', name: service, target: `one.${service}`, port: 4370 })
    }
    const topologies = { a: { service: 'a.test' }, b: { service: 'b.test' }, c: { strategy: 'epmd', hosts: [] } }
    const both = await runDynsrv(['names', '--json'], { cwd: configured({ dns: zone.address, topologies }).cwd })
    expect(both.stdout.trimEnd().split('\n')).toEqual([
      '{"name":"one@a.test","port":4370}',
      '{"name":"one@b.test","port":4370}',
    ])
    const name = `erl-1@${SERVICE}`
    const mine = configured({ name, dns: peer.zone.address })
    const { stdout, code } = await runDynsrv(['nodes', '--json'], { cwd: mine.cwd })
    expect(JSON.parse(stdout)).toMatchObject({ name, up: true })
    expect(code).toBe(0)
  })

  it('says what is wrong in the file, and what is missing without one', async () => {
    const wrong = configured({ servce: SERVICE })
    const typo = await runDynsrv(['nodes'], { cwd: wrong.cwd })
    expect(typo).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/there is no option servce; did you mean service\?/),
    })
    const none = await runDynsrv(['nodes'], { cwd: temporaryFolder('none') })
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('--config') })
    const gone = configured({ service: SERVICE, tls: { certFile: 'none.pem', keyFile: 'none.pem' } })
    const files = await runDynsrv(['nodes'], { cwd: gone.cwd })
    expect(files).toMatchObject({ code: 2, stderr: expect.stringMatching(/a file that tls names cannot be read/) })
  })
})

describe('commands that ask nodes with -proto_dist inet_tls', () => {
  it('speak TLS as the file says', async () => {
    using files = certificateFiles({ names: `DNS:${SERVICE}` })
    await using zone = await startZoneServer()
    await using node = await oneNode(zone, 'secure', {
      args: ['-proto_dist', 'inet_tls', '-ssl_dist_optfile', files.optionFile],
    })
    const config = { service: SERVICE, dns: zone.address, tls: { certFile: files.cert, keyFile: files.key } }
    const trusting = configured({ ...config, tls: { ...config.tls, caFile: files.ca } }, { cookie: DOCTOR_COOKIE })
    const pinged = await runDynsrv(['ping', node.beam.name], { cwd: trusting.cwd })
    expect(pinged).toMatchObject({ stderr: '', code: 0, stdout: expect.stringContaining('pong') })
    const listed = await runDynsrv(['nodes'], { cwd: trusting.cwd })
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringMatching(/secure@.* up$/m) })
    const called = await runDynsrv(['call', node.beam.name, 'erlang', 'node'], { cwd: trusting.cwd })
    expect(called).toMatchObject({ code: 0, stdout: expect.stringContaining(node.beam.name) })
    // Without the authority the certificate is a stranger's.
    const doubting = configured(config, { cookie: DOCTOR_COOKIE })
    expect(await runDynsrv(['ping', node.beam.name], { cwd: doubting.cwd })).toMatchObject({ code: 1 })
  })
})
