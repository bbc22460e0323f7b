import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CHECKS } from '@dynsrv/doctor'
import { COOKIE, SERVICE } from '@dynsrv/tools/srv-cluster'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type DoctorCluster, examineAs, startDoctorCluster } from './doctor-cluster.ts'
import { runDynsrv } from './run-dynsrv.ts'

const LABELS = ['erl-1', 'erl-2', 'erl-3', 'erl-4', 'erl-5']

describe('dynsrv doctor at a real cluster of five', () => {
  let cluster: DoctorCluster
  beforeAll(async () => {
    cluster = await startDoctorCluster(LABELS)
  })
  afterEach(() => cluster.zone.setFault())
  afterAll(() => cluster[Symbol.asyncDispose]())

  const args = (...more: string[]) => ['--service', SERVICE, '--dns', cluster.zone.address, ...more]
  const examine = (env: Record<string, string> = {}, ...more: string[]) =>
    examineAs(args(...more), { ...cluster.env, ...env })

  it('finds nothing wrong when nothing is', async () => {
    const { code, verdicts, checks } = await examine()
    expect(verdicts).toEqual([])
    expect(code).toBe(0)
    const [one] = cluster.members
    const ran = checks.filter(({ status }) => status === 'ok').map(({ id }) => id)
    expect(ran).toEqual(expect.arrayContaining(['D42', 'D04', 'D20', 'D17', 'D05', 'D07', 'D36', 'D37', 'D39', 'D41']))
    expect(await one!.beam.eval('length(nodes(hidden))')).toBe('0')
  })

  it('finds nothing wrong on the machine of a member', async () => {
    const { name, port } = cluster.members[0]!
    const env = { ...cluster.env, RELEASE_NODE: name, ERL_DIST_PORT: String(port), DYNSRV_DNS: cluster.zone.address }
    const { code, verdicts } = await examineAs([], env)
    // On the machine of the tests the members listen on loopback only.
    expect(verdicts.filter(({ check }) => check !== 'D21')).toEqual([])
    expect([0, 1]).toContain(code)
  })

  it('D44: reads the configuration file, and tells what is wrong in it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dynsrv-doctor-config-'))
    try {
      const config = join(folder, 'dynsrv.config.json')
      const examineConfig = async (settings: object) => {
        await writeFile(config, JSON.stringify(settings))
        return examineAs(['--config', config], cluster.env)
      }
      const good = await examineConfig({ service: SERVICE, dns: cluster.zone.address })
      expect(good.verdicts).toEqual([])
      expect(good.checks.find(({ id }) => id === 'D36')).toMatchObject({ status: 'ok' })
      const misspelled = await examineConfig({ servise: SERVICE })
      expect(misspelled.verdicts[0]).toMatchObject({
        check: 'D44',
        code: 'DYNSRV_CONFIG',
        hint: 'Write service.',
      })
      const topologies = { main: { strategy: 'dnsPoll', query: SERVICE, nodeBasename: 'api', poll_interval: 1 } }
      const alias = await examineConfig({ service: SERVICE, dns: cluster.zone.address, topologies })
      expect(alias.verdicts[0]).toMatchObject({ check: 'D44', severity: 'error' })
      expect(alias.verdicts[0]?.message).toMatch(/poll_interval/)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('shows groups, a verdict and what to do, and never the cookie', async () => {
    const good = await runDynsrv(['doctor', ...args()], { env: cluster.env })
    const handshake = CHECKS.filter(({ group }) => group === 'handshake').length
    expect(good.stdout).toMatch(new RegExp(`✓ handshake +${handshake} fine`))
    expect(good.stdout).toMatch(/^Nothing is wrong\. {2}\d+ checks/m)
    expect(good.code).toBe(0)
    const env = { ...cluster.env, RELEASE_COOKIE: 'Another-secret-0123456789' }
    const bad = await runDynsrv(['doctor', ...args()], { env })
    expect(bad.stdout).toMatch(/^✗ erl-\d@my-service\.test refuses our cookie, and 4 more$/m)
    expect(bad.stdout).toMatch(/^ {2}→ No peer has our cookie/m)
    expect(bad.stdout).toMatch(/^1 error {2}/m)
    expect(bad.code).toBe(1)
    expect(good.stdout + bad.stdout).not.toContain(COOKIE)
    expect(bad.stdout).not.toContain('Another-secret')
  })
})
