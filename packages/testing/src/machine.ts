import type { AddressInfo } from 'node:net'
import type { World } from '@dynsrv/kit'
import type { Due, Schedule } from './time/schedule.ts'

/** What the network knows of a host. */
export interface Machine {
  readonly name: string
  readonly ip: string
  readonly ports: Ports
  /** Whether it has power. */
  readonly isOn: boolean
  /** How far its clock is from the right time. Unit: milliseconds. */
  readonly clockOffsetMs: number
  readonly process: Process | undefined
}

/** The ports of a host, and who has them. */
export interface Ports {
  readonly tcp: Map<number, Listening<OpenEnd>>
  readonly udp: Map<number, BoundSocket>
  /** The connections of the host, by their own port and the other end's address. */
  readonly ends: Map<string, OpenEnd>
  /** A port that nobody has. */
  free(): number
}

/** One run of a program on a host, as the network and the clock know it. */
export interface Process {
  readonly host: Machine
  readonly schedule: Schedule
  readonly world: World
  readonly isAlive: boolean
  /** Gives the process something to do after a time. */
  post(ms: number, work: () => void): Due
  cancel(due: Due | undefined): void
  /** Gives the process something to do now, or as soon as it gets a turn. */
  enter(work: () => void): void
}

/** An end of a connection, as the host knows it. */
export interface OpenEnd {
  /** The program lets it go: what was written still goes out. */
  close(): void
  /** It is there no more, and nobody hears of it. */
  forget(): void
}

/** A server that listens, as the system knows it. */
export interface Listening<End> {
  /** Whether there is room for one more that waits to be taken. */
  readonly hasRoom: boolean
  /** Whether it listens on an address. */
  takes(ip: string): boolean
  /** The system has made a connection. */
  accept(process: Process, end: End): void
}

/** A UDP socket, as the network knows it. */
export interface BoundSocket {
  readonly host: Machine
  readonly port: number | undefined
  address(): AddressInfo
  /** A datagram is at this host. */
  receive(bytes: Uint8Array, from: { readonly ip: string; readonly port: number }): void
  /** The system has it no more. */
  gone(): void
}
