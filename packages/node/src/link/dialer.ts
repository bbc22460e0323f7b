import { isIPv6, type Socket } from 'node:net'
import { type Cookie, InitiatorHandshake, isDistError, type NodeIdentity } from '@dynsrv/dist-protocol'
import type { EpmdModule, HostAddress, NodeAddressCandidate, NodeName } from '@dynsrv/epmd-shim'
import { type Clock, endpoint, given, hostAddress, listOf, messageOf, optional, type Timer, within } from '@dynsrv/kit'
import { isNodeError, NodeError } from '../error.ts'
import type { LocatePeer } from '../node-options.ts'
import { busyWait } from './busy-wait.ts'
import { type Established, runHandshake } from './handshake-socket.ts'
import type { OwnChallenges } from './own-challenges.ts'
import { destroyOnError, type SocketInput } from './socket-input.ts'
import { dialError, type Transport } from './transport.ts'

/** How long one address is tried alone before the next one is tried beside it, as RFC 8305 suggests. */
const NEXT_ADDRESS_MS = 250

/**
 * How long the address lookup may take once nobody of the peer was where it was said to be. While DNS is silent the peer that
 * restarts there must not wait for it.
 */
const OTHER_PLACE_MS = 1_000

/** What one attempt to reach a peer brings with it. */
export interface DialAttempt {
  /** Where the peer listens, as far as the caller knows; left out when it knows the name only. */
  readonly endpoints?: readonly NodeAddressCandidate[] | undefined
  /** More of them, which are still being looked up. */
  readonly later?: Promise<readonly NodeAddressCandidate[]> | undefined
  /** The addresses of the peer's host, for the address lookup, as far as they are known. */
  readonly addresses?: readonly HostAddress[] | undefined
  /** Whether a live connection to the peer is held, which makes this attempt pointless. */
  readonly keepExisting: () => boolean
  readonly signal: AbortSignal
  /** The addresses are known and sockets open: from now on the attempt counts in the rule of simultaneous connects. */
  readonly onDialling: () => void
}

export interface DialOptions extends DialAttempt {
  readonly clock: Clock
  readonly challenges: OwnChallenges
  readonly epmd: EpmdModule
  /** See `NodeOptions.locate`. */
  readonly locate: LocatePeer | undefined
  readonly transport: Transport
  readonly self: NodeIdentity
  readonly cookie: Cookie
  readonly setupTimeMs: number
  /** See `NodeOptions.busyWaitMs`. */
  readonly busyWaitMs: number
}

interface Address {
  readonly ip: string
  readonly port: number
  readonly family: 4 | 6
  readonly host: string
}

/**
 * Reaches a peer by name: TCP to its addresses in their order, handshake on the first that answers. Where the caller does not
 * say where it listens, `locate` is asked; where nobody knows it, or nobody of the peer is there, the address lookup.
 *
 * An address where somebody else than the peer answers does not end the attempt while there are others. A peer that refuses
 * the offered cookie is dialled again with each of the accepted ones: while a cookie is being changed, it may have another.
 *
 * @throws {NodeError} that says most: of an address where somebody answered, rather than of one where nobody does; its
 *   `cause` is what lies behind it
 * @throws the signal's reason when it aborts
 */
export async function dial(peer: NodeName, options: DialOptions): Promise<Established> {
  const host = peer.slice(peer.lastIndexOf('@') + 1)
  const over = new AbortController()
  const abort = () => over.abort(options.signal.reason)
  options.signal.addEventListener('abort', abort, { once: true })
  try {
    options.signal.throwIfAborted()
    const place = await placeOf(peer, options, over.signal)
    const known = addressesAt(host, place)
    const failures: NodeError[] = []
    let late: readonly Address[] = []
    known.later?.then((addresses) => {
      late = addresses
    })
    if (known.addresses.length > 0) {
      const established = await dialAddresses(peer, known, failures, options)
      if (established !== undefined) return established
    }
    let found: Addresses
    try {
      const ask = (signal: AbortSignal) =>
        lookUp(peer, host, { epmd: options.epmd, addresses: place.addresses, signal })
      const silent = () => mostTelling(failures)
      const limit = { clock: options.clock, ms: OTHER_PLACE_MS, signal: over.signal, late: silent }
      // What is still being looked up afterwards ends with the attempt.
      const either = (signal: AbortSignal) => ask(AbortSignal.any([signal, over.signal]))
      found = await (failures.length === 0 ? ask(over.signal) : within(limit, either))
    } catch (error) {
      // Why nobody answered where the peer was says more than a lookup that fails as well.
      throw failures.length === 0 || options.signal.aborted ? error : mostTelling(failures)
    }
    const established = await dialAddresses(peer, without(found, [...known.addresses, ...late]), failures, options)
    if (established === undefined) throw mostTelling(failures)
    return established
  } finally {
    options.signal.removeEventListener('abort', abort)
    // What is still being looked up is not needed any more.
    over.abort()
  }
}

/** Where a peer may answer: known now, and still being looked up. */
interface Addresses {
  readonly addresses: readonly Address[]
  /** Never rejects. */
  readonly later: Promise<readonly Address[]> | undefined
}

const endpointList = listOf(endpoint)
const addressList = optional(listOf(hostAddress))

/** Where a peer listens, as far as anybody has said it. */
interface KnownPlace extends Pick<DialOptions, 'later' | 'addresses'> {
  readonly candidates: readonly NodeAddressCandidate[]
}

/** What the caller says of where the peer listens; of one of whom it says nothing, what `locate` knows. */
async function placeOf(peer: NodeName, options: DialOptions, signal: AbortSignal): Promise<KnownPlace> {
  const { endpoints, later, addresses, locate } = options
  if (endpoints !== undefined || addresses !== undefined || locate === undefined) {
    return { candidates: endpoints ?? [], later, addresses }
  }
  try {
    const known = (await locate(peer, { signal })) ?? {}
    const candidates = known.endpoints ?? []
    // It is only a help, like what comes late: the address lookup says what is wrong.
    const isUsable =
      endpointList.check(candidates, 'endpoints') === undefined &&
      addressList.check(known.addresses, 'addresses') === undefined
    if (isUsable) return { candidates, later: known.later ?? later, addresses: known.addresses }
  } catch {
    signal.throwIfAborted()
  }
  return { candidates: [], later, addresses }
}

function addressesAt(host: string, { candidates, later }: Omit<KnownPlace, 'addresses'>): Addresses {
  const at = ({ ip, port }: NodeAddressCandidate): Address => ({ ip, port, family: isIPv6(ip) ? 6 : 4, host })
  // What a lookup of the program's own gives late is only a help: when it is wrong, the others stand.
  const usable = (all: readonly NodeAddressCandidate[]) => (endpointList.check(all, 'later') === undefined ? all : [])
  return {
    addresses: candidates.map(at),
    later: later?.then(
      (all) => usable(all).map(at),
      () => [],
    ),
  }
}

function without({ addresses, later }: Addresses, tried: readonly Address[]): Addresses {
  const isNew = (address: Address) => !tried.some(({ ip, port }) => ip === address.ip && port === address.port)
  return { addresses: addresses.filter(isNew), later: later?.then((all) => all.filter(isNew)) }
}

/** Undefined when no address led to the peer, with any cookie; `failures` then says why. */
async function dialAddresses(
  peer: NodeName,
  addresses: Addresses,
  failures: NodeError[],
  options: DialOptions,
): Promise<Established | undefined> {
  options.onDialling()
  for (const cookie of offers(options.cookie)) {
    const before = failures.length
    const established = await dialWith(cookie, peer, addresses, failures, options)
    if (established !== undefined) return established
    if (!failures.slice(before).some(({ code }) => code === 'DIST_COOKIE_REJECTED')) return undefined
  }
  return undefined
}

/** The cookies with which the peer may let us in, each with those that it may prove to us. */
function offers(cookie: Cookie): Cookie[] {
  if (typeof cookie === 'string') return [cookie]
  const { offered, accepted } = cookie
  return [...new Set([offered, ...accepted])].map((each) => ({ offered: each, accepted }))
}

/** Undefined when no address led to the peer; `failures` then says why. */
async function dialWith(
  cookie: Cookie,
  peer: NodeName,
  { addresses, later }: Addresses,
  failures: NodeError[],
  options: DialOptions,
): Promise<Established | undefined> {
  const { clock, challenges, signal, transport, setupTimeMs, busyWaitMs } = options
  const left: Left = { addresses: [...addresses], later }
  while (left.addresses.length > 0 || left.later !== undefined) {
    const race = { clock, peer, transport, setupTimeMs, busyWaitMs, signal, failures }
    const opened = await firstToAnswer(left, race)
    if (opened === undefined) return undefined
    const { socket, input, address } = opened
    const challenge = challenges.open('initiator', socket)
    const machine = new InitiatorHandshake({
      self: options.self,
      peerName: peer,
      cookie,
      challenge: challenge.value,
      isOwnChallenge: challenge.isReflected,
      keepExisting: options.keepExisting,
      headerBytes: transport.headerBytes,
    })
    try {
      return await runHandshake({
        clock,
        socket,
        input,
        machine,
        address,
        direction: 'outgoing',
        setupTimeMs,
        busyWaitMs,
        signal,
      })
    } catch (error) {
      if (!isNodeError(error) || error.code === 'DIST_NOK') throw error
      failures.push(error)
    } finally {
      challenge.close()
    }
  }
  return undefined
}

async function lookUp(
  peer: NodeName,
  host: string,
  { epmd, addresses, signal }: Pick<DialOptions, 'epmd' | 'addresses' | 'signal'>,
): Promise<Addresses> {
  const alive = peer.slice(0, peer.lastIndexOf('@'))
  let found: Addresses
  try {
    const known = addresses !== undefined && { addresses }
    found = addressesAt(host, await epmd.addressPlease(alive, host, 'any', { signal, ...known }))
  } catch (cause) {
    signal.throwIfAborted()
    // A look-up of the program's may reject with anything.
    const { hint, retryable } = given(cause as { hint?: unknown; retryable?: unknown })
    throw new NodeError('NODE_LOOKUP_FAILED', `no address for ${peer}: ${messageOf(cause)}`, {
      peer,
      cause,
      ...(typeof hint === 'string' && { hint }),
      ...(typeof retryable === 'boolean' && { retryable }),
    })
  }
  if (found.addresses.length > 0) return found
  throw new NodeError('NODE_LOOKUP_FAILED', `the look-up of ${peer} gave no address`, { peer })
}

/** Who refused us and why says more than an address where nobody listens, which a second record often is. */
function mostTelling(failures: readonly NodeError[]): NodeError {
  return failures.find(isDistError) ?? failures.at(-1)!
}

interface RaceOptions {
  readonly clock: Clock
  readonly peer: string
  readonly transport: Transport
  readonly setupTimeMs: number
  readonly busyWaitMs: number
  readonly signal: AbortSignal
  /** Gets the error of each address that did not answer. */
  readonly failures: NodeError[]
}

/** A socket that is ready. */
interface Opened {
  readonly socket: Socket
  readonly input: SocketInput
  readonly address: string
}

/** What was not tried yet. */
interface Left {
  readonly addresses: Address[]
  /** Undefined once they are among the addresses. */
  later: Promise<readonly Address[]> | undefined
}

/**
 * Opens sockets one after another until one is ready, undefined when none is; `left` loses those that were tried. Addresses that
 * come later join the race.
 */
function firstToAnswer(left: Left, options: RaceOptions): Promise<Opened | undefined> {
  const { clock, peer, transport, setupTimeMs, busyWaitMs, signal, failures } = options
  return new Promise((resolve, reject) => {
    const open = new Map<Socket, Address>()
    let next: Timer | undefined
    let over = false
    const finish = (settle: () => void, winner?: Socket) => {
      clock.clearTimeout(next)
      clock.clearTimeout(patience)
      signal.removeEventListener('abort', onAbort)
      for (const [socket, address] of open) {
        if (socket === winner) continue
        socket.destroy()
        // A slower address is not a failed one: it is tried again when the winner turns out to be somebody else.
        if (winner !== undefined) left.addresses.push(address)
      }
      over = true
      settle()
    }
    const failed = () => finish(() => resolve(undefined))
    const onAbort = () => finish(() => reject(signal.reason))
    const patience = clock.setTimeout(() => {
      const tried = [...open.values()].map(({ ip, port }) => `${ip}:${port}`).join(', ')
      // Those that were tried have failed, and no others came.
      if (open.size === 0) {
        left.later = undefined
        return failed()
      }
      // A plain socket is ready once it is connected; one that waits on has not been answered in TLS.
      const taken = [...open.keys()].some((socket) => !socket.connecting)
      const silent = `${tried} of ${peer} did not answer${taken ? ' in TLS' : ''} within ${setupTimeMs} ms`
      failures.push(
        taken
          ? new NodeError('NODE_TLS', silent, {
              peer,
              hint: 'Does the peer speak TLS? Use it on both sides or on none.',
            })
          : new NodeError('NODE_CONNECT_TIMEOUT', silent, { peer }),
      )
      failed()
    }, setupTimeMs)
    const tryNext = () => {
      clock.clearTimeout(next)
      next = undefined
      const address = left.addresses.shift()
      if (address === undefined) {
        if (open.size === 0 && left.later === undefined) failed()
        return
      }
      const text = address.family === 6 ? `[${address.ip}]:${address.port}` : `${address.ip}:${address.port}`
      let connecting: ReturnType<Transport['connect']>
      try {
        connecting = transport.connect(address)
      } catch (cause) {
        // No address, or certificates that cannot be used.
        failures.push(isNodeError(cause) ? cause : dialError(cause, text, peer))
        tryNext()
        return
      }
      const { socket, input } = connecting
      open.set(socket, address)
      busyWait.expect(busyWaitMs)
      const onError = (cause: Error) => {
        failures.push(dialError(cause, text, peer))
        open.delete(socket)
        tryNext()
      }
      socket.once('error', onError)
      socket.once(transport.readyEvent, () => {
        socket.off('error', onError)
        destroyOnError(socket)
        finish(() => resolve({ socket, input, address: text }), socket)
      })
      next = clock.setTimeout(tryNext, NEXT_ADDRESS_MS)
    }
    left.later?.then((addresses) => {
      if (over) return
      left.later = undefined
      left.addresses.push(...addresses)
      // Else the one that is tried now has its time alone.
      if (next === undefined) tryNext()
    })
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    else tryNext()
  })
}
