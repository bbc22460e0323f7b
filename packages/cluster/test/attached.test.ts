import { realWorld } from '@dynsrv/kit'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type { Cluster, LeaveSignal, StartOptions } from '../src/index.ts'
import { start } from '../src/index.ts'

const OPTIONS: StartOptions = {
  ...{ name: 'api-1@attached.test', service: 'attached.test', dns: '127.0.0.1:1', cookie: 'c', env: {} },
  ...{ host: '127.0.0.1', port: 0 },
}

/** What notes that it began and ended. */
function noting(log: string[], name: string) {
  return (cluster: Cluster) => {
    log.push(`${name} began while it is ${cluster.state}`)
    return {
      close: async () => {
        log.push(`${name} ended while it is ${cluster.state}`)
      },
    }
  }
}

describe('what is attached', () => {
  it('begins when the node listens, and ends with the cluster, the last one first', async () => {
    const log: string[] = []
    const cluster = await start({ ...OPTIONS, attach: [noting(log, 'one'), noting(log, 'two')] })
    await cluster.drain()
    await cluster.close()
    expect(log).toEqual([
      'one began while it is running',
      'two began while it is running',
      'two ended while it is closed',
      'one ended while it is closed',
    ])
  })

  it('ends all when one cannot begin', async () => {
    const log: string[] = []
    let left: Cluster | undefined
    const failing = (cluster: Cluster) => {
      left = cluster
      throw new Error('no port')
    }
    await expect(start({ ...OPTIONS, attach: [noting(log, 'one'), failing] })).rejects.toThrow('no port')
    expect(log).toEqual(['one began while it is running', 'one ended while it is running'])
    expect(left?.state).toBe('closed')
    const nothing = (() => 1) as never
    await expect(start({ ...OPTIONS, attach: [nothing] })).rejects.toMatchObject({
      code: 'DYNSRV_BAD_OPTION',
      message: expect.stringContaining('attach[0] returns must be an object with the method close'),
    })
  })

  it('ends though one throws, and though the cluster is closed while they begin', async () => {
    const log: string[] = []
    const throwing = () => ({
      close: () => {
        throw new Error('cannot close')
      },
    })
    const cluster = await start({ ...OPTIONS, attach: [noting(log, 'one'), throwing] })
    await expect(cluster.close()).rejects.toThrow('cannot close')
    const closing = async (own: Cluster) => {
      await own.close()
      return noting(log, 'two')(own)
    }
    expect((await start({ ...OPTIONS, attach: [closing] })).state).toBe('closed')
    expect(log.slice(1)).toEqual([
      'one ended while it is closed',
      'two began while it is closed',
      'two ended while it is closed',
    ])
  })
})

describe('leaveOn', () => {
  it('drains at the first of the signals, and listens to no second', async () => {
    const listeners = new Map<string, () => void>()
    const onSignal = (signal: string, listener: () => void) => {
      listeners.set(signal, listener)
      return () => void listeners.delete(signal)
    }
    const world = { ...realWorld, system: { ...realWorld.system, onSignal } }
    const cluster = await start({ ...OPTIONS, world, leaveOn: ['SIGINT', 'SIGTERM'] })
    expect([...listeners.keys()]).toEqual(['SIGINT', 'SIGTERM'])
    const ended = (async () => {
      for await (const _ of cluster.events());
    })()
    listeners.get('SIGTERM')!()
    expect(listeners.size).toBe(0)
    expect(cluster.state).toBe('leaving')
    await ended
    expect(cluster.state).toBe('closed')
    const other = await start({ ...OPTIONS, world, leaveOn: ['SIGHUP'] })
    await other.close()
    expect(listeners.size).toBe(0)
    const none = ['SIGKILL'] as unknown as LeaveSignal[]
    await expect(start({ ...OPTIONS, leaveOn: none })).rejects.toMatchObject({ code: 'DYNSRV_BAD_OPTION' })
  })
})

it('asks the servers of DYNSRV_DNS, as the companion of BEAM nodes does, and gives the members when it is ready', async () => {
  await using zone = await startZoneServer()
  const env = { DYNSRV_DNS: `127.0.0.1:1, ${zone.address}` }
  const { dns: _, ...rest } = OPTIONS
  await using one = await start({ ...rest, env })
  await using two = await start({ ...rest, env, name: 'api-2@attached.test', pollingInterval: 50 })
  zone.add({ type: 'SRV', name: 'attached.test', target: 'api-1.attached.test', port: one.port })
  zone.add({ type: 'A', name: 'api-1.attached.test', address: '127.0.0.1' })
  const [first] = await two.ready()
  expectTypeOf(first).toEqualTypeOf<typeof one.self>()
  expect(first).toBe(one.self)
  const some = await two.ready({ minPeers: 1 })
  expectTypeOf(some[0]).toEqualTypeOf<typeof one.self | undefined>()
  await expect(start({ ...rest, env: { DYNSRV_DNS: 'consul:8600' } })).rejects.toMatchObject({
    code: 'DYNSRV_DNS_SERVER_INVALID',
  })
})
