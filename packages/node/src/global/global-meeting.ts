import { atom, type Pid, type Term, tuple } from '@dynsrv/etf'
import type { Clock, Timer } from '@dynsrv/kit'
import { CALL_TIMEOUT_MS, type GenCalls } from '../call/gen-call.ts'
import type { LinksAndMonitors } from '../process/links-and-monitors.ts'
import type { LocalProcess } from '../process/local-process.ts'
import type { GlobalConflict } from './global-conflict.ts'
import { LockRound, NAMES_LOCK } from './global-lock-round.ts'
import { type GlobalNode, readGlobalNodes, writeGlobalNodes } from './global-nodes.ts'
import {
  type GlobalOperation,
  type NameEntry,
  readNames,
  readOperations,
  writeName,
  writeOperation,
} from './global-operation.ts'

const NORMAL = atom('normal')
/** From here on lockers talk through the name servers, and every message bears a tag. */
const TAGGED_VERSION = 8
/** How long our part stays locked for a meeting. Unit: milliseconds. */
const PATIENCE_MS = 30_000

/** What we agreed on with a visible peer. */
export interface GlobalLink {
  readonly node: string
  /** The lower of both sides' versions of the protocol. */
  readonly version: number
  readonly theirTag: Term
  readonly ourTag: number
  /** Who takes locks for the other side. */
  readonly locker: Pid
}

export interface GlobalMeetingParts {
  readonly clock: Clock
  readonly self: string
  /** Our locker, in the eyes of others. */
  readonly locker: Pid
  readonly calls: GenCalls
  readonly life: LinksAndMonitors
  readonly conflict: GlobalConflict
  readonly cast: (node: string, message: Term) => void
  /** Older lockers talk to each other without the name server between them. */
  readonly sendToLocker: (locker: Pid, message: Term) => void
  readonly names: () => readonly NameEntry[]
  readonly entry: (name: Term) => NameEntry | undefined
  /** Names, and the nodes of the other part. */
  readonly apply: (peer: string, operations: readonly GlobalOperation[], theirs: readonly GlobalNode[]) => void
  /** Our part, without us. */
  readonly known: () => readonly GlobalNode[]
  readonly isKnown: (node: string) => boolean
  /** Who holds the lock of names here. */
  readonly requester: () => Term
  /** Something of ours went wrong; the meeting is over. */
  readonly failed: (node: string, error: unknown) => void
  /** Both parts have the same names now. */
  readonly met: (node: string, theirKnown: readonly GlobalNode[]) => void
}

/**
 * Two parts of a cluster become one: each locks its names, they exchange them, settle conflicts, and tell the others.
 *
 * Steps are done one after the other in the order in which messages come.
 *
 * @see OTP `global`, "Connection algorithm"
 */
export class GlobalMeeting {
  readonly link: GlobalLink
  readonly #parts: GlobalMeetingParts
  #steps: Promise<void> = Promise.resolve()
  /** Our part is locked, in the name of a process that lives as long. */
  #held:
    | {
        readonly round: LockRound
        readonly holder: LocalProcess
        readonly requester: Term
        readonly nodes: readonly string[]
      }
    | undefined
  /** We asked first, and hold our part until the other side answers. */
  #asked = false
  #here: readonly GlobalOperation[] | undefined
  #patience: Timer | undefined
  #ended = false

  constructor(link: GlobalLink, parts: GlobalMeetingParts) {
    this.link = link
    this.#parts = parts
  }

  /** Whether our part is locked for it, or about to be. */
  get busy(): boolean {
    return this.#asked || this.#held !== undefined
  }

  /** Begins: takes the lock on our part and on the other node, and asks it to do the same. Whether it could. */
  begin(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#step(async () => {
        // The other side has begun since: two holders of one lock, of which only the last would let go.
        if (this.busy) return
        const { self, locker, known } = this.#parts
        const requester = [locker, this.link.locker].sort((a, b) => (a.node.name < b.node.name ? -1 : 1))
        this.#asked = await this.#take(requester, () => [self, this.link.node, ...known().map(([name]) => name)])
        if (this.#asked) this.#tellLock(true)
        resolve(this.#asked)
      })
      // No step rejects. Once this one is over without an answer, there is none.
      void this.#steps.then(() => resolve(false))
    })
  }

  /** The other side has its part locked, or could not. */
  lockSet(set: boolean): void {
    // We know each other by another way meanwhile; its locker would wait for an answer.
    if (this.#ended && set) this.#tellLock(false)
    this.#step(async () => {
      if (this.#asked) {
        this.#asked = false
        if (set) this.#exchangeNames()
        else await this.#release()
        return
      }
      if (!set || this.#held !== undefined) return
      // It has locked us as well, in the name of both: a locker that asks in the same name may have the lock too.
      const requester = this.#parts.requester()
      const { self, known } = this.#parts
      const ours =
        requester !== undefined && (await this.#take(requester, () => [self, ...known().map(([name]) => name)]))
      this.#tellLock(ours)
      if (ours) this.#exchangeNames()
    })
  }

  /** The names of the other part came. */
  exchange(names: Term): void {
    this.#step(async () => {
      const { conflict, entry, cast, known, isKnown, self } = this.#parts
      const { node, version, theirTag } = this.link
      const isOfOurs = (other: string) => other === self || isKnown(other)
      const { here, there } = await conflict.compare(node, readNames(names), entry, isOfOurs)
      this.#here = here
      const others = writeGlobalNodes(known(), version)
      cast(node, tuple(atom('resolved'), atom(self), there.map(writeOperation), others, others, [], theirTag))
    })
  }

  /** The other side has settled its conflicts. */
  resolved(operations: Term, theirKnown: Term): void {
    this.#step(async () => {
      const { apply, known, cast, self, met } = this.#parts
      const { node, version } = this.link
      const all = [...(this.#here ?? []), ...readOperations(operations)]
      const others = readGlobalNodes(theirKnown)
      apply(node, all, others)
      // Without the lock's name an insert that comes while somebody else holds the lock ends the other name server.
      const lock = tuple(atom('lock'), tuple(NAMES_LOCK, this.#held?.requester))
      const extra = [tuple(atom('vsn'), version), lock]
      for (const [other, theirVersion] of this.#held === undefined ? [] : known()) {
        const nodes = writeGlobalNodes([[node, version], ...others], theirVersion)
        if (other !== node) cast(other, tuple(atom('new_nodes'), atom(self), all.map(writeOperation), [], nodes, extra))
      }
      met(node, others)
      this.end()
    })
  }

  /** It is over, or came to nothing: what is locked is let go. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#steps = this.#steps.then(() => this.#release())
  }

  #step(work: () => Promise<void>): void {
    this.#steps = this.#steps.then(async () => {
      if (this.#ended) return
      try {
        await work()
      } catch (error) {
        this.#parts.failed(this.link.node, error)
        this.end()
      }
    })
  }

  /**
   * Whether our part could be locked, all of it: nodes that became part of it while we took the lock included, since a node
   * that is not locked by us does not take the names that we tell it.
   */
  async #take(requester: Term, nodes: () => readonly string[]): Promise<boolean> {
    const { self, calls, life } = this.#parts
    const holder = calls.newCaller()
    const round = new LockRound({ self, calls, holder, requester })
    const held = new Set<string>()
    const rest = () => [...new Set(nodes())].filter((node) => !held.has(node))
    let taken = false
    try {
      for (let more = rest(); more.length > 0; more = rest()) {
        taken = await round.take(more, { timeoutMs: CALL_TIMEOUT_MS })
        if (!taken) break
        for (const node of more) held.add(node)
      }
    } catch {
      // A node that does not answer: the other side hears that we could not, and tries again.
      taken = false
    }
    if (!taken) {
      await round.release([...held])
      life.exit(holder, NORMAL)
      return false
    }
    this.#held = { round, holder, requester, nodes: [...held] }
    // The other side went another way and does not say so: our part must not stay locked.
    this.#patience = this.#parts.clock.setTimeout(() => this.#step(() => this.#release()), PATIENCE_MS)
    this.#patience.unref()
    return true
  }

  async #release(): Promise<void> {
    this.#parts.clock.clearTimeout(this.#patience)
    const held = this.#held
    this.#held = undefined
    this.#asked = false
    if (held === undefined) return
    await held.round.release(held.nodes)
    this.#parts.life.exit(held.holder, NORMAL)
  }

  #exchangeNames(): void {
    const { names, cast, self } = this.#parts
    cast(this.link.node, tuple(atom('exchange'), atom(self), names().map(writeName), [], this.link.theirTag))
  }

  #tellLock(set: boolean): void {
    const { locker, known, cast, sendToLocker } = this.#parts
    const message = [atom('lock_set'), locker, set, writeGlobalNodes(known(), 0)] as const
    if (this.link.version < TAGGED_VERSION) sendToLocker(this.link.locker, tuple(...message))
    else cast(this.link.node, tuple(...message, this.link.theirTag))
  }
}
