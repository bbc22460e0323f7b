import { readFileSync } from 'node:fs'
import { startZoneServer, type ZoneServer } from '@dynsrv/srv-resolver'
import { type CertificateFiles, certificateFiles } from '@dynsrv/tools/certificate-files'
import { COOKIE, oneNode, SERVICE } from '@dynsrv/tools/srv-cluster'
import { describe, expect, it } from 'vitest'
import { errorsOf, examineAs, warningsOf } from './examination.ts'

/** Examines a zone, over TLS when there are certificates that sign those of the nodes. */
function examine({ address }: ZoneServer, signers?: CertificateFiles) {
  return examineAs({
    ...{ services: [SERVICE], dns: [address], env: { RELEASE_COOKIE: COOKIE } },
    ...(signers !== undefined && { tls: { ca: readFileSync(signers.ca, 'utf8') } }),
  })
}

const overTls = ({ optionFile }: CertificateFiles) => ({
  args: ['-proto_dist', 'inet_tls', '-ssl_dist_optfile', optionFile],
})

describe('a real node with -proto_dist inet_tls', () => {
  // Over 10 s: BEAM nodes start with TLS, and each knock without it ends at a time limit.
  it('D18: says that one side speaks TLS and the other does not', async () => {
    using files = certificateFiles({ names: `DNS:${SERVICE}` })
    await using zone = await startZoneServer()
    await using _secure = await oneNode(zone, 'secure', overTls(files))
    expect(errorsOf(await examine(zone))).toEqual(['D18 DOCTOR_TLS_MISMATCH'])
    const good = await examine(zone, files)
    expect([errorsOf(good), warningsOf(good)]).toEqual([[], []])
    expect(good.checks.filter(({ id }) => id === 'D19' || id === 'D07').map(({ status }) => status)).toEqual([
      'ok',
      'ok',
    ])
    await using _plain = await oneNode(zone, 'plain')
    const mixed = await examine(zone, files)
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
    const found = await examine(zone, files)
    expect(found.verdicts[0]).toMatchObject({ check: 'D19', severity, message: expect.stringMatching(says) })
  })

  it('D19: a certificate of a stranger', async () => {
    using files = certificateFiles({ names: `DNS:${SERVICE}` })
    using others = certificateFiles({ names: `DNS:${SERVICE}` })
    await using zone = await startZoneServer()
    await using _secure = await oneNode(zone, 'secure', overTls(files))
    const found = await examine(zone, others)
    expect(errorsOf(found)[0]).toBe('D19 DOCTOR_TLS_CERTIFICATE')
    expect(found.verdicts[0]?.message).toMatch(/is not accepted/)
  })
})
