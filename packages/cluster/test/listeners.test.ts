import { realWorld } from '@dynsrv/kit'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { describe, expect, it, vi } from 'vitest'
import { start } from '../src/start.ts'

describe('a listener of a cluster', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('mine')
      },
    ],
    ['rejects', () => Promise.reject(new Error('mine'))],
  ])('that %s becomes a process warning, and the others hear the event', async (_how, listener) => {
    const warned = vi.fn()
    const world = { ...realWorld, system: { ...realWorld.system, warn: warned } }
    await using zone = await startZoneServer()
    const common = { dns: zone.address, host: '127.0.0.1', port: 0, cookie: 'listeners', pollingInterval: 20, env: {} }
    await using cluster = await start({ ...common, name: 'api-1@my-service.test', service: 'my-service.test', world })
    cluster.on(listener)
    const heard = new Promise<string>((resolve) => cluster.on(({ type }) => resolve(type)))
    expect(await heard).toBe('polled')
    const warning = [expect.stringContaining('mine'), expect.objectContaining({ code: 'DYNSRV_LISTENER_THREW' })]
    await expect.poll(() => warned.mock.calls).toContainEqual(warning)
  })

  it('hears nothing more once it is taken away, and another registration of it goes on', async () => {
    await using zone = await startZoneServer()
    const common = { dns: zone.address, host: '127.0.0.1', port: 0, cookie: 'listeners', pollingInterval: 20, env: {} }
    await using cluster = await start({ ...common, name: 'api-1@my-service.test', service: 'my-service.test' })
    const listener = vi.fn()
    const first = cluster.on(listener)
    cluster.on(listener)
    first()
    first()
    await expect.poll(() => listener.mock.calls).not.toHaveLength(0)
    const calls = listener.mock.calls.map(([event]) => event)
    expect(new Set(calls).size).toBe(calls.length)
  })
})
