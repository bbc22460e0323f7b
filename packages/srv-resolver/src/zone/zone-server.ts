import type { Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import {
  callable,
  codeOf,
  domainKey,
  either,
  filledText,
  flag,
  iterable,
  listening,
  listOf,
  messageOf,
  port,
  realWorld,
  type Timer,
  type World,
  whole,
  worldShape,
} from '@dynsrv/kit'
import { checks } from '../checks.ts'
import { decodeMessage, type Message } from '../client/dns-message.ts'
import { isResolverError, ResolverError } from '../error.ts'
import { checkedName, isWithin } from '../records/dns-name.ts'
import { HEADER_BYTES, MAX_TTL_SECONDS, RCODE } from '../records/dns-numbers.ts'
import { formatAddress } from '../server-address.ts'
import { lastingPort } from './lasting-port.ts'
import { Zone } from './zone.ts'
import { FaultPlan, type ZoneFault, type ZoneFaultSettings, zoneFault } from './zone-fault.ts'
import { recordFields, type ZoneRecord } from './zone-record.ts'
import { zoneResponse } from './zone-response.ts'

/** A question that a zone server received. */
export interface ZoneQuery {
  readonly name: string
  readonly type: string
  readonly transport: 'udp' | 'tcp'
  /** The UDP size that the client announced, 0 without EDNS. */
  readonly ednsBytes: number
}

/** Options of {@link startZoneServer}. */
export interface ZoneServerOptions {
  /** An IP address of this machine; default `127.0.0.1`. */
  readonly host?: string
  /** UDP and TCP; 0, the default, takes one that is free, and keeps it through {@link ZoneServer.pause}. */
  readonly port?: number
  readonly records?: Iterable<ZoneRecord>
  /** What this server answers for; other names are REFUSED. Default: every name. */
  readonly zones?: readonly string[]
  /** How long a client may remember that there is nothing; default 5. */
  readonly negativeTtlSeconds?: number
  /** Also compress SRV targets, as some servers do although RFC 2782 asks not to; default false. */
  readonly compressTargets?: boolean
  /** Called for every question, before it is answered. */
  readonly onQuery?: (query: ZoneQuery) => void
  /** Where sockets, time and chance come from; default: the machine. */
  readonly world?: World
}

/** What {@link ZoneServer.remove} takes: a function, or fields that all have to be equal (names without case). */
export type ZoneMatch = ((record: ZoneRecord) => boolean) | Partial<ZoneRecord>

const check = checks.options<ZoneServerOptions>('startZoneServer', {
  host: filledText,
  port,
  records: iterable,
  zones: listOf(filledText),
  negativeTtlSeconds: whole(0, MAX_TTL_SECONDS),
  compressTargets: flag,
  onQuery: callable,
  world: worldShape,
})
const zoneMatch = either(callable, recordFields)

const MAX_CONNECTIONS = 256
const IDLE_MS = 10_000
const BIND_TRIES = 20
const RESPONSE_FLAG = 0x8000
const ID_BYTES = 2
/** So many responses are kept at most. */
const MOST_SENT = 64

/**
 * Starts a small authoritative DNS server for demos, tests and local development.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION`, `DNS_BAD_RECORD`, or `DNS_LISTEN_FAILED` when the port is taken
 */
export async function startZoneServer(options: ZoneServerOptions = {}): Promise<ZoneServer> {
  const server = new ZoneServer(options)
  await server.resume()
  return server
}

/** A running zone server; everything about it can change while it runs. */
export class ZoneServer implements AsyncDisposable {
  readonly host: string
  readonly #options: ZoneServerOptions
  readonly #onQuery: (query: ZoneQuery) => void
  readonly #zones: readonly string[]
  readonly #zone: Zone
  readonly #connections = new Set<Socket>()
  readonly #delayed = new Set<Timer>()
  readonly #world: World
  #port: number
  #faults = new FaultPlan([])
  #turn = 0
  /** What is sent to a question as long as the records are the same, by the question without its id, which many ask alike. */
  readonly #sent = new Map<string, Buffer>()
  #tcp: Server | undefined
  #udp: UdpSocket | undefined

  /**
   * A server that does not listen yet; {@link startZoneServer} makes one that does.
   *
   * @throws {ResolverError} `DNS_BAD_OPTION`, `DNS_BAD_NAME` for a zone, `DNS_BAD_RECORD`
   */
  constructor(options: ZoneServerOptions) {
    check(options)
    this.#options = options
    const { system } = options.world ?? realWorld
    this.#onQuery = listening(system, { name: 'onQuery', code: 'DNS_LISTENER_THREW' }, options.onQuery)
    this.#world = options.world ?? realWorld
    this.host = options.host ?? '127.0.0.1'
    this.#port = options.port ?? 0
    this.#zones = options.zones?.map(checkedName) ?? ['']
    this.#zone = new Zone(options.records)
  }

  get port(): number {
    return this.#port
  }

  /** `host:port`, ready for the `servers` of a client. */
  get address(): string {
    return formatAddress(this.host, this.#port)
  }

  /** Adds records; one that differs only in TTL, priority or weight from one that is there replaces it. @throws {ResolverError} `DNS_BAD_RECORD` */
  add(...records: readonly ZoneRecord[]): void {
    this.#sent.clear()
    for (const record of records) this.#zone.add(record)
  }

  /** @returns how many records are gone. @throws {ResolverError} `DNS_BAD_OPTION` for a field that no record has */
  remove(match: ZoneMatch): number {
    checks.argument('remove', 'match', zoneMatch, match)
    this.#sent.clear()
    return this.#zone.remove(typeof match === 'function' ? match : (record) => hasFields(record, match))
  }

  records(): readonly ZoneRecord[] {
    return this.#zone.records()
  }

  /**
   * Misbehaves this way from now on, instead of any way before; without argument it behaves.
   *
   * @throws {ResolverError} `DNS_BAD_OPTION`
   */
  setFault(...faults: readonly (ZoneFault | undefined)[]): void {
    const set = faults.filter((fault) => fault !== undefined)
    for (const fault of set) checks.argument('setFault', 'fault', zoneFault, fault)
    this.#faults = new FaultPlan(set)
    this.#turn = 0
  }

  /** Closes the sockets, so that clients are refused; records and faults are kept. */
  async pause(): Promise<void> {
    const [tcp, udp] = [this.#tcp, this.#udp]
    this.#tcp = undefined
    this.#udp = undefined
    for (const timer of this.#delayed) this.#world.clock.clearTimeout(timer)
    this.#delayed.clear()
    for (const connection of this.#connections) connection.destroy()
    if (udp !== undefined) {
      udp.close()
      await once(udp, 'close')
    }
    if (tcp !== undefined) {
      tcp.close()
      await once(tcp, 'close')
    }
  }

  /** Listens again, on the same port. @throws {ResolverError} `DNS_LISTEN_FAILED` */
  async resume(): Promise<void> {
    if (this.#tcp !== undefined) return
    const wanted = this.#port
    for (let tries = 1; ; tries++) {
      const tcp = this.#tcpServer()
      try {
        this.#port = wanted === 0 ? lastingPort(this.#world.random) : wanted
        await listenTcp(tcp, this.host, this.#port)
        this.#udp = await this.#bindUdp()
        this.#tcp = tcp
        return
      } catch (cause) {
        tcp.close()
        this.#port = wanted
        // The port drawn may be taken; another one is soon found when any will do.
        if (wanted === 0 && tries < BIND_TRIES && codeOf(cause) === 'EADDRINUSE') continue
        throw new ResolverError('DNS_LISTEN_FAILED', `cannot listen on ${this.address}: ${messageOf(cause)}`, { cause })
      }
    }
  }

  /** The same as {@link pause}; nothing stays open. */
  close(): Promise<void> {
    return this.pause()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #tcpServer(): Server {
    const server = this.#world.network.createServer({}, (socket) => this.#serveConnection(socket))
    server.maxConnections = MAX_CONNECTIONS
    return server
  }

  async #bindUdp(): Promise<UdpSocket> {
    const socket = this.#world.network.createUdpSocket({ type: this.host.includes(':') ? 'udp6' : 'udp4' })
    socket.on('message', (bytes, { address, port }) => {
      this.#answer(bytes, 'udp', (response) => {
        // The client may be gone; then a failed send is a lost datagram.
        if (this.#udp === socket) socket.send(response, port, address, () => undefined)
      })
    })
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (cause) => {
        socket.close()
        reject(cause)
      })
      socket.bind({ address: this.host, port: this.#port, exclusive: true }, () => {
        socket.removeAllListeners('error')
        resolve()
      })
    })
    // Without a listener, the network's report that a client is gone would end the process.
    socket.on('error', () => undefined)
    return socket
  }

  #serveConnection(socket: Socket): void {
    let buffered = Buffer.alloc(0)
    this.#connections.add(socket)
    socket.setTimeout(IDLE_MS, () => socket.destroy())
    socket.on('close', () => this.#connections.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      buffered = Buffer.concat([buffered, chunk])
      while (buffered.length >= 2 && buffered.length >= 2 + buffered.readUInt16BE(0)) {
        const end = 2 + buffered.readUInt16BE(0)
        const bytes = Buffer.from(buffered.subarray(2, end))
        buffered = buffered.subarray(end)
        this.#answer(bytes, 'tcp', (response) => {
          const length = Buffer.alloc(2)
          length.writeUInt16BE(response.length)
          if (socket.writable) socket.write(Buffer.concat([length, response]))
        })
      }
    })
  }

  #answer(bytes: Uint8Array, transport: 'udp' | 'tcp', send: (response: Buffer) => void): void {
    const query = queryOf(bytes)
    if (query === undefined) {
      const refusal = formErr(bytes)
      if (refusal !== undefined) send(refusal)
      return
    }
    const [{ name, type } = { name: '', type: '' }] = query.questions
    this.#onQuery({ name, type, transport, ednsBytes: query.ednsBytes })
    const faults = this.#faults.strike(name, type, transport)
    const response =
      faults.length === 0 ? this.#plain(query, bytes, transport) : this.#response(query, bytes, transport, faults)
    if (response === undefined) return
    const delayMs = faults.reduce((sum, fault) => sum + (fault.type === 'delay' ? fault.ms : 0), 0)
    if (delayMs === 0) {
      send(response)
      return
    }
    const timer = this.#world.clock.setTimeout(() => {
      this.#delayed.delete(timer)
      send(response)
    }, delayMs)
    this.#delayed.add(timer)
  }

  /** The response that no fault changes: written once for all who ask alike. */
  #plain(query: Message, bytes: Uint8Array, transport: 'udp' | 'tcp'): Buffer | undefined {
    const key = `${transport} ${Buffer.from(bytes.subarray(ID_BYTES)).toString('latin1')}`
    const known = this.#sent.get(key) ?? this.#response(query, bytes, transport, [])
    if (known === undefined) return undefined
    if (this.#sent.size >= MOST_SENT) this.#sent.clear()
    this.#sent.set(key, known)
    const response = Buffer.from(known)
    response.writeUInt16BE(query.id)
    return response
  }

  #response(
    query: Message,
    bytes: Uint8Array,
    transport: 'udp' | 'tcp',
    faults: readonly ZoneFaultSettings[],
  ): Buffer | undefined {
    const [{ name } = { name: '' }] = query.questions
    const apex = this.#zones.find((zone) => isWithin(name, zone))
    return zoneResponse({
      query,
      bytes,
      transport,
      zone: this.#zone,
      apex: apex ?? '',
      serves: apex !== undefined,
      negativeTtlSeconds: this.#options.negativeTtlSeconds ?? 5,
      compressTargets: this.#options.compressTargets ?? false,
      faults,
      turn: faults.some(({ type: kind }) => kind === 'rotate') ? this.#turn++ : 0,
      random: () => this.#world.random.number(),
    })
  }
}

function queryOf(bytes: Uint8Array): Message | undefined {
  try {
    const message = decodeMessage(bytes)
    return message.isResponse ? undefined : message
  } catch (error) {
    if (isResolverError(error)) return undefined
    throw error
  }
}

/** The answer to what is not a question. A response gets none, or two servers could talk forever. */
function formErr(bytes: Uint8Array): Buffer | undefined {
  if (bytes.length < HEADER_BYTES || (bytes[2]! & 0x80) !== 0) return undefined
  const response = Buffer.alloc(HEADER_BYTES)
  response.set(bytes.subarray(0, 2))
  response.writeUInt16BE(RESPONSE_FLAG | RCODE.FORMERR, 2)
  return response
}

function hasFields(record: ZoneRecord, fields: Partial<ZoneRecord>): boolean {
  const given = record as unknown as Readonly<Record<string, unknown>>
  return Object.entries(fields).every(([field, value]) =>
    (field === 'name' || field === 'target') && typeof value === 'string' && typeof given[field] === 'string'
      ? domainKey(given[field]) === domainKey(value)
      : given[field] === value,
  )
}

function listenTcp(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}
