import { describe, expect, it } from 'vitest'
import { durationMs, durationText } from '../src/options/duration.ts'
import { memberRecords } from '../src/zone/member-records.ts'
import { parseRecords } from '../src/zone/parse-records.ts'

describe('durationMs', () => {
  it.each([
    ['500ms', 500],
    ['5s', 5_000],
    ['0.5s', 500],
    ['2m', 120_000],
    ['250ms', 250],
  ])('reads %s as %d ms', (text, milliseconds) => expect(durationMs(text)).toBe(milliseconds))
  it.each(['', 's', '5h', '-1s', '0s', '0.1ms', 'often'])('refuses %j', (text) =>
    expect(() => durationMs(text)).toThrow(/is not a time/))
  it.each([
    ['5', /^Write 5s or 5ms\.$/],
    ['0.5', /^Write 0\.5s or 0\.5ms\.$/],
    ['0', /^Write it like 500ms/],
  ])('refuses %j, which has no unit', (text, hint) =>
    expect(() => durationMs(text)).toThrow(
      expect.objectContaining({ message: `"${text}" has no unit`, hint: expect.stringMatching(hint) }),
    ))
  it('refuses what a timer cannot hold', () => {
    expect(durationMs('2147483647ms')).toBe(2_147_483_647)
    for (const text of ['2147483648ms', '99999999s']) expect(() => durationMs(text)).toThrow(/longer than a timer/)
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
    ['[', /zone\.json is not JSON/],
    ['{}', /zone\.json holds no list/],
    ['[1]', /record 1 of zone\.json is not an object/],
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
