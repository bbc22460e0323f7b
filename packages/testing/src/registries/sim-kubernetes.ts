import type { ServerResponse } from 'node:http'
import type { Host } from '../host.ts'
import type { SimLog } from '../log/sim-log.ts'
import { HttpRegistry, type RegisteredMember } from './http-registry.ts'

const PORT = 8_001
/** The namespace of all members. */
export const NAMESPACE = 'default'
/** How long a watch lasts that does not say it. Unit: seconds. */
const WATCH_SECONDS = 1_800

/** Makes the Kubernetes API of a simulation. */
export let makeKubernetes: (host: Host, log: SimLog) => SimKubernetes

type Kind = 'endpointslices' | 'endpoints' | 'pods'
const KINDS: Readonly<Record<Kind, { readonly kind: string; readonly apiVersion: string }>> = {
  endpointslices: { kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1' },
  endpoints: { kind: 'Endpoints', apiVersion: 'v1' },
  pods: { kind: 'Pod', apiVersion: 'v1' },
}
const PATH = /^(?:\/api\/v1|\/apis\/discovery\.k8s\.io\/v1)\/namespaces\/default\/(endpointslices|endpoints|pods)$/

/**
 * The Kubernetes API in a simulation: EndpointSlices, Endpoints and Pods of the namespace `default`, listed and watched. Every
 * member is a ready pod with the label `app`, which is the first label of its SRV name.
 *
 * @see Kubernetes, "API concepts": efficient detection of changes
 */
export class SimKubernetes extends HttpRegistry {
  static {
    makeKubernetes = (host, log) => new SimKubernetes(host, log)
  }

  private constructor(host: Host, log: SimLog) {
    super(host, PORT, log)
  }

  protected override answer(url: URL, response: ServerResponse): void {
    const kind = PATH.exec(url.pathname)?.[1] as Kind | undefined
    if (kind === undefined) {
      this.send(response, { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404 }, 404)
      return
    }
    const { searchParams } = url
    const app = appOf(searchParams.get('labelSelector') ?? '')
    if (searchParams.get('watch') !== null) this.#watch(kind, app, Number(searchParams.get('timeoutSeconds')), response)
    else {
      const { kind: one, apiVersion } = KINDS[kind]
      this.send(response, { kind: `${one}List`, apiVersion, metadata: this.#version, items: this.#items(kind, app) })
    }
  }

  /** Without a resource version, a watch begins with what is there. */
  #watch(kind: Kind, app: string | undefined, seconds: number, response: ServerResponse): void {
    const tell = (type: string, object: unknown): void => void response.write(`${JSON.stringify({ type, object })}\n`)
    response.setHeader('content-type', 'application/json')
    response.flushHeaders()
    let known = new Map<string, string>()
    const look = (): void => {
      const items = this.#items(kind, app)
      const now = new Map(
        items.map((item) => [item.metadata.name, JSON.stringify({ ...item, metadata: item.metadata.name })]),
      )
      for (const item of items) {
        const { name } = item.metadata
        if (!known.has(name)) tell('ADDED', item)
        else if (known.get(name) !== now.get(name)) tell('MODIFIED', item)
      }
      for (const name of known.keys())
        if (!now.has(name)) tell('DELETED', { ...KINDS[kind], metadata: { name, namespace: NAMESPACE } })
      known = now
    }
    look()
    this.wait(response, (seconds > 0 ? seconds : WATCH_SECONDS) * 1_000, look, () => response.end())
  }

  get #version() {
    return { resourceVersion: String(this.index) }
  }

  #items(kind: Kind, app: string | undefined) {
    const members = this.members.filter(({ service }) => app === undefined || service === app)
    const services = new Map<string, RegisteredMember[]>()
    for (const member of members) services.set(member.service, [...(services.get(member.service) ?? []), member])
    const metadata = (name: string, label: string) => ({
      ...{ name, namespace: NAMESPACE, labels: { app: label, 'kubernetes.io/service-name': label } },
      ...this.#version,
    })
    if (kind === 'pods') {
      return members.map(({ id, ip, service }) => ({
        ...KINDS.pods,
        metadata: metadata(id, service),
        spec: { hostname: id },
        status: { phase: 'Running', podIP: ip },
      }))
    }
    return [...services].map(([service, all]) =>
      kind === 'endpointslices'
        ? {
            ...KINDS[kind],
            addressType: 'IPv4',
            metadata: metadata(`${service}-1`, service),
            endpoints: all.map(endpoint),
            ports: ports(all),
          }
        : {
            ...KINDS[kind],
            metadata: metadata(service, service),
            subsets: [{ addresses: all.map(address), ports: ports(all) }],
          },
    )
  }
}

function podRef(name: string) {
  return { kind: 'Pod', namespace: NAMESPACE, name }
}

function endpoint({ id, ip }: RegisteredMember) {
  const conditions = { ready: true, serving: true, terminating: false }
  return { addresses: [ip], conditions, hostname: id, targetRef: podRef(id), nodeName: `machine-${id}` }
}

function address({ id, ip }: RegisteredMember) {
  return { ip, hostname: id, targetRef: podRef(id), nodeName: `machine-${id}` }
}

function ports(members: readonly RegisteredMember[]) {
  return members.slice(0, 1).map(({ port }) => ({ name: 'dist', port, protocol: 'TCP' }))
}

/** What `app=…` of a selector wants; undefined without it. */
function appOf(selector: string): string | undefined {
  return selector
    .split(',')
    .map((each) => each.split(/==?/))
    .find(([key]) => key?.trim() === 'app')?.[1]
    ?.trim()
}
