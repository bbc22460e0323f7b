import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { temporaryFolder } from '@dynsrv/tools/temporary-folder'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
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

  it('asks the cache when told to', async () => {
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

  it('needs a service name for host names', () => {
    expect(() => kubernetes(new FakeMembership(), options({ mode: 'hostname' }))).toThrow(
      expect.objectContaining({ code: 'STRATEGY_BAD_OPTION', message: expect.stringContaining('serviceName') }),
    )
  })
})

describe('watch', () => {
  it('a change joins long before the next poll, and goes on after the server ended the watch', async () => {
    const membership = new FakeMembership()
    await using strategy = kubernetes(membership, { ...options({ ipLookupMode: 'pods' }), pollingInterval: 3_600_000 })
    const watching = once(server, 'watching')
    strategy.start()
    await strategy.ready()
    await watching
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
