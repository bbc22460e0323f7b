import { EventEmitter } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { BoundSocket, Machine, Process } from '../machine.ts'
import { type Fabric, isLoopback } from './fabric.ts'
import { isAnyAddress, takes } from './host-ports.ts'
import { takesOwn } from './sim-server.ts'
import { systemError } from './system-error.ts'

/** What stands around a datagram. Unit: bytes. */
const HEADER_BYTES = 42
const MULTICAST = /^(?:22[4-9]|23\d)\./
const BROADCAST = /(?:^|\.)255$/

type Sent = (error: Error | null, bytes: number) => void

/** A UDP socket of a program in the simulator: the part of `dgram.Socket` that programs use. */
export class SimUdpSocket extends EventEmitter implements BoundSocket {
  readonly #process: Process
  readonly #fabric: Fabric
  #address: AddressInfo | undefined
  #remote: { readonly ip: string; readonly port: number } | undefined
  #groups: Set<BoundSocket>[] = []
  #isClosed = false

  constructor(process: Process, fabric: Fabric) {
    super()
    this.#process = process
    this.#fabric = fabric
  }

  get host(): Machine {
    return this.#process.host
  }

  get port(): number | undefined {
    return this.#address?.port
  }

  bind(...args: readonly unknown[]): this {
    const [first, second] = args
    const options = typeof first === 'object' && first !== null ? (first as { port?: number; address?: string }) : {}
    const port = options.port ?? (typeof first === 'number' ? first : 0)
    const address = options.address ?? (typeof second === 'string' ? second : '')
    const callback = args.find((arg) => typeof arg === 'function') as (() => void) | undefined
    if (callback !== undefined) this.once('listening', callback)
    const fails = (code: 'EADDRINUSE' | 'EADDRNOTAVAIL'): this => {
      this.#process.post(0, () => this.emit('error', systemError(code, 'bind', { ip: address, port })))
      return this
    }
    const { host } = this
    const isOwn =
      isAnyAddress(address) || takesOwn(address, host.ip) || MULTICAST.test(address) || BROADCAST.test(address)
    if (!isOwn) return fails('EADDRNOTAVAIL')
    if (port !== 0 && host.ports.udp.has(port)) return fails('EADDRINUSE')
    this.#take(port === 0 ? host.ports.free() : port, address === '' ? '0.0.0.0' : address)
    this.#process.post(0, () => {
      if (!this.#isClosed) this.emit('listening')
    })
    return this
  }

  connect(port: number, ...args: readonly unknown[]): void {
    const ip = typeof args[0] === 'string' ? args[0] : '127.0.0.1'
    const callback = args.find((arg) => typeof arg === 'function') as (() => void) | undefined
    if (this.#address === undefined) this.#take(this.host.ports.free(), '0.0.0.0')
    this.#remote = { ip, port }
    this.#process.post(0, () => {
      if (this.#isClosed) return
      callback?.()
      this.emit('connect')
    })
  }

  send(message: Uint8Array | string | readonly Uint8Array[], ...args: readonly unknown[]): void {
    const callback = args.find((arg) => typeof arg === 'function') as Sent | undefined
    const numbers = args.filter((arg) => typeof arg === 'number')
    const whole = Array.isArray(message) ? Buffer.concat(message) : Buffer.from(message as Uint8Array)
    const hasOffset = numbers.length >= 2
    const bytes = hasOffset ? whole.subarray(numbers[0], numbers[0]! + numbers[1]!) : whole
    const port = (hasOffset ? numbers[2] : numbers[0]) ?? this.#remote?.port ?? 0
    const ip = args.find((arg) => typeof arg === 'string') ?? this.#remote?.ip ?? '127.0.0.1'
    if (this.#address === undefined) this.#take(this.host.ports.free(), '0.0.0.0')
    this.#launch(bytes, ip, port)
    if (callback !== undefined) this.#process.post(0, () => callback(null, bytes.length))
  }

  close(callback?: () => void): this {
    if (this.#isClosed) throw Object.assign(new Error('Not running'), { code: 'ERR_SOCKET_DGRAM_NOT_RUNNING' })
    if (callback !== undefined) this.once('close', callback)
    this.gone()
    this.#process.post(0, () => this.emit('close'))
    return this
  }

  /** The system has it no more. */
  gone(): void {
    this.#isClosed = true
    for (const group of this.#groups) group.delete(this)
    if (this.port !== undefined && this.host.ports.udp.get(this.port) === this) this.host.ports.udp.delete(this.port)
  }

  address(): AddressInfo {
    if (this.#address === undefined) throw systemErrorOfUnbound()
    return this.#address
  }

  remoteAddress(): AddressInfo {
    const { ip, port } = this.#remote!
    return { address: ip, port, family: 'IPv4' }
  }

  addMembership(group: string): void {
    const members = this.#fabric.groupOf(group)
    members.add(this)
    this.#groups.push(members)
  }

  dropMembership(group: string): void {
    this.#fabric.groupOf(group).delete(this)
  }

  setBroadcast(): void {
    // A packet to all reaches all that listen on the port, not only those that asked for it.
  }

  setMulticastTTL(): void {
    // All hosts are one hop away.
  }

  setMulticastLoopback(): boolean {
    return true
  }

  setMulticastInterface(): void {
    // A host has one.
  }

  setTTL(ttl: number): number {
    return ttl
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  /** A datagram is at this host. */
  receive(bytes: Uint8Array, from: { readonly ip: string; readonly port: number }): void {
    const remote = this.#remote
    if (this.#isClosed || (remote !== undefined && (remote.ip !== from.ip || remote.port !== from.port))) return
    this.#process.enter(() => {
      if (this.#isClosed) return
      this.emit('message', Buffer.from(bytes), {
        address: from.ip,
        port: from.port,
        family: 'IPv4',
        size: bytes.length,
      })
    })
  }

  #take(port: number, address: string): void {
    this.#address = { address, port, family: 'IPv4' }
    this.host.ports.udp.set(port, this)
  }

  #launch(bytes: Uint8Array, ip: string, port: number): void {
    if (MULTICAST.test(ip)) {
      for (const member of this.#fabric.groupOf(ip)) if (member.port === port) this.#to(member.host, bytes, ip, port)
    } else if (BROADCAST.test(ip)) {
      for (const host of this.#fabric.hosts) if (host.ports.udp.has(port)) this.#to(host, bytes, ip, port)
    } else {
      const host = this.#fabric.hostAt(ip, this.host)
      if (host !== undefined) this.#to(host, bytes, ip, port)
    }
  }

  #to(host: Machine, bytes: Uint8Array, ip: string, port: number): void {
    const arrives = this.#fabric.arrival(this.host, host, bytes.length + HEADER_BYTES)
    if (arrives === undefined) return
    const from = { ip: isLoopback(ip) ? ip : this.host.ip, port: this.#address!.port }
    this.#fabric.schedule.at(arrives, () => {
      if (this.#fabric.isCut(this.host, host)) return
      const socket = host.ports.udp.get(port)
      const isForAll = MULTICAST.test(ip) || BROADCAST.test(ip)
      if (socket !== undefined && (isForAll || takes(socket.address().address, ip))) return socket.receive(bytes, from)
      // The system of a host that has no such port says so, and a connected socket hears of it.
      const back = isForAll ? undefined : this.#fabric.arrival(host, this.host, HEADER_BYTES)
      if (back !== undefined) this.#fabric.schedule.at(back, () => this.#refused())
    })
  }

  #refused(): void {
    if (this.#remote === undefined) return
    this.#process.enter(() => {
      if (!this.#isClosed) this.emit('error', systemError('ECONNREFUSED', 'recvmsg'))
    })
  }
}

function systemErrorOfUnbound(): Error {
  return Object.assign(new Error('getsockname EBADF'), { code: 'EBADF', errno: -9, syscall: 'getsockname' })
}
