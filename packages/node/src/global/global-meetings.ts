import { atom, Pid, type Term, Tuple, tuple } from '@dynsrv/etf'
import type { Random } from '@dynsrv/kit'
import { GlobalMeeting, type GlobalMeetingParts } from './global-meeting.ts'
import type { GlobalNode, GlobalNodes } from './global-nodes.ts'
import { PeerTimers } from './mesh-dials.ts'

/** The version of the protocol that OTP 25 to 29 speak. OTP 23 speaks 5. */
const VERSION = 8
/** From here on a node confirms the pair of tags. */
const ACK_VERSION = 8
/** From here on the connections that a node knows are a map, before they are a list. */
const MAP_VERSION = 6
/** A BEAM node says at once that it wants to share names; a node that has not by then may wait for us. Unit: milliseconds. */
const BEGIN_MS = 1_000
/** Pauses between our tries to meet a node that waits. Unit: milliseconds. */
const TRY_MS = { first: 100, least: 1_000, spread: 2_000 } as const

export interface GlobalMeetingsParts extends Omit<GlobalMeetingParts, 'known' | 'isKnown' | 'met'> {
  readonly random: Random
  readonly nodes: GlobalNodes
  readonly isConnected: (node: string) => boolean
  readonly send: (node: string, message: Term) => void
  /** Says to a node that we know it. */
  readonly tellInSync: (node: string) => void
  /** Nodes of another part are of ours from now on. */
  readonly joined: (nodes: readonly GlobalNode[]) => void
}

/** With whom we are to share names and do not yet. BEAM nodes begin; we begin with those who do not, such as nodes of ours. */
export class GlobalMeetings {
  readonly #parts: GlobalMeetingsParts
  readonly #meetings = new Map<string, GlobalMeeting>()
  /** Our tags in meetings that we began and that the other side has not answered. */
  readonly #begun = new Map<string, number>()
  readonly #timers: PeerTimers
  #tags = 0
  #stopped = false

  constructor(parts: GlobalMeetingsParts) {
    this.#parts = parts
    this.#timers = new PeerTimers(parts.clock)
  }

  /** The version of a node that is or was in a meeting with us over the link that is up. */
  version(node: string): number | undefined {
    return this.#meetings.get(node)?.link.version
  }

  get(node: string): GlobalMeeting | undefined {
    return this.#meetings.get(node)
  }

  /** The meeting to which a message belongs, when it does not belong to an earlier one. */
  tagged(node: string, tag: Term): GlobalMeeting | undefined {
    const meeting = this.#meetings.get(node)
    return meeting?.link.ourTag === tag ? meeting : undefined
  }

  /** A link is up. */
  connectionUp(node: string): void {
    this.#later(node, BEGIN_MS, () => {
      const { nodes, tellInSync } = this.#parts
      if (nodes.isSynced(node) || this.#meetings.has(node)) return
      if (nodes.has(node)) tellInSync(node)
      else this.#begin(node, VERSION, ++this.#tags, true)
    })
  }

  /** Another node wants to meet us, or answers that it does. */
  initConnect(node: string, [theirVersion, theirTag]: readonly Term[], locker: Term): void {
    const [, , , theirLocker] = locker instanceof Tuple ? locker.elements : []
    if (!(theirLocker instanceof Pid)) return
    const version = typeof theirVersion === 'number' ? Math.min(theirVersion, VERSION) : VERSION
    const begun = this.#begun.get(node)
    const ourTag = begun ?? ++this.#tags
    this.#begun.delete(node)
    this.#meet({ node, version, theirTag, ourTag, locker: theirLocker })
    if (begun === undefined) this.#begin(node, version, ourTag)
    else this.#later(node, TRY_MS.first * (1 + this.#parts.random.number()), () => this.#try(node))
    if (version < ACK_VERSION) return
    this.#parts.send(node, tuple(atom('init_connect_ack'), atom(this.#parts.self), theirTag, ourTag))
  }

  /** The other side has given up a meeting and wants another. */
  restart(node: string): void {
    const link = this.#meetings.get(node)?.link
    if (link === undefined) return
    const ourTag = ++this.#tags
    this.#meet({ ...link, ourTag })
    this.#begin(node, link.version, ourTag)
  }

  lockSet(locker: Pid, set: boolean, tag: Term): void {
    const node = locker.node.name
    // Old lockers talk to each other without the name server between them, and without a tag.
    ;(tag === undefined ? this.get(node) : this.tagged(node, tag))?.lockSet(set)
  }

  forget(node: string): void {
    this.#timers.delete(node)
    this.#begun.delete(node)
    this.#meetings.get(node)?.end()
    this.#meetings.delete(node)
  }

  /** Nothing is begun any more. */
  stop(): void {
    this.#stopped = true
    this.#timers.clear()
  }

  #begin(node: string, version: number, ourTag: number, first = false): void {
    if (first) this.#begun.set(node, ourTag)
    const known = version < MAP_VERSION ? [] : new Map()
    const { self, cast, locker } = this.#parts
    const ours = tuple(atom('locker'), atom('no_longer_a_pid'), known, locker)
    cast(node, tuple(atom('init_connect'), tuple(version, ourTag), atom(self), ours))
  }

  #meet(link: GlobalMeeting['link']): void {
    this.#meetings.get(link.node)?.end()
    const { nodes, joined } = this.#parts
    const met = (node: string, theirs: readonly GlobalNode[]) => {
      nodes.sync([node, link.version])
      joined(theirs)
    }
    this.#meetings.set(
      link.node,
      new GlobalMeeting(link, {
        ...this.#parts,
        known: () => nodes.entries(),
        isKnown: (node) => nodes.has(node),
        met,
      }),
    )
  }

  /** Tries to meet a node that waits for us, until it is known. */
  #try(node: string): void {
    const meeting = this.#meetings.get(node)
    if (meeting === undefined || this.#parts.nodes.has(node)) return
    const { random } = this.#parts
    const again = () => this.#later(node, TRY_MS.least + TRY_MS.spread * random.number(), () => this.#try(node))
    if (meeting.busy) again()
    // It never rejects: a step that throws ends the meeting.
    else void meeting.begin().then(again)
  }

  #later(node: string, delayMs: number, work: () => void): void {
    if (this.#parts.isConnected(node) && !this.#stopped) this.#timers.set(node, delayMs, work)
    else this.#timers.delete(node)
  }
}
