import { readFile } from 'node:fs/promises'
import { startZoneServer } from '@dynsrv/srv-resolver'
import { companionArgs, startErl } from '@dynsrv/tools/beam'
import { freePort } from '@dynsrv/tools/free-port'
import { start } from 'dynsrv'
import { StatefulSet } from 'kubernetes-models/apps/v1'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { Secret, Service } from 'kubernetes-models/v1'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'

const FILE = new URL('../../examples/kubernetes/shop.yaml', import.meta.url)
const MODELS = { Service, Secret, StatefulSet, NetworkPolicy }

interface Manifest {
  readonly kind: keyof typeof MODELS
  readonly metadata: { readonly name: string }
  readonly spec: { readonly [key: string]: unknown }
}

async function manifests(): Promise<Manifest[]> {
  return parseAllDocuments(await readFile(FILE, 'utf8')).map((document) => document.toJS() as Manifest)
}

interface Variable {
  readonly name: string
  readonly value?: string
}

/** The environment of the first pod of a StatefulSet, as the kubelet fills it in. */
function podOf({ metadata, spec }: Manifest) {
  const { template } = spec as { template: { spec: { containers: [{ command?: string[]; env: Variable[] }] } } }
  const [container] = template.spec.containers
  const pod = `${metadata.name}-0`
  const env = container.env.map(({ name, value = '' }) => [name, value.replace('$(POD_NAME)', pod)])
  return { pod, command: container.command, env: Object.fromEntries(env) as Record<string, string> }
}

describe('the manifests of Kubernetes', () => {
  it('fit the schemas', async () => {
    const all = await manifests()
    expect(all.map(({ kind }) => kind)).toEqual(['Service', 'Secret', 'StatefulSet', 'StatefulSet', 'NetworkPolicy'])
    for (const { kind, ...rest } of all) {
      const Model = MODELS[kind] as new (manifest: never) => { validate(): void }
      expect(() => new Model(rest as never).validate(), kind).not.toThrow()
    }
    expect(() => new StatefulSet({ spec: { replicas: 'two' } } as never).validate()).toThrow(/replicas|required/)
  })

  it('describe a cluster that forms', async () => {
    const [service, , shop, prices] = (await manifests()) as [Manifest, Manifest, Manifest, Manifest]
    const [erlPod, ourPod] = [podOf(shop), podOf(prices)]
    const name = `${service.metadata.name}.default.svc.cluster.local`
    expect(ourPod.command).toContain(name)
    expect([erlPod.env.RELEASE_NODE, ourPod.env.RELEASE_NODE]).toEqual([`shop-0@${name}`, `prices-0@${name}`])
    expect(service.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true })
    expect([shop.spec.serviceName, prices.spec.serviceName]).toEqual(['shop', 'shop'])

    // One machine has one address for all pods, so here each has a port of its own.
    await using zone = await startZoneServer()
    const ports = [await freePort(), await freePort()] as const
    for (const [index, { pod }] of [erlPod, ourPod].entries()) {
      zone.add({ type: 'SRV', name, target: `${pod}.${name}`, port: ports[index]! })
      zone.add({ type: 'A', name: `${pod}.${name}`, address: '127.0.0.1' })
    }
    await using beam = await startErl({
      name: erlPod.env.RELEASE_NODE!,
      cookie: 'from-the-secret',
      args: companionArgs(),
      env: { ERL_DIST_PORT: String(ports[0]), DYNSRV_DNS: zone.address },
    })
    const env = { ...ourPod.env, ERL_DIST_PORT: String(ports[1]), RELEASE_COOKIE: 'from-the-secret' }
    await using cluster = await start({ service: name, dns: zone.address, env, pollingInterval: 200 })
    await cluster.ready({ minPeers: 1 })
    expect(cluster.members()).toEqual([`shop-0@${name}`])
    expect(await beam.eval('nodes(hidden)')).toBe(`['prices-0@${name}']`)
  })
})
