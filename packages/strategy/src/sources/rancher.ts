import { duration, httpUrl } from '../options.ts'
import { onDeregister } from '../policy/leave-policy.ts'
import { httpJson, malformed } from './http-json.ts'
import { field, list } from './json.ts'
import { byIp, checkBasename, mapNames } from './name-mapping.ts'
import { sourceStrategy } from './source-strategy.ts'

/** The options of libcluster's `Cluster.Strategy.Rancher`. */
export interface RancherOptions {
  /** The part of every node's name before the `@`. */
  readonly nodeBasename: string
  /** The metadata of our own service; default `http://rancher-metadata/latest/self/service`. */
  readonly url?: string
  /** Default 15 000. */
  readonly requestTimeoutMs?: number
}

/** Members are `<nodeBasename>@<first ip>` of every container of our service, from Rancher's metadata. */
export const rancher = sourceStrategy<RancherOptions>({
  owner: 'rancher',
  checks: { nodeBasename: checkBasename, url: httpUrl, requestTimeoutMs: duration },
  required: ['nodeBasename'],
  leave: onDeregister,
  nodes: ({ nodeBasename, url = 'http://rancher-metadata/latest/self/service', requestTimeoutMs = 15_000 }) => {
    const name = byIp(nodeBasename)
    const address = new URL(url)
    return async ({ signal }) => {
      const body = await httpJson({ url: address, signal, timeoutMs: requestTimeoutMs })
      if (!Array.isArray(field(body, 'containers'))) throw malformed(address, 'it has no list of containers')
      const candidates = list(body, 'containers').map((container, index) => {
        const addresses = list(container, 'ips').filter((ip) => typeof ip === 'string')
        return [addresses[0] ?? `container ${index}`, { addresses }] as const
      })
      return mapNames(candidates, name)
    }
  },
})
