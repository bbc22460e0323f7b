import type { Cookie } from '@dynsrv/dist-protocol'
import { logDialFailed } from '../node-logger.ts'
import { BUSY_WAIT_MS, NODE_LIMITS, SETUP_TIME_MS } from '../node-options.ts'
import type { Connection, ConnectionOptions } from './connection.ts'
import { ConnectionTable } from './connection-table.ts'
import { dial } from './dialer.ts'
import type { Established } from './handshake-socket.ts'
import { makeConnection } from './make-connection.ts'
import type { NodeParts } from './node-parts.ts'

/** What happens on the links of a node. */
export interface TableHooks extends Pick<ConnectionOptions, 'onMessage' | 'onClosed'> {
  readonly cookie: (peer: string) => Cookie
  /** Both sides have proved themselves; the link is about to be made. */
  readonly onAdmitted: (established: Established) => void
  readonly onUp: (connection: Connection) => void
  readonly onUnreachable: (peer: string, error: unknown) => void
}

/** Makes the table of links as the options of the node want it. */
export function makeTable({ self, identity, options, transport }: NodeParts, hooks: TableHooks): ConnectionTable {
  const { allow = () => true, epmd, limits, logger, setupTimeMs = SETUP_TIME_MS, busyWaitMs = BUSY_WAIT_MS } = options
  const { cookie, onAdmitted, onClosed, onMessage, onUnreachable, onUp } = hooks
  return new ConnectionTable({
    self,
    setupTimeMs,
    dial: (peer, signal, keepExisting, onDialling) =>
      dial(peer, {
        epmd,
        transport,
        self: identity,
        cookie: cookie(peer),
        setupTimeMs,
        busyWaitMs,
        keepExisting,
        signal,
        onDialling,
      }),
    makeConnection: (established) => {
      onAdmitted(established)
      return makeConnection(established, options, { onMessage, onClosed })
    },
    onUp,
    onDialFailed: (peer, error) => {
      logDialFailed(logger, self, peer, error)
      onUnreachable(peer, error)
    },
    allow,
    maxDown: limits?.maxDown ?? NODE_LIMITS.maxDown,
  })
}
