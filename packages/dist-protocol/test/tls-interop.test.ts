import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { ERL, startErl } from '@dynsrv/tools/beam'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { expect, it } from 'vitest'
import { HIDDEN_FLAGS } from '../src/flags.ts'
import { AcceptorHandshake } from '../src/handshake/acceptor-handshake.ts'
import { InitiatorHandshake } from '../src/handshake/initiator-handshake.ts'
import type { HeaderBytes } from '../src/packet.ts'
import { dial, epmdFreeArgs, Link, randomChallenge } from './sockets.ts'

const COOKIE = 'dist-protocol-tls'
const BEAM = 'beam_tls@127.0.0.1'
const DIALLING = { name: 'dialling@127.0.0.1', flags: HIDDEN_FLAGS, creation: 0x7777_7777 }
const DIALLED = { ...DIALLING, name: 'dialled@127.0.0.1' }

/** A certificate that nobody has to trust, made by OTP itself; the file's whole path, since another release may run in a root of its own. */
const makeCertificate = (file: string): string => `
  Strong = [{digest, sha256}, {key, {rsa, 2048, 65537}}],
  Chain = #{root => Strong, intermediates => [], peer => Strong},
  #{server_config := Config} = public_key:pkix_test_data(#{server_chain => Chain, client_chain => Chain}),
  {Type, Key} = proplists:get_value(key, Config),
  Pem = public_key:pem_encode([{'Certificate', proplists:get_value(cert, Config), not_encrypted}, {Type, Key, not_encrypted}]),
  ok = file:write_file("${file}", Pem),
  halt().`

function tlsFiles(): { pem: Buffer; args: string[] } {
  const folder = temporaryFolder('dist-protocol-tls')
  const pem = join(folder, 'both.pem')
  execFileSync(ERL, ['-noshell', '-eval', makeCertificate(pem)])
  const options = join(folder, 'ssl_dist.conf')
  writeFileSync(
    options,
    `[{server, [{certfile, "${pem}"}, {verify, verify_none}]}, {client, [{verify, verify_none}]}].`,
  )
  return { pem: readFileSync(pem), args: ['-proto_dist', 'inet_tls', '-ssl_dist_optfile', options] }
}

it('connects over TLS in both directions, and explains TLS to who dials without', { timeout: 60_000 }, async () => {
  const { pem, args } = tlsFiles()
  await using beam = await startErl({ name: BEAM, cookie: COOKIE, args: [...epmdFreeArgs(), ...args] })
  const port = Number(await beam.eval('peer_epmd:port()'))
  const options = { self: DIALLING, peerName: BEAM, cookie: COOKIE, headerBytes: 4 as HeaderBytes }
  {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    using link = new Link(socket, new InitiatorHandshake({ ...options, challenge: randomChallenge() }))
    expect((await link.connected).peer.name).toBe(BEAM)
  }
  const server = createServer({ cert: pem, key: pem }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: ours } = server.address() as { port: number }
  await beam.eval(`peer_epmd:peer("dialled", ${ours})`)
  const connecting = beam.eval(`net_kernel:connect_node('${DIALLED.name}')`)
  const [socket] = await once(server, 'secureConnection')
  {
    const challenge = randomChallenge()
    const acceptor = new AcceptorHandshake({
      self: DIALLED,
      cookie: COOKIE,
      challenge,
      decide: () => 'ok',
      headerBytes: 4,
    })
    using link = new Link(socket, acceptor)
    expect((await link.connected).peer.name).toBe(BEAM)
    expect(await connecting).toBe('true')
  }
  server.close()
  using plain = await dial(port, { ...options, headerBytes: 2, challenge: randomChallenge() })
  const release = Number(JSON.parse(await beam.eval('erlang:system_info(otp_release)')))
  // The TLS of OTP 23 does not answer a peer that speaks no TLS; later ones send an alert, which shows that it is TLS.
  await expect(plain.connected).rejects.toMatchObject(
    release < 24
      ? { code: 'DIST_CLOSED_BY_PEER' }
      : {
          code: 'DIST_NOT_DISTRIBUTION',
          hint: expect.stringContaining('inet_tls'),
        },
  )
})
