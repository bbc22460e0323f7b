import type { ControlMessage } from '@dynsrv/dist-protocol'
import { type Atom, atom, type Pid, type Reference, type Term, tuple } from '@dynsrv/etf'
import type { Clock } from '@dynsrv/kit'
import { type Identifiers, pidKey, referenceKey } from './identifiers.ts'
import { type LocalProcess, nodeOf, type OwnMonitor, type Target } from './local-process.ts'
import { OwnMonitors } from './own-monitors.ts'
import { type PeerUses, Place } from './peer-use.ts'
import type { Registry } from './registry.ts'
import type { Told } from './verbatim.ts'
import { type Watcher, watcherKey } from './watchers.ts'

const NORMAL = atom('normal')
const KILL = atom('kill')
const KILLED = atom('killed')
const NOPROC = atom('noproc')
const NOCONNECTION = atom('noconnection')
const EXIT = atom('EXIT')
/** So many monitors fire without a pause when a node is lost. */
const FIRED_AT_ONCE = 2_000
const SYSTEM_LIMIT = atom('system_limit')

export interface LinksAndMonitorsParts {
  /** Our node's name. */
  readonly self: string
  readonly ids: Identifiers
  readonly registry: Registry
  readonly uses: PeerUses
  readonly clock: Clock
  /** Sends to another node, connecting first where that is wanted; false when there is no way. */
  readonly transmit: (node: string, control: ControlMessage, payload?: Told) => boolean
}

/** The signals that are about ends of processes. */
export type LifeSignal = Extract<
  ControlMessage,
  {
    op:
      | 'LINK'
      | 'UNLINK'
      | 'UNLINK_ID'
      | 'UNLINK_ID_ACK'
      | 'EXIT'
      | 'EXIT2'
      | 'MONITOR_P'
      | 'DEMONITOR_P'
      | 'MONITOR_P_EXIT'
  }
>

/**
 * Links, monitors and exits with OTP's signal rules, for signals of our own processes as for those of other nodes.
 *
 * @see OTP `erl_dist_protocol`, "New link protocol"; `erlang:link/1`, `erlang:monitor/2`, `erlang:exit/2`
 */
export class LinksAndMonitors {
  readonly #parts: LinksAndMonitorsParts
  readonly #monitors: OwnMonitors
  /** A monitor by name stays with the process that held the name when it came. By key of the watcher. */
  readonly #watchedByName = new Map<string, LocalProcess>()
  /** Monitors of processes on nodes that were lost, those that have not fired yet. */
  readonly #ending = new Map<string, OwnMonitor[]>()
  #unlinks = 0n

  constructor(parts: LinksAndMonitorsParts) {
    this.#parts = parts
    this.#monitors = new OwnMonitors(parts.ids)
  }

  /** How many monitors of ours wait for an end. */
  get monitorCount(): number {
    return this.#monitors.size
  }

  link(owner: LocalProcess, pid: Pid): void {
    const key = pidKey(pid)
    const entry = owner.links.get(key)
    if (entry?.active === true || key === pidKey(owner.pid)) return
    if (entry === undefined) owner.links.set(key, { pid, active: true, unlinkId: undefined, use: undefined })
    else {
      // The acknowledgement that is still to come then matches nothing, as it must.
      entry.active = true
      entry.unlinkId = undefined
    }
    if (!this.#signal(pid.node.name, { op: 'LINK', from: owner.pid, to: pid })) {
      this.#dropLink(owner, key)
      this.#exitSignal(owner, pid, NOCONNECTION, 'link')
    }
  }

  unlink(owner: LocalProcess, pid: Pid): void {
    const key = pidKey(pid)
    const entry = owner.links.get(key)
    if (entry?.active !== true) return
    entry.active = false
    entry.unlinkId = ++this.#unlinks
    const sent = this.#signal(pid.node.name, { op: 'UNLINK_ID', id: entry.unlinkId, from: owner.pid, to: pid })
    if (!sent) this.#dropLink(owner, key)
  }

  /**
   * Watches a process. `down` is called once, unless the monitor is taken back; at once when there is no way to it.
   *
   * @param ref a reference to use, when it is an alias as well
   */
  monitor(owner: LocalProcess, target: Target, down: OwnMonitor['down'], ref?: Reference): Reference {
    const made = ref ?? this.#parts.ids.reference()
    this.#monitors.add(owner, made, target, down)
    const to = 'name' in target ? target.name : target
    if (!this.#signal(nodeOf(target), { op: 'MONITOR_P', from: owner.pid, to, ref: made })) {
      this.#fire(made, NOCONNECTION)
    }
    return made
  }

  /** Ends a monitor; its end will not be told any more. */
  demonitor(ref: Reference): boolean {
    const monitor = this.#monitors.take(ref)
    if (monitor === undefined) return false
    const { target, owner } = monitor
    if ('starting' in target) return true
    const to = 'name' in target ? target.name : target
    this.#signal(nodeOf(target), { op: 'DEMONITOR_P', from: owner.pid, to, ref })
    return true
  }

  /** Lets a monitor of one of our processes be fired by somebody else's request, as a spawn with `monitor` does. */
  watch(watched: LocalProcess, watcher: Pid, ref: Reference): void {
    this.#addWatcher(watched, { pid: watcher, ref, as: watched.pid })
  }

  /** Tells one watcher that the process is down for it, and forgets the watcher; the process goes on. */
  failWatcher(watched: LocalProcess, ref: Reference, reason: Term): boolean {
    const watcher = this.#takeWatcher(watched, referenceKey(ref))
    if (watcher === undefined) return false
    this.#down(watcher.as, watcher.pid, ref, reason)
    return true
  }

  /** Tells all monitors of one process that this one is down for it, and forgets them; this process goes on. */
  failWatchersAt(watched: LocalProcess, watcher: Pid, reason: Term): void {
    for (const { ref } of watched.watchers.of(watcher)) this.failWatcher(watched, ref, reason)
  }

  /** Makes a link without asking the other side, which has asked for it. */
  adoptLink(owner: LocalProcess, pid: Pid): void {
    const { self, uses } = this.#parts
    const use = pid.node.name === self ? undefined : uses.of(pid.node.name)
    use?.changeLinks(1)
    owner.links.set(pidKey(pid), { pid, active: true, unlinkId: undefined, use })
  }

  #dropLink(owner: LocalProcess, key: string): void {
    const entry = owner.links.get(key)
    if (entry === undefined) return
    entry.use?.changeLinks(-1)
    owner.links.delete(key)
  }

  #addWatcher(watched: LocalProcess, { pid, ref, as }: Omit<Watcher, 'place'>): void {
    const { self, uses } = this.#parts
    const key = watcherKey(pid, ref)
    this.#takeWatcher(watched, key)
    const place = new Place(pid.node.name === self ? undefined : uses.of(pid.node.name))
    watched.watchers.add({ pid, ref, as, place })
    if (!('id' in as)) this.#watchedByName.set(key, watched)
  }

  #takeWatcher(watched: LocalProcess, key: string): Watcher | undefined {
    const watcher = watched.watchers.take(key)
    if (watcher !== undefined && this.#watchedByName.get(key) === watched) this.#watchedByName.delete(key)
    return watcher
  }

  /** Whether a peer has as many links and monitors here as it may have, which is told then. */
  #isFullOf({ node }: Pid): boolean {
    const { self, uses } = this.#parts
    return node.name !== self && uses.refusesToHold(uses.of(node.name), 'links and monitors')
  }

  /** Expects the end of a process that another node is asked to start, with a monitor of this reference. */
  expect(owner: LocalProcess, ref: Reference, node: string, down: OwnMonitor['down']): void {
    this.#monitors.add(owner, ref, { starting: true, node }, down)
  }

  /** The process that was expected has started; when nobody waits for its end any more, its node ends the monitor. */
  started(owner: LocalProcess, ref: Reference, pid: Pid): void {
    const monitor = this.#monitors.get(ref)
    if (monitor !== undefined) monitor.target = pid
    else this.#signal(pid.node.name, { op: 'DEMONITOR_P', from: owner.pid, to: pid, ref })
  }

  /** `exit/2`: asks a process anywhere to end. */
  sendExit(from: LocalProcess, to: Pid, reason: Term): void {
    this.#signal(to.node.name, { op: 'EXIT2', from: from.pid, to }, reason)
  }

  /**
   * Ends a process of ours and tells everybody who is linked to it or watches it.
   *
   * @param told the reason in the form in which it is passed on, where that is another
   */
  exit(process: LocalProcess, reason: Term, told: Told = reason): void {
    if (!process.alive) return
    process.alive = false
    this.#parts.registry.remove(process)
    for (const { pid, active, use } of process.links.values()) {
      use?.changeLinks(-1)
      if (active) this.#signal(pid.node.name, { op: 'EXIT', from: process.pid, to: pid }, reason, told)
    }
    process.links.clear()
    for (const [key, { pid, ref, as }] of process.watchers.entries()) {
      this.#takeWatcher(process, key)
      this.#down(as, pid, ref, reason, told)
    }
    while (process.monitor !== undefined) {
      // A caller that waits for an answer must hear that none will come.
      if (process.behaviour.kind === 'caller') this.#fire(process.monitor.ref, reason)
      else this.demonitor(process.monitor.ref)
    }
    process.behaviour.ended?.(reason)
  }

  /**
   * A signal came.
   *
   * @param node the one that sent it, which may be ours; whose processes the signal names was checked on the way in
   * @param told the reason in the form in which it is passed on, where that is another
   */
  receive(node: string, signal: LifeSignal, reason?: Term, told: Told = reason): void {
    switch (signal.op) {
      case 'LINK':
        this.#linked(signal.from, signal.to)
        return
      case 'UNLINK': {
        const process = this.#parts.registry.byPid(signal.to)
        if (process !== undefined) this.#dropLink(process, pidKey(signal.from))
        return
      }
      case 'UNLINK_ID':
        this.#unlinked(signal.id, signal.from, signal.to)
        return
      case 'UNLINK_ID_ACK': {
        const process = this.#parts.registry.byPid(signal.to)
        const key = pidKey(signal.from)
        if (process?.links.get(key)?.unlinkId === signal.id) this.#dropLink(process, key)
        return
      }
      case 'EXIT': {
        const process = this.#parts.registry.byPid(signal.to)
        const key = pidKey(signal.from)
        if (process?.links.get(key)?.active !== true) return
        this.#dropLink(process, key)
        this.#exitSignal(process, signal.from, reason, 'link', told)
        return
      }
      case 'EXIT2': {
        const process = this.#parts.registry.byPid(signal.to)
        if (process !== undefined) this.#exitSignal(process, signal.from, reason, 'exit', told)
        return
      }
      case 'MONITOR_P':
        this.#monitored(signal.from, signal.to, signal.ref)
        return
      case 'DEMONITOR_P': {
        const process =
          'name' in signal.to
            ? this.#watchedByName.get(watcherKey(signal.from, signal.ref))
            : this.#parts.registry.byPid(signal.to)
        if (process !== undefined) this.#takeWatcher(process, watcherKey(signal.from, signal.ref))
        return
      }
      case 'MONITOR_P_EXIT': {
        // Only the node where the process is can know of its end.
        const monitor = this.#monitors.get(signal.ref)
        if (monitor !== undefined && nodeOf(monitor.target) === node) this.#fire(signal.ref, reason, told)
        return
      }
    }
  }

  /** The link to a node is gone: processes that were linked to one there, or watched one, get `noconnection`. */
  connectionLost(node: string): void {
    for (const process of [...this.#parts.registry.processes()]) {
      for (const [key, { pid, active }] of [...process.links]) {
        if (pid.node.name !== node) continue
        this.#dropLink(process, key)
        if (active && process.alive) this.#exitSignal(process, pid, NOCONNECTION, 'link')
      }
      for (const [key, { pid }] of process.watchers.entries()) {
        if (pid.node.name === node) this.#takeWatcher(process, key)
      }
    }
    const ending = this.#monitors.on(node)
    this.#ending.set(node, ending)
    this.#fireSome(node, ending)
  }

  /** A link to a node is about to come up: all who watched a process there hear first that the last one has ended. */
  connectionUp(node: string): void {
    for (const { ref } of this.#ending.get(node) ?? []) this.#fire(ref, NOCONNECTION)
    this.#ending.delete(node)
  }

  /** Fires some of the monitors of a node that was lost, and the rest when all others have had their turn. */
  #fireSome(node: string, ending: OwnMonitor[]): void {
    // Another has taken over.
    if (this.#ending.get(node) !== ending) return
    const begin = Math.max(0, ending.length - FIRED_AT_ONCE)
    for (const { ref } of ending.splice(begin)) this.#fire(ref, NOCONNECTION)
    if (begin > 0) this.#parts.clock.setImmediate(() => this.#fireSome(node, ending))
    else this.#ending.delete(node)
  }

  #linked(from: Pid, to: Pid): void {
    const process = this.#parts.registry.byPid(to)
    if (process === undefined) {
      this.#signal(from.node.name, { op: 'EXIT', from: to, to: from }, NOPROC)
      return
    }
    // With an unlink of ours under way the link is void: the other side is about to hear of it.
    if (process.links.has(pidKey(from))) return
    if (this.#isFullOf(from)) this.#signal(from.node.name, { op: 'EXIT', from: to, to: from }, SYSTEM_LIMIT)
    else this.adoptLink(process, from)
  }

  #unlinked(id: bigint, from: Pid, to: Pid): void {
    const process = this.#parts.registry.byPid(to)
    const key = pidKey(from)
    if (process?.links.get(key)?.active === true) this.#dropLink(process, key)
    this.#signal(from.node.name, { op: 'UNLINK_ID_ACK', id, from: to, to: from })
  }

  #monitored(from: Pid, to: Pid | Atom, ref: Reference): void {
    const { registry } = this.#parts
    const process = 'id' in to ? registry.byPid(to) : registry.byName(to.name)
    if (process === undefined) this.#down(to, from, ref, NOPROC)
    else if (this.#isFullOf(from)) this.#down(to, from, ref, SYSTEM_LIMIT)
    else this.#addWatcher(process, { pid: from, ref, as: to })
  }

  #exitSignal(process: LocalProcess, from: Pid, reason: Term, kind: 'link' | 'exit', told: Told = reason): void {
    // Who has got a call knows the caller's pid: it must not be able to end all our calls, or what OTP expects of a node.
    if (isInternal(process)) return
    if (kind === 'exit' && reason === KILL) {
      this.exit(process, KILLED)
      return
    }
    if (process.trapExit) {
      process.behaviour.message(tuple(EXIT, from, reason))
      return
    }
    if (reason === NORMAL && pidKey(from) !== pidKey(process.pid)) return
    this.exit(process, reason, told)
  }

  #down(as: Pid | Atom, watcher: Pid, ref: Reference, reason: Term, told: Told = reason): void {
    this.#signal(watcher.node.name, { op: 'MONITOR_P_EXIT', from: as, to: watcher, ref }, reason, told)
  }

  #fire(ref: Reference, reason: Term, told: Told = reason): void {
    this.#monitors.take(ref)?.down(reason, ref, told)
  }

  #signal(node: string, control: LifeSignal, reason?: Term, told: Told = reason): boolean {
    if (node !== this.#parts.self) return this.#parts.transmit(node, control, told)
    this.receive(node, control, reason, told)
    return true
  }
}

/** Processes of the node itself: no supervisor would start them anew. */
function isInternal({ behaviour: { kind = 'system' } }: LocalProcess): boolean {
  return kind !== 'mailbox' && kind !== 'server' && kind !== 'spawned'
}
