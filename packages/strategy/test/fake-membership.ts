import { EventEmitter } from 'node:events'
import { type NodeAddressCandidate, type NodeName, nodeName } from '@dynsrv/epmd-shim'
import type { Dial as DialOptions, LinkDown, LinkUp, Membership } from '../src/index.ts'

/** What a dial does until it ends. */
export type Dial = (signal: AbortSignal) => Promise<void>

/** As to a host that drops every packet. */
export const silentDial: Dial = (signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

/** A membership with no sockets: links come up when dialled, unless the test says otherwise. */
export class FakeMembership extends EventEmitter<{ nodeup: [LinkUp]; nodedown: [LinkDown] }> implements Membership {
  readonly self: NodeName
  readonly dialled: NodeName[] = []
  readonly disconnected: NodeName[] = []
  /** Where each peer was dialled last. */
  readonly endpoints = new Map<NodeName, readonly NodeAddressCandidate[] | undefined>()
  /** What was still being looked up then. */
  readonly later = new Map<NodeName, DialOptions['later']>()
  /** The addresses of its host that were said then. */
  readonly addresses = new Map<NodeName, DialOptions['addresses']>()
  readonly #links = new Set<NodeName>()
  readonly #faults = new Map<NodeName, Dial>()
  dialling = 0
  mostDialling = 0

  constructor(self = 'self@svc.test') {
    super()
    this.self = nodeName(self, { short: !self.includes('.') && !self.includes(':') })
  }

  connected(): NodeName[] {
    return [...this.#links]
  }

  async connect(peer: NodeName, { signal, endpoints, later, addresses }: DialOptions): Promise<void> {
    this.endpoints.set(peer, endpoints)
    this.later.set(peer, later)
    this.addresses.set(peer, addresses)
    this.dialled.push(peer)
    this.dialling += 1
    this.mostDialling = Math.max(this.mostDialling, this.dialling)
    try {
      await this.#faults.get(peer)?.(signal)
      signal.throwIfAborted()
      this.up(peer)
    } finally {
      this.dialling -= 1
    }
  }

  async disconnect(peer: NodeName): Promise<void> {
    this.disconnected.push(peer)
    this.drop(peer, 'disconnected')
  }

  /** From now on dialling this peer does that; nothing given mends it. */
  dialDoes(peer: string, does?: Dial): void {
    if (does === undefined) this.#faults.delete(nodeName(peer))
    else this.#faults.set(nodeName(peer), does)
  }

  up(peer: NodeName): void {
    if (this.#links.has(peer)) return
    this.#links.add(peer)
    this.emit('nodeup', { node: peer })
  }

  drop(peer: NodeName, reason: unknown): void {
    if (this.#links.delete(peer)) this.emit('nodedown', { node: peer, reason })
  }
}

export function nodes(...labels: string[]): Set<NodeName> {
  return new Set(labels.map((label) => nodeName(`${label}@svc.test`)))
}

export function node(label: string): NodeName {
  return nodeName(`${label}@svc.test`)
}
