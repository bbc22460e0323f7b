import { duration, httpUrl, required } from '@dynsrv/kit'
import { httpJson, malformed } from '../answers/http-json.ts'
import { field, list } from '../answers/json.ts'
import { basenameRule, byIp, mapNames } from '../answers/name-mapping.ts'
import { sourceOf } from '../discover.ts'
import { onDeregister } from '../policy/leave-policy.ts'
import { sourceStrategy } from './source-strategy.ts'

/** The options of libcluster's `Cluster.Strategy.Rancher`. */
export interface RancherOptions {
  /** The part of every node's name before the `@`. */
  readonly nodeBasename: string
  /** The metadata of our own service; default `http://rancher-metadata/latest/self/service`. */
  readonly url?: string
  /** How long the whole answer may take, in milliseconds; default 15 000. */
  readonly requestTimeoutMs?: number
}

/** Members are `<nodeBasename>@<first ip>` of every container of our service, from Rancher's metadata. */
export const rancher = sourceStrategy<RancherOptions>({
  owner: 'rancher',
  rules: { nodeBasename: required(basenameRule), url: httpUrl, requestTimeoutMs: duration({ min: 1 }) },
  leave: onDeregister,
  nodes: ({ nodeBasename, url = 'http://rancher-metadata/latest/self/service', requestTimeoutMs = 15_000 }) => {
    const name = byIp(nodeBasename)
    const address = new URL(url)
    return sourceOf(async ({ signal, world }) => {
      const body = await httpJson({ url: address, signal, timeoutMs: requestTimeoutMs, world })
      if (!Array.isArray(field(body, 'containers'))) throw malformed(address, 'it has no list of containers')
      const candidates = list(body, 'containers').map((container, index) => {
        const addresses = list(container, 'ips').filter((ip) => typeof ip === 'string')
        return [addresses[0] ?? `container ${index}`, { addresses }] as const
      })
      return mapNames(candidates, name)
    })
  },
})
