import type { Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'
import type { NodeName } from '@dynsrv/epmd-shim'
import { duration, filledText, flag, messageOf, type Rules, rule, type World, whole } from '@dynsrv/kit'
import { badOption, checks } from '../checks.ts'
import { type Asked, type Discover, type Discovery, type IgnoredTarget, sourceOf } from '../discover.ts'
import { StrategyError } from '../error.ts'
import { decodeHeartbeat, encodeHeartbeat, gossipKey, IV_BYTES, secretText } from '../gossip/gossip-packet.ts'
import { HeardNames } from '../gossip/heard-names.ts'
import { pause } from '../pause.ts'
import { whenLinkDropped } from '../policy/leave-policy.ts'
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

const ipv4 = rule('an IPv4 address', (value) => typeof value === 'string' && isIPv4(value))

const RULES: Rules<GossipOptions> = {
  port: whole(1, 65_535),
  ifAddr: ipv4,
  multicastIf: ipv4,
  multicastAddr: ipv4,
  multicastTtl: whole(0, 255),
  broadcastOnly: flag,
  secret: secretText,
  expireMs: duration({ min: 1 }),
  heartbeatMs: duration({ min: 1 }),
}

const check = checks.options<GossipOptions>('gossipNodes', RULES)

const PORT = 45_892
const MULTICAST = '233.252.1.32'
const HEARTBEAT_MS = 5_000
const EXPIRE_MS = 30_000
/** A socket that failed is opened again after this time. */
const REOPEN_MS = 1_000

/** Anybody on the network can send packets, so no more names and reasons are kept. */
const MAX_HEARD = 10_000
const MAX_STRANGE = 100

/**
 * The nodes whose heartbeats are heard, by the protocol of libcluster's gossip strategy.
 *
 * @param self our own name, which is sent
 * @throws {StrategyError} `STRATEGY_BAD_OPTION`
 */
export function gossipNodes(options: GossipOptions, self: NodeName): Discover {
  check(options)
  checks.argument('gossipNodes', 'self', filledText, self)
  const gossip = new Gossip(options, self)
  return sourceOf(
    async ({ world }) => gossip.heard(world),
    (changed, asked) => gossip.open(changed, asked),
  )
}

/** Members are the nodes whose heartbeats are heard. Live links are never taken down, since there is no goodbye. */
export const gossip = sourceStrategy<GossipOptions>({
  owner: 'gossip',
  rules: RULES,
  leave: whenLinkDropped,
  nodes: ({ world: _world, ...options }, { self }) => gossipNodes(options, self),
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
  readonly #key: Uint8Array | undefined
  readonly #heard = new HeardNames(MAX_HEARD)
  readonly #strange = new Map<string, IgnoredTarget>()
  #fault: unknown

  constructor(options: GossipOptions, self: NodeName) {
    checkTogether(options)
    this.#options = options
    this.#self = self
    this.#key = options.secret === undefined ? undefined : gossipKey(options.secret)
  }

  heard({ clock }: World): Discovery {
    if (this.#fault !== undefined) throw this.#fault
    this.#heard.expire(clock.monotonic() - (this.#options.expireMs ?? EXPIRE_MS))
    const ignored = [...this.#strange.values()]
    this.#strange.clear()
    // Silence for `expireMs` needs no second look, whatever strangers send meanwhile.
    return { nodes: this.#heard.names(), ignored, absent: true }
  }

  /** Listens and sends until the signal aborts; a socket that fails, as without its interface, is opened again. */
  async open(changed: () => void, asked: Asked): Promise<void> {
    const { signal, world } = asked
    while (!signal.aborted) {
      const failed = new AbortController()
      try {
        await this.#run(changed, { ...asked, signal: AbortSignal.any([signal, failed.signal]) }, failed)
      } catch (cause) {
        if (signal.aborted) return
        this.#fault = unsent(cause)
        changed()
      }
      await pause(world.clock, REOPEN_MS, { signal })
    }
  }

  /** @throws why the socket cannot be used, or the signal's reason */
  async #run(changed: () => void, asked: Asked, failed: AbortController): Promise<void> {
    const { port = PORT, ifAddr = '0.0.0.0' } = this.#options
    const { signal, world } = asked
    const socket = world.network.createUdpSocket({ type: 'udp4', reuseAddr: true })
    try {
      socket.on('error', (cause) => failed.abort(cause))
      socket.on('message', (packet, { address }) => {
        if (this.#receive(packet, address, world)) changed()
      })
      socket.bind(port, ifAddr)
      await once(socket, 'listening', { signal })
      this.#configure(socket)
      await this.#send(socket, port, asked, failed)
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

  async #send(socket: Socket, port: number, { signal, world }: Asked, failed: AbortController): Promise<void> {
    const { multicastAddr = MULTICAST, heartbeatMs = HEARTBEAT_MS } = this.#options
    const { clock, random } = world
    const key = this.#key
    while (!signal.aborted) {
      const secrecy = key && { key, iv: random.bytes(IV_BYTES) }
      socket.send(encodeHeartbeat(this.#self, secrecy), port, multicastAddr, (cause) => {
        if (cause === null) this.#fault = undefined
        else failed.abort(cause)
      })
      await pause(clock, 1 + random.number() * (heartbeatMs - 1), { signal })
    }
  }

  /** Whether it is news. */
  #receive(packet: Buffer, address: string, { clock }: World): boolean {
    const mapped = decodeHeartbeat(packet, this.#key)
    if ('ignored' in mapped) {
      if (this.#strange.size < MAX_STRANGE) {
        this.#strange.set(`${address} ${mapped.ignored}`, { target: `packet from ${address}`, reason: mapped.ignored })
      }
      return false
    }
    return mapped.node !== this.#self && this.#heard.hear(mapped.node, address, clock.monotonic())
  }
}

function unsent(cause: unknown): StrategyError {
  return new StrategyError('STRATEGY_SOURCE_UNREACHABLE', `gossip cannot use its UDP socket: ${messageOf(cause)}`, {
    hint: 'Check the port, the interface, and that this network carries multicast; broadcastOnly needs none.',
    fault: 'local',
    cause,
  })
}
