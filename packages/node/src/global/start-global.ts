import type { Term } from '@dynsrv/etf'
import type { NodeCore } from '../node-core.ts'
import { GlobalNameServer } from './global-name-server.ts'
import { GlobalNames } from './global-names.ts'
import { GlobalTransactions } from './global-transactions.ts'

/** Starts what a visible node must answer for `global`, and the names of the cluster on top of it. */
export function startGlobal(core: NodeCore): { readonly server: GlobalNameServer; readonly names: GlobalNames } {
  const { self, registry, life, calls } = core
  const server = new GlobalNameServer({
    self,
    creation: core.parts.identity.creation,
    preventOverlap: core.parts.options.preventOverlappingPartitions !== false,
    registry,
    life,
    calls,
    erpc: (node, module, name, args) => core.remote.erpc(node, module, name, args),
    send: (from, to, message) => void core.router.send(from, to, message),
    reply: (own, from, reply) => core.reply(own, from, reply),
    connect: (node) => void core.connectForSend(node),
    disconnect: (node, reason) => core.table.get(node)?.close(reason),
    isConnected: (node) => core.table.get(node) !== undefined,
    warn: (warning) => core.tell({ type: 'warning', ...warning }),
  })
  const resolveIt = (method: Term, name: Term, one: Term, two: Term) => server.conflict.resolve(method, name, one, two)
  core.exposed.expose('global', { resolve_it: resolveIt })
  const parts = { self, calls, life, known: () => server.known() }
  return { server, names: new GlobalNames({ server, transactions: new GlobalTransactions(parts) }) }
}
