import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'
import type { NodeName } from '@dynsrv/epmd-shim'
import { type Discover, type Discovery, type IgnoredTarget, withSubscribe } from '../discover.ts'
import { StrategyError } from '../error.ts'
import { anyNumber, badOption, type Check, duration, flag, text } from '../options.ts'
import { pause } from '../pause.ts'
import { whenLinkDropped } from '../policy/leave-policy.ts'
import { decodeHeartbeat, encodeHeartbeat, gossipKey } from './gossip-packet.ts'
import { HeardNames } from './heard-names.ts'
import { sourceStrategy } from './source-strategy.ts'

/** The options of libcluster's `Cluster.Strategy.Gossip`. */
export interface GossipOptions {
  /** Default 45892. */
  readonly port?: number
  /** The address the socket is bound to; default `0.0.0.0`. */
  readonly ifAddr?: string
  /** The address of the interface that multicast uses; default: the system's choice. */
  readonly multicastIf?: string
  /** Default `233.252.1.32`; with `broadcastOnly` the broadcast address. */
  readonly multicastAddr?: string
  /** Default 1: this network only. */
  readonly multicastTtl?: number
  /** Join no multicast group; default false. */
  readonly broadcastOnly?: boolean
  /** Encrypts heartbeats, and drops those of others. It does not authenticate them: the cookie does. */
  readonly secret?: string
  /** A node that was not heard of for that long counts as missing, in milliseconds; default 30 000. */
  readonly expireMs?: number
  /** The longest time between two heartbeats, in milliseconds; default 5000. Each is drawn from 1 to that. */
  readonly heartbeatMs?: number
}

const port = anyNumber({ min: 1, max: 65_535, integer: true })

const ipv4: Check = (owner, key, value) => {
  if (typeof value !== 'string' || !isIPv4(value)) throw badOption(owner, key, 'an IPv4 address', value)
}

const CHECKS: Readonly<Record<keyof GossipOptions, Check>> = {
  port,
  ifAddr: ipv4,
  multicastIf: ipv4,
  multicastAddr: ipv4,
  multicastTtl: anyNumber({ min: 0, max: 255, integer: true }),
  broadcastOnly: flag,
  secret: text,
  expireMs: duration,
  heartbeatMs: duration,
}

const PORT = 45_892
const MULTICAST = '233.252.1.32'
const HEARTBEAT_MS = 5_000
const EXPIRE_MS = 30_000
/** A socket that failed is opened anew after that. */
const REOPEN_MS = 1_000

/** Anybody on the network can send packets: so many names and complaints are kept. */
const MAX_HEARD = 10_000
const MAX_STRANGE = 100

/** The nodes whose heartbeats are heard, by the protocol of libcluster's gossip strategy. */
export function gossipNodes(options: GossipOptions, self: NodeName): Discover {
  const gossip = new Gossip(options, self)
  return withSubscribe(
    async () => gossip.heard(),
    (changed, { signal }) => void gossip.open(changed, signal),
  )
}

/** Members are the nodes whose heartbeats are heard. Live links are never taken down, since there is no goodbye. */
export const gossip = sourceStrategy<GossipOptions>({
  owner: 'gossip',
  checks: CHECKS,
  required: [],
  leave: whenLinkDropped,
  nodes: (options, { self }) => gossipNodes(options, self),
})

/** What no option shows alone. */
function checkTogether({
  broadcastOnly = false,
  multicastAddr = MULTICAST,
  heartbeatMs,
  expireMs,
}: GossipOptions): void {
  const first = Number.parseInt(multicastAddr, 10)
  if (!broadcastOnly && (first < 224 || first > 239)) {
    const wanted = 'from 224.0.0.0 to 239.255.255.255 (or with broadcastOnly the broadcast address)'
    throw badOption('gossip', 'multicastAddr', wanted, multicastAddr)
  }
  const [heartbeat, expire] = [heartbeatMs ?? HEARTBEAT_MS, expireMs ?? EXPIRE_MS]
  if (expire > heartbeat) return
  throw badOption('gossip', 'expireMs', `longer than heartbeatMs (${heartbeat}), the longest pause of a node`, expire)
}

class Gossip {
  readonly #options: GossipOptions
  readonly #self: NodeName
  readonly #key: Buffer | undefined
  readonly #heard = new HeardNames(MAX_HEARD)
  readonly #strange = new Map<string, IgnoredTarget>()
  #fault: unknown

  constructor(options: GossipOptions, self: NodeName) {
    checkTogether(options)
    this.#options = options
    this.#self = self
    this.#key = options.secret === undefined ? undefined : gossipKey(options.secret)
  }

  heard(): Discovery {
    if (this.#fault !== undefined) throw this.#fault
    this.#heard.expire(performance.now() - (this.#options.expireMs ?? EXPIRE_MS))
    const ignored = [...this.#strange.values()]
    this.#strange.clear()
    // Silence that lasts as long as `expireMs` needs no second look, whatever strangers send meanwhile.
    return { nodes: this.#heard.names(), ignored, absent: true }
  }

  /** Listens and sends until the signal aborts; a socket that fails, as without its interface, is opened anew. */
  async open(changed: () => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const failed = new AbortController()
      try {
        await this.#run(changed, AbortSignal.any([signal, failed.signal]), failed)
      } catch (cause) {
        if (signal.aborted) return
        this.#fault = unsent(cause)
        changed()
      }
      await pause(REOPEN_MS, { signal })
    }
  }

  /** @throws why the socket cannot be used, or the signal's reason */
  async #run(changed: () => void, signal: AbortSignal, failed: AbortController): Promise<void> {
    const { port = PORT, ifAddr = '0.0.0.0' } = this.#options
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    try {
      socket.on('error', (cause) => failed.abort(cause))
      socket.on('message', (packet, { address }) => {
        if (this.#receive(packet, address)) changed()
      })
      socket.bind(port, ifAddr)
      await once(socket, 'listening', { signal })
      this.#configure(socket)
      await this.#send(socket, port, signal, failed)
      signal.throwIfAborted()
    } finally {
      socket.close()
    }
  }

  #configure(socket: Socket): void {
    const { multicastAddr = MULTICAST, multicastIf, multicastTtl = 1, broadcastOnly = false } = this.#options
    socket.setBroadcast(true)
    if (broadcastOnly) return
    socket.setMulticastTTL(multicastTtl)
    socket.setMulticastLoopback(true)
    if (multicastIf !== undefined) socket.setMulticastInterface(multicastIf)
    socket.addMembership(multicastAddr, multicastIf)
  }

  async #send(socket: Socket, port: number, signal: AbortSignal, failed: AbortController): Promise<void> {
    const { multicastAddr = MULTICAST, heartbeatMs = HEARTBEAT_MS } = this.#options
    while (!signal.aborted) {
      socket.send(encodeHeartbeat(this.#self, this.#key), port, multicastAddr, (cause) => {
        if (cause === null) this.#fault = undefined
        else failed.abort(cause)
      })
      await pause(1 + Math.random() * (heartbeatMs - 1), { signal })
    }
  }

  /** Whether it is news. */
  #receive(packet: Buffer, address: string): boolean {
    const mapped = decodeHeartbeat(packet, this.#key)
    if ('ignored' in mapped) {
      if (this.#strange.size < MAX_STRANGE) {
        this.#strange.set(`${address} ${mapped.ignored}`, { target: `packet from ${address}`, reason: mapped.ignored })
      }
      return false
    }
    return mapped.node !== this.#self && this.#heard.hear(mapped.node, address, performance.now())
  }
}

function unsent(cause: unknown): StrategyError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new StrategyError('STRATEGY_SOURCE_UNREACHABLE', `gossip cannot use its UDP socket: ${why}`, {
    hint: 'Look at the port, the interface, and whether this network carries multicast; broadcastOnly needs none.',
    retryable: true,
    cause,
  })
}
