import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { ErlEpmd, Static, startEpmdServer } from '@dynsrv/epmd-shim'
import { startNode } from '@dynsrv/node'
import { freePort } from '@dynsrv/tools/free-port'
import { register, SERVICE } from '@dynsrv/tools/srv-cluster'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COOKIE, ENV, type Peer, startPeer } from './peer.ts'
import { Dynsrv, runDynsrv } from './run-dynsrv.ts'

const objects = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

describe('members of a service', () => {
  let peer: Peer
  let service: readonly string[] = []
  let closed = 0
  beforeAll(async () => {
    peer = await startPeer()
    service = ['--service', SERVICE, ...peer.dns]
    closed = await freePort()
  })
  afterAll(() => peer[Symbol.asyncDispose]())

  it('resolve shows each question, its answer and the address', async () => {
    const { code, stdout, stderr } = await runDynsrv(['resolve', peer.name, ...peer.dns])
    expect(stderr).toBe('')
    expect(stdout).toMatch(/✓ SRV my-service\.test {2}.* ms, 127\.0\.0\.1:\d+ over udp/)
    expect(stdout).toContain(`erl-1.my-service.test port ${peer.port}, priority 0, weight 0, ttl 0, at 127.0.0.1`)
    expect(stdout).toMatch(new RegExp(`→ 127\\.0\\.0\\.1:${peer.port}\\n$`))
    expect(code).toBe(0)
  })

  it('resolve shows both questions that found nothing', async () => {
    const { code, stdout, stderr } = await runDynsrv(['resolve', `nobody@${SERVICE}`, ...peer.dns, '--json'])
    expect(objects(stdout)).toMatchObject([
      { type: 'question', question: `SRV ${SERVICE}` },
      { type: 'question', question: `SRV nobody.${SERVICE}`, empty: 'nxdomain' },
    ])
    expect(stderr).toMatch(/nobody\.my-service\.test/)
    expect(code).toBe(1)
  })

  it('names lists what the records say, and dials nobody', async () => {
    const plain = await runDynsrv(['names', ...service])
    expect(plain.stdout).toBe(`node                   port\n${peer.name}  ${peer.port}\n`)
    expect(plain.code).toBe(0)
    const json = await runDynsrv(['names', ...service, '--json'])
    expect(objects(json.stdout)).toEqual([{ name: peer.name, port: peer.port }])
    const none = await runDynsrv(['names', '--service', 'empty.test', ...peer.dns])
    expect(none.stdout).toMatch(/^no members in empty\.test/)
    expect(none.code).toBe(0)
  })

  it('names lists what an epmd says', async () => {
    await using epmd = await startEpmdServer({ port: 0 })
    const registered = new ErlEpmd({ epmdPort: epmd.port })
    await registered.registerNode('web', 4370)
    const { code, stdout } = await runDynsrv(['names', '--epmd', '127.0.0.1', '--json'], {
      env: { ERL_EPMD_PORT: String(epmd.port) },
    })
    expect(objects(stdout)).toEqual([{ name: 'web@127.0.0.1', port: 4370 }])
    expect(code).toBe(0)
    registered.close()
  })

  it('nodes shows what each runs, and is gone afterwards', async () => {
    const port = await freePort()
    register(peer.zone, 'js-1', port)
    await using js = await startNode({
      name: `js-1@${SERVICE}`,
      cookie: COOKIE,
      epmd: new Static({}),
      listen: { port, host: '127.0.0.1' },
    })
    const { code, stdout, stderr } = await runDynsrv(['nodes', ...service], { env: ENV })
    expect(stderr).toBe('')
    const release = await peer.beam.eval('list_to_atom(erlang:system_info(otp_release))')
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^node +kind +runs +latency$/)
    expect(lines[1]).toMatch(new RegExp(`^${peer.name} +visible +OTP ${release.replaceAll("'", '')} +[\\d.]+ ms +up$`))
    expect(lines[2]).toMatch(new RegExp(`^${js.self} +hidden +dynsrv +[\\d.]+ ms +up$`))
    expect(code).toBe(0)
    peer.zone.remove({ name: `js-1.${SERVICE}` })
    peer.zone.remove({ target: `js-1.${SERVICE}` })
    expect(await peer.beam.eval('nodes(connected)')).toBe('[]')
  })

  it('nodes says why one is missing, and what to do', async () => {
    register(peer.zone, 'gone', closed)
    const { code, stdout } = await runDynsrv(['nodes', ...service], { env: ENV })
    expect(stdout).toMatch(/gone@my-service\.test +– +– +– +NODE_REFUSED: .*nothing listens there \[1\]$/m)
    expect(stdout).toMatch(/^1 of 2 up, 1 NODE_REFUSED$/m)
    expect(stdout).toMatch(/^\[1\] Check that the peer runs/m)
    expect(code).toBe(1)
    const json = await runDynsrv(['nodes', ...service, '--json'], { env: ENV })
    expect(objects(json.stdout)).toMatchObject([
      { name: peer.name, up: true, visibility: 'visible', latencyMs: expect.any(Number) },
      { name: `gone@${SERVICE}`, up: false, reason: { code: 'NODE_REFUSED', hint: expect.any(String) } },
    ])
    peer.zone.remove({ name: `gone.${SERVICE}` })
    peer.zone.remove({ target: `gone.${SERVICE}` })
  })

  it('wait ends when enough answer, and a member that hangs does not hold it up', async () => {
    await using silent = createServer((socket) => {
      socket.on('error', () => undefined).resume()
    }).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    register(peer.zone, 'mute', (silent.address() as AddressInfo).port)
    const { code, stdout } = await runDynsrv(['wait', ...service, '--json'], { env: ENV })
    expect(objects(stdout)).toEqual([{ type: 'up', nodes: [peer.name], wanted: 1 }])
    expect(code).toBe(0)
    peer.zone.remove({ name: `mute.${SERVICE}` })
    peer.zone.remove({ target: `mute.${SERVICE}` })
  })

  it('wait sees a member that comes later', async () => {
    await using waiting = new Dynsrv(['wait', '--nodes', '2', ...service, '--interval', '50ms'], { env: ENV })
    await waiting.line((line) => line.startsWith('1 of 2'))
    const port = await freePort()
    await using js = await startNode({
      name: `js-2@${SERVICE}`,
      cookie: COOKIE,
      epmd: new Static({}),
      listen: { port, host: '127.0.0.1' },
    })
    register(peer.zone, 'js-2', port)
    await waiting.line((line) => line === `2 of 2  ${peer.name}, ${js.self}`)
    expect((await waiting.ended).code).toBe(0)
    peer.zone.remove({ name: `js-2.${SERVICE}` })
    peer.zone.remove({ target: `js-2.${SERVICE}` })
  })

  it('wait says what is missing when the time is over', async () => {
    register(peer.zone, 'gone', closed)
    const args = ['wait', '--nodes', '2', ...service, '--timeout', '2s', '--interval', '100ms']
    const { code, stderr } = await runDynsrv(args, { env: ENV })
    expect(stderr).toMatch(/^dynsrv wait: only 1 of 2 nodes answered within 2s: gone@my-service\.test: .*\n$/)
    expect(code).toBe(1)
    const asJson = await runDynsrv([...args, '--json'], { env: ENV })
    expect(JSON.parse(asJson.stderr)).toMatchObject({ type: 'error', command: 'dynsrv wait', exitCode: 1 })
    const types = asJson.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type)
    expect(types.at(-1)).toBe('timeout')
    peer.zone.remove({ name: `gone.${SERVICE}` })
    peer.zone.remove({ target: `gone.${SERVICE}` })
  })

  it.each([
    [['names'], /no service to list.*--service.*--epmd HOST/],
    [['names', '--service', 'x.test', '--epmd', 'h'], /--service and --epmd/],
    [['names', '--service', 'no dot'], /not a DNS name|no dot/],
    [['resolve', 'api-1'], /no @/],
    [['wait', '--nodes', 'all', '--service', 'x.test'], /"all" is not a number/],
    [['wait', '--nodes', '0', '--service', 'x.test'], /"0" is not a number/],
    [['nodes', '--service', 'x.test', '--dns', 'consul'], /"consul" is not an IP address/],
  ] as const)('refuses %j with exit code 2', async (args, says) => {
    const { code, stdout, stderr } = await runDynsrv(args, { env: ENV })
    expect(stderr).toMatch(says)
    expect(stderr.split('\n')).toHaveLength(2)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })
})
