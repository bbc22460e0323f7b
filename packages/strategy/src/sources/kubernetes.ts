import { isIP } from 'node:net'
import { join } from 'node:path'
import type { NodeName } from '@dynsrv/epmd-shim'
import {
  codeOf,
  duration,
  type Files,
  filledText,
  flag,
  httpUrl,
  oneOf,
  type Rules,
  readSome,
  required,
  type System,
} from '@dynsrv/kit'
import { httpGet, httpJson, malformed } from '../answers/http-json.ts'
import { field, list, textAt } from '../answers/json.ts'
import { basenameRule, mapNames } from '../answers/name-mapping.ts'
import { badOption, checks, dnsName } from '../checks.ts'
import { type Asked, type Discover, type Locate, type Located, sourceOf } from '../discover.ts'
import { StrategyError } from '../error.ts'
import { pause } from '../pause.ts'
import { onDeregister } from '../policy/leave-policy.ts'
import { clusterDomainOf } from './kubernetes-dns.ts'
import { eachPodOnce, type KubernetesLookup, type KubernetesMode, podName, podsIn } from './kubernetes-objects.ts'
import { sourceStrategy } from './source-strategy.ts'

/** The options of libcluster's `Cluster.Strategy.Kubernetes`, without their prefix `kubernetes_`. */
export interface KubernetesOptions {
  /** The part of every node's name before the `@`. */
  readonly nodeBasename: string
  /** A label selector, such as `app=web`. */
  readonly selector: string
  /** Default: that of the service account. */
  readonly namespace?: string
  /** The headless service of a StatefulSet, for the `hostname` mode. */
  readonly serviceName?: string
  /** Which objects list the members; default `endpoints`. */
  readonly ipLookupMode?: KubernetesLookup
  /** What the host part of a name is; default `ip`. */
  readonly mode?: KubernetesMode
  /**
   * Of which family the address in a name is, where EndpointSlices have both for a pod; default: that of our own name, or 4 when
   * that holds no address.
   */
  readonly ipFamily?: 4 | 6
  /** Let the API server answer from its cache (`resourceVersion=0`); default false. */
  readonly useCachedResources?: boolean
  /** The API server, a host or a URL; default `kubernetes.default.svc`. */
  readonly master?: string
  /** The domain is `<clusterName>.local`; default `cluster`. `clusterDomain` wins. */
  readonly clusterName?: string
  /** Default: `CLUSTER_DOMAIN`, else as `clusterName` says. */
  readonly clusterDomain?: string
  /** Where token, certificate and namespace are; default `/var/run/secrets/kubernetes.io/serviceaccount`. */
  readonly serviceAccountPath?: string
  /** Learn about changes by a watch; default true. Polls go on beside it. */
  readonly watch?: boolean
  /** How long the whole answer may take, in milliseconds; default 15 000. */
  readonly requestTimeoutMs?: number
}

const RULES: Rules<KubernetesOptions> = {
  nodeBasename: required(basenameRule),
  selector: required(filledText),
  namespace: dnsName,
  serviceName: dnsName,
  ipLookupMode: oneOf('endpoints', 'endpointSlices', 'pods'),
  mode: oneOf('ip', 'dns', 'hostname'),
  ipFamily: oneOf(4, 6),
  useCachedResources: flag,
  master: {
    what: 'a host, or a URL that begins with http:// or https://',
    check: (value, at) => httpUrl.check(typeof value === 'string' && value !== '' ? serverUrl(value) : value, at),
  },
  clusterName: dnsName,
  clusterDomain: dnsName,
  serviceAccountPath: filledText,
  watch: flag,
  requestTimeoutMs: duration({ min: 1 }),
}

const check = checks.options<KubernetesOptions>('kubernetesNodes', RULES)

const PATHS: Readonly<Record<KubernetesLookup, (namespace: string) => string>> = {
  endpoints: (namespace) => `/api/v1/namespaces/${namespace}/endpoints`,
  endpointSlices: (namespace) => `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
  pods: (namespace) => `/api/v1/namespaces/${namespace}/pods`,
}

/** A server ends a watch by itself after about that long. */
const WATCH_SECONDS = 300

/** A watch that ends sooner did not watch. */
const SHORT_WATCH_MS = 10_000

/** The nodes that the Kubernetes API lists. @throws {StrategyError} `STRATEGY_BAD_OPTION`, `STRATEGY_BAD_SERVICE` */
export function kubernetesNodes(options: KubernetesOptions): Discover {
  check(options)
  const { nodeBasename, ipLookupMode = 'endpoints', mode = 'ip', ipFamily = 4, serviceName, watch = true } = options
  if (mode === 'hostname' && serviceName === undefined) {
    throw badOption('kubernetes', 'serviceName', 'given for the mode hostname', serviceName)
  }
  const discover = async (asked: Asked) => {
    const domain = options.clusterDomain ?? domainOf(options.clusterName, asked.world.system)
    const name = podName({ basename: nodeBasename, mode, serviceName, domain })
    const { url, ...request } = await requestOf(options, asked)
    if (options.useCachedResources === true) url.searchParams.set('resourceVersion', '0')
    const body = await httpJson({ url, ...request })
    if (!Array.isArray(field(body, 'items'))) throw malformed(url, 'it has no list of items')
    const found = list(body, 'items').flatMap((item) => podsIn(ipLookupMode, item))
    const pods = ipLookupMode === 'endpointSlices' ? eachPodOnce(found, ipFamily) : found
    const endpoints = new Map<NodeName, Locate>()
    const candidates = pods.map((pod) => [pod.name ?? pod.ip ?? '(a pod with no name)', pod] as const)
    const mapped = mapNames(candidates, { needs: 'target', map: name }, (node, [, { ip }]) => {
      // Its name may be one that only DNS of the cluster has; the address has been said with it.
      const family = isIP(ip ?? '')
      if (ip === undefined || (family !== 4 && family !== 6)) return
      const located: Located = { endpoints: [], addresses: [{ ip, family }] }
      endpoints.set(
        node,
        Object.assign(async () => located, { key: ip }),
      )
    })
    return { ...mapped, endpoints }
  }
  const subscribe = (changed: () => void, asked: Asked) => follow(options, changed, asked)
  return sourceOf(discover, watch ? subscribe : undefined)
}

/** Members are the pods that the Kubernetes API lists under a label selector. */
export const kubernetes = sourceStrategy<KubernetesOptions>({
  owner: 'kubernetes',
  rules: RULES,
  leave: onDeregister,
  nodes: ({ world: _world, ...options }, { self }) =>
    kubernetesNodes({ ipFamily: isIP(self.slice(self.indexOf('@') + 1)) === 6 ? 6 : 4, ...options }),
})

/** The API server's URL: a bare host speaks HTTPS. */
function serverUrl(master: string): string {
  return master.includes('://') ? master : `https://${master}`
}

function domainOf(clusterName: string | undefined, system: System): string {
  return clusterName === undefined ? clusterDomainOf(system) : `${clusterName}.local`
}

/**
 * Watches, and calls for every event. Without a resource version a watch begins with the present state, so nothing is
 * missed between two of them and none can be too old.
 */
async function follow(options: KubernetesOptions, changed: () => void, asked: Asked): Promise<void> {
  const { signal, world } = asked
  for (let failures = 0, short = 0; !signal.aborted; ) {
    const askedAt = world.clock.monotonic()
    try {
      const { url, ...request } = await requestOf(options, asked)
      url.searchParams.set('watch', '1')
      url.searchParams.set('timeoutSeconds', String(WATCH_SECONDS))
      const events = await httpGet({ url, ...request, timeoutMs: (WATCH_SECONDS + 30) * 1_000 })
      for await (const line of events.lines()) {
        if (textAt(JSON.parse(line), 'type') === 'ERROR') throw malformed(url, 'the watch has failed')
        failures = 0
        changed()
      }
      // Each watch begins with the present state: one that ends at once would be a poll of everything each second.
      short = world.clock.monotonic() - askedAt < SHORT_WATCH_MS ? short + 1 : 0
      await pause(world.clock, Math.min(30_000, 1_000 * 2 ** Math.min(Math.max(0, short - 1), 10)), { signal })
    } catch {
      // Polls report what is wrong; the watch only makes them quicker.
      failures += 1
      await pause(world.clock, Math.min(30_000, 500 * 2 ** Math.min(failures, 10)), { signal })
    }
  }
}

async function requestOf(options: KubernetesOptions, { signal, world }: Asked) {
  const { master = 'kubernetes.default.svc', ipLookupMode = 'endpoints', selector, requestTimeoutMs = 15_000 } = options
  const { serviceAccountPath = '/var/run/secrets/kubernetes.io/serviceaccount' } = options
  // Read each time: tokens are replaced while a pod lives.
  const [token, ca, own] = await Promise.all(
    ['token', 'ca.crt', 'namespace'].map((name) => readIfThere(world.files, join(serviceAccountPath, name))),
  )
  const namespace = options.namespace ?? own
  if (namespace === undefined) {
    throw new StrategyError('STRATEGY_SOURCE_UNREACHABLE', `no namespace: ${serviceAccountPath} has none`, {
      hint: 'Give the option namespace, or mount the service account.',
      fault: 'local',
    })
  }
  const url = new URL(PATHS[ipLookupMode](namespace), serverUrl(master))
  url.searchParams.set('labelSelector', selector)
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return { url, headers, ca, signal, timeoutMs: requestTimeoutMs, world }
}

async function readIfThere(files: Files, path: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await readSome(files, path)).trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
