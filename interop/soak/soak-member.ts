import type { Certificate } from '@dynsrv/tools/certificates'
import type { Machine } from '@dynsrv/tools/network'

/** Where and as what a member runs. */
export interface MemberPlace {
  readonly machine: Machine
  readonly label: string
  readonly name: string
  readonly service: string
  readonly cookie: string
  readonly dns: string
  readonly port: number
  /** With which all members speak TLS. */
  readonly certificate?: Certificate
}

/** What one member tells of itself. */
export interface MemberState {
  /** Names of all peers with a live link, sorted. */
  readonly links: readonly string[]
  /** Members of the pg group `all`. */
  readonly group: number
  /** Names in `global`, sorted. */
  readonly names: readonly string[]
  /** Calls that were answered rightly, wrongly, and not. */
  readonly calls: number
  readonly wrong: number
  readonly unanswered: number
  /** What only a node of ours can tell. */
  readonly own?: OwnState
}

/** What may not grow in a node of ours. */
export interface OwnState {
  readonly processes: number
  readonly monitors: number
  readonly heapBytes: number
  readonly rssBytes: number
  /** TCP sockets that are open. */
  readonly sockets: number
  /** File descriptors. */
  readonly files: number
  /** Links that were lost so far. */
  readonly lost: number
  /** The last few of them, each with its time, peer and reason. */
  readonly lastLost: readonly string[]
  /** Rejections and exceptions that nobody has caught. */
  readonly faults: readonly string[]
}

/** A node of the soak in a process of its own. */
export interface SoakMember extends AsyncDisposable {
  readonly kind: 'erlang' | 'dynsrv'
  state(): Promise<MemberState>
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
}
