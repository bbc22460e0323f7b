/**
 * What peers make this process keep, in bytes of memory: the one place where it is added up.
 *
 * Every peer has its own limits. They do not add up to the memory that there is, as anybody with the cookie may come under many
 * names. So all of it together is bounded as well.
 */

/** What a link or a monitor takes, with the pid, the reference and the keys under which it is found, as measured. */
const LINK_BYTES = 600
/** What a function that runs takes: its process, its promises and what it is to be answered, as measured. */
const RUNNING_BYTES = 2_000

/** What an entry of a table takes beside its name. */
const ENTRY_BYTES = 400
/** How much more memory a term may take than it has bytes: an empty list is one of them. */
const MEMORY_PER_BYTE = 40

/** How much memory a name that a peer chose may take, by its key. */
export function bytesOfName(key: string): number {
  return ENTRY_BYTES + MEMORY_PER_BYTE * key.length
}

/** Who makes us keep little has this part of the sum for certain, */
const LITTLE = 1 / 256
/** as long as not so many do that they take this part of it. */
const FOR_THE_LITTLE = 1 / 4

/** The sum over all peers. */
export class KeptBytes {
  /** Unit: bytes. */
  readonly most: number
  readonly #forTheLittle: number
  #bytes = 0

  /** @param most how much all peers together may make us keep */
  constructor(most: number) {
    this.most = most
    this.#forTheLittle = most === Number.POSITIVE_INFINITY ? 0 : most * FOR_THE_LITTLE
  }

  get bytes(): number {
    return this.#bytes
  }

  /** A peer makes us keep so much more, or less. */
  change(bytes: number): void {
    this.#bytes += bytes
  }

  /** What has come all the same is too much. */
  get isOver(): boolean {
    return this.#bytes > this.most
  }

  /**
   * How much more a peer may make us keep: no more in all than is left for the others, so that the one that holds most is
   * the first to be refused, and nobody can take all. Who holds little has some room for certain.
   */
  roomFor(kept: number): number {
    const left = this.most - this.#bytes
    const little = Math.min(this.most * LITTLE - kept, left)
    return Math.max(little, left - this.#forTheLittle - kept)
  }
}

/** What one peer makes us keep, by kind. */
export class PeerBytes {
  readonly #all: KeptBytes
  #bytes = 0
  #unread = 0
  #held = 0
  #links = 0
  #running = 0
  #unfinished = 0
  #queued = 0

  constructor(all: KeptBytes) {
    this.#all = all
  }

  /** All of it. */
  get bytes(): number {
    return this.#bytes
  }

  /** What goes with its link. */
  get ofLink(): number {
    return this.#links * LINK_BYTES + this.#held + this.#unfinished + this.#queued
  }

  /** Messages that wait to be read, and arguments of functions that run. Unit: bytes. */
  get unreadBytes(): number {
    return this.#unread
  }

  /** Names, locks, and members of groups. Unit: bytes. */
  get heldBytes(): number {
    return this.#held
  }

  /** Links and monitors, and names and locks, by number. */
  get links(): number {
    return this.#links
  }

  /** Functions and processes that run, by number. */
  get running(): number {
    return this.#running
  }

  /** What waits to be taken by it. Unit: bytes. */
  get queuedBytes(): number {
    return this.#queued
  }

  changeUnread(bytes: number): void {
    this.#unread += bytes
    this.#change(bytes)
  }

  changeHeld(bytes: number): void {
    this.#held += bytes
    this.#change(bytes)
  }

  changeLinks(count: number): void {
    this.#links += count
    this.#change(count * LINK_BYTES)
  }

  changeRunning(count: number): void {
    this.#running += count
    this.#change(count * RUNNING_BYTES)
  }

  /** Of messages that are not whole yet. */
  changeUnfinished(bytes: number): void {
    this.#unfinished += bytes
    this.#change(bytes)
  }

  changeQueued(bytes: number): void {
    this.#queued += bytes
    this.#change(bytes)
  }

  /** How many bytes more it may make us keep. */
  get room(): number {
    return this.#all.roomFor(this.#bytes)
  }

  /** Whether it may have one more link or monitor. */
  get mayLink(): boolean {
    return this.room >= LINK_BYTES
  }

  /** Whether it may have one more function running. */
  get mayRun(): boolean {
    return this.room >= RUNNING_BYTES
  }

  #change(bytes: number): void {
    this.#bytes += bytes
    this.#all.change(bytes)
  }
}
