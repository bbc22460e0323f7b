import { isIP, type TcpNetConnectOpts } from 'node:net'
import type { Machine, Process } from '../machine.ts'
import { type Fabric, isLoopback } from './fabric.ts'
import { SimSocket } from './sim-socket.ts'
import { systemError } from './system-error.ts'
import { TcpEnd } from './tcp-end.ts'

/** The first packet of a connection, in bytes. */
const SYN_BYTES = 74
/** How soon it is sent again when nothing comes back; each time twice as long, so often, as `tcp_syn_retries` of Linux. */
const SYN_RETRY_MS = 1_000
const SYN_RETRIES = 6
/** How long it takes until it is clear that an address is of nobody. */
const NO_HOST_MS = 3_000

/** Looks up the addresses of a host. */
export type Lookup = (host: string) => Promise<readonly { readonly address: string }[]>

/** Opens a TCP connection for a program. */
export function tcpConnect(process: Process, fabric: Fabric, lookup: Lookup, options: TcpNetConnectOpts): SimSocket {
  const socket = new SimSocket(process, options)
  socket.connecting = true
  if (options.timeout !== undefined) socket.setTimeout(options.timeout)
  const { host = '127.0.0.1', port } = options
  const dial = (ip: string): void => {
    if (!socket.destroyed) new Dial(process, fabric, socket, ip, Number(port)).try()
  }
  if (isIP(host) !== 0) dial(host)
  else {
    lookup(host).then(
      ([first]) => dial(first!.address),
      (error: Error) => socket.destroy(error),
    )
  }
  return socket
}

/** The system's side of a connection that is being made. */
class Dial {
  readonly #process: Process
  readonly #fabric: Fabric
  readonly #socket: SimSocket
  readonly #ip: string
  readonly #port: number
  readonly #ownPort: number
  #tries = 0
  #isOver = false

  constructor(process: Process, fabric: Fabric, socket: SimSocket, ip: string, port: number) {
    this.#process = process
    this.#fabric = fabric
    this.#socket = socket
    this.#ip = ip
    this.#port = port
    this.#ownPort = process.host.ports.free()
    socket.once('close', () => {
      this.#isOver = true
    })
  }

  try(): void {
    const { host } = this.#process
    const { schedule } = this.#fabric
    const other = this.#fabric.hostAt(this.#ip, host)
    if (other === undefined) {
      schedule.after(NO_HOST_MS, () => this.#fail('EHOSTUNREACH'))
      return
    }
    const arrives = this.#fabric.arrival(host, other, SYN_BYTES)
    if (arrives !== undefined) schedule.at(arrives, () => this.#arrived(other))
    const wait = SYN_RETRY_MS * 2 ** this.#tries
    schedule.after(wait, () => {
      if (this.#isOver || !this.#process.isAlive) return
      if (this.#tries++ === SYN_RETRIES) this.#fail('ETIMEDOUT')
      else this.try()
    })
  }

  /** The first packet is at the other host. */
  #arrived(other: Machine): void {
    const { host } = this.#process
    const { schedule } = this.#fabric
    if (this.#isOver || this.#fabric.isCut(host, other)) return
    const server = other.ports.tcp.get(this.#port)
    const listens = server?.takes(isLoopback(this.#ip) ? this.#ip : other.ip) === true
    if (listens && !server.hasRoom) return
    const back = this.#fabric.arrival(other, host, SYN_BYTES)
    if (back === undefined) return
    if (!listens) {
      schedule.at(back, () => this.#fail('ECONNREFUSED'))
      return
    }
    const serving = other.process!
    const ownIp = isLoopback(this.#ip) ? this.#ip : host.ip
    this.#isOver = true
    const ours = new TcpEnd(
      this.#fabric,
      this.#process,
      { ip: ownIp, port: this.#ownPort },
      { ip: this.#ip, port: this.#port },
    )
    const theirs = new TcpEnd(
      this.#fabric,
      serving,
      { ip: isLoopback(this.#ip) ? this.#ip : other.ip, port: this.#port },
      { ip: ownIp, port: this.#ownPort },
    )
    TcpEnd.join(ours, theirs)
    schedule.at(back, () => this.#process.enter(() => this.#up(ours)))
    // The third packet. Should it be lost, the first bytes say the same.
    schedule.at(back + (back - schedule.now), () => server.accept(serving, theirs))
  }

  #up(end: TcpEnd): void {
    const socket = this.#socket
    if (socket.destroyed) {
      end.close()
      return
    }
    socket.connecting = false
    socket.attach(end)
    socket.emit('connect')
    socket.emit('ready')
  }

  #fail(code: 'ECONNREFUSED' | 'EHOSTUNREACH' | 'ETIMEDOUT'): void {
    if (this.#isOver) return
    this.#isOver = true
    const error = systemError(code, 'connect', { ip: this.#ip, port: this.#port })
    this.#process.enter(() => this.#socket.destroy(error))
  }
}
