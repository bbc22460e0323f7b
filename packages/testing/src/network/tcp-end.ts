import type { Machine, OpenEnd, Process } from '../machine.ts'
import type { Due } from '../time/schedule.ts'
import type { Fabric } from './fabric.ts'

/** So much an end holds for its program to read, and so much for the other end to take. Unit: bytes. */
const BUFFER_BYTES = 256 * 1024
/** So much goes in one piece. Unit: bytes. */
const SEGMENT_BYTES = 64 * 1024
/** What stands around the bytes of a piece. Unit: bytes. */
const HEADER_BYTES = 66

/** How soon what is lost is sent again at first; each time twice as long. Unit: milliseconds. */
const FIRST_RETRY_MS = 200
const LAST_RETRY_MS = 120_000
/** As `tcp_retries2` and `tcp_orphan_retries` of Linux. */
const RETRIES = 15
const ORPHAN_RETRIES = 8
/** How long the other side may go on when nobody listens to it any more, as `tcp_fin_timeout` of Linux. */
const HALF_CLOSED_MS = 60_000

interface Segment {
  readonly bytes: Uint8Array
  readonly isFin: boolean
  /** Its place in the order of all segments of this direction. */
  readonly number: number
  /** When the sender knows that it came; undefined as long as that is not on its way. */
  ackAt: number | undefined
}

/** Who hears of an end: the socket of a program. Left out, the end belongs to nobody any more. */
export interface TcpUser {
  /** There is something to read, or the other side has said its last. */
  onReadable(): void
  /** There is room to write again. */
  onWritable(): void
  /** The connection is lost. */
  failed(code: 'ECONNRESET' | 'ETIMEDOUT'): void
}

/**
 * One end of a TCP connection, as the system of its host has it. It goes on while the process is frozen, and for a while after
 * the process has let it go.
 *
 * A segment is one event: what it does at the other end, and when its acknowledgement is back, is known when it arrives.
 */
export class TcpEnd implements OpenEnd {
  readonly host: Machine
  readonly localPort: number
  readonly remoteIp: string
  readonly remotePort: number
  readonly localIp: string
  /** Whose socket it is; undefined between the last act of a program and the end. */
  user: TcpUser | undefined
  process: Process | undefined
  readonly #fabric: Fabric
  #peer: TcpEnd | undefined
  #isGone = false
  /** No program has it any more, or will have it. */
  #isLetGo = false

  // What this end sends.
  #unsent: Uint8Array[] = []
  #unsentBytes = 0
  #flight: Segment[] = []
  #flightBytes = 0
  #finWanted = false
  #finSent = false
  #nextNumber = 0
  #arrivesAt = 0
  #retries = 0
  #retry: Due | undefined
  #ackWake: Due | undefined
  #wantsRoom = false

  // What it receives.
  #expected = 0
  readonly #early = new Map<number, Segment>()
  #unread: Uint8Array[] = []
  #unreadBytes = 0
  #isEnded = false
  #wasFull = false

  constructor(
    fabric: Fabric,
    process: Process,
    own: { readonly ip: string; readonly port: number },
    other: { readonly ip: string; readonly port: number },
  ) {
    this.#fabric = fabric
    this.process = process
    this.host = process.host
    this.localIp = own.ip
    this.localPort = own.port
    this.remoteIp = other.ip
    this.remotePort = other.port
    this.host.ports.ends.set(this.#key, this)
  }

  /** The system lets both ends know each other when the connection is made. */
  static join(one: TcpEnd, other: TcpEnd): void {
    one.#peer = other
    other.#peer = one
  }

  get peerHost(): Machine {
    return this.#fabric.hostAt(this.remoteIp, this.host)!
  }

  get isGone(): boolean {
    return this.#isGone
  }

  get #key(): string {
    return endKey(this.localPort, this.remoteIp, this.remotePort)
  }

  /** Takes bytes to be sent, as many as there is room for. @returns how many; a call of `onWritable` follows when not all */
  write(bytes: Uint8Array): number {
    const room = BUFFER_BYTES - this.#unsentBytes - this.#flightBytes
    const length = Math.max(0, Math.min(room, bytes.length))
    if (length > 0) {
      this.#unsent.push(new Uint8Array(bytes.subarray(0, length)))
      this.#unsentBytes += length
      this.#transmit()
    }
    this.#wantsRoom = length < bytes.length
    if (this.#wantsRoom) this.#wakeAtAck()
    return length
  }

  /** Nothing more will be written. */
  finish(): void {
    this.#finWanted = true
    this.#transmit()
  }

  /** Whether something can be read. */
  get hasBytes(): boolean {
    return this.#unreadBytes > 0
  }

  /** Whether the other side has said its last, and all of it has been read. */
  get isEnded(): boolean {
    return this.#isEnded && this.#unreadBytes === 0
  }

  /** Takes what came, up to so many bytes; they belong to the caller. */
  read(most: number): Uint8Array {
    const [first] = this.#unread
    let bytes: Uint8Array
    if (first === undefined) return new Uint8Array()
    if (this.#unread.length === 1 && first.length <= most) {
      bytes = first
      this.#unread = []
    } else {
      bytes = new Uint8Array(Math.min(most, this.#unreadBytes))
      let at = 0
      while (at < bytes.length) {
        const chunk = this.#unread[0]!
        const part = chunk.subarray(0, bytes.length - at)
        bytes.set(part, at)
        at += part.length
        if (part.length === chunk.length) this.#unread.shift()
        else this.#unread[0] = chunk.subarray(part.length)
      }
    }
    this.#unreadBytes -= bytes.length
    if (this.#wasFull && this.#unreadBytes <= BUFFER_BYTES / 2) this.#openWindow()
    return bytes
  }

  /** The program lets it go: what was written still goes out. What it has not read resets the connection. */
  close(): void {
    this.user = undefined
    this.process = undefined
    if (this.#isGone || this.#isLetGo) return
    this.#isLetGo = true
    if (this.#unreadBytes > 0) {
      this.reset()
      return
    }
    this.finish()
    if (this.#isDone()) this.forget()
    else this.#fabric.schedule.after(HALF_CLOSED_MS, () => this.#forgetHalfClosed())
  }

  /** Ends it at once, and tells the other side. */
  reset(): void {
    if (this.#isGone) return
    this.forget()
    const { host, peerHost } = this
    const arrives = this.#fabric.arrival(host, peerHost, HEADER_BYTES, this.#arrivesAt)
    if (arrives === undefined) return
    const peer = this.#peer
    this.#fabric.schedule.at(arrives, () => {
      if (!this.#fabric.isCut(host, peerHost)) peer?.lost('ECONNRESET')
    })
  }

  /** It is there no more, and nobody hears of it. */
  forget(): void {
    this.#isGone = true
    this.#unsent = []
    this.#flight = []
    this.#unsentBytes = 0
    this.#flightBytes = 0
    this.#early.clear()
    this.host.ports.ends.delete(this.#key)
    const { schedule } = this.#fabric
    schedule.cancel(this.#retry)
    schedule.cancel(this.#ackWake)
  }

  /** The connection is lost. What came before can still be read. */
  lost(code: 'ECONNRESET' | 'ETIMEDOUT'): void {
    if (this.#isGone) return
    this.forget()
    const { user } = this
    this.#tell(() => user?.failed(code))
  }

  // — Sending

  #transmit(): void {
    if (this.#isGone || this.#retries > 0) return
    const peer = this.#peer
    if (peer === undefined) return
    this.#forgetAcked()
    while (this.#unsentBytes > 0) {
      const window = BUFFER_BYTES - peer.#unreadBytes - this.#flightBytes
      if (window <= 0) {
        peer.#wasFull = true
        this.#wakeAtAck()
        break
      }
      const bytes = this.#take(Math.min(window, SEGMENT_BYTES))
      this.#flightBytes += bytes.length
      this.#launch({ bytes, isFin: false, number: this.#nextNumber++, ackAt: undefined })
    }
    if (this.#finWanted && !this.#finSent && this.#unsentBytes === 0) {
      this.#finSent = true
      this.#launch({ bytes: NOTHING, isFin: true, number: this.#nextNumber++, ackAt: undefined })
    }
  }

  #take(most: number): Uint8Array {
    const [first] = this.#unsent
    if (first!.length <= most && (this.#unsent.length === 1 || first!.length === most)) {
      this.#unsent.shift()
      this.#unsentBytes -= first!.length
      return first!
    }
    const bytes = new Uint8Array(Math.min(most, this.#unsentBytes))
    let at = 0
    while (at < bytes.length) {
      const chunk = this.#unsent[0]!
      const part = chunk.subarray(0, bytes.length - at)
      bytes.set(part, at)
      at += part.length
      if (part.length === chunk.length) this.#unsent.shift()
      else this.#unsent[0] = chunk.subarray(part.length)
    }
    this.#unsentBytes -= bytes.length
    return bytes
  }

  #launch(segment: Segment): void {
    this.#flight.push(segment)
    this.#send(segment)
  }

  #send(segment: Segment): void {
    const { host, peerHost } = this
    const arrives = this.#fabric.arrival(host, peerHost, segment.bytes.length + HEADER_BYTES, this.#arrivesAt)
    if (arrives === undefined) {
      this.#retryLater()
      return
    }
    this.#arrivesAt = arrives
    const sentAt = this.#fabric.schedule.now
    this.#fabric.schedule.at(arrives, () => {
      if (this.#fabric.isCut(host, peerHost)) this.#retryLater(sentAt)
      else this.#arrived(segment, peerHost)
    })
  }

  /** A segment is at the other host. */
  #arrived(segment: Segment, peerHost: Machine): void {
    const peer = this.#peer!
    if (peer.#isGone || peer.#refusesBytes(segment)) {
      // Nobody is there: its system says so.
      const back = this.#fabric.arrival(peerHost, this.host, HEADER_BYTES)
      peer.forget()
      if (back !== undefined) this.#fabric.schedule.at(back, () => this.lost('ECONNRESET'))
      else this.#retryLater()
      return
    }
    peer.#receive(segment)
  }

  /** What comes for a program that has let the connection go resets it. */
  #refusesBytes({ isFin, number }: Segment): boolean {
    return this.#isLetGo && !isFin && number >= this.#expected
  }

  /** Sends all that has not come, after a while. */
  #retryLater(sentAt = this.#fabric.schedule.now): void {
    if (this.#isGone || this.#retry?.run !== undefined) return
    const wait = Math.min(FIRST_RETRY_MS * 2 ** this.#retries, LAST_RETRY_MS)
    this.#retry = this.#fabric.schedule.at(sentAt + wait, () => {
      this.#forgetAcked()
      const missing = this.#flight.filter(({ ackAt }) => ackAt === undefined)
      if (missing.length === 0) return
      this.#retries++
      if (this.#retries > (this.#isLetGo ? ORPHAN_RETRIES : RETRIES)) {
        this.lost('ETIMEDOUT')
        return
      }
      for (const segment of missing) this.#send(segment)
    })
  }

  /** Drops what the other side is known to have. */
  #forgetAcked(): void {
    const { now } = this.#fabric.schedule
    let known = 0
    for (const { ackAt } of this.#flight) {
      if (ackAt === undefined || ackAt > now) break
      known++
    }
    if (known === 0) return
    for (const { bytes } of this.#flight.splice(0, known)) this.#flightBytes -= bytes.length
  }

  /** The acknowledgement of a segment is on its way, or is lost. */
  #acked(segment: Segment): void {
    if (this.#isGone || segment.ackAt !== undefined) return
    const back = this.#fabric.arrival(this.peerHost, this.host, HEADER_BYTES)
    if (back === undefined) {
      this.#retryLater()
      return
    }
    // It says that all before it have come too.
    for (const each of this.#flight) {
      if (each.number > segment.number) break
      each.ackAt ??= back
    }
    // A writer that waits for room, or one whose last word has come, is woken; else it is enough to know it later.
    if (this.#retries > 0 || this.#wantsRoom || this.#unsentBytes > 0 || this.#isLetGo) this.#wakeAtAck()
  }

  #wakeAtAck(): void {
    if (this.#ackWake?.run !== undefined) return
    const ackAt = this.#flight[0]?.ackAt
    if (ackAt === undefined) return
    this.#ackWake = this.#fabric.schedule.at(ackAt, () => {
      this.#forgetAcked()
      if (this.#flight.every(({ ackAt }) => ackAt !== undefined)) {
        this.#fabric.schedule.cancel(this.#retry)
        this.#retries = 0
      }
      this.#transmit()
      if (this.#wantsRoom && this.#unsentBytes + this.#flightBytes < BUFFER_BYTES) {
        this.#wantsRoom = false
        const { user } = this
        this.#tell(() => user?.onWritable())
      }
      if (this.#isDone()) this.forget()
      else this.#wakeAtAck()
    })
  }

  // — Receiving

  #receive(segment: Segment): void {
    const peer = this.#peer!
    if (segment.number < this.#expected) {
      peer.#acked(segment)
      return
    }
    this.#early.set(segment.number, segment)
    for (let next = this.#early.get(this.#expected); next !== undefined; next = this.#early.get(this.#expected)) {
      this.#early.delete(next.number)
      this.#expected++
      if (next.isFin) this.#isEnded = true
      else {
        this.#unread.push(next.bytes)
        this.#unreadBytes += next.bytes.length
      }
      peer.#acked(next)
    }
    const { user } = this
    if (user !== undefined) this.#tell(() => user.onReadable())
    else if (this.#isDone()) this.forget()
  }

  /** There is room again: the other side hears of it, sooner or later. */
  #openWindow(): void {
    this.#wasFull = false
    const peer = this.#peer!
    const { host, peerHost } = this
    let tries = 0
    const say = (): void => {
      const arrives = this.#fabric.arrival(host, peerHost, HEADER_BYTES)
      if (arrives !== undefined) {
        this.#fabric.schedule.at(arrives, () => peer.#transmit())
        return
      }
      // The sender asks from time to time.
      if (!peer.#isGone && tries < RETRIES) {
        this.#fabric.schedule.after(Math.min(FIRST_RETRY_MS * 2 ** tries++, LAST_RETRY_MS), say)
      }
    }
    say()
  }

  /** Whether both sides have said their last, and know it. */
  #isDone(): boolean {
    return this.#isLetGo && this.#finSent && this.#isEnded && this.#flight.every(({ ackAt }) => ackAt !== undefined)
  }

  #forgetHalfClosed(): void {
    if (this.#flight.every(({ ackAt }) => ackAt !== undefined)) this.forget()
  }

  #tell(what: () => void): void {
    this.process?.enter(what)
  }
}

const NOTHING = new Uint8Array()

/** What tells the connections of a host apart. */
export function endKey(localPort: number, remoteIp: string, remotePort: number): string {
  return `${localPort} ${remoteIp} ${remotePort}`
}
