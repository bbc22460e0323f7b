import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { DFLAG_PUBLISHED, encodeHandshakeMessage, framePacket, HIDDEN_FLAGS } from '@dynsrv/dist-protocol'
import { judgeIntroduction } from '@dynsrv/doctor'
import { ErlEpmd, startEpmdServer } from '@dynsrv/epmd-shim'
import { freePort } from '@dynsrv/tools/free-port'
import { register, SERVICE } from '@dynsrv/tools/srv-cluster'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { COOKIE, ENV, type Peer, startPeer, temporaryFile } from './peer.ts'
import { runDynsrv } from './run-dynsrv.ts'

const NAME = 'erl-1@my-service.test'
const GOOD = { name: NAME, flags: HIDDEN_FLAGS, creation: 4711 }

describe('dynsrv ping', () => {
  let peer: Peer
  beforeAll(async () => {
    peer = await startPeer()
  })
  afterAll(() => peer[Symbol.asyncDispose]())

  it('shows each step to a real Erlang node found through SRV, and leaves no trace in its log', async () => {
    const before = peer.beam.output()
    const { code, stdout, stderr } = await runDynsrv(['ping', peer.name, ...peer.dns], { env: ENV })
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toBe(peer.name)
    expect(lines[1]).toMatch(/^ {2}✓ lookup {3} .* ms {2}127\.0\.0\.1:\d+ \(SRV records, 127\.0\.0\.1:\d+\)$/)
    expect(lines[2]).toMatch(/^ {2}✓ connect /)
    expect(lines[3]).toMatch(/^ {2}✓ handshake .* erl-1@my-service\.test, visible, flags of OTP .*, creation \d+$/)
    expect(lines[4]).toMatch(/^ {2}✓ cookie .*both sides agree$/)
    expect(lines[5]).toMatch(/^ {2}✓ ping .* ms {2}pong$/)
    expect(peer.beam.output()).toBe(before)
    expect(stdout).not.toContain(COOKIE)
  })

  it('prints one JSON object a step, with the creation that the node has', async () => {
    const { code, stdout } = await runDynsrv(['ping', peer.name, ...peer.dns, '--json'], { env: ENV })
    const steps = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(code).toBe(0)
    expect(steps.map(({ step, ok }) => [step, ok])).toEqual(
      ['lookup', 'connect', 'handshake', 'cookie', 'ping'].map((step) => [step, true]),
    )
    const creation = Number(await peer.beam.eval('erlang:system_info(creation)'))
    expect(steps[2]).toMatchObject({ peer: { name: peer.name, creation } })
    expect(steps[4]).toMatchObject({ latencyMs: expect.any(Number) })
  })

  it('reaches it at a given address, and through epmd', async () => {
    const at = await runDynsrv(['ping', peer.name, '--at', `localhost:${peer.port}`], { env: ENV })
    expect(at.stdout).toMatch(/pong/)
    expect(at.code).toBe(0)
    await using epmd = await startEpmdServer({ port: 0 })
    const registered = new ErlEpmd({ epmdPort: epmd.port })
    await registered.registerNode('erl-1', peer.port)
    const env = { ...ENV, ERL_EPMD_PORT: String(epmd.port) }
    const asked = await runDynsrv(['ping', 'erl-1@127.0.0.1', '--epmd'], { env })
    expect(asked.stdout).toMatch(new RegExp(`✓ lookup .*127\\.0\\.0\\.1:${peer.port} \\(epmd\\)`))
    // What is wrong is said once.
    expect(asked.stdout).toMatch(/✗ handshake +127\.0\.0\.1:\d+\n$/)
    expect(asked.stderr).toMatch(/dialled erl-1@127\.0\.0\.1, but it calls itself erl-1@my-service\.test/)
    expect(asked.stderr).toMatch(/dial erl-1@my-service\.test/)
    expect(asked.code).toBe(1)
    registered.close()
  })

  it('says that the cookie is refused, and that all the rest was right', async () => {
    const env = { RELEASE_COOKIE: 'another-secret' }
    const { code, stdout, stderr } = await runDynsrv(['ping', peer.name, ...peer.dns], { env })
    expect(stdout).toMatch(/✓ handshake/)
    expect(stdout).toMatch(/✗ cookie\n$/)
    expect(stderr).toMatch(/refused our cookie; name, port and flags were right/)
    expect(stderr).toMatch(/^dynsrv ping: .*cookie.*\n$/)
    expect(stdout + stderr).not.toContain('another-secret')
    expect(code).toBe(1)
  })

  it('names the case of letters as the difference', async () => {
    const name = peer.name.replace('erl', 'Erl')
    const { code, stderr } = await runDynsrv(['ping', name, ...peer.dns], { env: ENV })
    expect(stderr).toMatch(/dialled Erl-1@my-service\.test, but it calls itself erl-1@my-service\.test\. Only the case/)
    expect(code).toBe(1)
  })

  it('names the members when the node has no record', async () => {
    const { code, stdout, stderr } = await runDynsrv(['ping', `nobody@${SERVICE}`, ...peer.dns], { env: ENV })
    expect(stdout).toMatch(/✗ lookup/)
    expect(stderr).toMatch(/nobody\.my-service\.test.*erl-1/)
    expect(code).toBe(1)
  })

  it('says what speaks there when it is a web server', async () => {
    await using server = createHttpServer((_request, response) => response.end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    register(peer.zone, 'web', (server.address() as AddressInfo).port)
    const { code, stdout, stderr } = await runDynsrv(['ping', `web@${SERVICE}`, ...peer.dns], { env: ENV })
    expect(stdout).toMatch(/✗ handshake/)
    expect(stderr).toMatch(/HTTP/)
    expect(code).toBe(1)
  })

  it('names the DNS server that stays silent, and so do call and wait', async () => {
    const silent = createSocket('udp4').bind(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address()
    const rest = ['--dns', `127.0.0.1:${port}`, '--timeout', '2s']
    const commands = [
      ['ping', NAME],
      ['call', NAME, 'erlang', 'node'],
      ['wait', '--service', SERVICE],
    ]
    try {
      for (const command of commands) {
        const { code, stderr } = await runDynsrv([...command, ...rest], { env: ENV })
        expect(stderr).toContain(`127.0.0.1:${port} did not answer over UDP`)
        expect(stderr).not.toContain('..')
        expect(code).toBe(1)
      }
    } finally {
      silent.close()
    }
  })

  it('says that epmd stays silent', async () => {
    await using silent = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const env = { ...ENV, ERL_EPMD_PORT: String(port) }
    const { code, stderr } = await runDynsrv(['ping', 'a@127.0.0.1', '--epmd', '--timeout', '500ms'], { env })
    expect(stderr).toMatch(/epmd at 127\.0\.0\.1:\d+ did not answer within 450 ms\. Check that/)
    expect(code).toBe(1)
  })

  it('tells a refused port from one that stays silent', async () => {
    const closed = await freePort()
    const refused = await runDynsrv(['ping', NAME, '--at', `127.0.0.1:${closed}`], { env: ENV })
    expect(refused.stderr).toMatch(/refused the connection.*Check that the peer runs/)
    expect(refused.code).toBe(1)
    await using silent = createServer((socket) => socket.on('error', () => undefined).resume()).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const mute = await runDynsrv(['ping', NAME, '--at', `127.0.0.1:${port}`, '--timeout', '200ms'], { env: ENV })
    expect(mute.stdout).toMatch(/✗ handshake/)
    expect(mute.stderr).toMatch(/did not|within|no answer|silent|answer/)
    expect(mute.code).toBe(1)
  })

  it('names the flags that an old peer lacks', async () => {
    const flags = HIDDEN_FLAGS & ~((1n << 24n) | (1n << 26n) | (1n << 18n))
    await using server = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .once('data', () => {
          socket.write(framePacket(2, encodeHandshakeMessage({ kind: 'status', status: 'ok' })))
          const challenge = { kind: 'challenge', version: 6, name: NAME, flags, creation: 2, challenge: 1 } as const
          socket.write(framePacket(2, encodeHandshakeMessage(challenge)))
        })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { code, stderr } = await runDynsrv(['ping', NAME, '--at', `127.0.0.1:${port}`], { env: ENV })
    expect(stderr).toMatch(/lacks BIG_CREATION, HANDSHAKE_23.*OTP 22 or older/)
    expect(code).toBe(1)
  })

  it.each([
    [['ping', 'api-1', '--epmd'], /no @/],
    [['ping', NAME, '--at', 'nowhere'], /not an address.*10\.0\.0\.5:4370/],
    [['ping', NAME, '--at', '127.0.0.1:0'], /out of range/],
    [['ping', NAME, '--at', '127.0.0.1:1', '--epmd'], /--at and --epmd/],
    [['ping', NAME, '--timeout', 'soon'], /"soon" is not a time/],
    [['ping', NAME, '--cookie', 'x'], /command line can be read/],
    [['ping'], /missing required argument 'node'/],
  ] as const)('refuses %j with exit code 2', async (args, says) => {
    const { code, stdout, stderr } = await runDynsrv(args, { env: ENV })
    expect(stderr).toMatch(says)
    expect(stderr.split('\n')).toHaveLength(2)
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  it('takes the cookie from a file, and says where it looked when there is none', async () => {
    const file = await temporaryFile('cookie', COOKIE)
    const found = await runDynsrv(['ping', peer.name, ...peer.dns, '--cookie-file', file])
    expect(found.code).toBe(0)
    const none = await runDynsrv(['ping', peer.name, ...peer.dns])
    expect(none.stderr).toMatch(/no cookie.*--cookie-file/)
    expect(none.code).toBe(2)
  })
})

describe('what a peer says of itself', () => {
  it('is fine when all is right', () => {
    expect(judgeIntroduction(NAME, GOOD)).toEqual([])
    expect(judgeIntroduction(NAME, { ...GOOD, flags: HIDDEN_FLAGS | DFLAG_PUBLISHED })).toEqual([])
  })

  it('is another name, the same in other letters, or a short one', () => {
    expect(judgeIntroduction(NAME, { ...GOOD, name: 'erl-2@my-service.test' })[0]).toMatchObject({
      code: 'DIST_NAME_MISMATCH',
      hint: expect.stringContaining('dial erl-2@my-service.test'),
    })
    expect(judgeIntroduction(NAME, { ...GOOD, name: NAME.toUpperCase() })[0]?.hint).toMatch(/^Only the case/)
    expect(judgeIntroduction(NAME, { ...GOOD, name: 'erl-1@my-service' })[0]?.hint).toMatch(/short name/)
  })

  it('warns of a creation that a restart may get again', () => {
    // 4 is what OTP 27 and later make of 1 to 3.
    for (const creation of [1, 3, 4]) {
      expect(judgeIntroduction(NAME, { ...GOOD, creation })).toMatchObject([
        { code: 'DYNSRV_SMALL_CREATION', severity: 'warning' },
      ])
    }
    expect(judgeIntroduction(NAME, { ...GOOD, creation: 5 })).toEqual([])
  })
})
