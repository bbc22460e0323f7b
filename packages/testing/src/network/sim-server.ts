import { EventEmitter } from 'node:events'
import type { AddressInfo, ListenOptions } from 'node:net'
import type { Listening, Process } from '../machine.ts'
import { isAnyAddress, takes } from './host-ports.ts'
import { SimSocket } from './sim-socket.ts'
import { systemError } from './system-error.ts'
import type { TcpEnd } from './tcp-end.ts'

/** How many connections wait until the program takes them, as Node asks for. */
const BACKLOG = 511

type Callback = () => void

/** A TCP server of a program in the simulator: the part of `net.Server` that programs use. */
export class SimServer extends EventEmitter implements Listening<TcpEnd> {
  maxConnections = Number.POSITIVE_INFINITY
  readonly #process: Process
  readonly #allowHalfOpen: boolean
  #address: AddressInfo | undefined
  #connections = 0
  #waiting = 0
  #isClosing = false

  constructor(
    process: Process,
    { allowHalfOpen = false }: { readonly allowHalfOpen?: boolean | undefined },
    onConnection?: (socket: SimSocket) => void,
  ) {
    super()
    this.#process = process
    this.#allowHalfOpen = allowHalfOpen
    if (onConnection !== undefined) this.on('connection', onConnection)
  }

  get listening(): boolean {
    return this.#address !== undefined
  }

  /** Whether there is room for one more that waits to be taken. */
  get hasRoom(): boolean {
    return this.#waiting < BACKLOG
  }

  listen(...args: readonly (ListenOptions | number | string | Callback | undefined | null)[]): this {
    const { port = 0, host = '' } = listenOptions(args)
    const callback = args.find((arg) => typeof arg === 'function')
    if (callback !== undefined) this.once('listening', callback)
    const { host: machine } = this.#process
    const { tcp } = machine.ports
    const fails = (code: 'EADDRINUSE' | 'EADDRNOTAVAIL'): this => {
      const error = systemError(code, 'listen', { ip: host === '' ? '::' : host, port })
      this.#process.post(0, () => this.emit('error', error))
      return this
    }
    if (!isAnyAddress(host) && !takesOwn(host, machine.ip)) return fails('EADDRNOTAVAIL')
    if (port !== 0 && tcp.has(port)) return fails('EADDRINUSE')
    const own = port === 0 ? machine.ports.free() : port
    this.#address = {
      address: host === '' ? '::' : host,
      port: own,
      family: host.includes(':') || host === '' ? 'IPv6' : 'IPv4',
    }
    this.#isClosing = false
    tcp.set(own, this)
    this.#process.post(0, () => {
      if (this.listening) this.emit('listening')
    })
    return this
  }

  /** Whether it listens on an address. */
  takes(ip: string): boolean {
    return this.#address !== undefined && takes(this.#address.address, ip)
  }

  /** The system has made a connection: the program gets it when it has its turn. */
  accept(process: Process, end: TcpEnd): void {
    this.#waiting++
    process.enter(() => {
      this.#waiting--
      if (end.isGone) return
      if (!this.listening) {
        end.reset()
        return
      }
      if (this.#connections >= this.maxConnections) {
        end.close()
        this.emit('drop', { remoteAddress: end.remoteIp, remotePort: end.remotePort })
        return
      }
      const socket = new SimSocket(this.#process, { allowHalfOpen: this.#allowHalfOpen })
      this.#connections++
      socket.once('close', () => {
        this.#connections--
        this.#closedIfEmpty()
      })
      socket.attach(end)
      this.emit('connection', socket)
    })
  }

  close(callback?: (error?: Error) => void): this {
    if (callback !== undefined) {
      const error = Object.assign(new Error('Server is not running.'), { code: 'ERR_SERVER_NOT_RUNNING' })
      if (this.listening) this.once('close', () => callback())
      else this.once('close', () => callback(error))
    }
    if (this.#address !== undefined) this.#process.host.ports.tcp.delete(this.#address.port)
    this.#address = undefined
    this.#isClosing = true
    this.#closedIfEmpty()
    return this
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => this.close(() => resolve()))
  }

  address(): AddressInfo | null {
    return this.#address ?? null
  }

  getConnections(callback: (error: Error | null, count: number) => void): this {
    this.#process.post(0, () => callback(null, this.#connections))
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  #closedIfEmpty(): void {
    if (!this.#isClosing || this.#connections > 0) return
    this.#isClosing = false
    this.#process.post(0, () => this.emit('close'))
  }
}

/** Whether an address is one of the host. */
export function takesOwn(address: string, ip: string): boolean {
  return address === ip || address.startsWith('127.') || address === 'localhost'
}

function listenOptions(args: readonly unknown[]): { readonly port?: number; readonly host?: string } {
  const [first, second] = args
  if (typeof first === 'object' && first !== null) {
    const { port, host } = first as ListenOptions
    return { ...(port !== undefined && { port: Number(port) }), ...(host !== undefined && { host }) }
  }
  return {
    ...(typeof first === 'number' && { port: first }),
    ...(typeof second === 'string' && { host: second }),
  }
}
