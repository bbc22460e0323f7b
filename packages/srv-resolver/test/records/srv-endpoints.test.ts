import { describe, expect, it } from 'vitest'
import { srvEndpoints } from '../../src/index.ts'

const record = (target: string, port: number, priority = 1, weight = 1) => ({
  target,
  port,
  priority,
  weight,
  ttlSeconds: 1,
})
const four = (address: string) => ({ address, family: 4 as const })
const six = (address: string) => ({ address, family: 6 as const })

describe('srvEndpoints', () => {
  it('orders by priority, and gives the families of each target in turn, IPv4 first', async () => {
    const known = new Map([
      ['a.test', [six('2001:db8::1'), six('2001:db8::2'), four('192.0.2.1')]],
      ['b.test', [four('192.0.2.2')]],
    ])
    const { endpoints } = await srvEndpoints([record('b.test', 2, 20), record('a.test', 1, 10)], {
      addressesOf: async (target) => ({ records: known.get(target) ?? [] }),
    })
    expect(endpoints).toEqual([
      { ip: '192.0.2.1', family: 4, port: 1 },
      { ip: '2001:db8::1', family: 6, port: 1 },
      { ip: '2001:db8::2', family: 6, port: 1 },
      { ip: '192.0.2.2', family: 4, port: 2 },
    ])
  })

  it('gives what is known when the address of another target cannot be looked up', async () => {
    const addressesOf = async (target: string) => {
      if (target === 'gone.test') throw new Error('no answer')
      return { records: [four('192.0.2.1')] }
    }
    const records = [record('gone.test', 1), record('a.test', 2)]
    expect(await srvEndpoints(records, { addressesOf })).toEqual({
      endpoints: [{ ip: '192.0.2.1', family: 4, port: 2 }],
    })
    await expect(srvEndpoints([record('gone.test', 1)], { addressesOf })).rejects.toThrow('no answer')
  })

  it('leaves out what is no address', async () => {
    const addressesOf = async () => ({ records: [four('localhost'), six('192.0.2.1'), four('192.0.2.1')] })
    expect(await srvEndpoints([record('a.test', 1)], { addressesOf })).toEqual({
      endpoints: [{ ip: '192.0.2.1', family: 4, port: 1 }],
    })
    const none = async () => ({ records: [] })
    expect(await srvEndpoints([record('a.test', 1)], { addressesOf: none })).toEqual({ endpoints: [] })
  })

  it('gives what comes late in the same way', async () => {
    const addressesOf = async (target: string) => ({
      records: [four('192.0.2.1')],
      later: target === 'gone.test' ? Promise.reject(new Error('no answer')) : Promise.resolve([six('2001:db8::1')]),
    })
    const records = [record('gone.test', 1), record('a.test', 2, 2)]
    const { endpoints, later } = await srvEndpoints(records, { addressesOf })
    expect(endpoints).toHaveLength(2)
    expect(await later).toEqual([{ ip: '2001:db8::1', family: 6, port: 2 }])
  })

  it('gives each place once, whatever its name or the form of its address', async () => {
    const addressesOf = async (target: string) => ({
      records: target === 'c.test' ? [six('::ffff:192.0.2.1')] : [four('192.0.2.1'), four('192.0.2.1')],
      later: Promise.resolve([six('::ffff:192.0.2.1'), six('2001:db8::1'), six('2001:db8::1')]),
    })
    const records = [record('a.test', 1, 1), record('b.test', 1, 2), record('c.test', 1, 3), record('a.test', 2, 4)]
    const { endpoints, later } = await srvEndpoints(records, { addressesOf })
    expect(endpoints).toEqual([1, 2].map((port) => ({ ip: '192.0.2.1', family: 4, port })))
    expect(await later).toEqual([1, 2].map((port) => ({ ip: '2001:db8::1', family: 6, port })))
  })
})
