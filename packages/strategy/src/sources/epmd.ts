import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ErlEpmd, type RegisteredName } from '@dynsrv/epmd-shim'
import type { Discover, Discovery } from '../discover.ts'
import { StrategyError } from '../error.ts'
import { anyNumber, badOption, type Check, callable, text, texts } from '../options.ts'
import { within } from '../pause.ts'
import { neverLeave, whenLinkDropped } from '../policy/leave-policy.ts'
import { mapNames, type NameMapping, named } from './name-mapping.ts'
import { sourceStrategy } from './source-strategy.ts'

/** The options of libcluster's `Cluster.Strategy.Epmd`. */
export interface EpmdOptions {
  /** The members' full names. */
  readonly hosts: readonly string[]
  /**
   * Time between two looks at who is missing, in milliseconds, or `Infinity`: libcluster's name of `pollingInterval`, which
   * is used when both are given. A link that drops is dialled again in any case.
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

const nodeNames: Check = (owner, key, value) => {
  texts(owner, key, value)
  for (const host of value as string[]) {
    const mapped = named(host)
    if ('ignored' in mapped) throw badOption(owner, key, `a list of node names (${mapped.ignored})`, host)
  }
}

const WHOLE_NAME: NameMapping = { needs: 'target', map: ({ target = '' }) => named(target) }

/** A fixed list of node names. Those that do not fit a node name are ignored with the reason. */
export function listedNodes(names: Iterable<string>): Discovery {
  return mapNames(
    [...names].map((name) => [name, { target: name }]),
    WHOLE_NAME,
  )
}

/** Members are a fixed list. Nobody ever leaves. */
export const epmd = sourceStrategy<EpmdOptions>({
  owner: 'epmd',
  checks: { hosts: nodeNames, timeout: anyNumber({ min: 1 }) },
  required: ['hosts'],
  leave: neverLeave,
  // A timer takes no more than that, which is over three weeks.
  pollingInterval: ({ timeout }) => timeout && Math.min(timeout, 2 ** 31 - 1),
  nodes: ({ hosts }) => {
    const nodes = listedNodes(hosts)
    return async () => nodes
  },
})

/** Members are all names of the epmd of this machine, under our own host. Live links are never taken down. */
export const localEpmd = sourceStrategy<LocalEpmdOptions>({
  owner: 'localEpmd',
  checks: { names: callable },
  required: [],
  leave: whenLinkDropped,
  nodes:
    ({ names = namesOfEpmd() }, { self }) =>
    async ({ signal }) => {
      const host = self.slice(self.indexOf('@') + 1)
      const registered = await names('127.0.0.1', { signal })
      return listedNodes(registered.map(({ name }) => `${name}@${host}`))
    },
})

/** Members are all names of the epmds of the hosts in `.hosts.erlang`. Live links are never taken down. */
export const erlangHosts = sourceStrategy<ErlangHostsOptions>({
  owner: 'erlangHosts',
  checks: { path: text, names: callable },
  required: [],
  leave: whenLinkDropped,
  nodes: ({ path, names = namesOfEpmd() }) => erlangHostNodes(path, names),
})

function namesOfEpmd(): EpmdNames {
  const epmd = new ErlEpmd()
  return (host, options) => epmd.names(host, options)
}

/** A host that is silent must not take the time for the answers of the others. */
const HOST_MS = 10_000

function lateHost(host: string): StrategyError {
  return new StrategyError('STRATEGY_DISCOVER_TIMEOUT', `epmd of ${host} gave no answer within ${HOST_MS / 1_000} s`, {
    hint: `Look whether ${host} runs, and whether the firewall passes epmd (port 4369).`,
    retryable: true,
  })
}

function erlangHostNodes(path: string | undefined, names: EpmdNames): Discover {
  return async ({ signal }) => {
    const hosts = hostsIn(await hostsFile(path))
    const answers = await Promise.allSettled(
      hosts.map((host) =>
        within({ ms: HOST_MS, signal, late: () => lateHost(host), unref: false }, async (either) =>
          names(host, { signal: either }),
        ),
      ),
    )
    signal.throwIfAborted()
    const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []))
    if (failures.length > 0 && failures.length === hosts.length) throw failures[0]
    const found = answers.flatMap((answer, index) =>
      answer.status === 'fulfilled' ? answer.value.map(({ name }) => `${name}@${hosts[index]}`) : [],
    )
    return { ...listedNodes(found), ...(failures.length > 0 && { trimmed: true, failures }) }
  }
}

/** The hosts of a `.hosts.erlang`: one atom a line, each with its dot, `%` before a comment. */
export function hostsIn(file: string): string[] {
  const lines = file.split('\n').map((line) => line.replace(/%.*/, '').trim())
  return lines.flatMap((line) => {
    const [, quoted, bare] = /^(?:'([^']+)'|([a-z][\w@]*))\s*\.$/.exec(line) ?? []
    return quoted ?? bare ?? []
  })
}

async function hostsFile(path: string | undefined): Promise<string> {
  const { ROOTDIR } = process.env
  const folders = [process.cwd(), homedir(), ...(ROOTDIR === undefined ? [] : [ROOTDIR])]
  const paths = path === undefined ? folders.map((folder) => join(folder, '.hosts.erlang')) : [path]
  const causes: unknown[] = []
  for (const candidate of paths) {
    try {
      return await readFile(candidate, 'utf8')
    } catch (cause) {
      causes.push(cause)
    }
  }
  throw new StrategyError('STRATEGY_SOURCE_UNREACHABLE', `no hosts file: ${paths.join(', ')}`, {
    hint: "Write one with a line such as 'host.example'. for each host.",
    cause: new AggregateError(causes),
  })
}
