import { realWorld, withoutFinalDot } from '@dynsrv/kit'
import { ResolverError, type SrvResolver } from '@dynsrv/srv-resolver'
import { describe, expect, it } from 'vitest'
import { DynamicSrv } from '../../src/index.ts'
import { scriptedResolver } from '../scripted-resolver.ts'

const SERVICE = 'svc.internal'
const EMPTY = scriptedResolver({})
const named = (port: number, label = 'web-1') => ({ [SERVICE]: [`1 1 ${port} ${label}.${SERVICE}`] })

describe('listenPortPlease', () => {
  it('gives ERL_DIST_PORT', () =>
    expect(new DynamicSrv({ resolver: EMPTY, env: { ERL_DIST_PORT: ' 4370 ' } }).listenPortPlease('web', SERVICE)).toBe(
      4370,
    ))

  it('prefers the port that was passed', () => {
    expect(
      new DynamicSrv({ resolver: EMPTY, env: { ERL_DIST_PORT: 'x' }, listenPort: 0 }).listenPortPlease('web', SERVICE),
    ).toBe(0)
    expect(new DynamicSrv({ resolver: EMPTY, env: {}, listenPort: 5000 }).listenPortPlease('web', SERVICE)).toBe(5000)
  })

  it.each(['rpc-12ab-web', 'rem-12ab-web'])('lets the system choose for %s', (alive) =>
    expect(new DynamicSrv({ resolver: EMPTY, env: { ERL_DIST_PORT: '4370' } }).listenPortPlease(alive, SERVICE)).toBe(
      0,
    ))

  it.each([
    [undefined, 'EPMD_DIST_PORT_MISSING'],
    ['', 'EPMD_DIST_PORT_MISSING'],
    ['auto', 'EPMD_DIST_PORT_NOT_A_NUMBER'],
    ['4370.5', 'EPMD_DIST_PORT_NOT_A_NUMBER'],
    ['-1', 'EPMD_DIST_PORT_NOT_A_NUMBER'],
    ['0', 'EPMD_DIST_PORT_OUT_OF_RANGE'],
    ['65536', 'EPMD_DIST_PORT_OUT_OF_RANGE'],
  ])('says what to do when ERL_DIST_PORT is %j', (text, code) => {
    const epmd = new DynamicSrv({ resolver: EMPTY, env: { ERL_DIST_PORT: text } })
    const said = {
      code,
      message: expect.stringMatching(/ERL_DIST_PORT/),
      hint: expect.stringMatching(/^Set ERL_DIST_PORT/),
    }
    expect(() => epmd.listenPortPlease('web', SERVICE)).toThrow(expect.objectContaining(said))
  })

  it.each([-1, 1.5, 65_536, Number.NaN])('refuses %d as listenPort at once', (listenPort) =>
    expect(() => new DynamicSrv({ resolver: EMPTY, listenPort })).toThrow(
      expect.objectContaining({ code: 'EPMD_BAD_OPTION' }),
    ))
})

describe('registerNode', () => {
  it('gives a creation of its own', async () => {
    const { creation } = await new DynamicSrv({ resolver: EMPTY }).registerNode('web', 4370)
    expect(creation).toBeGreaterThanOrEqual(4)
  })

  it('refuses what is not a port', () =>
    expect(new DynamicSrv({ resolver: EMPTY }).registerNode('web', 0)).rejects.toMatchObject({
      code: 'EPMD_BAD_OPTION',
    }))
})

describe('addressPlease', () => {
  it('takes the record whose target is the node, with the address that came along', async () => {
    const resolver = scriptedResolver({
      srv: { [SERVICE]: ['1 1 4000 web-10.svc.internal', '1 1 4001 Web-1.SVC.internal'] },
      additional: { 'web-1.svc.internal': ['10.0.0.1', 'fd00::1'] },
    })
    const epmd = new DynamicSrv({ resolver })
    expect(await epmd.addressPlease('web-1', SERVICE)).toStrictEqual({
      candidates: [
        { ip: '10.0.0.1', family: 4, port: 4001 },
        { ip: 'fd00::1', family: 6, port: 4001 },
      ],
      version: 6,
    })
    expect(resolver.asked).toStrictEqual([`SRV ${SERVICE}`])
  })

  it.each([
    ['any', ['A', 'AAAA'], ['10.0.0.1', 'fd00::1']],
    ['inet', ['A'], ['10.0.0.1']],
    ['inet6', ['AAAA'], ['fd00::1']],
  ] as const)('looks the target up when no address came along (%s)', async (family, types, ips) => {
    const resolver = scriptedResolver({
      srv: named(4001),
      addresses: { 'web-1.svc.internal': ['10.0.0.1', 'fd00::1'] },
    })
    const { candidates } = await new DynamicSrv({ resolver }).addressPlease('web-1', SERVICE, family)
    expect(candidates.map(({ ip, port }) => [ip, port])).toStrictEqual(ips.map((ip) => [ip, 4001]))
    expect(resolver.asked).toStrictEqual([`SRV ${SERVICE}`, ...types.map((type) => `${type} web-1.svc.internal`)])
  })

  it('looks the other family up when only one came along', async () => {
    const resolver = scriptedResolver({
      srv: named(4001),
      additional: { 'web-1.svc.internal': ['10.0.0.1'] },
      addresses: { 'web-1.svc.internal': ['fd00::1'] },
    })
    const { candidates } = await new DynamicSrv({ resolver }).addressPlease('web-1', SERVICE, 'inet6')
    expect(candidates).toStrictEqual([{ ip: 'fd00::1', family: 6, port: 4001 }])
  })

  it('asks for the SRV records of the node itself when the service does not name it, in their order', async () => {
    const resolver = scriptedResolver({
      srv: {
        [SERVICE]: ['1 1 4000 web-2.svc.internal'],
        'web-1.svc.internal': ['2 0 4002 b.node.internal', '1 0 4001 a.node.internal'],
      },
      additional: { 'a.node.internal': ['10.0.0.1'], 'b.node.internal': ['10.0.0.2'] },
    })
    const { candidates } = await new DynamicSrv({ resolver }).addressPlease('web-1', SERVICE)
    expect(candidates.map(({ ip, port }) => `${ip}:${port}`)).toStrictEqual(['10.0.0.1:4001', '10.0.0.2:4002'])
  })

  it('shares records of one priority by weight', async () => {
    const resolver = scriptedResolver({
      srv: { 'web-1.svc.internal': ['1 90 4001 a.node.internal', '1 10 4002 b.node.internal'] },
      additional: { 'a.node.internal': ['10.0.0.1'], 'b.node.internal': ['10.0.0.2'] },
    })
    const first = async (random: number) => {
      const world = { ...realWorld, random: { ...realWorld.random, number: () => random } }
      const { candidates } = await new DynamicSrv({ resolver, world }).addressPlease('web-1', SERVICE)
      return candidates[0]?.port
    }
    expect([await first(0.05), await first(0.5), await first(0.99)]).toStrictEqual([4001, 4001, 4002])
  })

  it('takes the address of the node name at last', async () => {
    const resolver = scriptedResolver({
      srv: { 'web-1.svc.internal': ['1 1 4001 gone.node.internal'] },
      addresses: { 'web-1.svc.internal': ['10.0.0.9'] },
    })
    const { candidates } = await new DynamicSrv({ resolver }).addressPlease('web-1', SERVICE)
    expect(candidates).toStrictEqual([{ ip: '10.0.0.9', family: 4, port: 4001 }])
  })

  it('uses the targets that it could look up', async () => {
    const resolver = scriptedResolver({
      srv: { 'web-1.svc.internal': ['1 1 4001 a.node.internal', '2 1 4002 b.node.internal'] },
      addresses: { 'a.node.internal': new ResolverError('DNS_SERVFAIL', 'no'), 'b.node.internal': ['10.0.0.2'] },
    })
    const { candidates } = await new DynamicSrv({ resolver }).addressPlease('web-1', SERVICE)
    expect(candidates).toStrictEqual([{ ip: '10.0.0.2', family: 4, port: 4002 }])
  })

  it('looks up the targets of a long answer a few at a time, and keeps their order', async () => {
    const targets = Array.from({ length: 20 }, (_, index) => `n${index}.node.internal`)
    const plain = scriptedResolver({
      srv: { 'web-1.svc.internal': targets.map((target, index) => `${index} 1 ${4000 + index} ${target}`) },
      addresses: Object.fromEntries(targets.map((target, index) => [target, [`10.0.0.${index}`]])),
    })
    let under = 0
    let most = 0
    const resolver: SrvResolver = {
      resolveSrv: (...args) => plain.resolveSrv(...args),
      resolveTxt: () => Promise.reject(new Error('nobody asks for texts')),
      async resolveAddresses(name, options) {
        most = Math.max(most, ++under)
        // The first ones answer last.
        for (let turns = 20 - targets.indexOf(withoutFinalDot(name)); turns > 0; turns--) await undefined
        under--
        return plain.resolveAddresses(name, options)
      },
    }
    const { candidates } = await new DynamicSrv({ resolver }).addressPlease('web-1', SERVICE, 'inet')
    expect(candidates.map(({ port }) => port)).toStrictEqual(targets.map((_, index) => 4000 + index))
    expect(most).toBe(8)
  })

  it('asks only for whole names, which no search domain follows', async () => {
    const resolver = scriptedResolver({
      srv: { 'web-1.svc.internal': ['1 1 4001 host-1.internal'] },
      addresses: { 'web-1.svc.internal': ['10.0.0.1'] },
    })
    await new DynamicSrv({ resolver }).addressPlease('web-1', SERVICE)
    await new DynamicSrv({ resolver }).names(SERVICE)
    expect(resolver.asked).toStrictEqual([
      'SRV svc.internal',
      'SRV web-1.svc.internal',
      'A host-1.internal',
      'AAAA host-1.internal',
      'A web-1.svc.internal',
      'AAAA web-1.svc.internal',
      'SRV svc.internal',
    ])
    expect(resolver.relative).toStrictEqual([])
  })

  it('asks for the records of one port by its name, for all hosts or for some', async () => {
    const two = { [SERVICE]: ['1 1 80 web-1.svc.internal'], [`_dist._tcp.${SERVICE}`]: ['1 1 4001 web-1.svc.internal'] }
    const addresses = { 'web-1.svc.internal': ['10.0.0.1'] }
    const portOf = async (portName: ConstructorParameters<typeof DynamicSrv>[0]['portName']) => {
      const epmd = new DynamicSrv({
        resolver: scriptedResolver({ srv: two, addresses }),
        ...(portName && { portName }),
      })
      const { candidates } = await epmd.addressPlease('web-1', SERVICE, 'inet')
      expect(await epmd.names(SERVICE)).toStrictEqual([{ name: 'web-1', port: candidates[0]!.port }])
      return candidates[0]!.port
    }
    expect(await portOf(undefined)).toBe(80)
    expect(await portOf('dist')).toBe(4001)
    expect(await portOf((host) => (host === SERVICE ? 'dist' : undefined))).toBe(4001)
    expect(await portOf(() => undefined)).toBe(80)
    expect(() => new DynamicSrv({ resolver: EMPTY, portName: 'a.b' })).toThrow(
      expect.objectContaining({ code: 'EPMD_BAD_OPTION' }),
    )
    const missing = new DynamicSrv({ resolver: scriptedResolver({ srv: two }), portName: 'http' })
    await expect(missing.addressPlease('web-1', SERVICE)).rejects.toMatchObject({
      code: 'EPMD_NOT_FOUND',
      hint: expect.stringContaining(`_http._tcp.${SERVICE} has none`),
    })
  })

  it('takes the target . for no record', () =>
    expect(
      new DynamicSrv({ resolver: scriptedResolver({ srv: { [SERVICE]: ['1 1 4001 .'] } }) }).addressPlease(
        'web-1',
        SERVICE,
      ),
    ).rejects.toMatchObject({ code: 'EPMD_NOT_FOUND', message: expect.stringContaining('no SRV record has') }))

  it.each([
    '1 1 0',
    '1 1 -1',
    '1 1 65536',
    '1 1 99999',
    '1 1 4370x',
    '1 heavy 4370',
  ])('never gives the record %s to a dialler, says why, and finds the other node', async (line) => {
    const resolver = scriptedResolver({
      srv: { [SERVICE]: [`${line} web-1.svc.internal`, '1 1 4002 web-2.svc.internal'] },
      addresses: { 'web-2.svc.internal': ['10.0.0.2'] },
    })
    const epmd = new DynamicSrv({ resolver })
    await expect(epmd.addressPlease('web-1', SERVICE)).rejects.toMatchObject({
      code: 'EPMD_NOT_FOUND',
      message: expect.stringMatching(/web-1\.svc\.internal cannot be used: its (port|weight) is/),
      hint: 'Correct the record where it is registered.',
    })
    const { candidates } = await epmd.addressPlease('web-2', SERVICE)
    expect(candidates).toStrictEqual([{ ip: '10.0.0.2', family: 4, port: 4002 }])
    expect(await epmd.names(SERVICE)).toStrictEqual([{ name: 'web-2', port: 4002 }])
  })

  it('leaves out what is not an address', async () => {
    const resolver = scriptedResolver({
      srv: named(4001),
      addresses: { 'web-1.svc.internal': ['localhost', '10.0.0.1', '::1::2'] },
    })
    const { candidates } = await new DynamicSrv({ resolver }).addressPlease('web-1', SERVICE)
    expect(candidates).toStrictEqual([{ ip: '10.0.0.1', family: 4, port: 4001 }])
  })

  it('says what the service has instead of the node', async () => {
    const epmd = new DynamicSrv({ resolver: scriptedResolver({ srv: named(4000, 'web-2') }) })
    await expect(epmd.addressPlease('web-1', SERVICE)).rejects.toMatchObject({
      code: 'EPMD_NOT_FOUND',
      retryable: true,
      message: 'no SRV record has the target web-1.svc.internal',
      hint: expect.stringMatching(/svc\.internal has web-2\.svc\.internal/),
    })
  })

  it('says that the service does not exist, and that an answer was cut', async () => {
    const whole = new DynamicSrv({ resolver: EMPTY })
    await expect(whole.addressPlease('web-1', SERVICE)).rejects.toMatchObject({
      hint: expect.stringMatching(/none \(nxdomain\)/),
    })
    const cut = new DynamicSrv({ resolver: scriptedResolver({ srv: named(4000, 'web-2'), truncated: true }) })
    await expect(cut.addressPlease('web-1', SERVICE)).rejects.toMatchObject({
      hint: expect.stringMatching(/The server cut the answer/),
    })
  })

  it('says which address records are missing', () =>
    expect(
      new DynamicSrv({ resolver: scriptedResolver({ srv: named(4001) }) }).addressPlease('web-1', SERVICE, 'inet6'),
    ).rejects.toMatchObject({ code: 'EPMD_NO_ADDRESS', hint: 'Add AAAA records for web-1.svc.internal.' }))

  it.each([
    'web.service.consul',
    'web.service.dc1.corp',
  ])('says which tag is missing in Consul: %s', async (service) => {
    const srv = [`1 1 4001 Web-1.${service}`]
    const nodes = new DynamicSrv({ resolver: scriptedResolver({ srv: { [service]: srv } }) })
    await expect(nodes.addressPlease('web-1', service)).rejects.toMatchObject({
      code: 'EPMD_NO_ADDRESS',
      hint: 'Register the instance in Consul with the tag web-1.',
    })
  })

  it.each([
    ['of the service', { srv: { [SERVICE]: new ResolverError('DNS_TIMEOUT', 'slow') } }],
    ['of the node', { srv: { 'web-1.svc.internal': new ResolverError('DNS_TIMEOUT', 'slow') } }],
    [
      'of the target',
      { srv: named(4001), addresses: { 'web-1.svc.internal': new ResolverError('DNS_TIMEOUT', 'slow') } },
    ],
  ])('does not take a failed lookup %s for an absent node', async (_of, script) => {
    const epmd = new DynamicSrv({ resolver: scriptedResolver(script) })
    await expect(epmd.addressPlease('web-1', SERVICE)).rejects.toMatchObject({
      code: 'EPMD_LOOKUP_FAILED',
      retryable: true,
      cause: expect.objectContaining({ code: 'DNS_TIMEOUT' }),
      hint: new ResolverError('DNS_TIMEOUT', 'slow').hint,
    })
  })

  it('passes on that a lookup can never work', () => {
    const resolver = scriptedResolver({ srv: { [SERVICE]: new ResolverError('DNS_BAD_NAME', 'no') } })
    return expect(new DynamicSrv({ resolver }).addressPlease('web-1', SERVICE)).rejects.toMatchObject({
      retryable: false,
    })
  })

  it('ends with the reason of its signal', async () => {
    const reason = new Error('enough')
    await expect(
      new DynamicSrv({ resolver: EMPTY }).addressPlease('web-1', SERVICE, 'any', { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason)
    const controller = new AbortController()
    const resolver = scriptedResolver({})
    const aborting = {
      ...resolver,
      resolveSrv: async () => {
        controller.abort(reason)
        throw controller.signal.reason
      },
    }
    const { signal } = controller
    await expect(
      new DynamicSrv({ resolver: aborting }).addressPlease('web-1', SERVICE, 'any', { signal }),
    ).rejects.toBe(reason)
  })

  it('does not look an IP address up', async () => {
    const resolver = scriptedResolver({})
    await expect(new DynamicSrv({ resolver }).addressPlease('web-1', '10.0.0.1')).rejects.toMatchObject({
      code: 'EPMD_NOT_FOUND',
      retryable: false,
    })
    expect(resolver.asked).toStrictEqual([])
  })
})

describe('the node itself', () => {
  it('is on the loopback address, on the port it registered', async () => {
    const epmd = new DynamicSrv({ resolver: EMPTY, listenPort: 0 })
    epmd.listenPortPlease('web-1', SERVICE)
    await epmd.registerNode('web-1', 40_404)
    expect((await epmd.addressPlease('web-1', 'SVC.internal')).candidates).toStrictEqual([
      { ip: '127.0.0.1', family: 4, port: 40_404 },
    ])
    expect((await epmd.addressPlease('web-1', SERVICE, 'inet6')).candidates[0]?.ip).toBe('::1')
    await expect(epmd.addressPlease('web-1', 'other.internal')).rejects.toMatchObject({ code: 'EPMD_NOT_FOUND' })
  })

  it.each(['rpc-12ab-web-1', 'rem-12ab-web-1'])('is found by its helper %s', async (alive) => {
    const epmd = new DynamicSrv({ resolver: EMPTY, env: { ERL_DIST_PORT: '4370' } })
    await epmd.registerNode(alive, 50_505)
    expect(epmd.listenPortPlease(alive, SERVICE)).toBe(0)
    const { candidates } = await epmd.addressPlease('web-1', SERVICE)
    expect(candidates).toStrictEqual([{ ip: '127.0.0.1', family: 4, port: 4370 }])
    expect((await epmd.addressPlease(alive, SERVICE)).candidates[0]?.port).toBe(50_505)
  })

  it('is looked up in DNS when its helper does not know the port', async () => {
    const resolver = scriptedResolver({ srv: named(4001), additional: { 'web-1.svc.internal': ['10.0.0.1'] } })
    const epmd = new DynamicSrv({ resolver, env: {} })
    epmd.listenPortPlease('rpc-12ab-web-1', SERVICE)
    expect((await epmd.addressPlease('web-1', SERVICE)).candidates[0]?.ip).toBe('10.0.0.1')
  })
})

describe('names', () => {
  it('lists the members of its own service', async () => {
    const resolver = scriptedResolver({
      srv: {
        [SERVICE]: [
          '1 1 4001 web-1.svc.internal',
          '1 1 4002 web-2.SVC.internal',
          '1 1 4003 a.b.svc.internal',
          '1 1 4004 else.where',
        ],
      },
    })
    const epmd = new DynamicSrv({ resolver, listenPort: 4001 })
    await expect(epmd.names()).rejects.toMatchObject({ code: 'EPMD_NAMES_UNKNOWN' })
    epmd.listenPortPlease('web-1', SERVICE)
    expect(await epmd.names()).toStrictEqual([
      { name: 'web-1', port: 4001 },
      { name: 'web-2', port: 4002 },
    ])
    expect(await epmd.names('other.internal')).toStrictEqual([])
  })
})
