import type { ChannelLimits } from '@dynsrv/dist-protocol'
import { BUSY_WAIT_MS, NODE_LIMITS, type NodeLimits, type NodeOptions } from '../node-options.ts'
import { Connection, type ConnectionOptions } from './connection.ts'

/** Makes a link out of a socket that is through the handshake, as the options of the node want it. */
export function makeConnection(
  established: ConstructorParameters<typeof Connection>[0],
  options: NodeOptions,
  handlers: Pick<ConnectionOptions, 'onMessage' | 'onClosed'>,
): Connection {
  const { busyBytes, maxQueuedBytes } = { ...NODE_LIMITS, ...options.limits }
  return new Connection(established, {
    ...(options.limits !== undefined && { limits: channelLimits(options.limits) }),
    ...(options.decode !== undefined && { decode: options.decode }),
    netTickTimeMs: options.netTickTimeMs ?? 60_000,
    netTickIntensity: options.netTickIntensity ?? 4,
    busyWaitMs: options.busyWaitMs ?? BUSY_WAIT_MS,
    busyBytes,
    maxQueuedBytes,
    ...handlers,
  })
}

/** The channel checks what it is given, so it gets its own limits only. */
function channelLimits(limits: Partial<NodeLimits>): Partial<ChannelLimits> {
  const own = Object.entries(limits).filter(([name]) => !(name in NODE_LIMITS))
  return Object.fromEntries(own) as Partial<ChannelLimits>
}
