import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { decode, encode } from 'dns-packet'
import { ResolverError } from './error.ts'
import { Zone, type ZoneMatch, type ZoneRecord } from './zone.ts'
import { answerQuery, decodeQuery, errorAnswer, RCODE, type ZoneQuery } from './zone-answer.ts'
import type { ZoneFault } from './zone-fault.ts'

export interface ZoneServerOptions {
  /** The address to listen on; default `127.0.0.1`. */
  readonly host?: string
  /** UDP and TCP; default 0, any port that is free for both. */
  readonly port?: number
  readonly records?: Iterable<ZoneRecord>
}

const MAX_TCP_ANSWER_BYTES = 65_535
const TCP_IDLE_MS = 10_000
const PORT_ATTEMPTS = 20

/**
 * Starts a small authoritative DNS server over UDP and TCP, whose records change at run time.
 *
 * @throws {ResolverError} `DNS_BAD_OPTION` when the port cannot be listened on
 */
export async function startZoneServer({
  host = '127.0.0.1',
  port = 0,
  records = [],
}: ZoneServerOptions = {}): Promise<ZoneServer> {
  const server = new ZoneServer(host, port, new Zone(records))
  await server.resume()
  return server
}

/** A running zone server; `startZoneServer` makes one. */
export class ZoneServer implements AsyncDisposable {
  readonly host: string
  readonly #zone: Zone
  #port: number
  #udp: UdpSocket | undefined
  #tcp: Server | undefined
  readonly #clients = new Set<Socket>()
  #fault: ZoneFault | undefined

  constructor(host: string, port: number, zone: Zone) {
    this.host = host
    this.#port = port
    this.#zone = zone
  }

  get port(): number {
    return this.#port
  }

  /** `host:port`, as `dnsClient` takes it. */
  get address(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.#port}` : `${this.host}:${this.#port}`
  }

  /** Adds a record, or replaces the one that differs only in TTL, priority or weight. */
  add(record: ZoneRecord): void {
    this.#zone.add(record)
  }

  /** Takes all records away that have every given value; tells how many. */
  remove(match: ZoneMatch): number {
    return this.#zone.remove(match)
  }

  records(): ZoneRecord[] {
    return this.#zone.records()
  }

  /** Misbehaves from now on; behaves again when called without a fault. */
  setFault(fault?: ZoneFault): void {
    this.#fault = fault
  }

  /** Closes the sockets, as a server that died: UDP is silent, TCP is refused. The records stay. */
  async pause(): Promise<void> {
    const [udp, tcp] = [this.#udp, this.#tcp]
    this.#udp = undefined
    this.#tcp = undefined
    for (const client of this.#clients) client.destroy()
    await Promise.all([
      udp === undefined ? undefined : new Promise<void>((resolve) => udp.close(() => resolve())),
      tcp === undefined ? undefined : new Promise<void>((resolve) => tcp.close(() => resolve())),
    ])
  }

  /** Listens again on the same port. */
  async resume(): Promise<void> {
    if (this.#tcp !== undefined) return
    const anyPort = this.#port === 0
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#listen()
        return
      } catch (cause) {
        await this.pause()
        const taken = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
        if (anyPort) this.#port = 0
        if (anyPort && taken && attempt < PORT_ATTEMPTS) continue
        throw new ResolverError('DNS_BAD_OPTION', `cannot listen on ${this.address}: ${(cause as Error).message}`, {
          cause,
          hint: taken
            ? 'Another program listens there; choose another port, or 0 for any.'
            : 'Choose another address or port.',
        })
      }
    }
  }

  close(): Promise<void> {
    return this.pause()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #listen(): Promise<void> {
    const tcp = createServer((client) => this.#serve(client))
    tcp.listen(this.#port, this.host)
    await once(tcp, 'listening')
    this.#tcp = tcp
    const address = tcp.address()
    if (typeof address === 'object' && address !== null) this.#port = address.port
    const udp = createSocket(this.host.includes(':') ? 'udp6' : 'udp4')
    udp.bind(this.#port, this.host)
    await once(udp, 'listening')
    this.#udp = udp
    udp.on('message', (datagram, { port, address: client }) => {
      const reply = this.#answer(datagram, 'udp')
      void reply.then((bytes) => {
        if (bytes !== undefined && this.#udp === udp) udp.send(bytes, port, client)
      })
    })
  }

  #serve(client: Socket): void {
    this.#clients.add(client)
    client.once('close', () => this.#clients.delete(client))
    client.on('error', () => client.destroy())
    client.setTimeout(TCP_IDLE_MS, () => client.destroy())
    let pending = Buffer.alloc(0)
    client.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const length = pending.readUInt16BE(0)
        const message = pending.subarray(2, 2 + length)
        pending = pending.subarray(2 + length)
        void this.#answer(message, 'tcp').then((bytes) => {
          if (bytes === undefined) return
          const header = Buffer.alloc(2)
          header.writeUInt16BE(bytes.length)
          client.write(Buffer.concat([header, bytes]))
        })
      }
    })
  }

  async #answer(bytes: Uint8Array, transport: 'udp' | 'tcp'): Promise<Uint8Array | undefined> {
    const query = decodeQuery(bytes)
    const fault = this.#fault
    if (query === undefined || fault?.type === 'silence') return undefined
    if (fault?.type === 'delay') await pause(fault.ms, undefined, { ref: false })
    if (fault?.type === 'servfail') return errorAnswer(query.packet, RCODE.SERVFAIL)
    if (fault?.type === 'refused') return errorAnswer(query.packet, RCODE.REFUSED)
    // The id is kept: a stray datagram is ignored, a broken answer to our own question is an error.
    if (fault?.type === 'garbage')
      return Uint8Array.of(...bytes.subarray(0, 2), 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0xc0, 0x0c)
    const maxBytes = transport === 'tcp' ? MAX_TCP_ANSWER_BYTES : fault?.type === 'truncate' ? 0 : query.udpBytes
    const answer = answerQuery(this.#zone, query, maxBytes)
    return fault?.type === 'trim' && transport === 'udp' ? this.#trimmed(query, fault.records) : answer
  }

  #trimmed(query: ZoneQuery, records: number): Uint8Array {
    const packet = decode(Buffer.from(answerQuery(this.#zone, query, MAX_TCP_ANSWER_BYTES)))
    return encode({ ...packet, answers: (packet.answers ?? []).slice(0, records), additionals: [] })
  }
}
