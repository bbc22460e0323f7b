import { isIP } from 'node:net'
import { type NodeName, parseNodeName } from '@dynsrv/epmd-shim'
import { answerNow, filledText, having, ipText, isCoded, oneOf, type Rule, shown, text, wrong } from '@dynsrv/kit'
import { parsePortService } from '@dynsrv/srv-resolver'
import { checks, dnsName, dnsNameFault, promised } from '../checks.ts'
import type { IgnoredTarget } from '../discover.ts'
import { isShortName } from './name-kind.ts'

/** What a source knows about something that may be a node. Every part may be missing. */
export interface Candidate {
  /** A host name, such as an SRV target, without trailing dots. */
  readonly target?: string
  readonly port?: number
  readonly addresses?: readonly string[]
  readonly tags?: readonly string[]
  /** The texts of its TXT records or other metadata, as `key=value` or bare. */
  readonly txt?: readonly string[]
}

/** A node's name, or why there is none. `foreign`: it is sound, and names something else. */
export type Mapped = { readonly node: NodeName } | { readonly ignored: string; readonly foreign?: boolean }

/** Makes node names of what a source found. */
export interface NameMapping {
  /** The part that has to be looked up for it. */
  readonly needs: 'target' | 'addresses' | 'tags' | 'txt'
  /** The name of a candidate, or why it has none. */
  readonly map: (candidate: Candidate) => Mapped
}

/**
 * `<label>.<service>` is the node `<label>@<service>`. Of a service that names a port, `_dist._tcp.web.test`, it is
 * `<label>.web.test` and `<label>@web.test`.
 *
 * The label holds letters, digits, `_` and `-`; case and trailing dots do not matter, and the service is spelled as given.
 *
 * @throws {StrategyError} `STRATEGY_BAD_SERVICE`
 */
export function targetLabel(service: string): NameMapping {
  checks.argument('targetLabel', 'service', dnsName, service)
  const bare = withoutDots(service)
  const { host } = parsePortService(bare)
  // Records of one port may well name hosts of other domains.
  const more = host === bare ? '' : '; how other targets become names, the option name says (memberName of start)'
  const suffix = `.${host.toLowerCase()}`
  return {
    needs: 'target',
    map: ({ target = '' }) => {
      const name = withoutDots(target)
      const label = name.slice(0, -suffix.length)
      const isBelow = name.toLowerCase().endsWith(suffix)
      if (!isBelow || !/^[a-z0-9_-]+$/i.test(label)) {
        const ignored = `it is not <label>.${host} with a label of letters, digits, - and _${more}`
        // An address is no host name: it may stand where that of a member stood.
        const isForeign = !isBelow && isIP(name) === 0 && dnsNameFault(name) === undefined
        return { ignored, ...(isForeign && { foreign: true }) }
      }
      return named(`${label}@${host}`)
    },
  }
}

/** The whole target is the host: `<basename>@<target>`. @throws {StrategyError} `STRATEGY_BAD_OPTION` */
export function wholeTarget(basename: string): NameMapping {
  checks.argument('wholeTarget', 'basename', basenameRule, basename)
  return {
    needs: 'target',
    map: ({ target }) =>
      target === undefined ? { ignored: 'it has no target' } : named(`${basename}@${withoutDots(target)}`),
  }
}

/** The first address is the host: `<basename>@<ip>`. @throws {StrategyError} `STRATEGY_BAD_OPTION` */
export function byIp(basename: string): NameMapping {
  checks.argument('byIp', 'basename', basenameRule, basename)
  return {
    needs: 'addresses',
    map: ({ addresses = [] }) => {
      const ip = addresses.find((address) => isIP(address) !== 0)
      return ip === undefined ? { ignored: 'it has no address' } : named(`${basename}@${ipText(ip)}`)
    },
  }
}

/** Which tag {@link byTag} takes. */
export interface ByTagOptions {
  /** What the tag begins with, before the name; default empty. */
  readonly prefix?: string
  /** With it, a tag holds only the part before the `@`. */
  readonly host?: string
}

const checkByTag = checks.options<ByTagOptions>('byTag', { prefix: text, host: dnsName })

/**
 * A tag is the name: a whole `alive@host`, or with `host` the part before the `@`. `prefix` picks the tag.
 *
 * @throws {StrategyError} `STRATEGY_BAD_OPTION`, `STRATEGY_BAD_SERVICE` for the host
 */
export function byTag(options: ByTagOptions = {}): NameMapping {
  checkByTag(options)
  const { prefix = '', host } = options
  return {
    needs: 'tags',
    map: ({ tags = [] }) => fromText(tags, prefix, host, 'tag'),
  }
}

/** Which TXT record {@link byTxt} takes. */
export interface ByTxtOptions {
  /** What stands before the `=`; default `node`. */
  readonly key?: string
  /** With it, a record holds only the part before the `@`. */
  readonly host?: string
}

const checkByTxt = checks.options<ByTxtOptions>('byTxt', { key: filledText, host: dnsName })

/**
 * A TXT record is the name: `<key>=<alive@host>`, or with `host` the part before the `@`.
 *
 * @throws {StrategyError} `STRATEGY_BAD_OPTION`, `STRATEGY_BAD_SERVICE` for the host
 */
export function byTxt(options: ByTxtOptions = {}): NameMapping {
  checkByTxt(options)
  const { key = 'node', host } = options
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

const hasMap = having('map')
const needsRule = oneOf('target', 'addresses', 'tags', 'txt')

/** How a mapping is checked where it is an option. */
export const nameMapping: Rule = {
  what: 'a name mapping',
  check: (value, at) => hasMap.check(value, at) ?? needsRule.check((value as NameMapping).needs, `${at}.needs`),
}

/** How the part of a node's name before the `@` is checked. */
export const basenameRule: Rule = {
  what: 'the part of a node name before the @',
  check: (value, at) => {
    if (typeof value !== 'string') return wrong(at, basenameRule.what, value)
    const mapped = value.includes('@') ? { ignored: 'it has an @' } : named(`${value}@host.test`)
    return 'ignored' in mapped ? wrong(at, `${basenameRule.what} (${mapped.ignored})`, value) : undefined
  },
}

/** How a whole node name is checked where it is an option. */
export const wholeName: Rule = {
  what: 'a node name',
  check: (value, at) => {
    if (typeof value !== 'string') return wrong(at, wholeName.what, value)
    const mapped = named(value)
    return 'ignored' in mapped ? wrong(at, `${wholeName.what} (${mapped.ignored})`, value) : undefined
  },
}

/** A checked name of either kind, or the fault as a reason. Its host must be one that can be looked up: OTP itself takes more. */
export function named(name: string): Mapped {
  try {
    const { name: node, host } = parseNodeName(name, { short: isShortName(name) })
    const fault = isIP(host) === 0 ? dnsNameFault(host) : zoneFault(host)
    return fault === undefined ? { node } : { ignored: `its host ${shown(host)} is not a host name: ${fault}` }
  } catch (error) {
    if (isCoded(error)) return { ignored: error.message }
    throw error
  }
}

/** Of `fe80::1%eth0` only the one host knows what `eth0` is. */
function zoneFault(address: string): string | undefined {
  return address.includes('%') ? 'it has a zone, which means something on one host only' : undefined
}

/** Maps all, each candidate under the words that name it when it is ignored. `found` learns which candidate each node is. */
export function mapNames<C extends readonly [shown: string, candidate: Candidate, ...more: unknown[]]>(
  candidates: Iterable<C>,
  { map }: NameMapping,
  found: (node: NodeName, candidate: C) => void = () => undefined,
): { nodes: Set<NodeName>; ignored: IgnoredTarget[] } {
  const nodes = new Set<NodeName>()
  const ignored: IgnoredTarget[] = []
  for (const candidate of candidates) {
    const mapped = answerNow(() => map(candidate[1]), promised)
    if ('node' in mapped) {
      nodes.add(mapped.node)
      found(mapped.node, candidate)
    } else {
      const { ignored: reason, foreign } = mapped
      ignored.push({ target: candidate[0], reason, ...(foreign === true && { foreign }) })
    }
  }
  return { nodes, ignored }
}

/** The same, with whose record each is, where its target alone makes the name. */
export function withOwners(ignored: readonly IgnoredTarget[], { needs, map }: NameMapping): readonly IgnoredTarget[] {
  if (needs !== 'target') return ignored
  return ignored.map((one) => {
    const target = withoutDots(one.target)
    return dnsNameFault(target) === undefined ? withOwner(one, map({ target })) : one
  })
}

/** Something that was left out, with whose record it is. */
export function withOwner(ignored: IgnoredTarget, owner: Mapped): IgnoredTarget {
  return 'node' in owner ? { ...ignored, node: owner.node } : ignored
}

export function withoutDots(name: string): string {
  return name.replace(/\.+$/, '')
}
