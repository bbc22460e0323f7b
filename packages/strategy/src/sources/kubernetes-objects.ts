import { isIP } from 'node:net'
import { ipText, shown } from '@dynsrv/kit'
import { field, list, textAt } from '../answers/json.ts'
import type { Candidate, Mapped } from '../answers/name-mapping.ts'
import { named, withoutDots } from '../answers/name-mapping.ts'

/** Which objects list the members. */
export type KubernetesLookup = 'endpoints' | 'endpointSlices' | 'pods'

/** What the host part of a node's name is. */
export type KubernetesMode = 'ip' | 'dns' | 'hostname'

/** What an object says about one pod. */
export interface Pod extends Candidate {
  readonly ip?: string
  readonly hostname?: string
  readonly namespace?: string
  readonly name?: string
  /** The machine it runs on. */
  readonly machine?: string
}

/** The pods of an Endpoints, an EndpointSlice or a Pod: only those that are ready. */
export function podsIn(lookup: KubernetesLookup, item: unknown): Pod[] {
  const namespace = textAt(item, 'metadata', 'namespace')
  if (lookup === 'endpoints') {
    const addresses = list(item, 'subsets').flatMap((subset) => list(subset, 'addresses'))
    return addresses.map((address) => pod(textAt(address, 'ip'), address, namespace))
  }
  if (lookup === 'endpointSlices') {
    // "A nil value should be interpreted as ready": only false leaves an endpoint out.
    const ready = list(item, 'endpoints').filter((endpoint) => field(endpoint, 'conditions', 'ready') !== false)
    return ready.map((endpoint) => pod(firstText(list(endpoint, 'addresses')), endpoint, namespace))
  }
  const phase = textAt(item, 'status', 'phase')
  const gone =
    textAt(item, 'metadata', 'deletionTimestamp') !== undefined || phase === 'Succeeded' || phase === 'Failed'
  const ip = textAt(item, 'status', 'podIP')
  // A pod without an address has not been placed on a machine yet.
  if (gone || ip === undefined) return []
  const name = textAt(item, 'metadata', 'name')
  const hostname = textAt(item, 'spec', 'hostname') ?? name
  return [facts({ ip, hostname, namespace, name })]
}

function pod(ip: string | undefined, address: unknown, namespace: string | undefined): Pod {
  return facts({
    ip,
    hostname: textAt(address, 'hostname') ?? textAt(address, 'targetRef', 'name'),
    namespace: textAt(address, 'targetRef', 'namespace') ?? namespace,
    name: textAt(address, 'targetRef', 'name'),
    machine: textAt(address, 'nodeName'),
  })
}

/**
 * Each pod once: EndpointSlices are of one address family each, so a pod of a dual-stack cluster is in two of them.
 *
 * @param family the family of the address that is in its name, where it has one
 * @see Kubernetes, "EndpointSlices", Address types
 */
export function eachPodOnce(pods: readonly Pod[], family: 4 | 6): Pod[] {
  const onMachine = new Map<string, number>()
  const place = ({ ip = '', machine }: Pod) => `${isIP(ip)} ${machine}`
  for (const one of pods) onMachine.set(place(one), (onMachine.get(place(one)) ?? 0) + 1)
  const keyOf = (one: Pod): string => {
    const { ip = '', hostname, namespace = '', name = hostname, machine } = one
    if (name !== undefined) return `pod ${namespace}/${name}`
    // Where nothing says which pod it is, one address of each family on one machine is one pod, and more are several.
    return machine !== undefined && onMachine.get(place(one)) === 1 ? `machine ${machine}` : `address ${ip}`
  }
  const same = new Map<string, Pod[]>()
  for (const one of pods) {
    const key = keyOf(one)
    const others = same.get(key)
    if (others === undefined) same.set(key, [one])
    else others.push(one)
  }
  return [...same.values()].map((all) => all.find(({ ip = '' }) => isIP(ip) === family) ?? all[0]!)
}

function facts(pod: { readonly [K in keyof Pod]: Pod[K] | undefined }): Pod {
  const { ip } = pod
  // Who wrote an Endpoints by hand may have written an IPv6 address in any way.
  const known = { ...pod, ...(ip !== undefined && { ip: ipText(ip) }) }
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined))
}

function firstText(values: readonly unknown[]): string | undefined {
  return values.find((value) => typeof value === 'string')
}

/** Makes a pod's node name in one of the three modes. */
export function podName({
  basename,
  mode,
  serviceName,
  domain,
}: {
  readonly basename: string
  readonly mode: KubernetesMode
  readonly serviceName: string | undefined
  readonly domain: string
}): (pod: Pod) => Mapped {
  const zone = withoutDots(domain)
  return ({ ip, hostname, namespace }) => {
    if (mode === 'hostname') {
      if (hostname === undefined) return { ignored: 'it has no host name' }
      return named(`${basename}@${hostname}.${serviceName}.${namespace}.svc.${zone}`)
    }
    if (ip === undefined) return { ignored: 'it has no address' }
    if (isIP(ip) === 0) return { ignored: `its address ${shown(ip)} is not an IP address` }
    if (mode === 'ip') return named(`${basename}@${ip}`)
    return named(`${basename}@${ip.replaceAll(/[.:]/g, '-')}.${namespace}.pod.${zone}`)
  }
}
