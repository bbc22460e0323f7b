import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { ErlEpmd, type RegistrationEvent } from '../../src/index.ts'
import { startRealEpmd } from '../real-epmd.ts'

const HOST = '127.0.0.1'

/** A server that answers every request with these bytes and then closes, or says nothing. */
async function startFake(reply: Uint8Array | 'silence') {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => reply !== 'silence' && socket.end(reply))
  })
  server.listen(0, HOST)
  await once(server, 'listening')
  const close = async () => {
    server.close()
  }
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close }
}

function eventQueue() {
  const events: RegistrationEvent[] = []
  let wake: () => void = () => undefined
  const onRegistration = (event: RegistrationEvent) => {
    events.push(event)
    wake()
  }
  const until = async (type: RegistrationEvent['type']) => {
    while (!events.some((event) => event.type === type)) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return { events, onRegistration, until }
}

describe('with the epmd of this machine', () => {
  it('registers, looks up, lists, dumps and gives the name back', async () => {
    await using real = await startRealEpmd()
    const epmd = new ErlEpmd({ epmdPort: real.port })
    const other = new ErlEpmd({ epmdPort: real.port })
    await epmd.startLink()
    expect(epmd.listenPortPlease('web-1', HOST)).toBe(0)
    const { creation } = await epmd.registerNode('web-1', 4370)
    expect(creation).toBeGreaterThanOrEqual(4)
    await other.registerNode('web-2', 4371)
    expect(await other.addressPlease('web-1', HOST)).toStrictEqual({
      candidates: [{ ip: HOST, family: 4, port: 4370 }],
      version: 6,
    })
    expect(await epmd.names(HOST)).toStrictEqual([
      { name: 'web-2', port: 4371 },
      { name: 'web-1', port: 4370 },
    ])
    epmd.close()
    while ((await other.names(HOST)).length > 1);
    expect(await other.dump()).toMatchObject([
      { name: 'web-2', port: 4371, active: true },
      { name: 'web-1', port: 4370, active: false },
    ])
    const again = new ErlEpmd({ epmdPort: real.port })
    expect((await again.registerNode('web-1', 4372)).creation).toBe(creation + 1)
    again.close()
    other.close()
  })

  it('says that the name is in use', async () => {
    await using real = await startRealEpmd()
    using first = new ErlEpmd({ epmdPort: real.port })
    using second = new ErlEpmd({ epmdPort: real.port })
    await first.registerNode('web-1', 4370)
    await expect(second.registerNode('web-1', 4371)).rejects.toMatchObject({
      code: 'EPMD_DUPLICATE_NAME',
      message: expect.stringMatching(/web-1/),
    })
  })

  it('says that it knows no such node', async () => {
    await using real = await startRealEpmd()
    await expect(new ErlEpmd({ epmdPort: real.port }).addressPlease('web-1', HOST)).rejects.toMatchObject({
      code: 'EPMD_NOT_FOUND',
      retryable: true,
    })
  })

  it('registers again when epmd was restarted', async () => {
    const real = await startRealEpmd()
    const { events, onRegistration, until } = eventQueue()
    using epmd = new ErlEpmd({ epmdPort: real.port, reconnectMs: 20, onRegistration })
    await epmd.registerNode('web-1', 4370)
    await real.stop()
    await until('failed')
    await using back = await startRealEpmd(real.port)
    await until('restored')
    expect(events[0]).toStrictEqual({ type: 'lost', retryInMs: 20 })
    expect(events.find(({ type }) => type === 'failed')).toMatchObject({ error: { code: 'EPMD_UNREACHABLE' } })
    expect(await epmd.names(HOST)).toStrictEqual([{ name: 'web-1', port: 4370 }])
    expect(back.port).toBe(real.port)
  })

  it('does not register again once it is closed', async () => {
    const real = await startRealEpmd()
    const { events, onRegistration, until } = eventQueue()
    const epmd = new ErlEpmd({ epmdPort: real.port, reconnectMs: 5, onRegistration })
    await epmd.registerNode('web-1', 4370)
    await real.stop()
    await until('lost')
    epmd.close()
    await using back = await startRealEpmd(real.port)
    expect(await new ErlEpmd({ epmdPort: back.port }).names(HOST)).toStrictEqual([])
    expect(events.some(({ type }) => type === 'restored')).toBe(false)
    await expect(epmd.registerNode('web-1', 4370)).rejects.toMatchObject({ code: 'EPMD_CLOSED' })
  })
})

describe('without a sound epmd', () => {
  it.each([
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'EPMD_MALFORMED_REPLY'],
    ['nothing', Buffer.alloc(0), 'EPMD_NO_REPLY'],
    ['half an answer', Buffer.from('77001234', 'hex'), 'EPMD_MALFORMED_REPLY'],
    ['a node of OTP 22', Buffer.from('770030394d000005000500036162630000', 'hex'), 'EPMD_VERSION_UNSUPPORTED'],
    ['a node on port 0', Buffer.from('770000004d000006000500036162630000', 'hex'), 'EPMD_NO_ADDRESS'],
    ['a failure with more behind it', Buffer.from('77010000', 'hex'), 'EPMD_NOT_FOUND'],
  ])('does not take %s for a node', async (_what, reply, code) => {
    await using fake = await startFake(reply)
    await expect(new ErlEpmd({ epmdPort: fake.port }).addressPlease('abc', HOST)).rejects.toMatchObject({
      code,
      hint: expect.stringMatching(/\w/),
    })
  })

  it.each([
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'EPMD_MALFORMED_REPLY'],
    ['nothing', Buffer.alloc(0), 'EPMD_NO_REPLY'],
    ['half an answer', Buffer.from('7600', 'hex'), 'EPMD_NO_REPLY'],
  ])('does not take %s for a registration', async (_what, reply, code) => {
    await using fake = await startFake(reply)
    await expect(new ErlEpmd({ epmdPort: fake.port }).registerNode('abc', 1)).rejects.toMatchObject({ code })
  })

  it.each(['ff', '0000115168656c6c6f0a'])('does not take %s for a list of names', async (hex) => {
    await using fake = await startFake(Buffer.from(hex, 'hex'))
    const epmd = new ErlEpmd({ epmdPort: fake.port })
    await expect(epmd.names(HOST)).rejects.toMatchObject({ code: 'EPMD_MALFORMED_REPLY' })
    await expect(epmd.dump()).rejects.toMatchObject({ code: 'EPMD_MALFORMED_REPLY' })
  })

  it('lists the nodes of an answer with strange lines between them', async () => {
    const lines = 'name a at port 4001\nname b at port 99999\nhello\nname c at port 0\nname d at port 4004\n'
    await using fake = await startFake(Buffer.concat([Buffer.from([0, 0, 0x11, 0x11]), Buffer.from(lines)]))
    expect(await new ErlEpmd({ epmdPort: fake.port }).names(HOST)).toStrictEqual([
      { name: 'a', port: 4001 },
      { name: 'd', port: 4004 },
    ])
  })

  it('takes the creation of an epmd that answers in 16 bits', async () => {
    await using fake = await startFake(Buffer.from('79000002', 'hex'))
    using epmd = new ErlEpmd({ epmdPort: fake.port })
    expect(await epmd.registerNode('abc', 1)).toStrictEqual({ creation: 2 })
  })

  it('gives up on silence, at once with its signal', async () => {
    await using fake = await startFake('silence')
    const slow = new ErlEpmd({ epmdPort: fake.port, timeoutMs: 20 })
    await expect(slow.registerNode('abc', 1)).rejects.toMatchObject({ code: 'EPMD_TIMEOUT', retryable: true })
    await expect(slow.addressPlease('abc', HOST)).rejects.toMatchObject({ code: 'EPMD_TIMEOUT' })
    const reason = new Error('enough')
    const controller = new AbortController()
    const asked = new ErlEpmd({ epmdPort: fake.port }).addressPlease('abc', HOST, 'any', { signal: controller.signal })
    controller.abort(reason)
    await expect(asked).rejects.toBe(reason)
  })

  it('ends a registration under way when it is closed', async () => {
    await using fake = await startFake('silence')
    const epmd = new ErlEpmd({ epmdPort: fake.port })
    const registering = epmd.registerNode('abc', 1)
    epmd.close()
    await expect(registering).rejects.toMatchObject({ code: 'EPMD_CLOSED' })
  })

  it('says where nothing listens', async () => {
    const { port } = await startFake('silence').then(async (fake) => {
      await fake[Symbol.asyncDispose]()
      return fake
    })
    await expect(new ErlEpmd({ epmdPort: port }).addressPlease('abc', HOST)).rejects.toMatchObject({
      code: 'EPMD_UNREACHABLE',
      message: expect.stringContaining(`127.0.0.1:${port}`),
      hint: expect.stringContaining('epmd -daemon'),
    })
  })

  it('goes on to the next address of the host', async () => {
    await using real = await startRealEpmd()
    const lookup = async () => [
      { ip: '127.0.0.9', family: 4 as const },
      { ip: HOST, family: 4 as const },
    ]
    using epmd = new ErlEpmd({ epmdPort: real.port, lookup })
    await epmd.registerNode('web-1', 4370)
    expect((await epmd.addressPlease('web-1', 'any.host')).candidates.map(({ ip }) => ip)).toStrictEqual([
      '127.0.0.9',
      HOST,
    ])
    const addresses = [{ ip: HOST, family: 4 as const }]
    const found = await epmd.addressPlease('web-1', 'any.host', 'any', { addresses })
    expect(found.candidates).toStrictEqual([{ ip: HOST, family: 4, port: 4370 }])
    const nowhere = new ErlEpmd({ epmdPort: real.port, lookup: async () => [] })
    await expect(nowhere.addressPlease('web-1', 'any.host')).rejects.toMatchObject({ code: 'EPMD_NO_ADDRESS' })
  })
})

describe('options', () => {
  it.each([{ epmdPort: 0 }, { listenPort: -1 }, { timeoutMs: 0 }, { reconnectMs: Number.NaN }])('refuses %j', (bad) =>
    expect(() => new ErlEpmd(bad)).toThrow(expect.objectContaining({ code: 'EPMD_BAD_OPTION' })))

  it('reads ERL_EPMD_PORT', async () => {
    await using real = await startRealEpmd()
    expect(await new ErlEpmd({ env: { ERL_EPMD_PORT: String(real.port) } }).names(HOST)).toStrictEqual([])
    expect(() => new ErlEpmd({ env: { ERL_EPMD_PORT: '4369x' } })).toThrow(/ERL_EPMD_PORT/)
  })
})
