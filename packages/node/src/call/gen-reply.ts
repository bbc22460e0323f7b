import { DFLAG_ALIAS } from '@dynsrv/dist-protocol'
import type { Pid, Term } from '@dynsrv/etf'
import type { Connection } from '../link/connection.ts'
import type { Registry } from '../process/registry.ts'
import type { SignalRouter } from '../process/signal-router.ts'
import { aliasOf, type GenFrom, replyMessage } from './gen-message.ts'

export interface GenReplyParts {
  readonly self: string
  readonly registry: Registry
  readonly router: SignalRouter
  readonly connection: (node: string) => Connection | undefined
}

/** Answers a gen call: through the alias where the caller made one, so that an answer that is late is dropped there. */
export function genReply(
  { self, registry, router, connection }: GenReplyParts,
  own: Pid,
  from: GenFrom,
  reply: Term,
): void {
  const alias = aliasOf(from.tag)
  const message = replyMessage(from, reply)
  if (alias === undefined) {
    router.send(own, from.pid, message)
    return
  }
  const node = alias.node.name
  if (node === self) registry.byAlias(alias)?.(message)
  else if (((connection(node)?.flags ?? 0n) & DFLAG_ALIAS) === 0n) router.send(own, from.pid, message)
  else router.transmit(node, { op: 'ALIAS_SEND', from: own, to: alias }, message)
}
