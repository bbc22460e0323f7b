import { createSocket, type Socket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startZoneServer, type ZoneRecord, type ZoneServer } from '@dynsrv/srv-resolver'
import { describe, expect, it } from 'vitest'
import { CHECKS } from '../src/checks.ts'
import { DoctorContext } from '../src/context.ts'
import { examine } from '../src/examine.ts'
import { type Verdict, verdicts } from '../src/verdict.ts'

/** Examines with the servers of a resolv.conf, which the command line cannot choose. */
async function examineWith(service: string, resolvConf: string | undefined): Promise<Verdict[]> {
  const folder = await mkdtemp(join(tmpdir(), 'dynsrv-doctor-resolv-'))
  try {
    const file = join(folder, 'resolv.conf')
    if (resolvConf !== undefined) await writeFile(file, resolvConf)
    await using context = new DoctorContext({
      services: [service],
      dns: [],
      peers: [],
      timeoutMs: 5_000,
      intervalMs: 5_000,
      fingerprint: false,
      env: { RELEASE_COOKIE: 'k3Yd8-Vq71-xRm2-Zt94-Lw06' },
      resolvConf: file,
    })
    return verdicts(await examine(CHECKS, context))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function zoneOf(records: readonly ZoneRecord[], host = '127.0.0.1') {
  return startZoneServer({ records, host })
}

/** A server that compresses the target of its one SRV record, as RFC 2782 forbids and some do: `erl` before a pointer to the question. */
async function compressingServer(port: number): Promise<Socket> {
  const server = createSocket('udp4')
  server.on('message', (query, { port: from, address }) => {
    const nameEnd = query.indexOf(0, 12)
    const question = query.subarray(12, nameEnd + 5)
    const isSrv = query.readUInt16BE(nameEnd + 1) === 33
    const head = Buffer.from([query[0]!, query[1]!, 0x84, 0, 0, 1, 0, isSrv ? 1 : 0, 0, 0, 0, 0])
    const data = Buffer.from([0, 0, 0, 0, port >> 8, port & 255, 3, ...Buffer.from('erl'), 0xc0, 12])
    const record = Buffer.from([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 1, 0, data.length, ...data])
    server.send(Buffer.concat([head, question, ...(isSrv ? [record] : [])]), from, address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

describe('dynsrv doctor with the servers of resolv.conf', () => {
  it('D42: a server that compresses SRV targets is read, and reported where Node.js cannot read it', async () => {
    const server = await compressingServer(4370)
    try {
      const address = `127.0.0.1:${server.address().port}`
      const node = new Resolver({ tries: 1 })
      node.setServers([address])
      // Some versions of c-ares take it, others do not: the doctor must say what this one does.
      const refused = await node.resolveSrv('my-service.test').then(
        () => false,
        (error: NodeJS.ErrnoException) => error.code === 'EBADRESP',
      )
      const found = await examineWith('my-service.test', `nameserver ${address}\n`)
      const codes = found.map(({ check, code }) => `${check} ${code}`)
      // The target itself has no address there; its label could not be named had the record not been read.
      expect(codes[0]).toBe('D04 EPMD_NO_ADDRESS')
      expect(found[0]?.nodes).toEqual(['erl@my-service.test'])
      expect(codes.includes('D42 DOCTOR_NODE_DNS')).toBe(refused)
    } finally {
      server.close()
    }
  })

  it('D34: another cluster domain than the one that is asked for', async () => {
    await using zone = await zoneOf([])
    const found = await examineWith(
      'api.shop.svc.cluster.local',
      `nameserver ${zone.address}\nsearch shop.svc.corp.k8s svc.corp.k8s corp.k8s\noptions ndots:1\n`,
    )
    expect(found.map(({ check, code }) => `${check} ${code}`)).toEqual(['D34 DOCTOR_CLUSTER_DOMAIN'])
    expect(found[0]).toMatchObject({
      message: 'the cluster domain is corp.k8s, not cluster.local',
      hint: 'Use api.shop.svc.corp.k8s.',
    })
  })

  it("D01: a name that Docker's DNS does not know on our networks", async () => {
    await using zone = await zoneOf([], '127.0.0.11')
    const found = await examineWith('user_svc.msvc_default', `nameserver ${zone.address}\n`)
    expect(found.map(({ check, code }) => `${check} ${code}`)).toEqual(['D01 DOCTOR_SERVICE_NETWORK'])
    expect(found[0]?.hint).toMatch(/same network at both services/)
  })

  const service = 'my-service.test'
  const member = { type: 'SRV', name: service, target: `erl-1.${service}`, port: 1 } as const
  const there = { type: 'A', name: member.target, address: '127.0.0.1' } as const
  const searchedBy = (zone: ZoneServer, ndots = 5) =>
    `nameserver ${zone.address}\nsearch corp.example\noptions ndots:${ndots} timeout:1 attempts:1\n`
  const said = (found: readonly Verdict[]) => found.map(({ check, code }) => `${check} ${code}`)

  it('D45: an address that only a search domain has', async () => {
    await using zone = await zoneOf([
      member,
      { type: 'A', name: `${member.target}.corp.example`, address: '127.0.0.1' },
    ])
    const found = await examineWith(service, searchedBy(zone, 1))
    expect(said(found)[0]).toBe('D45 DOCTOR_TARGET_SEARCHED')
    expect(found[0]?.message).toBe(`erl-1.${service} has an address only with a search domain appended: 127.0.0.1`)
    expect(said(found)).not.toContain('D04 EPMD_NO_ADDRESS')
  })

  it('D45: a wildcard that leads Erlang to another machine', async () => {
    const wildcard = { type: 'A', name: `${member.target}.corp.example`, address: '127.9.9.9' } as const
    await using zone = await zoneOf([member, there, wildcard])
    const found = await examineWith(service, searchedBy(zone))
    expect(found.find(({ check }) => check === 'D45')?.message).toBe(
      `erl-1.${service} leads to 127.9.9.9 with a search domain appended, and to 127.0.0.1 as it stands`,
    )
  })

  it.each(['servfail', 'refused', 'silence'] as const)('D46: a search domain that answers with %s', async (type) => {
    await using zone = await zoneOf([member, there])
    zone.setFault({ type, name: 'corp.example' })
    const found = await examineWith(service, searchedBy(zone))
    const verdict = found.find(({ check }) => check === 'D46')
    expect(verdict).toMatchObject({
      code: 'DOCTOR_SEARCH_FAILS',
      hint: `Write ${service}., with a dot at the end, so that no search domain is asked.`,
    })
    expect(verdict?.evidence[0]).toMatch(new RegExp(`^${service}\\.corp\\.example: DNS_`))
    // With the dot all is well.
    expect(said(await examineWith(`${service}.`, searchedBy(zone))).filter((one) => /D4[256]/.test(one))).toEqual([])
  })

  it('D46: a name that is found in a search domain, and so never asked as it was given', async () => {
    const other = { ...member, name: `${service}.corp.example`, target: 'elsewhere.corp.example' }
    await using zone = await zoneOf([member, there, other])
    const found = await examineWith(service, searchedBy(zone))
    expect(said(found)[0]).toBe('D46 DOCTOR_SEARCH_FINDS')
    expect(found[0]?.message).toBe(`${service} is found as ${service}.corp.example and never asked as it was given`)
    // A name with as many dots as ndots is asked as it is first.
    expect(said(await examineWith(service, searchedBy(zone, 1)))).not.toContain('D46 DOCTOR_SEARCH_FINDS')
  })

  it('D46: the beginning of a name, whose nodes have the whole one', async () => {
    const whole = `${service}.corp.example`
    await using zone = await zoneOf([
      { ...member, name: whole, target: `erl-1.${whole}` },
      { type: 'A', name: `erl-1.${whole}`, address: '127.0.0.1' },
    ])
    const [first] = await examineWith(service, searchedBy(zone))
    expect(first).toMatchObject({
      check: 'D46',
      code: 'DOCTOR_SEARCH_COMPLETES',
      severity: 'error',
      message: `${service} is found as ${whole} only, and its nodes go by that name: erl-1.${whole}`,
      hint: `Write ${whole} for the service.`,
    })
    expect(said(await examineWith(whole, searchedBy(zone))).filter((one) => one.startsWith('D46'))).toEqual([])
  })

  it('D46: the beginning of a name, by which its nodes go', async () => {
    await using zone = await zoneOf([{ ...member, name: `${service}.corp.example` }, there])
    expect(said(await examineWith(service, searchedBy(zone))).filter((one) => one.startsWith('D46'))).toEqual([])
  })

  it('D42: no server at all', async () => {
    const none = await examineWith('my-service.test', '# empty\n')
    expect(none.map(({ check, code }) => `${check} ${code}`)).toEqual(['D42 DOCTOR_RESOLV_CONF'])
    const missing = await examineWith('my-service.test', undefined)
    expect(missing.map(({ check, code }) => `${check} ${code}`)).toEqual(['D42 DOCTOR_RESOLV_CONF'])
  })
})
