import { neverLeave, targetLabel } from '@dynsrv/strategy'
import { describe, expect, it } from 'vitest'
import { dnsServer } from '../src/settings/dns-server.ts'
import { parsePort } from '../src/settings/parse-port.ts'
import { serviceName } from '../src/settings/service-name.ts'
import { type SrvTopology, type StartOptions, startSettings } from '../src/settings/start-options.ts'
import { topologiesOf } from '../src/settings/topologies.ts'

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

const topologies = (options: StartOptions) => topologiesOf(startSettings(options))

describe('topologiesOf', () => {
  it('makes one of a service, called by its name, with the options of its strategy', () =>
    expect([...topologies({ service: 'my.test.', pollingInterval: 100, parallel: 2 })]).toStrictEqual([
      ['my.test', { service: 'my.test', pollingInterval: 100, parallel: 2 }],
    ]))
  it('calls it by another name when the option topology says so', () =>
    expect([...topologies({ service: 'my.test', topology: 'web' }).keys()]).toEqual(['web']))
  it('keeps several, and checks each service', () => {
    expect(topologies({ topologies: { a: { service: 'a.test' }, b: { service: 'b.test' } } }).size).toBe(2)
    expect(() => topologies({ topologies: { a: { service: 'a' } } })).toThrow(/no dot/)
  })
  it('needs at least one', () =>
    expect(() => topologies({})).toThrow(expect.objectContaining({ code: 'DYNSRV_SERVICE_MISSING' })))
  it.each<[string, StartOptions, RegExp]>([
    ['two of one name', { service: 'a.test', topologies: { 'a.test': { service: 'b.test' } } }, /two topologies/],
    ['options of a strategy without service', { topologies: {}, leave: neverLeave() }, /leave is for service/],
    [
      'a mapping of names without service',
      { topologies: {}, memberName: targetLabel('a.test') },
      /memberName is for service/,
    ],
    ['a port twice', { service: 'a.test', port: 1, listen: { port: 2 } }, /port and listen contradict/],
    ['an address twice', { service: 'a.test', host: '::1', listen: false }, /host and listen contradict/],
    ['no DNS server', { service: 'a.test', dns: [] }, /at least one server/],
    [
      'a resolver of one topology',
      { topologies: { a: { service: 'a.test', resolver: {} } as SrvTopology } },
      /topologies\.a\.resolver/,
    ],
  ])('refuses %s', (_what, options, message) => {
    expect(() => topologies(options)).toThrow(message)
    expect(() => topologies(options)).toThrow(expect.objectContaining({ code: 'DYNSRV_BAD_OPTION' }))
  })
})
