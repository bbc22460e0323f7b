import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type NodeName, nodeName } from '@dynsrv/epmd-shim'
import { freePort } from '@dynsrv/tools/free-port'
import fc from '@dynsrv/tools/property'
import { describe, expect, it, onTestFinished } from 'vitest'
import { decodeHeartbeat, encodeHeartbeat, gossipKey } from '../../src/gossip/gossip-packet.ts'
import { gossip } from '../../src/index.ts'
import { FakeMembership, node } from '../fake-membership.ts'

// term_to_binary(#{node => 'a@127.0.0.1'}) of OTP 25 (tag 100) and OTP 29 (tag 119).
const OTP_25 = Buffer.from(`heartbeat::${Buffer.from('837400000001640004', 'hex').toString('latin1')}node`, 'latin1')
const PLAIN_25 = Buffer.concat([OTP_25, Buffer.from('64000b', 'hex'), Buffer.from('a@127.0.0.1')])
const PLAIN_29 = Buffer.concat([
  Buffer.from('heartbeat::'),
  Buffer.from('8374000000017704', 'hex'),
  Buffer.from('node'),
  Buffer.from('770b', 'hex'),
  Buffer.from('a@127.0.0.1'),
])
// AES-256-CBC of PLAIN_25 by OTP 25, secret `password`, IV 00..0f.
const SECRET_25 = Buffer.from(
  '000102030405060708090a0b0c0d0e0f3ae1c747bf3adf86e06af9a4c76d72ebdfd83c7501f0cc348b03c7fa9daa41af82213b552fcc74fa7391123a0454f905',
  'hex',
)
const key = gossipKey('password')
const secrecy = (key: Uint8Array) => ({ key, iv: randomBytes(16) })
const name = nodeName('a@127.0.0.1')

describe('heartbeats as OTP writes them', () => {
  it.each([
    ['OTP 25', PLAIN_25, undefined],
    ['OTP 29', PLAIN_29, undefined],
    ['OTP 25 with a secret', SECRET_25, key],
  ])('reads %s', (_name, packet, secret) => expect(decodeHeartbeat(packet, secret)).toStrictEqual({ node: name }))

  it('writes what OTP 26 and later write', () => {
    expect(encodeHeartbeat(name).toString('hex')).toBe(PLAIN_29.toString('hex'))
  })

  it('encrypts so that it decrypts', () => {
    expect(decodeHeartbeat(encodeHeartbeat(name, secrecy(key)), key)).toStrictEqual({ node: name })
  })

  it.each([
    'a@svc.test:0',
    'a@svc.test:-1',
    'a@svc.test:65536',
    'a@svc.test:99999',
    'a@svc.test:4370x',
    'a@svc test',
    'a@svc.test/x',
    'a@@b.test',
    '@svc.test',
  ])('drops the name %s with the reason', (wrong) => {
    expect(decodeHeartbeat(encodeHeartbeat(wrong as NodeName))).toStrictEqual({
      ignored: expect.stringMatching(/host|@/),
    })
  })

  it('drops plain ones with a secret, encrypted ones without, and those of another secret', () => {
    expect(decodeHeartbeat(PLAIN_25, key)).toHaveProperty('ignored')
    expect(decodeHeartbeat(SECRET_25)).toHaveProperty('ignored')
    expect(decodeHeartbeat(SECRET_25, gossipKey('other'))).toHaveProperty('ignored')
  })

  it.each([PLAIN_25, PLAIN_29])('drops every shorter one, and one with more behind it (%#)', (packet) => {
    for (let length = 0; length < packet.length; length++) {
      expect(decodeHeartbeat(packet.subarray(0, length))).toHaveProperty('ignored')
    }
    expect(decodeHeartbeat(Buffer.concat([packet, Buffer.from([0])]))).toHaveProperty('ignored')
  })

  it('gives a checked name or a reason for any corrupted packet, and never throws', () => {
    const packets = fc.constantFrom(PLAIN_25, PLAIN_29, SECRET_25)
    fc.assert(
      fc.property(packets, fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), (packet, at, flip, secret) => {
        const bytes = Buffer.from(packet)
        bytes[at % bytes.length]! ^= flip
        const mapped = decodeHeartbeat(bytes, secret ? key : undefined)
        if ('node' in mapped) expect(() => nodeName(mapped.node)).not.toThrow()
        else expect(mapped.ignored).not.toBe('')
      }),
      { numRuns: 500 },
    )
  })
})

/** Loopback as broadcast address: a packet reaches one of the sockets, so each side has a port of its own here. */
const loopback = { ifAddr: '127.0.0.1', multicastAddr: '127.0.0.1', broadcastOnly: true, heartbeatMs: 20 } as const

describe('over UDP', () => {
  it.each([undefined, 'password'])('hears a node and joins it at once (secret %o)', async (secret) => {
    const port = await freePort()
    const membership = new FakeMembership()
    const shared = { ...loopback, port, ...(secret !== undefined && { secret }), pollingInterval: 3_600_000 }
    await using strategy = gossip(membership, shared)
    strategy.start()
    const sender = createSocket('udp4')
    const packet = encodeHeartbeat(node('a'), secret === undefined ? undefined : secrecy(key))
    const again = setInterval(() => sender.send(packet, port, '127.0.0.1'), 20)
    await strategy.ready()
    clearInterval(again)
    sender.close()
    expect(membership.connected()).toStrictEqual([node('a')])
  })

  it('two nodes of one machine hear each other by multicast, on one port', async () => {
    const port = await freePort()
    const options = { port, multicastIf: '127.0.0.1', heartbeatMs: 20, pollingInterval: 3_600_000 }
    const [one, other] = [new FakeMembership('one@svc.test'), new FakeMembership('other@svc.test')]
    await using first = gossip(one, options)
    await using second = gossip(other, options)
    first.start()
    second.start()
    await Promise.all([first.ready(), second.ready()])
    expect(one.connected()).toStrictEqual([node('other')])
    expect(other.connected()).toStrictEqual([node('one')])
  })

  it('reports a port that is taken as a failure', async () => {
    const taken = createSocket('udp4')
    taken.bind(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address()
    await using strategy = gossip(new FakeMembership(), { ...loopback, port, pollingInterval: 10 })
    strategy.start()
    for await (const change of strategy.events()) {
      if (change.type !== 'discoveryFailed') continue
      expect(change.cause).toMatchObject({ code: 'STRATEGY_SOURCE_UNREACHABLE' })
      break
    }
    taken.close()
    // Once the port is free the socket is opened anew.
    for await (const change of strategy.events()) if (change.type === 'polled') break
    const sender = createSocket('udp4')
    const again = setInterval(() => sender.send(encodeHeartbeat(node('a')), port, '127.0.0.1'), 20)
    await strategy.ready()
    clearInterval(again)
    sender.close()
  })

  it.each([
    [{ ifAddr: 'eth0' }, 'ifAddr must be an IPv4 address'],
    [{ multicastIf: 'lo' }, 'multicastIf must be an IPv4 address'],
    [{ multicastAddr: 'everybody' }, 'multicastAddr must be an IPv4 address'],
    [{ multicastAddr: '10.0.0.255' }, 'multicastAddr must be from 224.0.0.0 to 239.255.255.255'],
    [{ expireMs: 5_000 }, 'expireMs must be longer than heartbeatMs (5000)'],
    [{ heartbeatMs: 30_000 }, 'expireMs must be longer than heartbeatMs (30000)'],
  ])('refuses %o when it is given', (options, message) => {
    const wrong = { code: 'STRATEGY_BAD_OPTION', message: expect.stringContaining(message) }
    expect(() => gossip(new FakeMembership(), options)).toThrow(expect.objectContaining(wrong))
  })
})

describe('a real Elixir node that gossips as libcluster does', () => {
  it.each(['', 'password'])('hears us and is heard (secret %o)', async (secret) => {
    const [ours, theirs] = [await freePort(), await freePort()]
    const script = fileURLToPath(new URL('gossip-peer.exs', import.meta.url))
    const peer = spawn('elixir', [script, String(theirs), String(ours), 'beam@svc.test', secret])
    onTestFinished(() => void peer.kill('SIGKILL'))
    let heard = ''
    peer.stdout.setEncoding('utf8').on('data', (text: string) => {
      heard += text
    })
    const membership = new FakeMembership()
    const options = { ...loopback, port: ours, ...(secret !== '' && { secret }), pollingInterval: 3_600_000 }
    await using strategy = gossip(membership, options)
    strategy.start()
    await strategy.ready()
    expect(membership.connected()).toStrictEqual([node('beam')])
    // The other way: our packet, sent to it, is decoded by the BEAM.
    const sender = createSocket('udp4')
    const packet = encodeHeartbeat(membership.self, secret === '' ? undefined : secrecy(gossipKey(secret)))
    const again = setInterval(() => sender.send(packet, theirs, '127.0.0.1'), 20)
    while (!heard.includes('heard ')) await once(peer.stdout, 'data')
    clearInterval(again)
    sender.close()
    expect(heard).toContain('heard self@svc.test')
  })
})
