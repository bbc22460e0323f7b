import { isIP } from 'node:net'
import { type NodeName, parseNodeName } from '@dynsrv/epmd-shim'
import type { IgnoredTarget } from '../discover.ts'
import { badOption, type Check, dnsName, dnsNameFault, having, oneOf, text } from '../options.ts'

/** What a source knows of something that may be a node. Every part may be missing. */
export interface Candidate {
  /** A host name, such as an SRV target, without trailing dots. */
  readonly target?: string
  readonly port?: number
  readonly addresses?: readonly string[]
  readonly tags?: readonly string[]
  /** The texts of its TXT records or other metadata, as `key=value` or bare. */
  readonly txt?: readonly string[]
}

/** A node's name, or why there is none. */
export type Mapped = { readonly node: NodeName } | { readonly ignored: string }

/** Makes node names of what a source found. */
export interface NameMapping {
  /** The part that has to be looked up for it. */
  readonly needs: 'target' | 'addresses' | 'tags' | 'txt'
  /** The name of a candidate, or why it has none. */
  readonly map: (candidate: Candidate) => Mapped
}

/**
 * `<label>.<service>` is the node `<label>@<service>`.
 *
 * The label holds letters, digits, `_` and `-`; case and trailing dots do not matter, and the service is spelled as given.
 *
 * @throws {StrategyError} `STRATEGY_BAD_SERVICE`
 */
export function targetLabel(service: string): NameMapping {
  dnsName('targetLabel', 'service', service)
  const host = withoutDots(service)
  const suffix = `.${host.toLowerCase()}`
  return {
    needs: 'target',
    map: ({ target = '' }) => {
      const name = withoutDots(target)
      const label = name.slice(0, -suffix.length)
      if (!name.toLowerCase().endsWith(suffix) || !/^[a-z0-9_-]+$/i.test(label)) {
        return { ignored: `it is not <label>.${host} with a label of letters, digits, - and _` }
      }
      return named(`${label}@${host}`)
    },
  }
}

/** The whole target is the host: `<basename>@<target>`. */
export function wholeTarget(basename: string): NameMapping {
  checkBasename('wholeTarget', 'basename', basename)
  return {
    needs: 'target',
    map: ({ target }) =>
      target === undefined ? { ignored: 'it has no target' } : named(`${basename}@${withoutDots(target)}`),
  }
}

/** The first address is the host: `<basename>@<ip>`. */
export function byIp(basename: string): NameMapping {
  checkBasename('byIp', 'basename', basename)
  return {
    needs: 'addresses',
    map: ({ addresses = [] }) => {
      const ip = addresses.find((address) => isIP(address) !== 0)
      return ip === undefined ? { ignored: 'it has no address' } : named(`${basename}@${ip}`)
    },
  }
}

/** A tag is the name: a whole `alive@host`, or with `host` the part before the `@`. `prefix` picks the tag. */
export function byTag({ prefix = '', host }: { readonly prefix?: string; readonly host?: string } = {}): NameMapping {
  return {
    needs: 'tags',
    map: ({ tags = [] }) => fromText(tags, prefix, host, 'tag'),
  }
}

/** A TXT record is the name: `<key>=<alive@host>`, or with `host` the part before the `@`. `key` is `node` unless given. */
export function byTxt({ key = 'node', host }: { readonly key?: string; readonly host?: string } = {}): NameMapping {
  return {
    needs: 'txt',
    map: ({ txt = [] }) => fromText(txt, `${key}=`, host, 'TXT record'),
  }
}

function fromText(texts: readonly string[], prefix: string, host: string | undefined, what: string): Mapped {
  const found = texts.find((item) => item.startsWith(prefix) && (host !== undefined || item.includes('@')))
  const shape = host === undefined ? `${prefix}<alive@host>` : `${prefix}<alive>`
  if (found === undefined) return { ignored: `it has no ${what} ${shape}` }
  const value = found.slice(prefix.length)
  return named(host === undefined ? value : `${value}@${host}`)
}

/** How a mapping is checked where it is an option. */
export const nameMapping: Check = (owner, key, value) => {
  having('map')(owner, key, value)
  oneOf('target', 'addresses', 'tags', 'txt')(owner, `${key}.needs`, (value as Partial<NameMapping>).needs)
}

/** How the part of a node's name before the `@` is checked. */
export const checkBasename: Check = (owner, key, value) => {
  text(owner, key, value)
  const mapped = String(value).includes('@') ? { ignored: 'it has an @' } : named(`${value as string}@host.test`)
  if ('ignored' in mapped)
    throw badOption(owner, key, `the part of a node name before the @ (${mapped.ignored})`, value)
}

/** A checked name, or the fault as a reason. Its host must be one that can be looked up: OTP itself takes more. */
export function named(name: string): Mapped {
  try {
    const { name: node, host } = parseNodeName(name)
    const fault = isIP(host) === 0 ? dnsNameFault(host) : undefined
    return fault === undefined ? { node } : { ignored: `its host ${JSON.stringify(host)} is no host: ${fault}` }
  } catch (error) {
    if (error instanceof Error) return { ignored: error.message }
    throw error
  }
}

/** Maps all, each candidate under the words that name it when it is ignored. */
export function mapNames(
  candidates: Iterable<readonly [shown: string, candidate: Candidate]>,
  { map }: NameMapping,
): { nodes: Set<NodeName>; ignored: IgnoredTarget[] } {
  const nodes = new Set<NodeName>()
  const ignored: IgnoredTarget[] = []
  for (const [shown, candidate] of candidates) {
    const mapped = map(candidate)
    if ('node' in mapped) nodes.add(mapped.node)
    else ignored.push({ target: shown, reason: mapped.ignored })
  }
  return { nodes, ignored }
}

export function withoutDots(name: string): string {
  return name.replace(/\.+$/, '')
}
