import { createSocket } from 'node:dgram'
import { rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { realWorld } from '@dynsrv/kit'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { describe, expect, it } from 'vitest'
import { parseResolvConf } from '../../src/client/resolv-conf.ts'
import {
  cached,
  dnsClient,
  envResolver,
  fileResolver,
  parseZoneText,
  srvOrder,
  staleOnError,
  startZoneServer,
  type ZoneQuery,
  type ZoneRecord,
} from '../../src/index.ts'

const SRV = (name: string, target = `a.${name}`): ZoneRecord => ({ type: 'SRV', name, target, port: 1 })

describe('resolv.conf', () => {
  it('is read as libc does', () => {
    const config = parseResolvConf(
      '# comment\n; another\nnameserver 192.0.2.1\nnameserver ::1 # local\nnameserver 127.0.0.1#5353\nnameserver nonsense\n' +
        'domain a.example\nsearch b.example. c.example\noptions ndots:5 timeout:3 attempts:4 rotate edns0\n',
    )
    expect(config.servers.map(({ text }) => text)).toStrictEqual(['192.0.2.1:53', '[::1]:53', '127.0.0.1:5353'])
    expect(config).toMatchObject({ search: ['b.example', 'c.example'], ndots: 5, timeoutMs: 3000, tries: 4 })
    expect(config).toMatchObject({ rotate: true, tcp: false, noTldQuery: false })
    expect(parseResolvConf('search . a.example.').search).toStrictEqual(['.', 'a.example'])
    expect(parseResolvConf('').servers.map(({ text }) => text)).toStrictEqual(['127.0.0.1:53'])
  })

  it.each<[what: string, text: string, expected: Partial<ReturnType<typeof parseResolvConf>>]>([
    ['a keyword after a blank', ' search a.test\nsearch\tb.test', { search: ['b.test'] }],
    ['a keyword in capitals', 'SEARCH a.test', { search: [] }],
    ['a keyword that goes on', 'searching a.test\nsearch', { search: [] }],
    ['a comment behind domains is domains', 'search a.test # b.test', { search: ['a.test', '#', 'b.test'] }],
    ['an empty search line', 'search a.test\nsearch \nsearch\t\n', { search: ['a.test'] }],
    ['two words of domain', 'domain a.test b.test', { search: ['a.test'] }],
    ['domain after search', 'search a.test b.test\ndomain c.test', { search: ['c.test'] }],
    ['search after domain', 'domain c.test\nsearch a.test b.test', { search: ['a.test', 'b.test'] }],
    ['dots around domains', 'search .a.test b.test. .', { search: ['a.test', 'b.test', '.'] }],
    [
      'ends of lines as Windows writes them',
      'search a.test b.test\r\noptions ndots:3 use-vc\r\n',
      { search: ['a.test', 'b.test\r'], ndots: 3, tcp: true },
    ],
    ['no domain, as Windows ends a line', 'search a.test\r\nsearch\r\n', { search: ['a.test\r'] }],
    ['other white space', 'search a.test\vb.test c.test\f', { search: ['a.test\vb.test', 'c.test\f'] }],
    ['a number behind a blank', 'options ndots: 3 timeout:\t2 attempts: 4', { ndots: 3, timeoutMs: 2_000, tries: 4 }],
    ['a number that is another option', 'options ndots: rotate', { ndots: 0, rotate: true }],
    ['a number that is missing', 'options ndots:2 ndots:', { ndots: 0 }],
    ['seven domains', 'search a b c d e f g', { search: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] }],
    ['too many dots', 'options ndots:99', { ndots: 15 }],
    ['dots that are no number', 'options ndots:x', { ndots: 0 }],
    ['the last number', 'options ndots:2 ndots:4\noptions ndots:3x', { ndots: 3 }],
    ['too long a time', 'options timeout:99 attempts:99', { timeoutMs: 30_000, tries: 5 }],
    ['no time', 'options timeout:0 attempts:0', { timeoutMs: 1_000, tries: undefined }],
    ['flags', 'options use-vc no_tld_query rotate', { tcp: true, noTldQuery: true, rotate: true }],
    ['flags under another name', 'options no-tld-query', { noTldQuery: true, tcp: false }],
  ])('%s', (_what, text, expected) => {
    expect(parseResolvConf(text)).toMatchObject(expected)
  })

  it.each([
    ['192.0.2.1 # first', '192.0.2.1:53'],
    ['fe80::1%eth0', '[fe80::1%eth0]:53'],
    ['127.1', '127.0.0.1:53'],
    ['0x7f000001', '127.0.0.1:53'],
    ['0177.0.0.1', '127.0.0.1:53'],
    ['[::1]:5353', '[::1]:5353'],
  ])('takes the server %s', (written, expected) => {
    const { servers } = parseResolvConf(`nameserver ${written}`)
    expect(servers.map(({ text }) => text)).toStrictEqual([expected])
  })

  it.each(['192.0.2.9\r', 'dns.test', '127.0.0.', '999.1.1.1', '1.2.3.4.5'])('passes over the server %s', (written) => {
    const { servers } = parseResolvConf(`nameserver ${written}\nnameserver 192.0.2.1`)
    expect(servers.map(({ host }) => host)).toStrictEqual(['192.0.2.1'])
  })

  it('asks three servers at most', () => {
    const text = [1, 2, 3, 4].map((last) => `nameserver 192.0.2.${last}`).join('\n')
    expect(parseResolvConf(text).servers).toHaveLength(3)
  })

  it.each<[what: string, text: string, surroundings: Parameters<typeof parseResolvConf>[1], expected: object]>([
    ['the domain of the host', '', { hostName: 'api-1.a.test' }, { search: ['a.test'] }],
    ['a host without one', '', { hostName: 'api-1' }, { search: [] }],
    ['a domain of the file before that of the host', 'domain b.test', { hostName: 'h.a.test' }, { search: ['b.test'] }],
    [
      'LOCALDOMAIN',
      'search a.test',
      { env: { LOCALDOMAIN: 'b.test\tc.test\nd.test' } },
      { search: ['b.test', 'c.test'] },
    ],
    ['an empty LOCALDOMAIN', 'search a.test', { env: { LOCALDOMAIN: '' }, hostName: 'h.b.test' }, { search: ['.'] }],
    [
      'RES_OPTIONS',
      'options ndots:2 rotate',
      { env: { RES_OPTIONS: 'ndots:4 use-vc' } },
      { ndots: 4, tcp: true, rotate: true },
    ],
  ])('%s', (_what, text, surroundings, expected) => {
    expect(parseResolvConf(text, surroundings)).toMatchObject(expected)
  })

  it('begins with each server in turn where the options say so', async () => {
    const asked: string[] = []
    await using one = await startZoneServer({ records: [SRV('svc.test')], onQuery: () => asked.push('one') })
    await using two = await startZoneServer({ records: [SRV('svc.test')], onQuery: () => asked.push('two') })
    const resolvConf = join(temporaryFolder('resolv'), 'resolv.conf')
    await writeFile(resolvConf, `nameserver ${one.address}\nnameserver ${two.address}\noptions rotate\n`)
    const dns = dnsClient({ resolvConf })
    for (let lookup = 0; lookup < 4; lookup++) await dns.resolveSrv('svc.test')
    expect(asked).toStrictEqual(['one', 'two', 'one', 'two'])
  })

  it('asks over TCP, and no top-level domain, where the options say so', async () => {
    const asked: string[] = []
    const onQuery = ({ name, transport }: ZoneQuery) => asked.push(`${name} ${transport}`)
    await using zone = await startZoneServer({ records: [SRV('web'), SRV('web.prod')], onQuery })
    const resolvConf = join(temporaryFolder('resolv'), 'resolv.conf')
    await writeFile(resolvConf, `nameserver ${zone.address}\nsearch one.test\noptions use-vc no-tld-query ndots:2\n`)
    const dns = dnsClient({ resolvConf })
    expect((await dns.resolveSrv('web')).empty).toBe('nxdomain')
    expect((await dns.resolveSrv('web.prod')).records).toHaveLength(1)
    expect((await dns.resolveSrv('web.')).records).toHaveLength(1)
    expect(asked).toStrictEqual(['web.one.test tcp', 'web.prod.one.test tcp', 'web.prod tcp', 'web tcp'])
  })

  it('is read again when it changes, with its search domains and ndots', async () => {
    const asked: string[] = []
    const onQuery = ({ name }: ZoneQuery) => asked.push(name)
    await using one = await startZoneServer({ records: [SRV('svc.one.test')], onQuery })
    await using two = await startZoneServer({ records: [SRV('svc.two.test'), SRV('svc')], onQuery })
    const folder = temporaryFolder('resolv')
    const resolvConf = join(folder, 'resolv.conf')
    await writeFile(resolvConf, `nameserver ${one.address}\nsearch none.test one.test\n`)
    const dns = dnsClient({ resolvConf })
    expect((await dns.resolveSrv('svc')).records[0]?.target).toBe('a.svc.one.test')
    await writeFile(resolvConf, `nameserver ${two.address}\nsearch two.test and.more.test\noptions ndots:0\n`)
    expect((await dns.resolveSrv('svc')).records[0]?.target).toBe('a.svc')
    await writeFile(resolvConf, `nameserver ${two.address}\nsearch two.test\n`)
    expect((await dns.resolveSrv('svc')).records[0]?.target).toBe('a.svc.two.test')
    expect((await dns.resolveSrv('svc.')).records[0]?.target).toBe('a.svc')
    await rm(folder, { recursive: true })
    expect((await dns.resolveSrv('svc.two.test')).records).toHaveLength(1)
    expect(asked).toStrictEqual(['svc.none.test', 'svc.one.test', 'svc', 'svc.two.test', 'svc', 'svc.two.test'])
  })

  // As `res_nsearch` of glibc goes on: the domain one.test fails in some way, and the name is, or is not, elsewhere.
  it.each([
    ['servfail', 'svc.two.test', 'svc.two.test'],
    ['servfail', 'svc', 'svc'],
    ['servfail', undefined, 'DNS_SERVFAIL'],
    ['refused', 'svc.two.test', 'nxdomain'],
    ['refused', 'svc', 'svc'],
    ['refused', undefined, 'nxdomain'],
    ['silence', 'svc', 'svc'],
    ['nxdomain', 'svc.two.test', 'svc.two.test'],
    ['nxdomain', 'svc', 'svc'],
  ] as const)('a search domain that answers with %s, and the name is at %s: %s', async (fault, there, expected) => {
    await using zone = await startZoneServer({ records: there === undefined ? [] : [SRV(there)] })
    zone.setFault({ type: fault, name: 'one.test' })
    const dns = dnsClient({ servers: [zone.address], search: ['one.test', 'two.test'], tries: 1, timeoutMs: 100 })
    const outcome = await dns.resolveSrv('svc').then(
      ({ records: [record], empty }) => record?.target.slice(2) ?? empty,
      ({ code }) => code,
    )
    expect(outcome).toBe(expected)
  })

  it('takes the root in a search list for the place of the name as it is, and asks no name that is too long', async () => {
    const asked: string[] = []
    await using zone = await startZoneServer({ records: [SRV('a.svc')], onQuery: ({ name }) => asked.push(name) })
    const find = (search: readonly string[], name: string) =>
      dnsClient({ servers: [zone.address], search, ndots: 5 }).resolveSrv(name)
    expect((await find(['one.test', '.', 'two.test'], 'a.svc')).records).toHaveLength(1)
    expect(asked.splice(0)).toStrictEqual(['a.svc.one.test', 'a.svc'])
    expect((await find(['one.test', '.'], 'b.svc')).empty).toBe('nxdomain')
    expect(asked.splice(0)).toStrictEqual(['b.svc.one.test', 'b.svc'])
    const long = Array.from({ length: 4 }, () => 'a'.repeat(62)).join('.')
    expect((await find([long, 'two.test'], 'b.svc')).empty).toBe('nxdomain')
    expect(asked).toStrictEqual(['b.svc'])
  })

  it('asks a name with enough dots as it is first, and takes its failure for the verdict when no search domain has it', async () => {
    await using zone = await startZoneServer({ records: [SRV('a.svc.two.test')] })
    zone.setFault({ type: 'servfail', name: 'svc' })
    const dns = dnsClient({ servers: [zone.address], search: ['two.test'], tries: 1 })
    expect((await dns.resolveSrv('a.svc')).records).toHaveLength(1)
    await expect(dns.resolveSrv('b.svc')).rejects.toMatchObject({ code: 'DNS_SERVFAIL' })
    const others = dnsClient({ servers: [zone.address], search: ['two.test'], ndots: 5, tries: 1 })
    await expect(others.resolveSrv('b.svc')).rejects.toMatchObject({ code: 'DNS_SERVFAIL' })
  })
})

describe('dnsClient', () => {
  it.each([
    4, 6,
  ] as const)('does not wait for a family that is never answered (%i), says so, and keeps no half', async (family) => {
    const record = family === 4 ? ('AAAA' as const) : ('A' as const)
    await using zone = await startZoneServer({
      records: [
        { type: 'A', name: 'a.test', address: '192.0.2.1', ttlSeconds: 60 },
        { type: 'AAAA', name: 'a.test', address: '2001:db8::1', ttlSeconds: 60 },
      ],
    })
    zone.setFault({ type: 'silence', record })
    const client = dnsClient({ servers: [zone.address], timeoutMs: 60_000, tries: 1 })
    const other = family === 4 ? 6 : 4
    for (const resolver of [client, cached(client), staleOnError(client)]) {
      const { records, missing } = await resolver.resolveAddresses('a.test')
      expect(records.map((each) => each.family)).toStrictEqual([family])
      expect(missing).toBe(other)
    }
    const kept = cached(client)
    await kept.resolveAddresses('a.test')
    zone.setFault()
    const { records, missing } = await kept.resolveAddresses('a.test')
    expect(records.map((each) => each.family)).toStrictEqual([4, 6])
    expect(missing).toBeUndefined()
  })

  it('announces 1232 bytes, or no EDNS at all', async () => {
    const sizes = new Set<number>()
    await using zone = await startZoneServer({ records: [SRV('svc.test')], onQuery: (q) => sizes.add(q.ednsBytes) })
    const dns = dnsClient({ servers: [zone.address] })
    await dns.resolveSrv('svc.test')
    expect([...sizes]).toStrictEqual([1232])
    await dnsClient({ servers: [zone.address], ednsBytes: 0 }).resolveSrv('svc.test')
    expect([...sizes]).toStrictEqual([1232, 0])
  })

  it('asks each question from another port and with another id', async () => {
    const ids = new Set<number>()
    const ports = new Set<number>()
    const refuser = createSocket('udp4').on('message', (query, { port, address }) => {
      ids.add(query.readUInt16BE(0))
      ports.add(port)
      refuser.send(Buffer.concat([query.subarray(0, 2), Buffer.from([0x80, 5]), Buffer.alloc(8)]), port, address)
    })
    await new Promise<void>((resolve) => refuser.bind(0, '127.0.0.1', resolve))
    const dns = dnsClient({ servers: [`127.0.0.1:${refuser.address().port}`], tries: 20 })
    await expect(dns.resolveSrv('svc.test')).rejects.toMatchObject({ code: 'DNS_REFUSED' })
    refuser.close()
    // Of 20 random numbers below 65536 a few may meet by chance, but never most of them.
    expect(ids.size).toBeGreaterThan(10)
    expect(ports.size).toBeGreaterThan(10)
  })

  it('asks again without EDNS where a server does not know it', async () => {
    const asked: number[] = []
    await using zone = await startZoneServer({ records: [SRV('svc.test')], onQuery: (q) => asked.push(q.ednsBytes) })
    zone.setFault({ type: 'formerr', times: 1 })
    expect((await dnsClient({ servers: [zone.address] }).resolveSrv('svc.test')).records).toHaveLength(1)
    expect(asked).toStrictEqual([1232, 0])
  })

  it('says so when the answer was cut and TCP is closed to us', async () => {
    await using zone = await startZoneServer({ records: [SRV('svc.test')] })
    zone.setFault('truncate', { type: 'silence', transport: 'tcp' })
    const dns = dnsClient({ servers: [zone.address], timeoutMs: 100, tries: 1 })
    await expect(dns.resolveSrv('svc.test')).rejects.toMatchObject({
      code: 'DNS_TRUNCATED',
      hint: expect.stringContaining('TCP'),
    })
  })

  it.each([
    ['a cut answer of which nothing is left, even over TCP', 'DNS_TRUNCATED', [0x86, 0]],
    ['an empty answer of a server that neither holds the zone nor asks others', 'DNS_REFERRAL', [0x80, 0]],
  ])('does not take %s for an empty zone', async (_what, code, flags) => {
    // The question comes back as its own answer, with these flags; two bytes of length stand before it.
    const liar = createServer((socket) =>
      socket.on('data', (query) => {
        query.set(flags, 4)
        socket.write(query)
      }),
    )
    await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve))
    const { port } = liar.address() as AddressInfo
    const dns = dnsClient({ servers: [`127.0.0.1:${port}`], transport: 'tcp', tries: 1, ednsBytes: 0 })
    const error = await dns.resolveSrv('svc.test').catch((failure: unknown) => failure)
    liar.close()
    expect(error).toMatchObject({ code })
  })

  it('follows aliases from one message to the next, and gives up in a circle', async () => {
    const chain = Array.from({ length: 10 }, (_, index): ZoneRecord => {
      return { type: 'CNAME', name: `c${index}.test`, target: `c${index + 1}.test`, ttlSeconds: 100 - index }
    })
    const circle: ZoneRecord[] = [
      { type: 'CNAME', name: 'x.test', target: 'y.test' },
      { type: 'CNAME', name: 'y.test', target: 'x.test' },
    ]
    await using zone = await startZoneServer({ records: [...chain, ...circle, SRV('c10.test')] })
    const dns = dnsClient({ servers: [zone.address], tries: 1 })
    expect(await dns.resolveSrv('c0.test')).toMatchObject({ records: [{ port: 1 }], ttlSeconds: 5 })
    await expect(dns.resolveSrv('x.test')).rejects.toMatchObject({ code: 'DNS_CNAME_LOOP' })
  })

  it('names every server that failed, in one message', async () => {
    await using refusing = await startZoneServer({ zones: ['other.test'] })
    await using silent = await startZoneServer()
    silent.setFault('silence')
    const dns = dnsClient({ servers: [silent.address, refusing.address], timeoutMs: 50, tries: 2 })
    const error = await dns.resolveSrv('svc.test').catch((failure: unknown) => failure)
    expect(error).toMatchObject({ code: 'DNS_REFUSED', retryable: true, server: refusing.address })
    expect(String(error)).toContain(silent.address)
    expect(String(error)).toContain('(2 tries)')
  })

  it('does not confuse an explicitly absent service and an unknown one', async () => {
    await using zone = await startZoneServer({ records: [SRV('gone.test', '.')] })
    const dns = dnsClient({ servers: [zone.address] })
    expect(await dns.resolveSrv('gone.test')).toMatchObject({ records: [], empty: 'absent' })
  })
})

describe('a zone server', () => {
  it('serves 1000 members over TCP in one message', async () => {
    const service = 'my-service.service.consul'
    const records = Array.from({ length: 1000 }, (_, index) => SRV(service, `node-${index}.${service}`))
    await using zone = await startZoneServer({ records })
    expect((await dnsClient({ servers: [zone.address] }).resolveSrv(service)).records).toHaveLength(1000)
  })

  it('replaces a record that differs only in weight, and takes away what matches', async () => {
    await using zone = await startZoneServer({ records: [SRV('svc.test')] })
    zone.add({ ...SRV('SVC.test'), weight: 9 } as ZoneRecord)
    expect(zone.records()).toHaveLength(1)
    expect(zone.remove((record) => record.type === 'SRV' && record.weight === 9)).toBe(1)
    expect(zone.records()).toStrictEqual([])
  })

  it('trims, rotates and delays on demand', async () => {
    const records = ['a', 'b', 'c'].map((label) => SRV('svc.test', `${label}.svc.test`))
    const world = { ...realWorld, random: { ...realWorld.random, number: () => 0 } }
    await using zone = await startZoneServer({ records, world })
    const dns = dnsClient({ servers: [zone.address] })
    const labels = async () => (await dns.resolveSrv('svc.test')).records.map(({ target }) => target[0]).join('')
    zone.setFault({ type: 'trim', records: 2, pick: 'random' })
    expect(await labels()).toBe('bc')
    zone.setFault({ type: 'rotate', records: 2 })
    expect([await labels(), await labels(), await labels()]).toStrictEqual(['ab', 'bc', 'ca'])
    zone.setFault({ type: 'delay', ms: 30 }, { type: 'nodata' })
    expect((await dns.resolveSrv('svc.test')).empty).toBe('nodata')
  })

  it.each<[unknown, string]>([
    [{ type: 'MX', name: 'a.test' }, 'SRV, A, AAAA, TXT, CNAME'],
    [{ type: 'SRV', name: 'a.test', target: 'b.test' }, 'port'],
    [{ type: 'SRV', name: 'a.test', target: 'b.test', port: 70000 }, '70000'],
    [{ type: 'A', name: 'a.test', address: '::1' }, 'IPv4'],
    [{ type: 'A', name: 'a..test', address: '127.0.0.1' }, 'name'],
    [{ type: 'A', name: 'a.test', address: '127.0.0.1', ttl: 3 }, 'unknown field ttl'],
  ])('refuses the record %j', async (record, why) => {
    await expect(startZoneServer({ records: [record as ZoneRecord] })).rejects.toMatchObject({
      code: 'DNS_BAD_RECORD',
      message: expect.stringContaining(why),
    })
  })

  it('says that a port is taken', async () => {
    await using zone = await startZoneServer()
    await expect(startZoneServer({ port: zone.port })).rejects.toMatchObject({ code: 'DNS_LISTEN_FAILED' })
  })
})

describe('records as text', () => {
  it('reads hosts and zone lines', () => {
    const text =
      '10.0.0.5 a.test b.test # two names\n\n; comment\n::1 c.test\nsvc.test. 7 IN SRV 1 2 4370 a.test.\n' +
      'd.test TXT "x; y" z\ne.test cname a.test'
    expect(parseZoneText(text)).toStrictEqual([
      { type: 'A', name: 'a.test', address: '10.0.0.5' },
      { type: 'A', name: 'b.test', address: '10.0.0.5' },
      { type: 'AAAA', name: 'c.test', address: '::1' },
      { type: 'SRV', name: 'svc.test.', ttlSeconds: 7, priority: 1, weight: 2, port: 4370, target: 'a.test.' },
      { type: 'TXT', name: 'd.test', text: 'x; yz' },
      { type: 'CNAME', name: 'e.test', target: 'a.test' },
    ])
  })

  it.each([
    'a.test MX 1 b.test',
    'a.test SRV 1 2 b.test',
    'a.test A 999.1.1.1',
    '10.0.0.1',
    'a.test',
  ])('refuses %j with its line', (line) => {
    expect(() => parseZoneText(`\n${line}`, 'members.txt')).toThrow(/line 2 of members\.txt/)
  })

  it('is read again when the file changes, and a bad file is not an empty zone', async () => {
    const folder = temporaryFolder('records')
    const path = join(folder, 'records')
    await writeFile(path, 'svc.test SRV 0 0 1 a.svc.test')
    const resolver = fileResolver(path)
    expect((await resolver.resolveSrv('svc.test')).records).toHaveLength(1)
    await writeFile(path, 'svc.test SRV 0 0 1 a.svc.test\nsvc.test SRV 0 0 2 b.svc.test')
    expect((await resolver.resolveSrv('svc.test')).records).toHaveLength(2)
    await writeFile(path, 'svc.test SRV')
    await expect(resolver.resolveSrv('svc.test')).rejects.toMatchObject({ code: 'DNS_NO_USABLE_RECORD' })
    await rm(folder, { recursive: true })
    await expect(resolver.resolveSrv('svc.test')).rejects.toMatchObject({ code: 'DNS_SOURCE_FAILED' })
  })

  it('gives every lookup the file, also those that ask while it is read for the first time', async () => {
    const path = join(temporaryFolder('records'), 'records')
    await writeFile(path, 'svc.test SRV 0 0 1 a.svc.test\n::1 a.svc.test')
    const resolver = fileResolver(path)
    const asked = [1, 2, 3].map(() => resolver.resolveAddresses('a.svc.test'))
    for (const { records } of await Promise.all(asked)) expect(records).toMatchObject([{ address: '::1' }])
  })

  it('loses the wrong line of a file, and says so where its name is asked for', async () => {
    const path = join(temporaryFolder('records'), 'records')
    await writeFile(
      path,
      'svc.test SRV 0 0 1 a.svc.test\nsvc.test SRV 0 0 99999 b.svc.test\nother.test A 1.2.3\n10.0.0.1',
    )
    const resolver = fileResolver(path)
    const { records, ignored } = await resolver.resolveSrv('SVC.test')
    expect(records).toMatchObject([{ target: 'a.svc.test' }])
    expect(ignored).toStrictEqual([
      { target: `line 2 of ${path}`, reason: 'its port is 99999, not a whole number from 0 to 65535' },
      { target: `line 4 of ${path}`, reason: '10.0.0.1 has no name behind it' },
    ])
    expect((await resolver.resolveAddresses('svc.test')).empty).toBe('nodata')
    await expect(resolver.resolveAddresses('other.test')).rejects.toMatchObject({ code: 'DNS_NO_USABLE_RECORD' })
  })

  it('takes an empty variable for an empty zone, a missing one for a failure', async () => {
    expect((await envResolver('X', { env: { X: '' } }).resolveSrv('svc.test')).empty).toBe('nxdomain')
    await expect(envResolver('X', { env: {} }).resolveSrv('svc.test')).rejects.toMatchObject({
      code: 'DNS_SOURCE_FAILED',
      message: expect.stringContaining('X'),
    })
  })
})

it('orders 10 000 records without losing one', () => {
  const records = Array.from({ length: 10_000 }, (_, index) => ({ priority: index % 3, weight: index % 7, index }))
  const ordered = srvOrder(records)
  expect(new Set(ordered).size).toBe(10_000)
  expect(ordered.map(({ priority }) => priority)).toStrictEqual(records.map(({ priority }) => priority).sort())
})
