import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { nodeName } from '@dynsrv/epmd-shim'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { discoveryOf } from '../../src/discover.ts'
import { type KubernetesOptions, kubernetes, kubernetesNodes } from '../../src/index.ts'
import { FakeMembership } from '../fake-membership.ts'

// Objects as the API reference documents them, with the fields that a real server also sends.
const ENDPOINTS = {
  kind: 'EndpointsList',
  apiVersion: 'v1',
  metadata: { resourceVersion: '10245' },
  items: [
    {
      metadata: { name: 'web', namespace: 'prod', labels: { app: 'web' } },
      subsets: [
        {
          addresses: [
            {
              ip: '10.1.0.5',
              hostname: 'web-0',
              nodeName: 'n1',
              targetRef: { kind: 'Pod', namespace: 'prod', name: 'web-0' },
            },
            {
              ip: '10.1.0.6',
              hostname: 'web-1',
              nodeName: 'n2',
              targetRef: { kind: 'Pod', namespace: 'prod', name: 'web-1' },
            },
          ],
          notReadyAddresses: [{ ip: '10.1.0.9', targetRef: { kind: 'Pod', namespace: 'prod', name: 'web-2' } }],
          ports: [{ name: 'dist', port: 4370, protocol: 'TCP' }],
        },
      ],
    },
  ],
}
const SLICES = {
  kind: 'EndpointSliceList',
  apiVersion: 'discovery.k8s.io/v1',
  metadata: { resourceVersion: '7' },
  items: [
    {
      addressType: 'IPv4',
      metadata: { name: 'web-abc', namespace: 'prod', labels: { 'kubernetes.io/service-name': 'web' } },
      endpoints: [
        {
          addresses: ['10.1.0.5'],
          conditions: { ready: true, serving: true },
          hostname: 'web-0',
          targetRef: { kind: 'Pod', namespace: 'prod', name: 'web-0' },
        },
        { addresses: ['10.1.0.6'], conditions: {} },
        { addresses: ['10.1.0.7'], conditions: { ready: false, serving: false, terminating: true } },
      ],
    },
  ],
}
/** The slices of a dual-stack service: one of each family, as the API server makes them. */
function dualStack(pods: readonly (readonly [four: string | undefined, six: string | undefined, facts: object])[]) {
  const slice = (addressType: string, which: 0 | 1) => ({
    addressType,
    metadata: { name: `web-${addressType}`, namespace: 'prod' },
    endpoints: pods.flatMap((pod) => (pod[which] === undefined ? [] : [{ addresses: [pod[which]], ...pod[2] }])),
  })
  return { items: [slice('IPv6', 1), slice('IPv4', 0)] }
}
const podRef = (name: string) => ({ targetRef: { kind: 'Pod', namespace: 'prod', name } })

const PODS = {
  kind: 'PodList',
  apiVersion: 'v1',
  metadata: { resourceVersion: '9' },
  items: [
    {
      metadata: { name: 'web-0', namespace: 'prod' },
      spec: { hostname: 'web-0' },
      status: { phase: 'Running', podIP: '10.1.0.5' },
    },
    { metadata: { name: 'web-1', namespace: 'prod' }, spec: {}, status: { phase: 'Pending' } },
    {
      metadata: { name: 'web-2', namespace: 'prod', deletionTimestamp: '2024-05-01T00:00:00Z' },
      spec: {},
      status: { phase: 'Running', podIP: '10.1.0.7' },
    },
    { metadata: { name: 'job-1', namespace: 'prod' }, spec: {}, status: { phase: 'Succeeded', podIP: '10.1.0.8' } },
  ],
}

let server: Server
let master: string
let account: string
let answer: (request: IncomingMessage, response: ServerResponse) => void
const asked: URL[] = []
const watches: ServerResponse[] = []
const { signal } = new AbortController()

beforeEach(async () => {
  asked.length = 0
  watches.length = 0
  answer = (request, response) => {
    const { pathname } = new URL(request.url!, 'http://api')
    const lists = { endpoints: ENDPOINTS, endpointslices: SLICES, pods: PODS }
    response.end(JSON.stringify(lists[pathname.split('/').at(-1) as keyof typeof lists]))
  }
  server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://api')
    asked.push(url)
    if (request.headers.authorization !== 'Bearer t0ken') response.writeHead(401).end()
    else if (url.searchParams.has('watch')) {
      response.writeHead(200).flushHeaders()
      watches.push(response)
      server.emit('watching')
    } else answer(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  master = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  account = temporaryFolder('account')
  await writeFile(join(account, 'token'), 't0ken\n')
  await writeFile(join(account, 'namespace'), 'prod')
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const options = (more: Partial<KubernetesOptions> = {}): KubernetesOptions => ({
  nodeBasename: 'app',
  selector: 'app=web',
  master,
  serviceAccountPath: account,
  clusterDomain: 'cluster.local',
  ...more,
})
const found = async (more: Partial<KubernetesOptions> = {}) => {
  const discovery = await kubernetesNodes(options(more))({ signal })
  return 'nodes' in discovery ? [...discovery.nodes] : []
}

describe('list', () => {
  it.each<[Partial<KubernetesOptions>, string, string[]]>([
    [{}, '/api/v1/namespaces/prod/endpoints', ['app@10.1.0.5', 'app@10.1.0.6']],
    [
      { mode: 'dns' },
      '/api/v1/namespaces/prod/endpoints',
      ['app@10-1-0-5.prod.pod.cluster.local', 'app@10-1-0-6.prod.pod.cluster.local'],
    ],
    [
      { mode: 'hostname', serviceName: 'web' },
      '/api/v1/namespaces/prod/endpoints',
      ['app@web-0.web.prod.svc.cluster.local', 'app@web-1.web.prod.svc.cluster.local'],
    ],
    [
      { ipLookupMode: 'endpointSlices' },
      '/apis/discovery.k8s.io/v1/namespaces/prod/endpointslices',
      ['app@10.1.0.5', 'app@10.1.0.6'],
    ],
    [{ ipLookupMode: 'pods' }, '/api/v1/namespaces/prod/pods', ['app@10.1.0.5']],
    [
      { ipLookupMode: 'pods', mode: 'hostname', serviceName: 'web', clusterDomain: 'corp.k8s.' },
      '/api/v1/namespaces/prod/pods',
      ['app@web-0.web.prod.svc.corp.k8s'],
    ],
    [{ namespace: 'other' }, '/api/v1/namespaces/other/endpoints', ['app@10.1.0.5', 'app@10.1.0.6']],
  ])('%o', async (more, path, expected) => {
    expect(await found(more)).toStrictEqual(expected)
    expect(asked[0]).toMatchObject({ pathname: path })
    expect(asked[0]!.searchParams.get('labelSelector')).toBe('app=web')
  })

  it('asks the cache with useCachedResources', async () => {
    await found({ useCachedResources: true })
    expect(asked[0]!.searchParams.get('resourceVersion')).toBe('0')
  })

  it.each([
    [403, 'STRATEGY_SOURCE_REFUSED'],
    [500, 'STRATEGY_SOURCE_UNREACHABLE'],
  ])('%i is a failure, not an empty list', async (status, code) => {
    answer = (_request, response) => void response.writeHead(status).end('{}')
    await expect(found()).rejects.toMatchObject({ code })
  })

  it('a list without items is not understood', async () => {
    answer = (_request, response) => void response.end('{"kind":"Status"}')
    await expect(found()).rejects.toMatchObject({ code: 'STRATEGY_SOURCE_MALFORMED' })
  })

  it('leaves out a pod whose address or name is none, and takes the others', async () => {
    const addresses = ['10.1.0.5', 'evil.test', '10.1.0.5.evil.test', '', 7].map((ip, index) => ({
      ip,
      targetRef: { namespace: 'prod', name: `web-${index}` },
    }))
    const ports = [0, -1, 65_536, 99_999, '4370x'].map((port) => ({ name: 'dist', port }))
    const list = { items: [{ metadata: { namespace: 'prod' }, subsets: [{ addresses, ports }] }] }
    answer = (_request, response) => void response.end(JSON.stringify(list))
    // The ports are not read: a name `<base>@<ip>` is dialled where another lookup says.
    expect(await kubernetesNodes(options())({ signal })).toMatchObject({
      nodes: new Set(['app@10.1.0.5']),
      ignored: [
        { target: 'web-1', reason: "its address 'evil.test' is not an IP address" },
        { target: 'web-2', reason: "its address '10.1.0.5.evil.test' is not an IP address" },
        { target: 'web-3', reason: 'it has no address' },
        { target: 'web-4', reason: 'it has no address' },
      ],
    })
    const hostnames = ['web-0', 'web 1', 'we\u0007b'].map((hostname, index) => ({ ip: `10.1.0.${index}`, hostname }))
    const named = { items: [{ metadata: { namespace: 'prod' }, subsets: [{ addresses: hostnames }] }] }
    answer = (_request, response) => void response.end(JSON.stringify(named))
    expect(await kubernetesNodes(options({ mode: 'hostname', serviceName: 'web' }))({ signal })).toMatchObject({
      nodes: new Set(['app@web-0.web.prod.svc.cluster.local']),
      ignored: [{ target: '10.1.0.1' }, { target: '10.1.0.2' }],
    })
  })

  it('shows no credentials in an error, whatever goes wrong', async () => {
    const secret = (url: string) => url.replace('//', '//ops:s3cret@')
    answer = (_request, response) => void response.writeHead(500).end('{}')
    const refused = await kubernetesNodes(options({ master: secret(master) }))({ signal }).catch((error) => error)
    expect(refused).toMatchObject({ code: 'STRATEGY_SOURCE_UNREACHABLE' })
    const down = await kubernetesNodes(options({ master: 'http://ops:s3cret@127.0.0.1:1' }))({ signal }).catch(
      (error) => error,
    )
    expect(down).toMatchObject({ code: 'STRATEGY_SOURCE_UNREACHABLE', message: expect.stringContaining('127.0.0.1:1') })
    await writeFile(join(account, 'token'), 't0ken\nwith a line end')
    const unsendable = await kubernetesNodes(options())({ signal }).catch((error) => error)
    expect(unsendable).toMatchObject({ code: 'STRATEGY_SOURCE_UNREACHABLE' })
    let misspelled: unknown
    try {
      kubernetes(new FakeMembership(), options({ master: 'ftp://ops:s3cret@host' }))
    } catch (error) {
      misspelled = error
    }
    expect(misspelled).toMatchObject({ code: 'STRATEGY_BAD_OPTION' })
    for (const failure of [refused, down, unsendable, misspelled]) {
      expect(inspect(failure, { depth: 10, showHidden: true })).not.toMatch(/s3cret|t0ken/)
    }
  })

  it('does not read on what a refusal says without end', async () => {
    const closed = new Promise((resolve) => {
      answer = (_request, response) => {
        response.writeHead(500)
        const more = () => {
          while (response.write('x'.repeat(65_536)));
        }
        response.on('drain', more).once('close', () => resolve('closed'))
        more()
      }
    })
    await expect(found()).rejects.toMatchObject({ code: 'STRATEGY_SOURCE_UNREACHABLE' })
    expect(await closed).toBe('closed')
  })

  it('needs a service name for host names', () => {
    expect(() => kubernetes(new FakeMembership(), options({ mode: 'hostname' }))).toThrow(
      expect.objectContaining({ code: 'STRATEGY_BAD_OPTION', message: expect.stringContaining('serviceName') }),
    )
  })
})

describe('watch', () => {
  /** A strategy that has joined the one pod, and watches. */
  async function watched() {
    const strategy = kubernetes(new FakeMembership(), {
      ...options({ ipLookupMode: 'pods' }),
      pollingInterval: 3_600_000,
    })
    const watching = once(server, 'watching')
    strategy.start()
    await strategy.ready()
    await watching
    return strategy
  }

  it('gives up a line without end, and begins anew', async () => {
    await using _strategy = await watched()
    const again = once(server, 'watching')
    const closed = once(watches[0]!, 'close')
    let sent = 0
    const more = () => {
      while (!watches[0]!.destroyed && watches[0]!.write('x'.repeat(65_536))) sent += 65_536
    }
    watches[0]!.on('drain', more)
    more()
    await closed
    expect(sent).toBeLessThan(64 * 1024 * 1024)
    await again
    expect(watches).toHaveLength(2)
  })

  it('reads lines however they are cut into pieces', async () => {
    await using strategy = await watched()
    const polled = async () => {
      for await (const { type } of strategy.events()) if (type === 'polled') return
    }
    for (const pieces of [
      ['{"type":"ADD', 'ED"}\n'],
      ['{}\n{}\n{"a"', ':1}', '\n'],
    ]) {
      const asked = polled()
      for (const piece of pieces) watches[0]!.write(piece)
      await asked
    }
    expect(watches).toHaveLength(1)
  })

  it('a change joins long before the next poll, and goes on after the server ended the watch', async () => {
    await using strategy = await watched()
    const grown = structuredClone(PODS)
    grown.items[1]!.status = { phase: 'Running', podIP: '10.1.0.6' }
    answer = (_request, response) => void response.end(JSON.stringify(grown))
    watches[0]!.write(`${JSON.stringify({ type: 'MODIFIED', object: grown.items[1] })}\n`)
    await strategy.ready({ minPeers: 2 })
    const again = once(server, 'watching')
    watches[0]!.end()
    await again
    expect(watches).toHaveLength(2)
  })
})

describe('EndpointSlices of both address families', () => {
  const two = (first: object, second: object) =>
    dualStack([
      ['10.1.0.5', 'fd00::5', first],
      ['10.1.0.6', 'fd00::6', second],
    ])
  const base = { nodeBasename: 'web', selector: 'app=web', ipLookupMode: 'endpointSlices', watch: false } as const
  const nodesOf = async (slices: object, options: Partial<KubernetesOptions> = {}) => {
    answer = (_request, response) => void response.end(JSON.stringify(slices))
    const source = kubernetesNodes({ ...base, master, serviceAccountPath: account, ...options })
    const { nodes } = discoveryOf(await source({ signal }))
    return [...nodes].sort()
  }

  it.each([
    ['the pods that they name', podRef('web-0'), podRef('web-1')],
    ['their host names', { hostname: 'web-0' }, { hostname: 'web-1' }],
    ['the machines they run on, when there is nothing else', { nodeName: 'n1' }, { nodeName: 'n2' }],
  ])('list two pods as two members, by %s', async (_what, first, second) => {
    expect(await nodesOf(two(first, second))).toStrictEqual(['web@10.1.0.5', 'web@10.1.0.6'])
    expect(await nodesOf(two(first, second), { ipFamily: 6 })).toStrictEqual(['web@fd00::5', 'web@fd00::6'])
  })

  it('list what cannot be told apart under all addresses', async () => {
    const all = ['web@10.1.0.5', 'web@10.1.0.6', 'web@fd00::5', 'web@fd00::6']
    expect(await nodesOf(two({ nodeName: 'n1' }, { nodeName: 'n1' }))).toStrictEqual(all)
    expect(await nodesOf(two({}, {}))).toStrictEqual(all)
  })

  it('list a pod of one family under the address that it has', async () => {
    const slices = dualStack([
      ['10.1.0.5', 'fd00::5', podRef('web-0')],
      [undefined, 'fd00::6', podRef('web-1')],
    ])
    expect(await nodesOf(slices)).toStrictEqual(['web@10.1.0.5', 'web@fd00::6'])
  })

  it('name a pod by its IPv6 address as Erlang writes it, however it stands there', async () => {
    const slices = dualStack([[undefined, 'FDAA:0:0:A7B::0:2', {}]])
    expect(await nodesOf(slices, { ipFamily: 6 })).toStrictEqual(['web@fdaa:0:0:a7b::2'])
    const endpoints = { items: [{ metadata: { namespace: 'prod' }, subsets: [{ addresses: [{ ip: 'fd00:0::05' }] }] }] }
    expect(await nodesOf(endpoints, { ipLookupMode: 'endpoints' })).toStrictEqual(['web@fd00::5'])
    const pods = { items: [{ metadata: { name: 'web-0' }, status: { podIP: 'fd00:0000::0005' } }] }
    expect(await nodesOf(pods, { ipLookupMode: 'pods' })).toStrictEqual(['web@fd00::5'])
  })

  it.each([
    ['self@10.1.0.9', ['web@10.1.0.5', 'web@10.1.0.6']],
    ['self@fd00::9', ['web@fd00::5', 'web@fd00::6']],
    ['self@svc.test', ['web@10.1.0.5', 'web@10.1.0.6']],
  ])('name the members of %s as it is named itself', async (self, expected) => {
    answer = (_request, response) => void response.end(JSON.stringify(two(podRef('web-0'), podRef('web-1'))))
    const membership = new FakeMembership(self)
    await using strategy = kubernetes(membership, { ...base, master, serviceAccountPath: account })
    strategy.start()
    await strategy.ready({ minPeers: 2 })
    expect(membership.connected().sort()).toStrictEqual(expected)
  })
})

it.each([
  ['hostname', 'web@web-0.web.prod.svc.cluster.local'],
  ['dns', 'web@10-1-0-5.prod.pod.cluster.local'],
  ['ip', 'web@10.1.0.5'],
] as const)('dials a pod named by %s at the address that the API says, whatever DNS says of the name', async (mode, name) => {
  const membership = new FakeMembership()
  const options = { nodeBasename: 'web', selector: 'app=web', serviceName: 'web', mode, watch: false }
  await using strategy = kubernetes(membership, { ...options, master, serviceAccountPath: account })
  strategy.start()
  await strategy.ready({ minPeers: 2 })
  expect(membership.addresses.get(nodeName(name))).toStrictEqual([{ ip: '10.1.0.5', family: 4 }])
  expect(membership.endpoints.get(nodeName(name))).toBeUndefined()
})
