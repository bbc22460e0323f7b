import type { Term } from '@dynsrv/etf'
import type { ExposedFunctions } from '../system/exposed-functions.ts'
import { GlobalNameServer, type GlobalNameServerParts } from './global-name-server.ts'
import { type GlobalNames, makeGlobalNames } from './global-names.ts'
import { GlobalTransactions } from './global-transactions.ts'

export interface GlobalParts extends GlobalNameServerParts {
  readonly exposed: ExposedFunctions
}

/** What a visible node has of `global`. */
export interface Global {
  /** What other nodes talk to. */
  readonly server: GlobalNameServer
  /** The names of the cluster, for our program. */
  readonly names: GlobalNames
}

/** Starts what a visible node must answer for `global`, and the names of the cluster on top of it. */
export function startGlobal({ exposed, ...parts }: GlobalParts): Global {
  const { random, self, calls } = parts
  const { clock, life, registry } = parts.servers
  const server = new GlobalNameServer(parts)
  const resolveIt = (method: Term, name: Term, one: Term, two: Term) => server.conflict.resolve(method, name, one, two)
  exposed.expose('global', { resolve_it: resolveIt }, true)
  const transactions = new GlobalTransactions({ clock, random, self, calls, life, known: () => server.known() })
  return { server, names: makeGlobalNames({ registry, server, transactions }) }
}
