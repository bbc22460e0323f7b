import type { EncodedTerm } from '@dynsrv/dist-protocol'
import { AtomShare, type Term } from '@dynsrv/etf'
import type { Warning } from '../node-event.ts'
import { KeptBytes, PeerBytes } from './kept-bytes.ts'
import { verbatim } from './verbatim.ts'

/** What the processes of peers make this node hold and do. Each limit but the last counts for each peer by itself. */
export interface PeerLimits {
  /**
   * Messages of a peer that wait in mailboxes and servers here; more are dropped, and callers hear that at once. Counted as
   * they take memory, in bytes; default 256 MiB, or a quarter of V8's heap where that is less.
   */
  readonly maxUnreadBytes: number
  /**
   * Links and monitors that a peer has set up to processes here, and global names and locks that it has; more links and
   * monitors fail with `system_limit`, more names are not taken, and more locks not granted. Default 200 000.
   */
  readonly maxLinks: number
  /**
   * Global names, locks and members of process groups that a peer has told; more are not taken. Counted as they take memory, in
   * bytes; default 256 MiB, or a quarter of V8's heap where that is less.
   */
  readonly maxHeldBytes: number
  /** Functions and processes that a peer has running here; more fail with `system_limit`. Default 10 000. */
  readonly maxSpawned: number
  /**
   * Nodes that a peer has named, as members of the cluster or as those of global names, and that are being dialled; more are
   * left out, and names of processes there are not taken. Default 1000.
   */
  readonly maxDials: number
  /**
   * What all peers together make this process keep: links and monitors, names, locks and members, functions that run, messages
   * that wait to be read, messages that are not whole yet, and what waits to be taken by peers. Whose share is larger than
   * what is left gets nothing more; 1/256 of it everybody has for certain, while a quarter lasts. When what cannot be refused
   * is too much, the link is given up of the one that holds most. Unit: bytes; default 2 GiB, or a third of
   * the memory that there is where that is less: of V8's heap, or of the container.
   */
  readonly maxInAllBytes: number
}

/** What one peer makes us hold and do at present. */
export class PeerUse extends PeerBytes {
  readonly peer: string
  /** The atoms that it has brought, to `decode.limits.atomBytes`. They are its own whichever link they came over. */
  readonly atoms = new AtomShare()
  /** Its messages are being dropped, and that has been said. */
  isDropping = false
  /** How often something of it was refused, by the limit. */
  readonly refused = new Map<string, number>()

  constructor(peer: string, all: KeptBytes) {
    super(all)
    this.peer = peer
  }

  get isNothing(): boolean {
    return this.bytes === 0 && this.links === 0 && this.running === 0 && this.atoms.usedBytes === 0
  }
}

/** Something that a peer has set up here, and that stays. */
export class Place {
  readonly #bytes: number
  #use: PeerUse | undefined

  /**
   * @param use what its peer uses here; undefined for what is ours
   * @param bytes how much memory it takes that the peer can choose
   */
  constructor(use: PeerUse | undefined, bytes = 0) {
    this.#bytes = bytes
    this.#use = use
    if (use === undefined) return
    use.changeLinks(1)
    use.changeHeld(bytes)
  }

  /** It is gone. */
  free(): void {
    if (this.#use !== undefined) {
      this.#use.changeLinks(-1)
      this.#use.changeHeld(-this.#bytes)
    }
    this.#use = undefined
  }
}

/** What the limit of the sum over all peers is called. */
export const MAX_IN_ALL = 'limits.maxInAllBytes'

export interface PeerUsesParts {
  readonly limits: PeerLimits
  readonly warn: (warning: Omit<Warning, 'type'>) => void
  /** Ends the link to a peer, which holds most; false when there is none. */
  readonly giveUp: (peer: string) => boolean
}

/** The same of every peer. */
export class PeerUses {
  readonly limits: PeerLimits
  readonly all: KeptBytes
  readonly #parts: PeerUsesParts
  readonly #uses = new Map<string, PeerUse>()
  /** Peers that are gone while something of them is here. */
  readonly #left = new Set<string>()

  constructor(parts: PeerUsesParts) {
    this.limits = parts.limits
    this.all = new KeptBytes(parts.limits.maxInAllBytes)
    this.#parts = parts
  }

  of(peer: string): PeerUse {
    const known = this.#uses.get(peer)
    if (known !== undefined) return known
    const made = new PeerUse(peer, this.all)
    this.#uses.set(peer, made)
    return made
  }

  /** The limit by which a peer may set up no more that stays here; our own processes may. */
  limitOnHolding(use: PeerUse | undefined, bytes = 0): string | undefined {
    if (use === undefined) return undefined
    if (use.links >= this.limits.maxLinks) return 'limits.maxLinks'
    if (use.heldBytes + bytes > this.limits.maxHeldBytes) return 'limits.maxHeldBytes'
    return use.mayLink && use.room >= bytes ? undefined : MAX_IN_ALL
  }

  /** Whether it may not, which is told then. @param what would have come: `links and monitors` */
  refusesToHold(use: PeerUse | undefined, what: string, bytes = 0): boolean {
    const limit = this.limitOnHolding(use, bytes)
    if (limit !== undefined) this.refuse(use!, limit, what)
    return limit !== undefined
  }

  /** How many bytes a peer may still make us hold, and the limit on it. */
  roomFor(use: PeerUse | undefined): { readonly bytes: number; readonly limit: string } {
    const limit = 'limits.maxHeldBytes'
    if (use === undefined) return { bytes: Number.POSITIVE_INFINITY, limit }
    const own = this.limits.maxHeldBytes - use.heldBytes
    return own <= use.room ? { bytes: own, limit } : { bytes: use.room, limit: MAX_IN_ALL }
  }

  /** Whether a peer may have no more running here, which is told then. */
  refusesToRun(use: PeerUse): boolean {
    const { maxSpawned, maxUnreadBytes } = this.limits
    const limit =
      use.running >= maxSpawned
        ? 'limits.maxSpawned'
        : use.unreadBytes >= maxUnreadBytes
          ? 'limits.maxUnreadBytes'
          : use.mayRun
            ? undefined
            : MAX_IN_ALL
    if (limit !== undefined) this.refuse(use, limit, 'functions')
    return limit !== undefined
  }

  /** The limit by which no more messages of a peer may wait here. @param bytes how much memory this one takes at least */
  limitOnWaiting(use: PeerUse, bytes = 0): string | undefined {
    if (use.unreadBytes >= this.limits.maxUnreadBytes) return 'limits.maxUnreadBytes'
    return use.room >= bytes + MESSAGE_BYTES ? undefined : MAX_IN_ALL
  }

  /** The limit by which messages of a peer that are not whole may not take so much more. */
  limitOnUnfinished(use: PeerUse, more: number): string | undefined {
    return use.room >= more ? undefined : MAX_IN_ALL
  }

  /** Says that something of a peer was refused: the first time, and then each time that it is ten times as much. */
  refuse(use: PeerUse, limit: string, what: string, count = 1): void {
    const key = `${limit} ${what}`
    const before = use.refused.get(key) ?? 0
    const now = before + count
    use.refused.set(key, now)
    if (before > 0 && Math.floor(Math.log10(now)) === Math.floor(Math.log10(before))) return
    const { peer } = use
    const whose = limit === MAX_IN_ALL ? 'all peers together make this node keep' : `${peer} has`
    const message = `${what} of ${peer} are refused, ${now} so far: ${whose} as much as ${limit} allows`
    this.#parts.warn({ code: 'OVER_LIMIT', message, peer, limit })
  }

  /** What came could not be refused: when all of it is too much, the links of those go that hold most. */
  giveWay(): void {
    if (!this.all.isOver) return
    const byMost = [...this.#uses.values()].sort((one, other) => other.ofLink - one.ofLink)
    for (const use of byMost) {
      if (!this.all.isOver) return
      if (use.ofLink > 0) this.#parts.giveUp(use.peer)
    }
  }

  /** A link to a peer comes up. */
  came(peer: string): PeerUse {
    this.#left.delete(peer)
    return this.of(peer)
  }

  /** A peer is gone: it is remembered only as long as something of it is here. */
  left(peer: string): void {
    this.#left.add(peer)
    for (const name of this.#left) {
      if (this.#uses.get(name)?.isNothing === false) continue
      this.#uses.delete(name)
      this.#left.delete(name)
    }
  }
}

/** What a message that waits takes beside its term: its place in the queue, and what is known of it. Unit: bytes. */
const MESSAGE_BYTES = 104

/** Where a message came from, and what it costs its sender as long as it waits here, in one queue or in several. */
export class Origin {
  /** The node that sent it. */
  readonly peer: string
  readonly use: PeerUse
  /** How much memory it takes, once it waits. */
  bytes = 0
  /** Let go of once it waits: what came in with it would stay, too. */
  #payload: EncodedTerm | undefined
  #held: EncodedTerm | undefined
  #queues = 0

  constructor(peer: string, use: PeerUse, payload: EncodedTerm) {
    this.peer = peer
    this.use = use
    this.#payload = payload
  }

  /** The message once more, in the form that is passed on; undefined once it waits, unless its bytes are `held`. */
  verbatim(): Term {
    const came = this.#held ?? this.#payload
    return came === undefined ? undefined : verbatim(came)
  }

  /** Keeps the bytes of the message while it waits. */
  hold(): void {
    this.#held = this.#payload?.copy()
  }

  /** The message waits in one more queue. */
  keep(): void {
    if (this.#payload !== undefined) {
      // A message whose bytes are held takes them beside what it became.
      this.bytes = MESSAGE_BYTES + this.#payload.memoryBytes + (this.#held?.byteLength ?? 0)
      this.#payload = undefined
    }
    if (this.#queues++ === 0) this.use.changeUnread(this.bytes)
  }

  /** A function of ours begins to run for it: its arguments stay. */
  begin(): void {
    this.use.changeRunning(1)
    this.#held = undefined
    this.keep()
  }

  /** The function has ended. */
  end(): void {
    this.use.changeRunning(-1)
    this.release()
  }

  /** It has left a queue. */
  release(): void {
    if (--this.#queues === 0) this.use.changeUnread(-this.bytes)
  }
}
