import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DynamicSrv, EpmdError, ErlEpmd, startEpmdServer } from '../../src/index.ts'
import { type RealEpmd, startRealEpmd } from '../real-epmd.ts'
import { scriptedResolver } from '../scripted-resolver.ts'
import { alive, ask, framed, Probe } from './epmd-probe.ts'

interface Recorded {
  readonly name: string
  readonly request_body_hex: string | null
  readonly reply_hex: string
  readonly socket_after: 'open' | 'closed'
}
const RECORDED = JSON.parse(
  readFileSync(new URL('../../../../fixtures/epmd/epmd.json', import.meta.url), 'utf8'),
) as Readonly<Record<'strict' | 'relaxed', readonly Recorded[]>>

const text = (body: string) => framed(Buffer.from(body, 'latin1'))
const long = 'A'.repeat(255)

/** What the recorded probes sent, where the recording only names it. */
const DESCRIBED: Readonly<Record<string, Buffer>> = {
  'port2 with @host': text('zabc@host'),
  'port2 empty': text('z'),
  'port2 NUL inside': text('za\0bc'),
  'port2 bad utf8': text('z\xff\xfe'),
  'names extra bytes': text('nxyz'),
  'stop nope': text('snope'),
  'stop abc': text('sabc'),
  kill: text('k'),
  garbage: text('\x01\x02\x03'),
  len0: Buffer.of(0, 0),
  'len too big': Buffer.of(0xff, 0xff, 110),
  'len 3057': framed(Buffer.alloc(3057)),
  'len 3058': framed(Buffer.alloc(3058, 'z')),
  'excess bytes same segment': Buffer.concat([text('n'), Buffer.of(1)]),
  'alive short': framed(alive('', 1)),
  'alive name overrun': framed(alive('overrun', 1, { nameLength: 200 })),
  'alive NUL in name': framed(alive('a\0b', 1)),
  'alive 255 chars': framed(alive(long, 1)),
  'alive 256 chars': framed(alive(`${long}A`, 1)),
  'alive 255 x 4byte utf8': framed(alive('😀'.repeat(255), 2)),
  'alive bad utf8': framed(alive(Buffer.of(0xff, 0xfe, 0xfd), 3)),
  'alive extra 1021': framed(alive('extra1021', 4, { extra: 'e'.repeat(1021) })),
  'alive extra 1020': framed(alive('extra1020', 4, { extra: 'e'.repeat(1020) })),
  'alive empty name with extra': framed(alive('', 5, { extra: 'eeee' })),
  'stop unknown name (relaxed)': text('snope'),
}

/** Without what differs from run to run: creations of the first seconds, epmd's own port, numbers of connections. */
function comparable(hex: string): string {
  if (/^7600/.test(hex)) return '7600........'
  if (/^7900/.test(hex)) return '7900....'
  if (!/^0000/.test(hex)) return hex
  return `port ${Buffer.from(hex.slice(8), 'hex')
    .toString('latin1')
    .replace(/fd = \d+/g, 'fd = N')}`
}

async function replay(port: number, records: readonly Recorded[]): Promise<Record<string, string>> {
  const held: Probe[] = []
  const seen: Record<string, string> = {}
  for (const { name, request_body_hex, reply_hex, socket_after } of records) {
    const raw = request_body_hex === null ? DESCRIBED[name] : framed(Buffer.from(request_body_hex, 'hex'))
    if (raw === undefined) continue
    const probe = new Probe(port)
    probe.write(raw)
    if (socket_after === 'closed') seen[name] = comparable(await probe.untilClosed())
    else {
      seen[name] = comparable(await probe.untilBytes(reply_hex.length / 2))
      held.push(probe)
    }
  }
  await ask(port, text('zlast'))
  expect(held.every(({ open }) => open)).toBe(true)
  await Promise.all(held.map((probe) => probe.close()))
  return seen
}

describe('the answers', () => {
  const strict = RECORDED.strict.filter(({ name, request_body_hex }) => request_body_hex !== null || name in DESCRIBED)
  const expected = Object.fromEntries(strict.map(({ name, reply_hex }) => [name, comparable(reply_hex)]))

  it('has most of the recording in this test', () => expect(strict.length).toBe(34))

  it('are those that were recorded', async () => {
    await using server = await startEpmdServer({ port: 0 })
    expect(await replay(server.port, strict)).toStrictEqual(expected)
  })

  it('are those of the epmd on this machine', async () => {
    await using real = await startRealEpmd()
    expect(await replay(real.port, strict)).toStrictEqual(expected)
  })

  it.each(RECORDED.relaxed)('are as loose as recorded when asked: $name', async ({ request_body_hex, reply_hex }) => {
    await using server = await startEpmdServer({ port: 0, relaxedCommandCheck: true })
    const node = new Probe(server.port)
    node.write(framed(alive('abc', 12_345)))
    await node.untilBytes(6)
    expect(await ask(server.port, framed(Buffer.from(request_body_hex ?? '', 'hex')))).toBe(reply_hex)
    await node.close()
  })
})

describe('a registration', () => {
  let real: RealEpmd
  beforeAll(async () => {
    real = await startRealEpmd()
  })
  afterAll(() => real.stop())

  const creations = async (port: number, version: number, rounds: number) => {
    const seen: number[] = []
    for (let round = 0; round < rounds; round++) {
      const node = new Probe(port)
      node.write(framed(alive(`v${version}`, 1234, { version })))
      const hex = await node.untilBytes(version === 6 ? 6 : 4)
      seen.push(Number.parseInt(hex.slice(4), 16))
      await node.close()
      await gone(port, `v${version}`)
    }
    return seen
  }
  const gone = async (port: number, name: string) => {
    while ((await ask(port, text(`z${name}`))) !== '7701');
  }
  const behaviour = async (port: number) => {
    const six = await creations(port, 6, 3)
    const five = await creations(port, 5, 4)
    const steps = (all: number[]) => all.slice(1).map((value, at) => value - all[at]!)
    return { six: steps(six), five: steps(five).map((step) => (step + 3) % 3), small: five.every((c) => c <= 3) }
  }

  it('gets the next creation each time it comes back, as with the real one', async () => {
    await using server = await startEpmdServer({ port: 0 })
    const ours = await behaviour(server.port)
    expect(ours).toStrictEqual({ six: [1, 1], five: [1, 1, 1], small: true })
    expect(await behaviour(real.port)).toStrictEqual(ours)
  })

  it.each(['ours', 'real'])('ends with any further byte (%s)', async (which) => {
    await using server = await startEpmdServer({ port: 0 })
    const { port } = which === 'ours' ? server : real
    const node = new Probe(port)
    node.write(framed(alive('chatty', 4000)))
    await node.untilBytes(6)
    expect(await ask(port, text('zchatty'))).toMatch(/^77000fa0/)
    node.write(Buffer.of(0))
    expect(await node.untilClosed()).toMatch(/^7600/)
    expect(await ask(port, text('zchatty'))).toBe('7701')
  })

  it('may come byte by byte', async () => {
    await using server = await startEpmdServer({ port: 0 })
    const node = new Probe(server.port)
    for (const byte of framed(alive('slow', 4000))) node.write(Buffer.of(byte))
    expect(await node.untilBytes(6)).toMatch(/^7600/)
    expect(server.nodes()).toMatchObject([{ name: 'slow', port: 4000, hidden: false, highestVersion: 6 }])
    await node.close()
  })

  it('that stays unfinished is dropped', async () => {
    await using server = await startEpmdServer({ port: 0, requestTimeoutMs: 20 })
    expect(await ask(server.port, Buffer.of(0, 9, 122))).toBe('')
  })

  it('is taken on each address of the machine, from that address only', async () => {
    const own = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === 'IPv4' && !one.internal)
    await using server = await startEpmdServer({ port: 0, hosts: own === undefined ? [] : [own.address] })
    const epmd = new ErlEpmd({ epmdPort: server.port })
    await epmd.registerNode('web', 4370)
    const host = own?.address ?? '127.0.0.1'
    expect((await epmd.addressPlease('web', host)).candidates).toStrictEqual([{ ip: host, family: 4, port: 4370 }])
    epmd.close()
  })
})

describe('the server', () => {
  it('ends by a kill when nobody is registered', async () => {
    const server = await startEpmdServer({ port: 0 })
    expect(Buffer.from(await ask(server.port, text('k')), 'hex').toString()).toBe('OK')
    await server.closed
    await expect(new ErlEpmd({ epmdPort: 1 }).names()).rejects.toMatchObject({ code: 'EPMD_UNREACHABLE' })
  })

  it('says when its port is taken', async () => {
    await using real = await startRealEpmd()
    await expect(startEpmdServer({ port: real.port })).rejects.toMatchObject({
      code: 'EPMD_LISTEN_FAILED',
      hint: expect.stringMatching(/Stop the other epmd/),
    })
  })

  it.each([{ port: 70_000 }, { requestTimeoutMs: 0 }, { maxConnections: 1.5 }])('refuses %j', (options) =>
    expect(startEpmdServer(options)).rejects.toMatchObject({ code: 'EPMD_BAD_OPTION' }))
})

describe('a directory', () => {
  const service = 'svc.internal'
  const resolver = scriptedResolver({
    srv: { [service]: ['1 1 4001 web-1.svc.internal', '1 1 4002 far.svc.internal', '1 1 4003 web-1.else.where'] },
    additional: { 'web-1.svc.internal': ['127.0.0.1'], 'far.svc.internal': ['192.0.2.1'] },
  })

  it('adds the nodes of this machine that did not register', async () => {
    await using server = await startEpmdServer({ port: 0, directory: { service, epmd: new DynamicSrv({ resolver }) } })
    const epmd = new ErlEpmd({ epmdPort: server.port })
    await epmd.registerNode('own', 4444)
    expect(await epmd.names()).toStrictEqual([
      { name: 'own', port: 4444 },
      { name: 'web-1', port: 4001 },
    ])
    expect((await epmd.addressPlease('web-1', '127.0.0.1')).candidates[0]?.port).toBe(4001)
    await expect(epmd.addressPlease('far', '127.0.0.1')).rejects.toMatchObject({ code: 'EPMD_NOT_FOUND' })
    await expect(epmd.addressPlease('nobody', '127.0.0.1')).rejects.toMatchObject({ code: 'EPMD_NOT_FOUND' })
    epmd.close()
  })

  it('that fails is reported, and the registered nodes are still answered', async () => {
    const failures: unknown[] = []
    const broken = scriptedResolver({ srv: { [service]: new EpmdError('EPMD_TIMEOUT', 'slow', { hint: 'wait' }) } })
    await using server = await startEpmdServer({
      port: 0,
      directory: { service, epmd: new DynamicSrv({ resolver: broken }) },
      onError: (error) => failures.push(error),
    })
    const epmd = new ErlEpmd({ epmdPort: server.port })
    await epmd.registerNode('own', 4444)
    expect(await epmd.names()).toStrictEqual([{ name: 'own', port: 4444 }])
    await expect(epmd.addressPlease('web-1', '127.0.0.1')).rejects.toMatchObject({ code: 'EPMD_NOT_FOUND' })
    expect(failures).toMatchObject([{ code: 'EPMD_LOOKUP_FAILED' }, { code: 'EPMD_LOOKUP_FAILED' }])
    epmd.close()
  })
})
