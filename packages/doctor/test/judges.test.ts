import { DFLAG_PUBLISHED, HIDDEN_FLAGS } from '@dynsrv/dist-protocol'
import { NodeError } from '@dynsrv/node'
import { ResolverError, type SrvAnswer } from '@dynsrv/srv-resolver'
import { describe, expect, it } from 'vitest'
import { isPrivate, judgeForeign } from '../src/checks/d02-foreign-addresses.ts'
import { judgeRandomHost } from '../src/checks/d03-random-host.ts'
import { judgeOwnHost } from '../src/checks/d04-host-addresses.ts'
import { kindOfMismatch } from '../src/checks/d05-peer-names.ts'
import { judgeConnectAll } from '../src/checks/d06-connect-all.ts'
import { judgeCookies, judgeLinks } from '../src/checks/d07-cookie.ts'
import { judgeCookieStrength } from '../src/checks/d08-cookie-strength.ts'
import { judgeMixing } from '../src/checks/d10-short-and-long.ts'
import { judgeDotless } from '../src/checks/d11-dotless-host.ts'
import { judgeFlags, judgeFlagsBetween } from '../src/checks/d16-flags.ts'
import { judgeCertificates } from '../src/checks/d19-certificates.ts'
import { judgePorts } from '../src/checks/d20-port.ts'
import { judgeTags } from '../src/checks/d27-tags.ts'
import { judgeTrimming } from '../src/checks/d28-trimmed-answers.ts'
import { judgeRotation } from '../src/checks/d29-rotating-answers.ts'
import { judgeFlapping } from '../src/checks/d35-discovery.ts'
import { judgeMesh } from '../src/checks/d36-mesh.ts'
import { judgeGlobal } from '../src/checks/d37-global.ts'
import { judgeLeavers } from '../src/checks/d38-leavers.ts'
import { judgeTicks } from '../src/checks/d39-tick-times.ts'
import { judgeEventLoop } from '../src/checks/d40-event-loop.ts'
import { judgeEchoes } from '../src/checks/d41-large-messages.ts'
import { judgeNodeDns, judgeResolvConfChange } from '../src/checks/d42-dns-server.ts'
import { judgeGossip } from '../src/checks/d43-gossip.ts'
import { judgeSettings } from '../src/checks/d44-settings.ts'
import { judgeSearchedTargets } from '../src/checks/d45-searched-targets.ts'
import type { MemberState } from '../src/context.ts'
import type { Finding } from '../src/finding.ts'
import { fingerprintOf } from '../src/probes/cookie.ts'
import type { Variety } from '../src/probes/dns.ts'
import type { BeamFacts } from '../src/probes/links.ts'
import type { KnockedPeer } from '../src/probes/peers.ts'

const codes = (findings: readonly Finding[]) => findings.map(({ severity, code }) => `${severity} ${code}`)

function answer(targets: readonly string[], more: Partial<SrvAnswer> = {}): SrvAnswer {
  return {
    records: targets.map((target) => ({ target, port: 1, priority: 0, weight: 0, ttlSeconds: 0 })),
    ttlSeconds: 0,
    server: '127.0.0.1:53',
    transport: 'udp',
    authoritative: true,
    truncated: false,
    stale: false,
    addresses: new Map(),
    ...more,
  }
}

function beam(name: string, visible: readonly string[], more: Partial<BeamFacts> = {}): BeamFacts {
  return { name, visible, hidden: [], tickSeconds: 60, connectAllOff: false, globalKnows: visible, ...more }
}

describe('D02: addresses from elsewhere', () => {
  it.each([
    ['10.1.2.3', true],
    ['172.16.0.1', true],
    ['172.32.0.1', false],
    ['192.168.1.1', true],
    ['100.64.0.1', true],
    ['100.128.0.1', false],
    ['93.184.216.34', false],
    ['127.0.0.1', true],
    ['::1', true],
    ['fd12:3456::1', true],
    ['fe80::1', true],
    ['2001:db8::1', false],
  ])('%s is private: %s', (ip, expected) => expect(isPrivate(ip)).toBe(expected))

  it('is a public address while this machine is on private networks', () => {
    const facts = {
      host: 'user_svc.test',
      absolute: ['93.184.216.34'],
      privateHere: [4, 6],
    }
    expect(codes(judgeForeign([facts]))).toEqual(['warning DOCTOR_ADDRESS_FOREIGN'])
    expect(judgeForeign([{ ...facts, privateHere: [] }])).toEqual([])
    expect(judgeForeign([{ ...facts, absolute: ['10.0.0.1', 'fd00::1'] }])).toEqual([])
    expect(codes(judgeForeign([{ ...facts, absolute: ['2001:db8::1'] }]))).toEqual(['warning DOCTOR_ADDRESS_FOREIGN'])
    // With public addresses of IPv6 here, those of others are nothing to wonder at.
    expect(judgeForeign([{ ...facts, absolute: ['2001:db8::1'], privateHere: [4] }])).toEqual([])
  })
})

describe('D45: targets and search domains', () => {
  const host = 'api-1.my.test'
  it.each<[string, readonly string[], readonly string[], readonly string[]]>([
    ['the same address', ['10.0.0.1'], ['10.0.0.1'], []],
    ['one of several', ['10.0.0.1', '10.9.9.9'], ['10.0.0.1'], []],
    ['no address at all', [], [], []],
    ['no address with the search list', [], ['10.0.0.1'], []],
    ['another machine', ['10.9.9.9'], ['10.0.0.1'], ['warning DOCTOR_TARGET_SEARCHED']],
    ['only another machine', ['10.9.9.9'], [], ['error DOCTOR_TARGET_SEARCHED']],
  ])('%s', (_what, relative, absolute, expected) => {
    expect(codes(judgeSearchedTargets([{ host, relative, absolute }]))).toEqual(expected)
  })
})

describe('D27: tags', () => {
  const has = (value: boolean) => ({ ok: true, value }) as const
  const facts = (instance: string, srv: boolean, address: boolean) => ({
    name: `api@${instance}`,
    instance,
    srv: has(srv),
    address: has(address),
  })
  it.each<[string, ReturnType<typeof facts>[], readonly string[]]>([
    ['without a tag', [facts('a.web.service.consul', false, false)], ['error DOCTOR_TAG_MISSING']],
    ['with a data center', [facts('a.web.service.dc1.consul', false, false)], ['error DOCTOR_TAG_MISSING']],
    ['with a domain of its own', [facts('a.web.service.corp', false, false)], ['error DOCTOR_TAG_MISSING']],
    ['with its tag', [facts('a.web.service.consul', true, true)], []],
    ['with an address from elsewhere', [facts('a.web.service.consul', false, true)], ['info DOCTOR_TAG_MISSING']],
    ['at another registry', [facts('a.web.test', false, false)], []],
    [
      'where one lacks what others have',
      [facts('a.web.test', false, true), facts('b.web.test', true, true)],
      ['warning DOCTOR_TAG_MISSING'],
    ],
  ])('%s', (_what, all, expected) => expect(codes(judgeTags(all))).toEqual(expected))
})

describe('D03, D10: our own name', () => {
  it.each([
    ['3f2a9c1b7d04', true],
    ['3f2a9c1b7d04.internal', true],
    ['123456789012', false],
    ['api-1.internal', false],
    ['facade.internal', false],
  ])('%s is a container id: %s', (host, expected) => {
    expect(judgeRandomHost({ text: `api@${host}`, host })).toHaveLength(expected ? 1 : 0)
  })

  it('may be short where nothing else is', () => {
    const facts = { text: 'api@box', source: 'RELEASE_NODE', host: 'box', distribution: 'sname', services: [] }
    expect(judgeMixing(facts)).toEqual([])
    expect(codes(judgeMixing({ ...facts, services: ['a.b'] }))).toEqual(['error DOCTOR_SHORT_AND_LONG'])
    const unsaid = { ...facts, distribution: undefined }
    expect(judgeDotless({ ...unsaid, peers: ['b@box'] })).toEqual([])
    expect(codes(judgeDotless(unsaid))).toEqual(['error NODE_NAME_SHORT_HOST'])
    expect(codes(judgeDotless({ ...facts, distribution: 'name', peers: ['b@box'] }))).toEqual([
      'error NODE_NAME_SHORT_HOST',
    ])
  })
})

describe('D08, D44: cookie and settings', () => {
  it.each([
    ['"quoted-and-long-enough-42"', /quotation mark/],
    [' blank-before-and-long-42x', /begins or ends with a blank/],
    ['monster', /attackers try first/],
    ['my_app', /part of the name/],
    ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', /few different/],
    ['Xk3-short', /shorter than 20/],
    ['k3Yd8-Vq71-xRm2-Zt94-Lw06', undefined],
  ])('judges a cookie without showing it', (value, says) => {
    const found = judgeCookieStrength({ source: 'here', cookie: { ok: true, value }, ownWords: ['my_app'] })
    expect(found.map(({ message }) => message)).toEqual(says === undefined ? [] : [expect.stringMatching(says)])
    expect(JSON.stringify(found)).not.toContain(value)
  })

  it.each([
    ['ERL_DIST_PROT', 'ERL_DIST_PORT'],
    ['erl_dist_port', 'ERL_DIST_PORT'],
    ['RELEASE_COOKIES', 'RELEASE_COOKIE'],
    ['RELEASE_NODE_NAME', 'RELEASE_NODE'],
    ['ERL_COOKIE', 'RELEASE_COOKIE'],
    ['RELEASE_NODE', undefined],
    ['RELEASE_CHANNEL', undefined],
    ['ERLANG_HOME', undefined],
    ['PATH', undefined],
  ])('%s means %s', (name, meant) => {
    expect(judgeSettings({ [name]: 'x' }).map(({ message }) => message)).toEqual(
      meant === undefined ? [] : [`no program reads ${name}: did you mean ${meant}?`],
    )
  })

  it('says nothing when the right one is set as well', () => {
    expect(judgeSettings({ ERL_COOKIE: 'x', RELEASE_COOKIE: 'x' })).toEqual([])
  })
})

describe('the fingerprint of a cookie', () => {
  it('is the same for the same cookie alone, and short', () => {
    expect(fingerprintOf('one')).toBe(fingerprintOf('one'))
    expect(fingerprintOf('one')).not.toBe(fingerprintOf('two'))
    expect(fingerprintOf('one')).toMatch(/^[0-9a-f]{8}$/)
  })
})

describe('D28, D29: parts of the truth', () => {
  const whole = ['a.s', 'b.s', 'c.s']
  const variety = (more: Partial<Variety>): Variety => ({
    service: 's',
    edns: answer(whole),
    bare: { ok: true, value: answer(whole) },
    tcp: { ok: true, value: answer(whole, { transport: 'tcp' }) },
    repeated: [],
    ...more,
  })

  it('is an error when we are hit, a warning when only others are, nothing when TC was set', () => {
    expect(judgeTrimming([variety({})])).toEqual([])
    expect(codes(judgeTrimming([variety({ edns: answer(['a.s']) })]))).toEqual(['error DOCTOR_DNS_TRIMS'])
    expect(codes(judgeTrimming([variety({ bare: { ok: true, value: answer(['a.s']) } })]))).toEqual([
      'warning DOCTOR_DNS_TRIMS',
    ])
    expect(judgeTrimming([variety({ edns: answer(['a.s'], { truncated: true }) })])).toEqual([])
    expect(judgeTrimming([variety({ tcp: { ok: false, error: new Error('no TCP') } })])).toEqual([])
  })

  it('tells turning answers from a member that comes or goes', () => {
    const turning = variety({ edns: answer(['a.s', 'b.s']), repeated: [answer(['b.s', 'c.s'])] })
    expect(codes(judgeRotation([turning]))).toEqual(['error DOCTOR_DNS_ROTATES'])
    expect(judgeRotation([variety({ repeated: [answer(['a.s']), answer(whole)] })])).toEqual([])
  })
})

describe('D42: DNS on this machine', () => {
  it('tells that Node cannot read what we can', () => {
    const badAnswer = Object.assign(new Error('queryTxt EBADRESP'), { code: 'EBADRESP' })
    expect(codes(judgeNodeDns('s', { ok: false, error: badAnswer }))).toEqual(['info DOCTOR_NODE_DNS'])
    expect(judgeNodeDns('s', { ok: true, value: [] })).toEqual([])
    expect(judgeNodeDns('s', { ok: false, error: new ResolverError('DNS_TIMEOUT', 'late') })).toEqual([])
  })

  it('tells when the file changes while it watches', () => {
    expect(judgeResolvConfChange(undefined, 'a')).toEqual([])
    expect(judgeResolvConfChange('a', 'a')).toEqual([])
    expect(codes(judgeResolvConfChange('a', 'b'))).toEqual(['info DOCTOR_RESOLV_CONF_CHANGED'])
  })
})

describe('D04, D20: addresses and ports', () => {
  it('takes an address of this machine, or loopback, for ours', () => {
    const own = [{ ip: '10.0.0.1', family: 4, cidr: '10.0.0.1/24', internal: false }] as const
    const facts = (address: string) => ({
      host: 'a.s',
      own,
      registered: true,
      answer: { ok: true, value: { ...answer([]), records: [{ address, family: 4, ttlSeconds: 0 }] } } as const,
    })
    expect(judgeOwnHost(facts('10.0.0.1'))).toEqual([])
    expect(judgeOwnHost(facts('127.0.0.1'))).toEqual([])
    expect(codes(judgeOwnHost(facts('10.0.0.2')))).toEqual(['warning DOCTOR_OWN_ADDRESS'])
  })

  it('takes a refusal for the cause before silence, and says nothing when one address answers', () => {
    const at = { ip: '10.0.0.1', family: 4, port: 4370 } as const
    const failed = (code: 'NODE_REFUSED' | 'NODE_CONNECT_TIMEOUT') =>
      ({ ...at, answer: { ok: false, error: new NodeError(code, code) } }) as const
    const introduction = { name: 'a@s', flags: HIDDEN_FLAGS, creation: 9, connectMs: 1, handshakeMs: 1 }
    const peers = (knocks: KnockedPeer['knocks']) => [{ name: 'a@s', knocks }]
    expect(codes(judgePorts(peers([failed('NODE_CONNECT_TIMEOUT'), failed('NODE_REFUSED')])))).toEqual([
      'error NODE_REFUSED',
    ])
    expect(judgePorts(peers([failed('NODE_REFUSED'), { ...at, answer: { ok: true, value: introduction } }]))).toEqual(
      [],
    )
    expect(judgePorts(peers([]))).toEqual([])
    expect(
      codes(judgeFlags(peers([{ ...at, answer: { ok: true, value: { ...introduction, flags: DFLAG_PUBLISHED } } }]))),
    ).toEqual(['error DIST_FLAGS_MISSING'])
  })
})

describe('D05, D07, D10, D12: who answers', () => {
  it.each([
    ['a@s.t', 'a@s.t', undefined],
    ['a@s.t', 'A@s.t', 'case'],
    ['a@s.t', 'a@s', 'short'],
    ['a@10.0.0.1', 'a@s.t', 'address'],
    ['a@s.t', 'b@s.t', 'other'],
  ])('%s calls itself %s: %s', (dialled, name, kind) => expect(kindOfMismatch(dialled, name)).toBe(kind))

  it('tells which peers refuse each other although we take both', () => {
    const introduced = (name: string, flags: bigint): KnockedPeer => {
      const value = { name, flags, creation: 9, connectMs: 1, handshakeMs: 1 }
      return { name, knocks: [{ ip: '10.0.0.1', family: 4, port: 1, answer: { ok: true, value } }] }
    }
    // As OTP 23, 25 and 29 announce themselves.
    const [n23, n25, n29] = [
      introduced('n23@s.t', 0x101df7fbcn | 0x1n),
      introduced('n25@s.t', 0xd07df7fbcn | 0x1n),
      introduced('n29@s.t', 0x6d07df7fbcn | 0x1n),
    ] as const
    expect(judgeFlagsBetween([n23, n25])).toEqual([])
    expect(judgeFlagsBetween([n25, n29])).toEqual([])
    expect(judgeFlagsBetween([n23, n25, n29])).toMatchObject([
      {
        code: 'DIST_FLAGS_MISSING',
        node: 'n23@s.t',
        message: expect.stringMatching(/UNLINK_ID, V4_NC.*n29@s\.t \(OTP 29\)/),
      },
    ])
  })

  it('tells a cookie apart from other failures', () => {
    const link = (code: 'DIST_COOKIE_REJECTED' | 'DIST_COOKIE_MISMATCH' | 'NODE_CONNECTION_LOST') =>
      ({ name: 'a@s', visibility: 'visible', connected: { ok: false, error: new NodeError(code, code) } }) as const
    const cookie = { source: 'RELEASE_COOKIE', cookie: { ok: true, value: 'x' }, ownWords: [] } as const
    expect(codes(judgeCookies([link('DIST_COOKIE_MISMATCH')], cookie))).toEqual(['error DIST_COOKIE_MISMATCH'])
    expect(judgeCookies([link('NODE_CONNECTION_LOST')], cookie)).toEqual([])
    expect(codes(judgeLinks([link('NODE_CONNECTION_LOST'), link('DIST_COOKIE_REJECTED')]))).toEqual([
      'error NODE_CONNECTION_LOST',
    ])
  })
})

describe('D19: certificates', () => {
  const certificate = {
    subject: 'node',
    issuer: 'authority',
    alternativeNames: 'DNS:my-service.test',
    validFrom: 'Jan  1 00:00:00 2026 GMT',
    validTo: 'Jan  1 00:00:00 2027 GMT',
    usages: [],
  }
  const judge = (now: string, more = {}) =>
    codes(
      judgeCertificates([
        {
          name: 'a@my-service.test',
          host: 'my-service.test',
          now: Date.parse(now),
          certificate: { ...certificate, ...more },
        },
      ]),
    )

  it('fit, expire, expire soon, are not valid yet, are for somebody else', () => {
    expect(judge('2026-06-01')).toEqual([])
    expect(judge('2027-06-01')).toEqual(['error DOCTOR_TLS_CERTIFICATE'])
    expect(judge('2026-12-30')).toEqual(['warning DOCTOR_TLS_CERTIFICATE'])
    expect(judge('2025-06-01')).toEqual(['error DOCTOR_TLS_CERTIFICATE'])
    expect(judge('2026-06-01', { alternativeNames: 'DNS:*.svc' })).toEqual(['error DOCTOR_TLS_CERTIFICATE'])
  })
})

describe('D06, D36 to D41: mesh', () => {
  it('is whole when everybody sees everybody', () => {
    expect(judgeMesh([beam('a', ['b']), beam('b', ['a'])])).toEqual([])
    expect(judgeMesh([beam('a', ['b', 'c']), beam('b', ['a']), beam('c', ['a'])])[0]).toMatchObject({
      code: 'DOCTOR_MESH_BROKEN',
      evidence: ['2 of 3 links between BEAM nodes are up'],
    })
  })

  it('warns of connect_all false, and calls it an error when a link is missing', () => {
    const off = { connectAllOff: true }
    expect(codes(judgeConnectAll([beam('a', ['b'], off), beam('b', ['a'])]))).toEqual([
      'warning DOCTOR_CONNECT_ALL_OFF',
    ])
    expect(codes(judgeConnectAll([beam('a', [], off), beam('b', [])]))).toEqual(['error DOCTOR_CONNECT_ALL_OFF'])
  })

  it('tells whom global waits for; a node that did not answer accuses nobody', () => {
    const silent = beam('b', ['a'], { globalKnows: undefined })
    expect(judgeGlobal({ beams: [beam('a', ['b']), silent], links: [] })).toEqual([])
    const [one] = judgeGlobal({ beams: [beam('a', ['b'], { globalKnows: [] }), silent], links: [] })
    expect(one).toMatchObject({ code: 'DOCTOR_GLOBAL_BLOCKED', node: 'b', evidence: ['seen at a'] })
  })

  it('tells who drops whom by the tick time', () => {
    const ticks = (...seconds: number[]) =>
      judgeTicks(seconds.map((tickSeconds, at) => ({ name: `n${at}`, tickSeconds })))
    expect(ticks(60, 60)).toEqual([])
    expect(codes(ticks(30))).toEqual(['warning DOCTOR_TICK_DIFFERS'])
    expect(codes(ticks(15))).toEqual(['error DOCTOR_TICK_DIFFERS'])
    expect(ticks(15)[0]?.message).toBe(
      'n0 drops dynsrv when the link is idle: it waits 15 s, but a tick comes only every 15 s',
    )
  })

  it('tells above which size messages stall', () => {
    expect(judgeEchoes([{ name: 'a', passed: [1_024, 65_536] }])).toEqual([])
    const [one] = judgeEchoes([{ name: 'a', passed: [1_024], stalledAt: 65_536 }])
    expect(one).toMatchObject({ code: 'DOCTOR_LARGE_STALLS', message: 'messages to a stall above 1024 bytes' })
    // Not even a small one passed: that is another trouble.
    expect(judgeEchoes([{ name: 'a', passed: [], stalledAt: 1_024 }])).toEqual([])
  })

  it('tells when this process stood still', () => {
    expect(judgeEventLoop({ longestMs: 2_000 })).toEqual([])
    expect(codes(judgeEventLoop({ longestMs: 9_200 }))).toEqual(['warning DOCTOR_EVENT_LOOP'])
    expect(codes(judgeEventLoop({ longestMs: 16_000 }))).toEqual(['error DOCTOR_EVENT_LOOP'])
  })

  it('knows a leaver from a visitor', () => {
    const seen = beam('a@s.t', ['gone@s.t', 'other@elsewhere'], {
      hidden: ['rpc-0af3-a@s.t', 'dynsrv-0123abcd@127.0.0.1'],
    })
    const found = judgeLeavers({ services: ['s.t'], members: ['a@s.t'], beams: [seen] })
    expect(found.map(({ node }) => node)).toEqual(['gone@s.t'])
  })
})

describe('D43: gossip', () => {
  const heard = { ownHeard: true, nodes: ['a@s'], strange: [] }
  it.each([
    [heard, []],
    [{ ...heard, ownHeard: false }, ['error DOCTOR_GOSSIP_DEAF']],
    [{ ...heard, fault: 'ENODEV' }, ['error DOCTOR_GOSSIP_DEAF']],
    [{ ...heard, nodes: [] }, ['warning DOCTOR_GOSSIP_DEAF']],
    [{ ...heard, nodes: [], strange: ['x'] }, ['error DOCTOR_GOSSIP_FOREIGN']],
    [{ ...heard, strange: ['x'] }, ['warning DOCTOR_GOSSIP_FOREIGN']],
  ])('%j', (facts, expected) => expect(codes(judgeGossip(facts))).toEqual(expected))
})

describe('D35: a member that comes and goes', () => {
  const rounds = (...states: (MemberState | 'gone')[]) =>
    states.map((state) => new Map<string, MemberState>(state === 'gone' ? [] : [['a@b.test', state]]))

  it('tells one whose record comes back, or that answers now and then', () => {
    expect(judgeFlapping(rounds('answers', 'gone', 'gone', 'answers'))).toMatchObject([
      {
        code: 'DOCTOR_MEMBER_FLAPS',
        node: 'a@b.test',
        evidence: ['in the last 4 rounds it answered, had no record, answered'],
      },
    ])
    expect(codes(judgeFlapping(rounds('silent', 'answers', 'silent')))).toEqual(['warning DOCTOR_MEMBER_FLAPS'])
  })

  it('tells none that stays, that came, or that went', () => {
    expect(judgeFlapping([])).toEqual([])
    expect(judgeFlapping(rounds('answers', 'answers', 'answers'))).toEqual([])
    expect(judgeFlapping(rounds('gone', 'answers', 'answers'))).toEqual([])
    expect(judgeFlapping(rounds('gone', 'gone', 'listed', 'listed', 'gone'))).toEqual([])
  })
})
