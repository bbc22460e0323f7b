// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose are written so

import { mkdir, mkdtemp, rm, rmdir, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CHECKS } from '../src/checks.ts'
import { isInSubnet } from '../src/compose/subnet.ts'
import { errorsOf, examineAs, warningsOf } from './examination.ts'

const COOKIE = 'k3Yd8-Vq71-xRm2-Zt94-Lw06'

/** Everything as it should be: the two services of a cluster and the database that one of them needs. */
const GOOD = `
name: msvc
services:
  user_svc:
    image: user
    hostname: user_svc.msvc_default
    environment: &release
      RELEASE_NODE: user_svc@user_svc.msvc_default
      RELEASE_COOKIE: \${ERL_COOKIE}
      RELEASE_DISTRIBUTION: name
      STORE: http://minio:9000
      CLUSTER_STRATEGY: epmd
    networks: [msvc_default]
  client_svc:
    image: client
    hostname: client_svc.msvc_default
    environment:
      - RELEASE_NODE=client_svc@client_svc.msvc_default
      - RELEASE_COOKIE=\${ERL_COOKIE}
      - RELEASE_DISTRIBUTION=name
    networks:
      msvc_default:
        aliases: [client.internal]
  minio:
    image: minio/minio
    networks: [msvc_default]
networks:
  msvc_default:
`

async function examineFile(text: string, env: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'dynsrv-doctor-compose-'))
  try {
    const file = join(folder, 'docker-compose.yml')
    await writeFile(file, text)
    return await examineAs({ compose: [file], env })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describe('a Compose file', () => {
  it('finds nothing wrong when nothing is, whether the cookie is set or not', async () => {
    const found = await examineFile(GOOD)
    expect(found.verdicts).toEqual([])
    expect(found.gravest).toBe('ok')
    expect(found.checks.map(({ id }) => id)).toEqual(CHECKS.map(({ id }) => id).filter((id) => id.startsWith('C')))
    expect((await examineFile(GOOD, { ERL_COOKIE: COOKIE })).verdicts).toEqual([])
  })

  it('says so when the .env beside it is there and cannot be read; a folder of that name is nothing to Compose', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dynsrv-doctor-compose-'))
    const file = join(folder, 'docker-compose.yml')
    try {
      await writeFile(file, GOOD)
      await mkdir(join(folder, '.env'))
      expect((await examineAs({ compose: [file], env: {} })).verdicts).toEqual([])
      await rmdir(join(folder, '.env'))
      // Root reads what nobody else may; a link to itself is read by nobody.
      await symlink('.env', join(folder, '.env'))
      const [verdict] = (await examineAs({ compose: [file], env: {} })).verdicts
      expect(verdict).toMatchObject({
        code: 'DOCTOR_COMPOSE_FILE',
        message: expect.stringMatching(/\.env cannot be read: .*ELOOP/),
      })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it.each([
    [
      'networks that are not shared',
      ['networks: [msvc_default]\n  client', 'networks: [other]\n  client'],
      'C02 DOCTOR_COMPOSE_NETWORK',
      /user_svc \(other\) and client_svc \(msvc_default\) share no network/,
    ],
    [
      'infrastructure without the network',
      ['image: minio/minio\n    networks: [msvc_default]', 'image: minio/minio'],
      'C02 DOCTOR_COMPOSE_NETWORK',
      /user_svc \(msvc_default\) and minio \(default\)/,
    ],
    [
      'a missing hostname',
      [
        'hostname: user_svc.msvc_default\n    environment: &release\n      RELEASE_NODE: user_svc@user_svc.msvc_default',
        'environment: &release\n      RELEASE_NODE: user_svc@$$HOSTNAME',
      ],
      'C03 DOCTOR_COMPOSE_HOSTNAME',
      /user_svc has no hostname/,
    ],
    [
      'a hostname without a dot',
      [
        'hostname: user_svc.msvc_default\n    environment: &release\n      RELEASE_NODE: user_svc@user_svc.msvc_default',
        'hostname: user_svc\n    environment: &release\n      RELEASE_NODE: user_svc@user_svc',
      ],
      'C03 DOCTOR_COMPOSE_HOSTNAME',
      /the host user_svc of user_svc has no dot/,
    ],
    [
      'a name that is not the host',
      ['user_svc@user_svc.msvc_default', 'user_svc@users.internal'],
      'C04 DOCTOR_COMPOSE_NAME',
      /ends with users\.internal/,
    ],
    [
      'short names',
      ['RELEASE_DISTRIBUTION: name', 'RELEASE_DISTRIBUTION: sname'],
      'C05 DOCTOR_COMPOSE_DISTRIBUTION',
      /of user_svc is sname/,
    ],
    [
      'no word about names',
      ['      RELEASE_DISTRIBUTION: name\n', ''],
      'C05 DOCTOR_COMPOSE_DISTRIBUTION',
      /of user_svc is not set/,
    ],
    [
      'one name for two containers',
      ['image: user\n', 'image: user\n    deploy: { replicas: 2 }\n'],
      'C06 DOCTOR_DUPLICATE_NAME',
      /several containers: user_svc/,
    ],
    [
      'different cookies',
      ['RELEASE_COOKIE: ${ERL_COOKIE}', 'RELEASE_COOKIE: ${OTHER_COOKIE}'],
      'C07 DOCTOR_COMPOSE_COOKIE',
      /2 different cookies/,
    ],
    [
      'a missing cookie',
      ['      RELEASE_COOKIE: ${ERL_COOKIE}\n', ''],
      'C07 DOCTOR_COMPOSE_COOKIE',
      /RELEASE_COOKIE is missing at user_svc/,
    ],
  ] as const)('names %s', async (_what, [from, to], expected, says) => {
    expect(GOOD).toContain(from)
    const found = await examineFile(GOOD.replace(from, () => to))
    expect(errorsOf(found)).toEqual([expected])
    expect(found.verdicts[0]?.message).toMatch(says)
    expect(found.gravest).toBe('error')
  })

  it('compares cookies as Compose fills them in, and never tells one', async () => {
    const literal = GOOD.replaceAll('${ERL_COOKIE}', COOKIE)
    const found = await examineFile(literal)
    expect([errorsOf(found), warningsOf(found)]).toEqual([[], ['C08 DOCTOR_COMPOSE_LITERAL_COOKIE']])
    expect(found.gravest).toBe('warning')
    const other = await examineFile(GOOD.replace('${ERL_COOKIE}', '${ERL_COOKIE:-fallback-cookie-0123456789}'), {
      ERL_COOKIE: COOKIE,
    })
    expect(other.verdicts).toEqual([])
    expect(found.text + other.text).not.toContain(COOKIE)
    const differs = await examineFile(GOOD.replace('${ERL_COOKIE}', '${ERL_COOKIE:-fallback-cookie-0123456789}'))
    expect(errorsOf(differs)).toEqual(['C07 DOCTOR_COMPOSE_COOKIE'])
    expect(differs.text).not.toContain('fallback-cookie')
  })

  it.each([
    ['a broken file', 'services:\n  a: [b\n', /cannot be read: .* at line \d+, column \d+/],
    ['a file without services', 'version: "3"\n', /it has no services/],
    ['a list', '- a\n', /it has no services/],
  ])('says what is wrong with %s', async (_what, text, says) => {
    const found = await examineFile(text)
    expect(errorsOf(found)).toEqual(['C01 DOCTOR_COMPOSE_FILE'])
    expect(found.verdicts[0]?.message).toMatch(says)
  })

  it('says what to do when no service is a node, and when the file is missing', async () => {
    const none = await examineFile('services:\n  web:\n    image: nginx\n')
    expect(warningsOf(none)).toEqual(['C01 DOCTOR_COMPOSE_FILE'])
    const missing = await examineAs({ compose: ['/nonexistent/docker-compose.yml'] })
    expect(missing.verdicts[0]?.message).toMatch(/no such file/)
  })
})

it.each([
  ['172.28.0.0/16', '172.28.3.4', true],
  ['172.28.0.0/16', '172.29.0.1', false],
  ['10.0.0.0/9', '10.127.255.255', true],
  ['10.0.0.0/9', '10.128.0.0', false],
  ['0.0.0.0/0', '8.8.8.8', true],
  ['10.1.2.3/32', '10.1.2.3', true],
  ['fd00:1::/64', 'fd00:1::7', true],
  ['fd00:1::/64', 'fd00:1:0:1::7', false],
  ['::ffff:10.0.0.0/104', '::ffff:10.1.2.3', true],
  ['fd00::/8', '10.0.0.1', false],
  ['10.0.0.0', '10.0.0.1', false],
  ['10.0.0.0/33', '10.0.0.1', false],
  ['net', '10.0.0.1', false],
])('%s and %s: %s', (subnet, ip, expected) => expect(isInSubnet(subnet, ip)).toBe(expected))
