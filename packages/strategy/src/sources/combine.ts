import { createHash } from 'node:crypto'
import type { NodeName } from '@dynsrv/epmd-shim'
import { answerNow, callable, filledText, required, whole, within } from '@dynsrv/kit'
import { badOption, checks, promised } from '../checks.ts'
import {
  type Asked,
  type ByNode,
  type Discover,
  type Discovery,
  discoveryOf,
  firstKnown,
  type IgnoredTarget,
  sourceOf,
  sourceRule,
} from '../discover.ts'
import { StrategyError } from '../error.ts'

/**
 * All members of several sources.
 *
 * A source that fails, or says nothing for 20 seconds, hides its members, so that the answer of the others counts as
 * trimmed: members join by it, and nobody leaves. It rejects when all fail.
 *
 * @throws {StrategyError} `STRATEGY_BAD_OPTION`, without a source too
 * @throws {AggregateError} at a poll, with the reason of each source
 */
export function union(...sources: readonly Discover[]): Discover {
  if (sources.length === 0) throw badOption('union', 'sources', 'at least one source', sources)
  for (const source of sources) checks.argument('union', 'sources', sourceRule, source)
  const discover = async ({ signal, confirm, world }: Asked): Promise<Discovery> => {
    const limit = { clock: world.clock, ms: SILENT_MS, signal, late: lateSource }
    const answers = await Promise.allSettled(
      sources.map(async (source) =>
        discoveryOf(await within(limit, (either) => source({ signal: either, confirm, world }))),
      ),
    )
    signal.throwIfAborted()
    const good = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
    const failures: unknown[] = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []))
    if (good.length === 0 && failures.length > 0) {
      throw failures.length === 1 ? failures[0] : new AggregateError(failures, `all ${failures.length} sources failed`)
    }
    return { ...merged(good), ...(failures.length > 0 && { trimmed: true, failures }) }
  }
  const pushing = sources.flatMap(({ subscribe }) => (subscribe === undefined ? [] : [subscribe]))
  return sourceOf(
    discover,
    pushing.length === 0
      ? undefined
      : (changed, options) => {
          for (const subscribe of pushing) subscribe(changed, options)
        },
  )
}

/** Below the 30 s that a whole answer may take, so that one silent source does not hide what the others say. */
const SILENT_MS = 20_000

function lateSource(): StrategyError {
  return new StrategyError('STRATEGY_DISCOVER_TIMEOUT', `a source gave no answer within ${SILENT_MS / 1_000} s`, {
    hint: 'Check that its server answers. The members of the other sources are dialled.',
  })
}

function merged(answers: readonly Discovery[]): Discovery {
  const ttls = answers.flatMap(({ ttlMs }) => (ttlMs === undefined ? [] : [ttlMs]))
  const failures = answers.flatMap((answer) => answer.failures ?? [])
  return {
    nodes: new Set(answers.flatMap(({ nodes }) => [...nodes])),
    ignored: answers.flatMap(({ ignored = [] }) => ignored),
    stale: answers.some(({ stale }) => stale === true),
    trimmed: answers.some(({ trimmed }) => trimmed === true),
    ...(answers.some(({ doubtful }) => doubtful === true) && { doubtful: true }),
    ...(answers.some(({ endpoints }) => endpoints !== undefined) && {
      endpoints: firstKnown(answers.map(({ endpoints }) => endpoints)),
    }),
    ...(answers.some(({ preferences }) => preferences !== undefined) && {
      preferences: firstKnown(answers.map(({ preferences }) => preferences)),
    }),
    ...(ttls.length > 0 && { ttlMs: Math.min(...ttls) }),
    ...(failures.length > 0 && { failures }),
  }
}

/**
 * The members that pass. The others are not members; when the filter gives another result, that is a deregistration.
 *
 * @throws {StrategyError} `STRATEGY_BAD_OPTION`
 */
export function filter(source: Discover, keep: (node: NodeName) => boolean): Discover {
  checks.argument('filter', 'source', sourceRule, source)
  checks.argument('filter', 'keep', callable, keep)
  return changed(source, (nodes) => new Set([...nodes].filter((node) => answerNow(() => keep(node), promised))))
}

/** The members under other names. @throws {StrategyError} `STRATEGY_BAD_OPTION` */
export function map(source: Discover, rename: (node: NodeName) => NodeName): Discover {
  checks.argument('map', 'source', sourceRule, source)
  checks.argument('map', 'rename', callable, rename)
  const name = (node: NodeName) => answerNow(() => rename(node), promised)
  const renamed = (one: IgnoredTarget) => (one.node === undefined ? one : { ...one, node: name(one.node) })
  const discover = async (asked: Asked): Promise<Discovery> => {
    const discovery = discoveryOf(await source(asked))
    const names = new Map([...discovery.nodes].map((node) => [name(node), node]))
    const { endpoints, ignored, preferences, ...rest } = { ...discovery, nodes: new Set(names.keys()) }
    const underOldNames = <T>(known: ByNode<T>): ByNode<T> => ({ get: (node) => known.get(names.get(node) ?? node) })
    return {
      ...rest,
      ...(ignored !== undefined && { ignored: ignored.map(renamed) }),
      ...(endpoints !== undefined && { endpoints: underOldNames(endpoints) }),
      ...(preferences !== undefined && { preferences: underOldNames(preferences) }),
    }
  }
  return sourceOf(discover, source.subscribe)
}

/** Which members {@link sample} takes. */
export interface SampleOptions {
  /** How many. */
  readonly count: number
  /** Chooses which ones; usually our own name. */
  readonly key: string
}

const checkSample = checks.options<SampleOptions>('sample', { count: required(whole(1)), key: required(filledText) })

/**
 * `count` of the members, chosen by rendezvous hashing: another `key` chooses others, the same key the same ones. When a
 * member comes or goes, at most one choice changes. For gateways that need a few links into a large cluster.
 *
 * @throws {StrategyError} `STRATEGY_BAD_OPTION`
 */
export function sample(source: Discover, options: SampleOptions): Discover {
  checks.argument('sample', 'source', sourceRule, source)
  checkSample(options)
  const { count, key } = options
  const folded = key.toLowerCase()
  return changed(source, (nodes) => {
    const others = [...nodes].filter((node) => node.toLowerCase() !== folded)
    const ranked = others.map((node) => ({ node, weight: weightOf(key, node) }))
    ranked.sort((a, b) => b.weight - a.weight || (a.node < b.node ? -1 : 1))
    return new Set(ranked.slice(0, count).map(({ node }) => node))
  })
}

function weightOf(key: string, node: NodeName): number {
  return createHash('sha1').update(`${key}\n${node}`).digest().readUIntBE(0, 6)
}

function changed(source: Discover, change: (nodes: ReadonlySet<NodeName>) => ReadonlySet<NodeName>): Discover {
  const discover = async (asked: Asked): Promise<Discovery> => {
    const discovery = discoveryOf(await source(asked))
    return { ...discovery, nodes: change(discovery.nodes) }
  }
  return sourceOf(discover, source.subscribe)
}
