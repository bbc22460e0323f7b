import type { EncodedTerm } from '@dynsrv/dist-protocol'
import { AtomShare, type Term } from '@dynsrv/etf'
import { verbatim } from './verbatim.ts'

/** What the processes of one peer make this node hold and do. Each limit counts for each peer by itself. */
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
}

/** What one peer makes us hold and do at present. */
export class PeerUse {
  unreadBytes = 0
  links = 0
  heldBytes = 0
  running = 0
  /** The atoms that it has brought, to `decode.limits.atomBytes`. They are its own whichever link they came over. */
  readonly atoms = new AtomShare()
  /** Its messages are being dropped, and that has been said. */
  isDropping = false

  get isNothing(): boolean {
    const { unreadBytes, links, heldBytes, running, atoms } = this
    return [unreadBytes, links, heldBytes, running, atoms.usedBytes].every((used) => used === 0)
  }
}

/** What an entry of a table takes beside its name. */
const ENTRY_BYTES = 400
/** How much more memory a term may take than it has bytes: an empty list is one of them. */
const MEMORY_PER_BYTE = 40

/** How much memory a name that a peer chose may take, by its key. */
export function bytesOfName(key: string): number {
  return ENTRY_BYTES + MEMORY_PER_BYTE * key.length
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
    use.links++
    use.heldBytes += bytes
  }

  /** It is gone. */
  free(): void {
    if (this.#use !== undefined) {
      this.#use.links--
      this.#use.heldBytes -= this.#bytes
    }
    this.#use = undefined
  }
}

/** The same of every peer. */
export class PeerUses {
  readonly limits: PeerLimits
  readonly #uses = new Map<string, PeerUse>()
  /** Peers that are gone while something of them is here. */
  readonly #left = new Set<string>()

  constructor(limits: PeerLimits) {
    this.limits = limits
  }

  of(peer: string): PeerUse {
    const known = this.#uses.get(peer)
    if (known !== undefined) return known
    const made = new PeerUse()
    this.#uses.set(peer, made)
    return made
  }

  /** Whether a peer may set up no more that stays here; our own processes may. */
  mayNotHold(use: PeerUse | undefined, bytes = 0): boolean {
    return use !== undefined && (use.links >= this.limits.maxLinks || bytes > this.roomFor(use))
  }

  /** How many bytes a peer may still make us hold. */
  roomFor(use: PeerUse | undefined): number {
    return use === undefined ? Number.POSITIVE_INFINITY : this.limits.maxHeldBytes - use.heldBytes
  }

  /** Whether a peer may have no more running here. */
  mayNotRun({ running, unreadBytes }: PeerUse): boolean {
    const { maxSpawned, maxUnreadBytes } = this.limits
    return running >= maxSpawned || unreadBytes >= maxUnreadBytes
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
    if (this.#queues++ === 0) this.use.unreadBytes += this.bytes
  }

  /** A function of ours begins to run for it: its arguments stay. */
  begin(): void {
    this.use.running++
    this.#held = undefined
    this.keep()
  }

  /** The function has ended. */
  end(): void {
    this.use.running--
    this.release()
  }

  /** It has left a queue. */
  release(): void {
    if (--this.#queues === 0) this.use.unreadBytes -= this.bytes
  }
}
