import { join } from 'node:path'
import { ErlEpmd, type RegisteredName } from '@dynsrv/epmd-shim'
import {
  callable,
  codeOf,
  duration,
  filledText,
  isCoded,
  iterable,
  listOf,
  readSome,
  required,
  shown,
  type World,
  within,
} from '@dynsrv/kit'
import { hostsIn, hostsText } from '../answers/hosts-file.ts'
import { kindFault } from '../answers/name-kind.ts'
import { type Candidate, mapNames, type NameMapping, named, wholeName } from '../answers/name-mapping.ts'
import { settleSome } from '../answers/settle-some.ts'
import { badOption, checks } from '../checks.ts'
import { type Discover, type Discovery, sourceOf } from '../discover.ts'
import { StrategyError } from '../error.ts'
import { neverLeave, whenLinkDropped } from '../policy/leave-policy.ts'
import { sourceStrategy } from './source-strategy.ts'

/** The options of libcluster's `Cluster.Strategy.Epmd`. */
export interface EpmdOptions {
  /** The members' full names. */
  readonly hosts: readonly string[]
  /**
   * Time between two dials of those that are missing, in milliseconds, as in libcluster; with `Infinity` each is dialled once.
   * Left out, a failed dial is repeated as `retry` says, which goes before this. A link that drops is dialled again in any case.
   */
  readonly timeout?: number
}

/** Lists the names that the epmd of a host knows, as `names` of every `EpmdModule` does. */
export type EpmdNames = (
  host: string,
  options: { readonly signal: AbortSignal },
) => Promise<readonly RegisteredName[]> | readonly RegisteredName[]

/** The options of libcluster's `Cluster.Strategy.LocalEpmd`. */
export interface LocalEpmdOptions {
  /** How epmd is asked; default: over TCP, as `ErlEpmd` does, on `ERL_EPMD_PORT` or 4369. */
  readonly names?: EpmdNames
}

/** The options of libcluster's `Cluster.Strategy.ErlangHosts`. Its `timeout` is our `pollingInterval`. */
export interface ErlangHostsOptions extends LocalEpmdOptions {
  /** The file; default: the first `.hosts.erlang` in the working directory, the home directory and `ROOTDIR`. */
  readonly path?: string
}

const WHOLE_NAME: NameMapping = {
  needs: 'target',
  map: ({ target }) => (target === undefined ? { ignored: 'it is not a string' } : named(target)),
}

/**
 * A fixed list of node names. What is not a node name is ignored, with the reason.
 *
 * @throws {StrategyError} `STRATEGY_BAD_OPTION` for what is not a list
 */
export function listedNodes(names: Iterable<string>): Discovery {
  checks.argument('listedNodes', 'names', iterable, names)
  const candidates = [...names].map((name: unknown): [string, Candidate] =>
    typeof name === 'string' ? [name, { target: name }] : [shown(name), {}],
  )
  return mapNames(candidates, WHOLE_NAME)
}

/** Members are a fixed list. Nobody ever leaves. */
export const epmd = sourceStrategy<EpmdOptions>({
  owner: 'epmd',
  rules: { hosts: required(listOf(wholeName)), timeout: duration({ min: 1 }) },
  leave: neverLeave,
  pollingInterval: ({ timeout }) => timeout,
  retry: ({ timeout }) => (timeout === undefined ? undefined : () => timeout),
  nodes: ({ hosts }, { self }) => {
    for (const host of hosts) {
      const fault = kindFault(host, self)
      if (fault !== undefined) throw badOption('epmd', 'hosts', `names of the kind of ${self} (${fault})`, host)
    }
    const nodes = listedNodes(hosts)
    return sourceOf(async () => nodes)
  },
})

/** Members are all names of the epmd of this machine, under our own host. Live links are never taken down. */
export const localEpmd = sourceStrategy<LocalEpmdOptions>({
  owner: 'localEpmd',
  rules: { names: callable },
  leave: whenLinkDropped,
  nodes: ({ world, names = namesOfEpmd(world) }, { self }) =>
    sourceOf(async ({ signal }) => {
      const host = self.slice(self.indexOf('@') + 1)
      const registered = await names('127.0.0.1', { signal })
      return listedNodes(registered.map(({ name }) => `${name}@${host}`))
    }),
})

/** Members are all names of the epmds of the hosts in `.hosts.erlang`. Live links are never taken down. */
export const erlangHosts = sourceStrategy<ErlangHostsOptions>({
  owner: 'erlangHosts',
  rules: { path: filledText, names: callable },
  leave: whenLinkDropped,
  nodes: ({ path, world, names = namesOfEpmd(world) }) => erlangHostNodes(path, names),
})

function namesOfEpmd(world: World): EpmdNames {
  const epmd = new ErlEpmd({ world })
  return (host, options) => epmd.names(host, options)
}

/** A host that is silent must not take the time for the answers of the others. */
const HOST_MS = 10_000
/** Hosts that are asked at most. */
const MAX_HOSTS = 10_000
/** Hosts that are asked at the same time, without those that have become slow. */
const HOSTS_AT_ONCE = 64

function manyHosts(path: string, count: number): StrategyError {
  return new StrategyError('STRATEGY_SOURCE_MALFORMED', `${path} has ${count} hosts, of which ${MAX_HOSTS} are asked`, {
    hint: 'Take hosts out of it that have no members.',
    fault: 'local',
  })
}

function lateHost(host: string): StrategyError {
  return new StrategyError('STRATEGY_DISCOVER_TIMEOUT', `epmd of ${host} gave no answer within ${HOST_MS / 1_000} s`, {
    hint: `Check that ${host} runs, and that the firewall lets epmd through (port 4369).`,
  })
}

function erlangHostNodes(path: string | undefined, names: EpmdNames): Discover {
  return sourceOf(async ({ signal, world }) => {
    const { text, path: from } = await hostsFile(path, world, signal)
    const all = new Set(hostsIn(text, from))
    const hosts = [...all].slice(0, MAX_HOSTS)
    const late = new Error('late')
    const limits = { clock: world.clock, parallel: HOSTS_AT_ONCE, limitMs: HOST_MS, late: () => late, signal }
    const answers = await settleSome(hosts, limits, async (host, either) => {
      const limit = { clock: world.clock, ms: HOST_MS, signal: either, late: () => lateHost(host) }
      return within(limit, async (ends) => names(host, { signal: ends }))
    })
    signal.throwIfAborted()
    const failures = answers.flatMap((answer, index) =>
      answer.status === 'rejected'
        ? [answer.reason === late ? lateHost(hosts[index]!) : (answer.reason as unknown)]
        : [],
    )
    if (all.size > hosts.length) failures.push(manyHosts(from, all.size))
    if (failures.length > 0 && answers.every(({ status }) => status === 'rejected')) throw failures[0]
    const found = answers.flatMap((answer, index) =>
      answer.status === 'fulfilled' ? answer.value.map(({ name }) => `${name}@${hosts[index]}`) : [],
    )
    return { ...listedNodes(found), ...(failures.length > 0 && { trimmed: true, failures }) }
  })
}

/** The first that is there, as `file:path_consult/2` finds it: one that is there and cannot be read is not passed over. */
async function hostsFile(
  path: string | undefined,
  { files, system }: World,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly path: string }> {
  const { ROOTDIR } = system.env
  const folders = [system.folder(), system.homeFolder(), ...(ROOTDIR === undefined ? [] : [ROOTDIR])]
  const paths = path === undefined ? folders.map((folder) => join(folder, '.hosts.erlang')) : [path]
  const causes: unknown[] = []
  for (const candidate of paths) {
    try {
      return { text: hostsText(await readSome(files, candidate, { signal }), candidate), path: candidate }
    } catch (cause) {
      signal.throwIfAborted()
      if (isCoded(cause)) throw cause
      causes.push(cause)
      if (!ABSENT.has(codeOf(cause) ?? '')) break
    }
  }
  throw new StrategyError('STRATEGY_SOURCE_UNREACHABLE', `no hosts file: ${paths.join(', ')}`, {
    hint: "Write one with a line such as 'host.example'. for each host.",
    cause: new AggregateError(causes),
  })
}

const ABSENT = new Set(['ENOENT', 'ENOTDIR'])
