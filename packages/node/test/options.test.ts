import { atom, type Term } from '@dynsrv/etf'
import { ODD_FUNCTIONS, type Odd } from '@dynsrv/tools/odd-values'
import { testOptionValues } from '@dynsrv/tools/options'
import { describe, expect, it } from 'vitest'
import { type NodeOptions, startNode } from '../src/index.ts'
import { startOurs } from './support/nodes.ts'
import { portInName } from './support/port-in-name.ts'

const VALID = { name: 'a_0@127.0.0.1', cookie: 'c', epmd: portInName(), listen: false } as const

async function start(options: object): Promise<void> {
  await using _node = await startNode(options as NodeOptions)
}

/** A start with these options inside an option. */
const inside = (name: string) => (options: object) => start({ ...VALID, [name]: options })
const FLAG: readonly Odd[] = ['true', 'false']
const OBJECT: readonly Odd[] = ['an empty object', 'an object without prototype']
const COOKIE: readonly Odd[] = ['a text', 'a control character']

testOptionValues(
  'NodeOptions',
  { take: start, valid: VALID },
  {
    name: [],
    cookie: [...COOKIE, ...ODD_FUNCTIONS],
    epmd: [],
    locate: ODD_FUNCTIONS,
    listen: ['false', ...OBJECT],
    hidden: FLAG,
    preventOverlappingPartitions: FLAG,
    shortNames: ['false'],
    setupTimeMs: ['a fraction'],
    netTickTimeMs: [],
    netTickIntensity: [],
    busyWaitMs: ['zero', 'a fraction'],
    autoConnect: FLAG,
    allow: ODD_FUNCTIONS,
    assignNames: FLAG,
    // What is near no known name may be an option of a later Node.js.
    tls: [...OBJECT, ...ODD_FUNCTIONS, 'an object of another kind', 'a circle', 'a getter that throws'],
    values: OBJECT,
    decode: OBJECT,
    logger: [],
    output: ODD_FUNCTIONS,
    limits: OBJECT,
    world: [],
  },
)

testOptionValues('NodeOptions.listen', { take: inside('listen') }, { port: ['zero'], host: [] })

const BOUND: readonly Odd[] = ['Infinity']
testOptionValues(
  'NodeOptions.limits',
  { take: inside('limits') },
  {
    busyBytes: BOUND,
    maxQueuedBytes: BOUND,
    maxInAllBytes: BOUND,
    maxWaiting: BOUND,
    maxUnauthenticated: BOUND,
    maxSpawned: BOUND,
    maxProcesses: BOUND,
    maxDown: BOUND,
    maxDials: BOUND,
    maxPrintedBytes: BOUND,
    maxLinks: BOUND,
    maxHeldBytes: BOUND,
    maxUnreadBytes: BOUND,
    maxFrameBytes: BOUND,
    maxPartialMessages: BOUND,
    maxPartialBytes: BOUND,
    maxPartialAgeMs: ['Infinity', 'a fraction', 'a huge number'],
  },
)

testOptionValues('NodeOptions.decode', { take: inside('decode') }, { binary: [], map: [], float: [], limits: OBJECT })

testOptionValues(
  'NodeOptions.decode.limits',
  { take: (limits) => inside('decode')({ limits }) },
  {
    depth: ['zero'],
    memoryBytes: ['zero'],
    inflatedBytes: ['zero'],
    integerBytes: ['zero'],
    atomBytes: ['zero'],
    atomCharacters: ['zero'],
  },
)

testOptionValues(
  'NodeOptions.cookie',
  { take: inside('cookie'), valid: { offered: 'c', accepted: ['c'] } },
  { offered: COOKIE, accepted: [] },
)

describe('a cookie', () => {
  it.each([
    '',
    '€',
    'x'.repeat(256),
    'secret\u{1f511}',
  ])('that no BEAM node takes is refused and not shown: %s', async (cookie) => {
    const error = await startNode({ ...VALID, cookie }).catch((reason: unknown) => reason as Error)
    expect(error).toMatchObject({ code: 'NODE_BAD_OPTION', message: expect.stringContaining('Latin-1') })
    if (cookie !== '') expect((error as Error).message).not.toContain(cookie)
  })

  it.each([
    [undefined, 'cookie is missing'],
    ['', 'cookie must be '],
  ])('that is %j is asked for with the way to make one', async (cookie, message) => {
    await expect(start({ ...VALID, cookie })).rejects.toMatchObject({
      message: expect.stringContaining(message),
      hint: expect.stringMatching(/^Give .*\. Make a good one with: dynsrv cookie new$/),
    })
  })

  it('of a function is checked before it is used', async () => {
    await using node = await startOurs('picky', { cookie: () => '€' })
    await using other = await startOurs('other')
    await expect(node.connect(other.self)).rejects.toMatchObject({
      code: 'NODE_BAD_OPTION',
      message: expect.stringMatching(/cookie option for other.* must be a string of 1 to 255 Latin-1/),
    })
  })
})

describe('tls', () => {
  it.each([
    [{ cret: 'x' }, 'there is no option tls.cret; did you mean tls.cert?'],
    [{ requestCrt: true }, 'there is no option tls.requestCrt; did you mean tls.requestCert?'],
    [{ rejectUnauthorised: true }, 'there is no option tls.rejectUnauthorised; did you mean tls.rejectUnauthorized?'],
    [{ CA: 'x' }, 'there is no option tls.CA; did you mean tls.ca?'],
  ])('misspelled as %o is refused', async (tls, message) => {
    await expect(startNode({ ...VALID, tls: tls as object })).rejects.toMatchObject({
      code: 'NODE_BAD_OPTION',
      message: `startNode: ${message}`,
    })
  })

  it('lets through what a later Node.js may know', async () => {
    await using node = await startNode({ ...VALID, tls: { somethingOfTheFuture: 1 } as object })
    expect(node.connected()).toEqual([])
  })

  const wrong: readonly (readonly [string, object | (() => object)])[] = [
    ['a certificate that is none', { cert: 'nonsense', key: 'nonsense' }],
    ['a certificate of the wrong type', { cert: 5 }],
    ['a version that does not exist', { minVersion: 'TLSv9' }],
    [
      'a function that throws',
      () => {
        throw new Error('no file')
      },
    ],
  ]
  it.each(wrong)('%s is refused at the start, and by a dial', async (_what, tls) => {
    const options = { cookie: 'c', epmd: portInName(), tls: tls as object }
    await expect(startNode({ ...options, name: 'a_0@127.0.0.1', listen: { port: 0 } })).rejects.toMatchObject({
      code: 'NODE_TLS',
    })
    await using node = await startNode({ ...options, name: 'b_0@127.0.0.1', listen: false })
    await using peer = await startOurs('peer')
    await expect(node.connect(peer.self)).rejects.toMatchObject({ code: 'NODE_TLS' })
  })

  it('of a function is checked when it is asked', async () => {
    await using node = await startNode({ ...VALID, tls: () => ({ cret: 'x' }) as object })
    await using peer = await startOurs('peer')
    await expect(node.connect(peer.self)).rejects.toMatchObject({ code: 'NODE_BAD_OPTION' })
  })
})

it('a look-up that gives a port that is none costs that address only', async () => {
  const { addressPlease, ...others } = portInName()
  await using peer = await startOurs('peer')
  for (const port of [0, -1, 65_536, 99_999, 1.5, Number.NaN, '4370x']) {
    const epmd = {
      ...others,
      addressPlease: async (alive: string, host: string) => {
        const { candidates, version } = await addressPlease(alive, host)
        return { candidates: [{ ...candidates[0]!, port: port as number }, ...candidates], version }
      },
    }
    await using node = await startOurs('dials', { epmd, listen: false })
    await node.connect(peer.self)
    expect(node.connected()).toEqual([peer.self])
  }
})

describe('before a peer is dialled', () => {
  it('a term without encoding and a wrong name are refused, and nobody is dialled', async () => {
    await using peer = await startOurs('peer')
    await using node = await startOurs('dials')
    const inbox = peer.mailbox('inbox')
    const to = { name: 'inbox', node: peer.self }
    const nothing = Number.NaN as Term
    const invalid = { code: 'NODE_MESSAGE_INVALID' }
    expect(() => node.send(to, nothing)).toThrow(expect.objectContaining(invalid))
    expect(() => node.send(inbox.pid, nothing)).toThrow(expect.objectContaining(invalid))
    expect(() => node.cast(to, nothing)).toThrow(expect.objectContaining(invalid))
    expect(() => node.erpcCast(peer.self, 'm', 'f', [nothing])).toThrow(expect.objectContaining(invalid))
    await expect(node.send(to, nothing, { whenBusy: 'wait' })).rejects.toMatchObject(invalid)
    await expect(node.call(to, nothing)).rejects.toMatchObject(invalid)
    await expect(node.erpc(peer.self, 'm', 'f', [nothing])).rejects.toMatchObject(invalid)
    await expect(node.rpc(peer.self, 'm', 'f', [nothing])).rejects.toMatchObject(invalid)
    await expect(node.spawn(peer.self, 'm', 'f', [nothing])).rejects.toMatchObject(invalid)
    expect(() => node.send({ name: 'inbox', node: 'no name' }, 1)).toThrow(
      expect.objectContaining({ code: 'NODE_NAME_NO_AT' }),
    )
    expect([node.peers(), peer.peers()]).toEqual([[], []])

    // The same over a link that is up, which goes on.
    await node.connect(peer.self)
    expect(() => node.send(to, nothing)).toThrow(expect.objectContaining(invalid))
    expect(() => node.erpcCast(peer.self, 'm', 'f', [nothing])).toThrow(expect.objectContaining(invalid))
    await expect(node.call(to, nothing)).rejects.toMatchObject(invalid)
    await expect(node.erpc(peer.self, 'm', 'f', [nothing])).rejects.toMatchObject(invalid)
    node.send(to, atom('right'))
    expect(await inbox.receive({ timeoutMs: 5_000 })).toBe(atom('right'))
  })
})

it('options that go together are refused apart', async () => {
  await using node = await startOurs('ours')
  const { signal } = new AbortController()
  expect(() => node.send(node.mailbox().pid, 1, { signal } as object)).toThrow(
    expect.objectContaining({ code: 'NODE_BAD_OPTION', message: "send: signal goes with whenBusy: 'wait' only" }),
  )
})

it('what a server does is checked by name and kind', async () => {
  await using node = await startOurs('ours')
  const serve = (handlers: object) => () => node.serve(handlers)
  expect(serve({ cal: () => 1 })).toThrow(
    expect.objectContaining({ message: 'serve: there is no option cal; did you mean call?' }),
  )
  for (const name of ['init', 'call', 'cast', 'info', 'terminate', 'show', 'replace']) {
    expect(serve({ [name]: 1 }), name).toThrow(expect.objectContaining({ code: 'NODE_BAD_OPTION' }))
  }
  for (const concurrency of [0, 1.5, -1, '2']) {
    expect(serve({ concurrency })).toThrow(expect.objectContaining({ code: 'NODE_BAD_OPTION' }))
  }
  expect(node.inspect().processes.filter(({ kind }) => kind === 'server')).toEqual([])
})

it('each call of many is checked, and costs that call', async () => {
  await using node = await startOurs('ours')
  node.expose('js', { one: () => 1 })
  const calls = [null, {}, { node: 'x' }, { node: node.self, module: 'js', name: 'one' }] as never[]
  const outcomes = []
  for await (const outcome of node.erpcMany<never>(calls))
    outcomes.push(outcome.ok ? outcome.value : outcome.error.code)
  expect(outcomes.sort()).toEqual([1, 'NODE_BAD_OPTION', 'NODE_BAD_OPTION', 'NODE_NAME_NO_AT'])
})
