import { describe, expect, it } from 'vitest'
import { memberRecords } from '../src/commands/member-records.ts'
import { parseRecords } from '../src/commands/parse-records.ts'
import { dnsServer } from '../src/dns-server.ts'
import { durationMs, durationText } from '../src/duration.ts'
import { parsePort } from '../src/parse-port.ts'
import { serviceName } from '../src/service-name.ts'
import { topologiesOf } from '../src/topologies.ts'

describe('serviceName', () => {
  it.each(['my-service.service.consul', '_dist._tcp.my.test', 'A.b', `${'a'.repeat(63)}.test`])('accepts %s', (name) =>
    expect(serviceName(name)).toBe(name))
  it('drops the trailing dot', () => expect(serviceName('my-service.test.')).toBe('my-service.test'))
  it.each([
    '',
    '.',
    'my',
    'my..test',
    '-a.test',
    'a-.test',
    'a b.test',
    'ä.test',
    '10.0.0.5',
    'a@b.test',
    `${'a'.repeat(64)}.test`,
    `${'a.'.repeat(127)}test`,
  ])('refuses %j', (name) =>
    expect(() => serviceName(name)).toThrow(expect.objectContaining({ code: 'DYNSRV_SERVICE_INVALID' })))
})

describe('parsePort', () => {
  it('takes 0 only where any free port makes sense', () => {
    expect(parsePort(' 4370 ', '--port')).toBe(4370)
    expect(parsePort('0', '--port')).toBe(0)
    expect(() => parsePort('0', '--port', 1)).toThrow(/--port is out of range: "0"/)
  })
  it.each(['', '-1', '1.5', '0x10', '65536'])('refuses %j', (text) =>
    expect(() => parsePort(text, '--port')).toThrow(expect.objectContaining({ code: 'DYNSRV_PORT_INVALID' })))
})

describe('dnsServer', () => {
  it.each([
    ['127.0.0.1:8600', '127.0.0.1:8600'],
    ['127.0.0.1', '127.0.0.1:53'],
    ['[::1]:8600', '[::1]:8600'],
    ['[::1]', '[::1]:53'],
    ['::1', '[::1]:53'],
  ])('reads %s as %s', (text, server) => expect(dnsServer(text)).toBe(server))
  it.each([
    '',
    'consul',
    'consul:8600',
    '127.0.0.1:',
    '127.0.0.1:0',
    '127.0.0.1:65536',
    '127.0.0.1:a',
    '[::1',
    '256.0.0.1',
  ])('refuses %j', (text) =>
    expect(() => dnsServer(text)).toThrow(expect.objectContaining({ hint: expect.any(String) })))
})

describe('durationMs', () => {
  it.each([
    ['500ms', 500],
    ['5s', 5_000],
    ['0.5s', 500],
    ['2m', 120_000],
    ['250', 250],
  ])('reads %s as %d ms', (text, milliseconds) => expect(durationMs(text)).toBe(milliseconds))
  it.each(['', 's', '5h', '-1s', '0', '0.1ms', 'often'])('refuses %j', (text) =>
    expect(() => durationMs(text)).toThrow(/is no time/))
  it('refuses what a timer cannot hold', () => {
    expect(durationMs('2147483647')).toBe(2_147_483_647)
    for (const text of ['2147483648', '99999999s']) expect(() => durationMs(text)).toThrow(/longer than a timer/)
  })
})

describe('memberRecords', () => {
  it('makes the SRV record and the address of its target', () =>
    expect(memberRecords('api-1@my-service.test:4370=10.0.0.5')).toStrictEqual([
      { type: 'SRV', name: 'my-service.test', target: 'api-1.my-service.test', port: 4370, ttlSeconds: 0 },
      { type: 'A', name: 'api-1.my-service.test', address: '10.0.0.5', ttlSeconds: 0 },
    ]))
  it('is on 127.0.0.1 when no address is given', () =>
    expect(memberRecords('api-1@my-service.test:4370')[1]).toMatchObject({ type: 'A', address: '127.0.0.1' }))
  it('makes an AAAA record of an IPv6 address', () =>
    expect(memberRecords('api-1@my-service.test:4370=::1')[1]).toMatchObject({ type: 'AAAA', address: '::1' }))
})

describe('parseRecords', () => {
  const srv = { type: 'SRV', name: 'my.test', target: 'a.my.test', port: 4370 }
  it('reads a list of records', () => {
    const records = [srv, { type: 'A', name: 'a.my.test', address: '127.0.0.1', ttlSeconds: 5 }]
    expect(parseRecords(JSON.stringify(records), 'zone.json')).toStrictEqual(records)
  })
  it.each([
    ['[', /zone\.json is no JSON/],
    ['{}', /zone\.json holds no list/],
    ['[1]', /record 1 of zone\.json is no object/],
    ['[{"type":"MX"}]', /record 1 of zone\.json has the type MX, not one of SRV, A, AAAA/],
    [JSON.stringify([srv, { ...srv, port: undefined }]), /record 2 of zone\.json has no port/],
    [JSON.stringify([{ ...srv, port: '4370' }]), /record 1 of zone\.json: port is not a number up to 65535/],
    [JSON.stringify([{ ...srv, prot: 1 }]), /record 1 of zone\.json has an unknown field prot/],
    ['[{"type":"A","name":"a.my.test","address":"::1"}]', /address is not an IPv4 address/],
  ])('names what is wrong in %s', (text, message) => expect(() => parseRecords(text, 'zone.json')).toThrow(message))
})

describe('durationText', () => {
  it.each([
    [400, '0 s'],
    [42_000, '42 s'],
    [59_600, '1 min'],
    [14 * 60_000 + 30_000, '14 min'],
    [2 * 3_600_000 + 5 * 60_000, '2 h 5 min'],
    [3_600_000, '1 h'],
  ])('writes %i ms as %s', (ms, text) => expect(durationText(ms)).toBe(text))
})

describe('topologiesOf', () => {
  it('makes one of a service, called by its name', () =>
    expect(topologiesOf({ service: 'my.test.', pollingInterval: 100 })).toStrictEqual([
      ['my.test', { service: 'my.test', pollingInterval: 100 }],
    ]))
  it('keeps several, and checks each service', () => {
    expect(topologiesOf({ topologies: { a: { service: 'a.test' }, b: { service: 'b.test' } } })).toHaveLength(2)
    expect(() => topologiesOf({ topologies: { a: { service: 'a' } } })).toThrow(/no dot/)
  })
  it('needs at least one', () =>
    expect(() => topologiesOf({})).toThrow(expect.objectContaining({ code: 'DYNSRV_SERVICE_MISSING' })))
})
