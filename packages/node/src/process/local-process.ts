import type { Atom, DecodeOptions, Pid, Reference, Term } from '@dynsrv/etf'
import type { Origin, PeerUse } from './peer-use.ts'
import type { Told } from './verbatim.ts'
import { Watchers } from './watchers.ts'

/** What a process is to its user: OTP's own are `system`, those that peers have spawned `spawned`. */
export type ProcessKind = 'mailbox' | 'server' | 'spawned' | 'caller' | 'pg' | 'pubsub' | 'system'

/** What a process does; everything about links, monitors and names is done around it. */
export interface Behaviour {
  /**
   * A message came. Must not throw.
   *
   * @param origin of a message of another node: to `keep` while it waits
   */
  message(message: Term, origin?: Origin): void
  /** The process is gone: no pid, name, link or monitor leads to it any more. Must not throw. */
  ended?(reason: Term): void
  /** Default: `system`. */
  readonly kind?: ProcessKind
  /** How its messages are decoded; default: as the node decodes. */
  readonly decode?: DecodeOptions
  /** How many messages wait, where there is a queue. */
  queued?(): number
  /** Whether a message would be dropped now, whatever it is. */
  isFull?(): boolean
  /** The same of a message that has come: it counts as dropped then, and need not be read. */
  dropsNext?(): boolean
}

/** One end of a link, as OTP keeps it: an unlink under way leaves it inactive until its acknowledgement. */
export interface LinkEntry {
  readonly pid: Pid
  active: boolean
  unlinkId: bigint | undefined
  /** What the peer that has set it up uses here; undefined for those of our own processes. */
  readonly use: PeerUse | undefined
}

/** A process anywhere: by pid, or by registered name and node. */
export type Target = Pid | { readonly name: Atom; readonly node: string }

/** A monitor of ours. */
export interface OwnMonitor {
  readonly owner: LocalProcess
  readonly ref: Reference
  /** Where it is; the pid of a process that is only being started is not known yet. */
  target: Target | { readonly starting: true; readonly node: string }
  readonly down: (reason: Term, ref: Reference, told: Told) => void
  /** The owner's other monitors, the youngest first. */
  previous: OwnMonitor | undefined
  next: OwnMonitor | undefined
}

/** One process of ours: what a pid leads to. */
export class LocalProcess {
  readonly pid: Pid
  readonly behaviour: Behaviour
  /** By key of the other pid. */
  readonly links = new Map<string, LinkEntry>()
  readonly watchers = new Watchers()
  /** The youngest monitor that this process has set up and that waits for an end; the others hang on it. */
  monitor: OwnMonitor | undefined
  readonly names = new Set<string>()
  /** Those that were made for it; most processes have none. */
  aliases: Set<Reference> | undefined
  /** Turns exit signals of linked processes into messages `{'EXIT', Pid, Reason}`. */
  trapExit = false
  alive = true

  constructor(pid: Pid, behaviour: Behaviour) {
    this.pid = pid
    this.behaviour = behaviour
  }
}

/** The node of a pid, of a reference, or of a name there. */
export function nodeOf({ node }: { readonly node: string | Atom }): string {
  return typeof node === 'string' ? node : node.name
}
