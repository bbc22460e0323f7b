import { atom, Pid, type Reference, type Term, Tuple } from '@dynsrv/etf'
import type { Mailbox } from '@dynsrv/node'
import type { Simulation } from '@dynsrv/testing'
import type { Cluster } from 'dynsrv'

/** A group whose members come and go. */
export const PASSING = 'passing'
/** With more than this under way a sender waits; a burst is several times as much. Unit: bytes. */
export const BUSY_BYTES = 32 * 1024
const BURST = 6
const BURST_BYTES = 80 * 1024
const BURST_EVERY_MS = 20_000
const CALL_EVERY_MS = 2_000
const CALL_MS = 5_000
const PASS_EVERY_MS = 7_000
const PASS_MS = 3_000
const NAME_EVERY_MS = 9_000
const NAME_MS = 5_000
const DIAL_EVERY_MS = 11_000
/**
 * How long each may take, whatever happens to others: what has a time limit, and a dial with its stages, look-ups, and cookies.
 * A burst waits as long as its link.
 */
const LIMITS_MS: Readonly<Record<string, number>> = {
  'a call': CALL_MS + 1_000,
  'a dial': 60_000,
  'a name': 2 * NAME_MS + 5_000,
}
/** In the same turn of a host that is neither held nor slow a signal is there; so long it may take at most. */
const HEARD_MS = 5_000

export interface TrafficParts {
  readonly sim: Simulation
  readonly cluster: Cluster
  readonly box: Mailbox
  readonly visible: boolean
  readonly number: number
  /** Whether the member still sits there, and runs. */
  readonly isUp: () => boolean
  /** Whether nothing is begun any more. */
  readonly isOver: () => boolean
  /** Whether processes and names come and go no more: then what is left can be counted. */
  readonly isSettling: () => boolean
  /** When the member was held or slow last. */
  readonly hinderedAt: () => number
  /** Whether everything has to work. */
  readonly isQuiet: () => boolean
  /** The other members that have a record, up or not. */
  readonly others: () => readonly string[]
  /** A process of another member; undefined when that is not up. */
  readonly processOf: (node: string) => Pid | undefined
  readonly broken: (rule: string, how: string) => void
}

/** A link to a peer, and who has heard of its end. */
interface Watched {
  readonly node: string
  readonly ref: Reference
  readonly pid: Pid | undefined
  isDown: boolean
  hasExited: boolean
  lostAt: number | undefined
}

/** What a member does all the time: it calls, sends, watches, dials, and has processes and names that come and go. */
export class Traffic {
  readonly #parts: TrafficParts
  readonly #begun = new Map<symbol, string>()
  readonly #watcher: Mailbox
  #watched: Watched[] = []

  constructor(parts: TrafficParts) {
    this.#parts = parts
    const { node } = parts.cluster
    node.serve({ name: 'echo', call: (request) => request })
    const sink = node.mailbox('sink')
    this.#endless(async () => {
      for await (const _ of sink);
    })
    this.#watcher = node.mailbox({ trapExit: true })
    this.#endless(async () => {
      for await (const message of this.#watcher) this.#heard(message)
    })
  }

  /** What has begun and has not ended. */
  get unended(): readonly string[] {
    return [...this.#begun.values()]
  }

  /** Begins what goes on until all is over. */
  start(): void {
    this.#every('a call', CALL_EVERY_MS, (number) => this.#call(number))
    this.#every('a burst', BURST_EVERY_MS, (number) => this.#burst(number))
    this.#every('a process', PASS_EVERY_MS, () => this.#pass())
    this.#every('a dial', DIAL_EVERY_MS, (number) => this.#dial(number))
    if (this.#parts.visible) this.#every('a name', NAME_EVERY_MS, () => this.#name())
  }

  /** A link is up: a process of the peer is watched, and linked to. */
  up(node: string): void {
    const { processOf } = this.#parts
    if (!this.#watcher.alive) return
    const pid = processOf(node)
    const ref = this.#watcher.monitor({ name: 'echo', node })
    if (pid !== undefined) this.#watcher.link(pid)
    this.#watched.push({ node, ref, pid, isDown: false, hasExited: pid === undefined, lostAt: undefined })
  }

  /** A link is down: who watched or was linked has heard of it, or is about to. */
  down(node: string): void {
    for (const watched of this.#watched) if (watched.node === node) watched.lostAt ??= this.#parts.sim.now
  }

  /** Those who should have heard of the end of a link, and have not. */
  deaf(): readonly string[] {
    const { sim } = this.#parts
    const isDeaf = ({ lostAt, isDown, hasExited }: Watched) =>
      lostAt !== undefined && sim.now - lostAt > HEARD_MS && !(isDown && hasExited)
    return this.#watched.filter(isDeaf).map(({ node, isDown }) => `${isDown ? 'a link to' : 'a monitor of'} ${node}`)
  }

  #heard(message: Term): void {
    const [tag, first] = message instanceof Tuple ? message.elements : []
    for (const watched of this.#watched) {
      if (tag === atom('DOWN') && String(first) === String(watched.ref)) watched.isDown = true
      if (tag === atom('EXIT') && first instanceof Pid && String(first) === String(watched.pid))
        watched.hasExited = true
    }
    this.#watched = this.#watched.filter(({ isDown, hasExited }) => !(isDown && hasExited))
  }

  async #call(number: number): Promise<void> {
    const { cluster, broken } = this.#parts
    const peers = cluster.members()
    if (peers.length === 0) return
    const peer = peers[number % peers.length]!
    const answer = await cluster.node.call({ name: 'echo', node: peer }, number, { timeoutMs: CALL_MS })
    if (answer !== number) broken('answers are right', `${cluster.self} got ${String(answer)} from ${peer}`)
  }

  /** More than a peer takes at once, by senders that wait for it. */
  async #burst(number: number): Promise<void> {
    const { node } = this.#parts.cluster
    const peers = node.connected()
    if (peers.length === 0) return
    const peer = peers[number % peers.length]!
    const bytes = new Uint8Array(BURST_BYTES)
    const send = () => node.send({ name: 'sink', node: peer }, bytes, { whenBusy: 'wait' })
    await Promise.all(Array.from({ length: BURST }, send))
  }

  /** A process that is in a group for a while. */
  async #pass(): Promise<void> {
    const { cluster, sim, isSettling } = this.#parts
    if (isSettling()) return
    const box = cluster.node.mailbox()
    cluster.node.pg().join(atom(PASSING), box)
    await sim.sleep(PASS_MS)
    box.close()
  }

  /** A name of its own that comes and goes, under the lock of all. */
  async #name(): Promise<void> {
    const { cluster, box, number } = this.#parts
    const { global } = cluster.node
    const name = atom(`passing-${number}`)
    await global.reregister(name, box.pid, { timeoutMs: NAME_MS })
    await global.unregister(name, { timeoutMs: NAME_MS })
  }

  /** A program dials those that it knows by name, connected or not. */
  async #dial(number: number): Promise<void> {
    const { cluster, others } = this.#parts
    const peers = others()
    if (peers.length > 0) await cluster.node.connect(peers[number % peers.length]!)
  }

  #every(what: string, ms: number, work: (number: number) => Promise<void>): void {
    const { broken, cluster, hinderedAt, isOver, isQuiet, isUp, sim } = this.#parts
    this.#endless(async () => {
      for (let number = 0; !isOver() && isUp(); number++) {
        await sim.sleep(ms)
        if (!isUp() || cluster.state !== 'running') continue
        const key = Symbol()
        this.#begun.set(key, `${what} of ${cluster.self} at ${Math.round(sim.now)} ms`)
        const isToWork = isQuiet()
        const begunAt = sim.now
        try {
          await work(number)
        } catch (error) {
          if (isToWork && isUp()) broken('all works when all is well', `${what} of ${cluster.self}: ${String(error)}`)
        } finally {
          this.#begun.delete(key)
          const tookMs = Math.round(sim.now - begunAt)
          const isLate = tookMs > (LIMITS_MS[what] ?? Number.POSITIVE_INFINITY)
          if (isLate && isUp() && hinderedAt() < begunAt) {
            broken('all ends in its time', `${what} of ${cluster.self} took ${tookMs} ms`)
          }
        }
      }
    })
  }

  #endless(work: () => Promise<void>): void {
    // What fails because its node has ended is no fault.
    work().catch((error: unknown) => {
      if (this.#parts.isUp() && this.#parts.isQuiet()) this.#parts.broken('traffic', String(error))
    })
  }
}
