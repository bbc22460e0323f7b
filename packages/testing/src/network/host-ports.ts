import type { BoundSocket, Listening, OpenEnd, Ports } from '../machine.ts'

/** What a system draws its own ports from, as Linux does. */
const FIRST_PORT = 32_768
const END_OF_PORTS = 61_000

/** Any address of the host. */
const ANY = new Set(['', '0.0.0.0', '::'])

/** See {@link Ports}; what the system does with them when a process ends. */
export class HostPorts implements Ports {
  readonly tcp = new Map<number, Listening<OpenEnd>>()
  readonly udp = new Map<number, BoundSocket>()
  readonly ends = new Map<string, OpenEnd>()
  #next = FIRST_PORT

  /** A port that nobody has. */
  free(): number {
    for (;;) {
      const port = this.#next++
      if (this.#next === END_OF_PORTS) this.#next = FIRST_PORT
      if (!this.tcp.has(port) && !this.udp.has(port)) return port
    }
  }

  /** The process has ended: the system closes what it had open. */
  closeAll(): void {
    for (const end of [...this.ends.values()]) end.close()
    this.tcp.clear()
    for (const socket of [...this.udp.values()]) socket.gone()
    this.udp.clear()
  }

  /** The host has lost its power. */
  forgetAll(): void {
    for (const end of [...this.ends.values()]) end.forget()
    this.tcp.clear()
    for (const socket of [...this.udp.values()]) socket.gone()
    this.udp.clear()
  }
}

/** Whether a socket that listens on an address takes what comes to another one. */
export function takes(listens: string, comes: string): boolean {
  return ANY.has(listens) || listens === comes
}

export function isAnyAddress(address: string): boolean {
  return ANY.has(address)
}
