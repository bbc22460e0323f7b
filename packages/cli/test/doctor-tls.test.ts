import { startZoneServer } from '@dynsrv/srv-resolver'
import { describe, expect, it } from 'vitest'
import { type CertificateFiles, certificateFiles } from './certificate.ts'
import { COOKIE, errorsOf, examineAs, oneNode, SERVICE, warningsOf } from './doctor-cluster.ts'

const env = { RELEASE_COOKIE: COOKIE }
const overTls = ({ optionFile }: CertificateFiles) => ({
  args: ['-proto_dist', 'inet_tls', '-ssl_dist_optfile', optionFile],
})

describe('dynsrv doctor at a real node with -proto_dist inet_tls', () => {
  it('D18: says that one side speaks TLS and the other does not', async () => {
    using files = certificateFiles({ names: `DNS:${SERVICE}` })
    await using zone = await startZoneServer()
    const args = ['--service', SERVICE, '--dns', zone.address, '--timeout', '5s']
    await using _secure = await oneNode(zone, 'secure', overTls(files))
    expect(errorsOf(await examineAs(args, env))).toEqual(['D18 DOCTOR_TLS_MISMATCH'])
    const good = await examineAs([...args, '--tls', '--cacert', files.ca], env)
    expect([errorsOf(good), warningsOf(good)]).toEqual([[], []])
    expect(good.checks.filter(({ id }) => id === 'D19' || id === 'D07').map(({ status }) => status)).toEqual([
      'ok',
      'ok',
    ])
    await using _plain = await oneNode(zone, 'plain')
    const mixed = await examineAs([...args, '--tls', '--cacert', files.ca], env)
    expect(errorsOf(mixed)).toEqual(['D18 DOCTOR_TLS_MISMATCH'])
    expect(mixed.verdicts[0]?.nodes).toEqual([`plain@${SERVICE}`])
  })

  it.each([
    ['for another host', { names: 'DNS:*.svc' }, 'error', /is not for the host my-service\.test/],
    ['that expired', { names: `DNS:${SERVICE}`, days: -1 }, 'error', /expired on/],
    [
      'for servers only',
      { names: `DNS:${SERVICE}`, usages: 'serverAuth' },
      'warning',
      /may not be used for clientAuth/,
    ],
  ] as const)('D19: a certificate %s', async (_what, wanted, severity, says) => {
    using files = certificateFiles(wanted)
    await using zone = await startZoneServer()
    await using _secure = await oneNode(zone, 'secure', overTls(files))
    const args = ['--service', SERVICE, '--dns', zone.address, '--timeout', '5s', '--tls', '--cacert', files.ca]
    const found = await examineAs(args, env)
    expect(found.verdicts[0]).toMatchObject({ check: 'D19', severity, message: expect.stringMatching(says) })
  })

  it('D19: a certificate of a stranger', async () => {
    using files = certificateFiles({ names: `DNS:${SERVICE}` })
    using others = certificateFiles({ names: `DNS:${SERVICE}` })
    await using zone = await startZoneServer()
    await using _secure = await oneNode(zone, 'secure', overTls(files))
    const args = ['--service', SERVICE, '--dns', zone.address, '--timeout', '5s', '--tls', '--cacert', others.ca]
    const found = await examineAs(args, env)
    expect(errorsOf(found)[0]).toBe('D19 DOCTOR_TLS_CERTIFICATE')
    expect(found.verdicts[0]?.message).toMatch(/is not accepted/)
  })
})
