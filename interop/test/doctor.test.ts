import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { startConsul } from '@dynsrv/tools/consul'
import { type DnsmasqMember, startDnsmasq } from '@dynsrv/tools/dnsmasq'
import { freePort } from '@dynsrv/tools/free-port'
import { type OtpRelease, otpRelease } from '@dynsrv/tools/otp-release'
import { describe, expect, it } from 'vitest'
import { startBeamMember } from '../src/beam-member.ts'
import { eventually } from '../src/eventually.ts'
import { startOurMember } from '../src/our-member.ts'

const DYNSRV = fileURLToPath(new URL('../../packages/dynsrv/bin/dynsrv.js', import.meta.url))
const COOKIE = 'k3Yd8-Vq71-xRm2-Zt94-Lw06'

interface Verdict {
  readonly check: string
  readonly code: string
  readonly severity: string
  readonly message: string
}

/** Runs `dynsrv doctor --json` as a user does; gives back the errors and the warnings in their order. */
async function doctor(service: string, dns: string, env: Readonly<Record<string, string>>) {
  const args = ['doctor', '--service', service, '--dns', dns, '--timeout', '8s', '--json']
  const child = spawn(process.execPath, [DYNSRV, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH ?? '', HOME: '/nonexistent', RELEASE_COOKIE: COOKIE, ...env },
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  await once(child, 'close')
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string })
  const verdicts = lines.filter(({ type }) => type === 'verdict') as unknown as Verdict[]
  const of = (severity: string) =>
    verdicts.filter((one) => one.severity === severity).map(({ check, code }) => `${check} ${code}`)
  return { errors: of('error'), warnings: of('warning'), verdicts }
}

describe('the doctor at a mixed cluster of five, with dnsmasq', () => {
  // Slow: several BEAM nodes start, and the cluster is examined more than once.
  it('finds nothing wrong, and then exactly what a user breaks', async () => {
    const service = 'mixed.service.test'
    const labels = ['erl-a', 'erl-b', 'elixir-a', 'js-hidden', 'js-visible'] as const
    const members: DnsmasqMember[] = []
    for (const label of labels) members.push({ label, port: await freePort() })
    const epmdPort = await freePort()
    const env = { ERL_EPMD_PORT: String(epmdPort) }
    const dnsPort = await freePort()
    const dns = `127.0.0.1:${dnsPort}`
    const serve = (served: readonly DnsmasqMember[]) => startDnsmasq({ service, members: served, port: dnsPort })
    const port = (label: string) => members.find((member) => member.label === label)!.port
    const beam = (label: string, language: 'erlang' | 'elixir') =>
      startBeamMember({ language, label, service, cookie: COOKIE, port: port(label), dns, epmdPort })
    const ours = (label: string, hidden: boolean) =>
      startOurMember({ label, service, cookie: COOKIE, dns, port: port(label), hidden })

    const dnsmasq = await serve(members)
    try {
      await using a = await beam('erl-a', 'erlang')
      await using _b = await beam('erl-b', 'erlang')
      await using c = await beam('elixir-a', 'elixir')
      await using hidden = await ours('js-hidden', true)
      await using visible = await ours('js-visible', false)
      expect(await a.eval(`net_kernel:connect_node('erl-b@${service}')`)).toBe('true')
      expect(await c.eval(`Node.connect(:"erl-b@${service}")`)).toBe('true')
      await Promise.all([hidden.ready({ minPeers: 4 }), visible.ready({ minPeers: 4 })])
      // Three visible peers of each BEAM node.
      await eventually(() => a.eval('length(nodes())'), '3')
      await eventually(() => c.eval('length(Node.list())'), '3')
      expect(await doctor(service, dns, env)).toMatchObject({ errors: [], warnings: [] })

      const changed = await doctor(service, dns, { ...env, RELEASE_COOKIE: 'Another-cookie-0123456789' })
      expect(changed.errors).toEqual(['D07 DIST_COOKIE_REJECTED'])

      await dnsmasq.stop()
      expect((await doctor(service, dns, env)).errors).toEqual(['D42 DNS_UNREACHABLE'])

      const renamed = members.map((one) => (one.label === 'erl-a' ? { ...one, label: 'erl-x' } : one))
      {
        await using _renamed = await serve(renamed)
        const found = await doctor(service, dns, env)
        expect(found.errors).toEqual(['D05 DIST_NAME_MISMATCH'])
        expect(found.verdicts[0]?.message).toBe(`we dialled erl-x@${service}, but it calls itself erl-a@${service}`)
      }

      await using web = createServer((_request, response) => response.end()).listen(0, '127.0.0.1')
      await once(web, 'listening')
      const webPort = (web.address() as AddressInfo).port
      await using _pointed = await serve(
        members.map((one) => (one.label === 'erl-a' ? { ...one, port: webPort } : one)),
      )
      const found = await doctor(service, dns, env)
      expect(found.errors).toEqual(['D17 DIST_NOT_DISTRIBUTION'])
      expect(found.verdicts[0]?.message).toMatch(/erl-a@.*speaks HTTP/)
    } finally {
      await dnsmasq.stop()
    }
  }, 120_000)
})

describe('the doctor at nodes of several releases', () => {
  // Slow: several BEAM nodes start, and the cluster is examined more than once.
  it('finds nothing wrong with OTP 25, 27 and 29, and says why 23 is not in their mesh', async () => {
    const service = 'releases.service.test'
    const epmdPort = await freePort()
    const env = { ERL_EPMD_PORT: String(epmdPort) }
    await using zone = await startZoneServer()
    const dns = zone.address
    const member = async (label: string, otp?: OtpRelease) => {
      const port = await freePort()
      const more = otp === undefined ? {} : { otp }
      const beam = await startBeamMember({
        language: 'erlang',
        label,
        service,
        cookie: COOKIE,
        port,
        dns,
        epmdPort,
        ...more,
      })
      zone.add({ type: 'SRV', name: service, target: `${label}.${service}`, port, ttlSeconds: 0 })
      zone.add({ type: 'A', name: `${label}.${service}`, address: '127.0.0.1', ttlSeconds: 0 })
      return beam
    }
    await using _n25 = await member('n25')
    await using _n27 = await member('n27', await otpRelease('trixie'))
    await using n29 = await member('n29', await otpRelease('forky'))
    for (const label of ['n25', 'n27']) {
      expect(await n29.eval(`net_kernel:connect_node('${label}@${service}')`)).toBe('true')
    }
    await eventually(
      async () => {
        const { errors, warnings } = await doctor(service, dns, env)
        return { errors, warnings }
      },
      { errors: [], warnings: [] },
    )
    await using _n23 = await member('n23', await otpRelease('bullseye'))
    const found = await doctor(service, dns, env)
    expect(found.errors).toEqual(['D16 DIST_FLAGS_MISSING'])
    expect(found.verdicts[0]?.message).toMatch(/^n23@.* lacks UNLINK_ID, V4_NC, which n29@.* \(OTP 29\) requires/)
  }, 120_000)
})

describe('the doctor at a real Consul', () => {
  // Slow: several BEAM nodes start, and the cluster is examined more than once.
  it('says what a registration lacks, and that answers are trimmed', async () => {
    await using consul = await startConsul()
    const service = 'my-service.service.consul'
    const epmdPort = await freePort()
    const env = { ERL_EPMD_PORT: String(epmdPort) }
    const ports = [await freePort(), await freePort()] as const
    const dns = consul.address
    const member = (at: 0 | 1) =>
      startBeamMember({
        language: 'erlang',
        label: `node-${at}`,
        service,
        cookie: COOKIE,
        port: ports[at],
        dns,
        epmdPort,
      })
    await using one = await member(0)
    await using _two = await member(1)

    await consul.register({ id: 'node-0', port: ports[0] }, { id: 'node-1', port: ports[1] })
    const bare = await doctor(service, dns, env)
    expect(bare.errors).toEqual(['D25 DOCTOR_TARGETS_IGNORED'])
    expect(bare.verdicts[0]?.message).toMatch(/2 of 2 targets/)

    const named = (at: 0 | 1) => ({ id: `node-${at}`, port: ports[at], address: `node-${at}.${service}` })
    await consul.register(named(0), named(1))
    const tagless = await doctor(service, dns, env)
    expect(tagless.errors).toEqual(['D27 DOCTOR_TAG_MISSING'])
    expect(tagless.verdicts[0]?.message).toMatch(/lacks the tag of that name in Consul, and 1 more$/)

    const whole = (at: 0 | 1, tags: readonly string[]) => ({
      id: `node-${at}`,
      port: ports[at],
      address: `node-${at}.${service}`,
      tags,
    })
    await consul.register(whole(0, ['node-0']), whole(1, ['node-1']))
    // Where the agent runs on the same machine, the A record of the name leads to it.
    expect(await one.eval(`net_kernel:connect_node('node-1@${service}')`)).toBe('true')
    await eventually(
      async () => {
        const { errors, warnings } = await doctor(service, dns, env)
        return { errors, warnings }
      },
      { errors: [], warnings: [] },
    )

    const many = Array.from({ length: 20 }, (_, at) => ({
      id: `more-${at}`,
      port: 1,
      address: `more-${at}.${service}`,
      tags: [`more-${at}`],
    }))
    await consul.register(...many)
    const trimmed = await doctor(service, dns, env)
    expect(trimmed.errors[0]).toBe('D28 DOCTOR_DNS_TRIMS')
    expect(trimmed.verdicts[0]?.message).toMatch(/shows 1\d of 22 records/)
  }, 120_000)
})
