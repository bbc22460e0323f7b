import { once } from 'node:events'
import { createServer, Socket } from 'node:net'
import { EpmdError, FixedPort, Static } from '@dynsrv/epmd-shim'
import { realWorld } from '@dynsrv/kit'
import { describe, expect, it, vi } from 'vitest'
import { type Node, type NodeOptions, startNode } from '../../src/index.ts'
import { startBeamPeer } from '../support/beam-peer.ts'
import { startOurs } from '../support/nodes.ts'

/** A node whose address lookup is counted. */
async function startDialler(nodes: ConstructorParameters<typeof Static>[0] = {}) {
  const epmd = new Static(nodes)
  const asked = vi.spyOn(epmd, 'addressPlease')
  return { node: await startNode({ name: 'dials@127.0.0.1', cookie: 'secret', epmd, listen: false }), asked }
}

/** A port of this machine on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** The test's BEAM nodes have their port in the name. */
const portOf = (name: string) => Number(/_(\d+)@/.exec(name)?.[1])
const at = (port: number | undefined) => ({ ip: '127.0.0.1', family: 4 as const, port: port! })

describe('a peer whose endpoints are given', () => {
  it('is dialled there, and nobody is asked for its address', async () => {
    await using erl = await startBeamPeer('there', { cookie: 'secret' })
    const { node, asked } = await startDialler()
    await using dials = node
    await dials.connect(erl.name, { endpoints: [at(await closedPort()), at(portOf(erl.name))] })
    expect(dials.connected()).toStrictEqual([erl.name])
    expect(asked).not.toHaveBeenCalled()
  })

  it('is looked up when nobody is there any more', async () => {
    await using peer = await startOurs('moved', { cookie: 'secret' })
    const { node, asked } = await startDialler({ [peer.self]: at(peer.port) })
    await using dials = node
    await dials.connect(peer.self, { endpoints: [at(await closedPort())] })
    expect(dials.connected()).toStrictEqual([peer.self])
    expect(asked).toHaveBeenCalledOnce()
  })

  it('is looked up when somebody else is there now', async () => {
    await using peer = await startOurs('moved', { cookie: 'secret' })
    await using other = await startOurs('other', { cookie: 'secret' })
    const { node } = await startDialler({ [peer.self]: at(peer.port) })
    await using dials = node
    await dials.connect(peer.self, { endpoints: [at(other.port)] })
    expect(dials.connected()).toStrictEqual([peer.self])
  })

  it('fails with why nobody answered there when it cannot be looked up either', async () => {
    const { node, asked } = await startDialler()
    await using dials = node
    const endpoints = [at(await closedPort())]
    await expect(dials.connect('gone@127.0.0.1', { endpoints })).rejects.toMatchObject({ code: 'NODE_REFUSED' })
    asked.mockResolvedValue({ candidates: endpoints, version: 6 })
    await expect(dials.connect('gone@127.0.0.1', { endpoints })).rejects.toMatchObject({ code: 'NODE_REFUSED' })
    await expect(dials.connect('gone@127.0.0.1', { endpoints: [] })).rejects.toMatchObject({ code: 'NODE_REFUSED' })
    asked.mockRejectedValue(new EpmdError('EPMD_NOT_FOUND', 'no such node'))
    await expect(dials.connect('gone@127.0.0.1')).rejects.toMatchObject({ code: 'NODE_LOOKUP_FAILED' })
  })

  it('fails with that, too, when the look-up stays silent, and ends the look-up', async () => {
    const { node, asked } = await startDialler()
    await using dials = node
    let ended = false
    asked.mockImplementation((_alive, _host, _family, options) => {
      options!.signal!.addEventListener('abort', () => {
        ended = true
      })
      return new Promise(() => undefined)
    })
    const endpoints = [at(await closedPort())]
    await expect(dials.connect('gone@127.0.0.1', { endpoints })).rejects.toMatchObject({ code: 'NODE_REFUSED' })
    expect(ended).toBe(true)
  })

  it.each([
    [{ ip: 'localhost', family: 4, port: 1 }],
    [{ ip: '127.0.0.1', family: 6, port: 1 }],
    [{ ip: '127.0.0.1', family: 4, port: 0 }],
    [null],
    '127.0.0.1:4370',
  ])('endpoints that are none are refused: %o', async (endpoints) => {
    const { node } = await startDialler()
    await using dials = node
    await expect(dials.connect('gone@127.0.0.1', { endpoints: endpoints as never })).rejects.toMatchObject({
      code: 'NODE_BAD_OPTION',
    })
  })
})

describe('an address that comes late', () => {
  /** A node of whose dials those to the first port are answered by nobody. */
  async function startPatient(silent: number) {
    const connect: typeof realWorld.network.connect = (options) =>
      options.port === silent ? new Socket() : realWorld.network.connect(options)
    const epmd = new Static({})
    const world = { ...realWorld, network: { ...realWorld.network, connect } }
    const node = await startNode({ name: 'waits@127.0.0.1', cookie: 'secret', epmd, listen: false, world })
    return { node, asked: vi.spyOn(epmd, 'addressPlease') }
  }
  const SILENT = 1

  it('joins the race with one that is silent', async () => {
    await using peer = await startOurs('late', { cookie: 'secret' })
    const { node, asked } = await startPatient(SILENT)
    await using dials = node
    await dials.connect(peer.self, { endpoints: [at(SILENT)], later: Promise.resolve([at(peer.port)]) })
    expect(dials.connected()).toStrictEqual([peer.self])
    expect(asked).not.toHaveBeenCalled()
  })

  it('is waited for when all others have failed', async () => {
    await using peer = await startOurs('late', { cookie: 'secret' })
    const { node, asked } = await startPatient(SILENT)
    await using dials = node
    const refused = vi.spyOn(Socket.prototype, 'destroy')
    let come!: (addresses: readonly ReturnType<typeof at>[]) => void
    const later = new Promise<readonly ReturnType<typeof at>[]>((resolve) => {
      come = resolve
    })
    const connected = dials.connect(peer.self, { endpoints: [at(await closedPort())], later })
    await expect.poll(() => refused.mock.calls).not.toHaveLength(0)
    refused.mockRestore()
    come([at(peer.port)])
    await connected
    expect(dials.connected()).toStrictEqual([peer.self])
    expect(asked).not.toHaveBeenCalled()
  })

  it('comes from the address lookup as well', async () => {
    await using peer = await startOurs('late', { cookie: 'secret' })
    const { node, asked } = await startPatient(SILENT)
    await using dials = node
    asked.mockResolvedValue({ candidates: [at(SILENT)], later: Promise.resolve([at(peer.port)]), version: 6 })
    await dials.connect(peer.self)
    expect(dials.connected()).toStrictEqual([peer.self])
  })

  it.each([
    ['nothing', []],
    ['no list', 'nonsense'],
    ['no address', [{ ip: 'a.test', family: 4, port: 1 }]],
  ])('changes nothing when it is %s', async (_what, late) => {
    const { node } = await startPatient(SILENT)
    await using dials = node
    const later = Promise.resolve(late as never)
    await expect(dials.connect('gone@127.0.0.1', { endpoints: [at(await closedPort())], later })).rejects.toMatchObject(
      { code: 'NODE_REFUSED' },
    )
  })

  it('is no option unless it is a promise', async () => {
    const { node } = await startPatient(SILENT)
    await using dials = node
    await expect(dials.connect('gone@127.0.0.1', { later: [] as never })).rejects.toMatchObject({
      code: 'NODE_BAD_OPTION',
    })
  })
})

it('a peer of which only the port is unknown is looked up by the addresses of its host', async () => {
  await using peer = await startOurs('pod', { cookie: 'secret' })
  const lookup = vi.fn(() => Promise.reject(new Error('the host was looked up')))
  const epmd = new FixedPort(peer.port!, { lookup })
  await using dials = await startNode({ name: 'dials@127.0.0.1', cookie: 'secret', epmd, listen: false })
  await expect(dials.connect(peer.self)).rejects.toMatchObject({ code: 'NODE_LOOKUP_FAILED' })
  await dials.connect(peer.self, { addresses: [{ ip: '127.0.0.1', family: 4 }] })
  expect(dials.connected()).toStrictEqual([peer.self])
  expect(lookup).toHaveBeenCalledOnce()
  const wrong = [{ ip: 'localhost', family: 4 as const }]
  await expect(dials.connect(peer.self, { addresses: wrong })).rejects.toMatchObject({ code: 'NODE_BAD_OPTION' })
})

describe('a peer that is dialled by its name', () => {
  async function startLocating(
    locate: NonNullable<NodeOptions['locate']>,
    nodes: ConstructorParameters<typeof Static>[0] = {},
  ) {
    const epmd = new Static(nodes)
    const asked = vi.spyOn(epmd, 'addressPlease')
    const located = vi.fn(locate)
    const node = await startNode({ name: 'dials@127.0.0.1', cookie: 'secret', epmd, listen: false, locate: located })
    return { node, asked, located }
  }

  it.each([
    ['a send', (dials: Node, peer: string) => void dials.send({ name: 'box', node: peer }, 1)],
    ['a monitor', (dials: Node, peer: string) => void dials.monitorNode(peer, () => undefined)],
    ['a connect', (dials: Node, peer: string) => dials.connect(peer)],
    ['a ping', (dials: Node, peer: string) => dials.ping(peer)],
    [
      'a send that waits',
      (dials: Node, peer: string) => dials.send({ name: 'box', node: peer }, 1, { whenBusy: 'wait' }),
    ],
  ])('is dialled by %s where the program knows that it listens, and nobody is asked for its address', async (_what, dial) => {
    await using peer = await startOurs('known', { cookie: 'secret' })
    const up = once(peer, 'nodeup')
    const { node, asked, located } = await startLocating(async () => ({ endpoints: [at(peer.port)] }))
    await using dials = node
    await dial(dials, peer.self)
    await up
    expect(located).toHaveBeenCalledExactlyOnceWith(peer.self, { signal: expect.any(AbortSignal) })
    expect(asked).not.toHaveBeenCalled()
  })

  it.each<[string, (closed: number) => ReturnType<NonNullable<NodeOptions['locate']>>]>([
    ['is not there any more', async (closed) => ({ endpoints: [at(closed)] })],
    ['is not known', async () => undefined],
    ['is said to have no endpoints', async () => ({ endpoints: [] })],
    ['is said to be at what is no address', async () => ({ endpoints: [{ ip: 'a.test', family: 4, port: 1 }] })],
    ['cannot be said', () => Promise.reject(new Error('no answer'))],
  ])('is looked up when where it listens %s', async (_what, locate) => {
    await using peer = await startOurs('moved', { cookie: 'secret' })
    const closed = await closedPort()
    const { node, asked } = await startLocating(() => locate(closed), { [peer.self]: at(peer.port) })
    await using dials = node
    await dials.connect(peer.self)
    expect(dials.connected()).toStrictEqual([peer.self])
    expect(asked).toHaveBeenCalledOnce()
  })

  it('is looked up at once when the caller says that it knows no endpoints', async () => {
    await using peer = await startOurs('asked', { cookie: 'secret' })
    const { node, located } = await startLocating(async () => ({ endpoints: [] }), { [peer.self]: at(peer.port) })
    await using dials = node
    await dials.connect(peer.self, { endpoints: [] })
    expect(dials.connected()).toStrictEqual([peer.self])
    expect(located).not.toHaveBeenCalled()
  })
})
