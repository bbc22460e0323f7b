import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { atom } from '@dynsrv/etf'
import { makeCertificate, tlsDistArgs } from '@dynsrv/tools/certificates'
import { describe, expect, it } from 'vitest'
import type { TlsOptions } from '../../src/index.ts'
import { freeName, startBeamPeer } from '../support/beam-peer.ts'
import { next, startOurs } from '../support/nodes.ts'

const ours = makeCertificate()
const tls: TlsOptions = {
  cert: ours.cert,
  key: ours.key,
  ca: ours.ca,
  requestCert: true,
  rejectUnauthorized: true,
}

describe.each(['tlsv1.3', 'tlsv1.2'] as const)('a real Erlang node with -proto_dist inet_tls, %s', (version) => {
  it('is dialled, dials us, and talks', async () => {
    await using erl = await startBeamPeer('secure', { args: tlsDistArgs(ours, version) })
    await using node = await startOurs('secure', { tls })
    await node.connect(erl.name)
    expect(await node.ping(erl.name)).toBe('pong')
    expect(await node.erpc(erl.name, 'erlang', 'node')).toBe(atom(erl.name))
    await node.disconnect(erl.name)
    await expect.poll(() => erl.eval('nodes(hidden)')).toBe('[]')
    const up = next(node, 'nodeup')
    expect(await erl.eval(`net_adm:ping('${node.self}')`)).toBe('pong')
    expect(await up).toMatchObject({ direction: 'incoming' })
    const big = new Uint8Array(1_000_000).fill(7)
    expect(await node.erpc(erl.name, 'erlang', 'byte_size', [big])).toBe(1_000_000)
  })
})

it('a peer without a certificate that we trust is refused, in both roles, with the reason', async () => {
  const stranger = makeCertificate()
  await using left = await startOurs('left', { tls })
  await using right = await startOurs('right', {
    tls: { cert: stranger.cert, key: stranger.key, ca: stranger.ca, requestCert: true },
  })
  const hint = expect.stringContaining('authorit')
  await expect(right.connect(left.self)).rejects.toMatchObject({ code: 'NODE_TLS', peer: left.self, hint })
  await expect(left.connect(right.self)).rejects.toMatchObject({ code: 'NODE_TLS', peer: right.self, hint })
})

it('a peer that takes the connection and never answers in TLS is told as such', async () => {
  const name = await freeName('mute')
  const sockets: Socket[] = []
  const mute = createServer((socket) => sockets.push(socket))
  mute.listen(Number(/\d+(?=@)/.exec(name)?.[0]), '127.0.0.1')
  await once(mute, 'listening')
  await using secure = await startOurs('secure', { tls, setupTimeMs: 1_000 })
  await expect(secure.connect(name)).rejects.toMatchObject({
    code: 'NODE_TLS',
    hint: expect.stringMatching(/both sides/),
  })
  for (const socket of sockets) socket.destroy()
  mute.close()
})

it('a plain node and a TLS node tell each other apart', async () => {
  await using plain = await startOurs('plain', { setupTimeMs: 1_000 })
  await using secure = await startOurs('secure', { tls, setupTimeMs: 1_000 })
  const refused = next(plain, 'refused')
  await expect(secure.connect(plain.self)).rejects.toMatchObject({ name: 'NodeError' })
  expect(await refused).toMatchObject({ reason: { code: 'DIST_NOT_DISTRIBUTION' } })
  await expect(plain.connect(secure.self)).rejects.toMatchObject({ name: 'NodeError' })
})

it('new certificates come into use without a restart', async () => {
  const fresh = makeCertificate()
  let now: TlsOptions = tls
  await using node = await startOurs('reloads', { tls: () => now })
  await using old = await startOurs('old', { tls })
  await using young = await startOurs('young', { tls: { ...tls, cert: fresh.cert, key: fresh.key, ca: fresh.ca } })
  await old.connect(node.self)
  await expect(young.connect(node.self)).rejects.toMatchObject({ code: 'NODE_TLS' })
  now = { ...tls, cert: fresh.cert, key: fresh.key, ca: fresh.ca }
  node.reloadTls()
  await young.connect(node.self)
  expect(node.connected()).toHaveLength(2)
})
