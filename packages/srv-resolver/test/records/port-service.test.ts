import { describe, expect, it } from 'vitest'
import { parsePortService, portService } from '../../src/index.ts'

describe('the name of the SRV records of one port', () => {
  it.each([
    ['web.test', { host: 'web.test' }],
    ['_dist._tcp.web.test', { host: 'web.test', portName: 'dist' }],
    ['_Dist._TCP.Web.test.', { host: 'Web.test.', portName: 'Dist' }],
    ['_dist._udp.web.test', { host: 'web.test' }],
    ['_dist.web.test', { host: '_dist.web.test' }],
    ['_dist._tcp', { host: '_dist._tcp' }],
    ['_a._tcp._b._tcp.web.test', { host: '_b._tcp.web.test', portName: 'a' }],
  ])('%s', (service, expected) => expect(parsePortService(service)).toStrictEqual(expected))

  it('is made of a service and a port, unless the service has one', () => {
    expect(portService('web.test', 'dist')).toBe('_dist._tcp.web.test')
    expect(portService('web.test')).toBe('web.test')
    expect(portService('_http._tcp.web.test', 'dist')).toBe('_http._tcp.web.test')
    for (const wrong of ['', '_dist', 'a.b', 'a b', '-a']) {
      expect(() => portService('web.test', wrong)).toThrow(expect.objectContaining({ code: 'DNS_BAD_OPTION' }))
    }
    expect(() => portService('web..test', 'dist')).toThrow(expect.objectContaining({ code: 'DNS_BAD_NAME' }))
  })
})
