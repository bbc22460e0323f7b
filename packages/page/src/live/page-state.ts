/** How a member stands: `waiting` was found and not dialled yet, `gone` is no member any more. */
export type MemberState = 'connected' | 'connecting' | 'waiting' | 'unreachable' | 'gone'

/** One member as the page shows it. Texts are raw: escape them where they are shown. */
export interface PageMember {
  readonly name: string
  readonly state: MemberState
  /** Why it is in that state; empty when there is nothing to say. */
  readonly reason: string
  /** The code of the newest reason, by which members with the same trouble are counted; empty when there is none. */
  readonly code: string
  /** What can be done about it; empty when there is nothing to do. */
  readonly hint: string
  /** When it came into that state, in milliseconds since 1970; null when that is not known. */
  readonly since: number | null
  /** Whether discovery names it, or its leave policy keeps it. */
  readonly expected: boolean
  /** Whether the member itself is hidden, whatever this node is. */
  readonly hidden: boolean
  readonly direction: 'incoming' | 'outgoing' | ''
  readonly address: string
  /** A ping and its answer, in milliseconds; null when it was not measured. */
  readonly latencyMs: number | null
  readonly receivedPerSecond: number
  readonly sentPerSecond: number
  readonly bytesPerSecond: number
}

/** One SRV record of the last answer, and what was done with it. */
export interface PageRecord {
  readonly target: string
  readonly port: number
  readonly priority: number
  readonly weight: number
  readonly addresses: readonly string[]
  readonly outcome: MemberState | 'self' | 'ignored'
  readonly text: string
}

/** One topology: its last answer, and what became of it. */
export interface PageTopology {
  readonly name: string
  readonly service: string
  readonly server: string
  /** Time of the last good answer, in milliseconds since 1970; null before the first one. */
  readonly answeredAt: number | null
  readonly elapsedMs: number | null
  /** Polls that failed in a row. */
  readonly failures: number
  /** Why the last poll failed; empty when it did not. */
  readonly failure: string
  readonly hint: string
  /** What is special about the answer, such as that it is empty or cut. */
  readonly notes: readonly string[]
  readonly expected: number
  readonly connected: number
  readonly records: readonly PageRecord[]
  /** Records beyond those shown. */
  readonly more: number
}

/** Something that happened. */
export interface PageChange {
  readonly id: number
  /** In milliseconds since 1970. */
  readonly at: number
  readonly kind: 'up' | 'down' | 'trouble' | 'calm'
  readonly about: string
  readonly text: string
  readonly hint: string
}

/** What the page shows of our own node. */
export interface PageSelf {
  readonly name: string
  readonly state: 'running' | 'leaving' | 'closed'
  readonly port: number
  readonly startedAt: number
}

/** All that the page shows. */
export interface PageState {
  /** Another one after a restart of the process. */
  readonly incarnation: string
  readonly self: PageSelf
  readonly members: readonly PageMember[]
  readonly topologies: readonly PageTopology[]
  readonly changes: readonly PageChange[]
}

/** How the cluster stood at one moment, and what went on since the moment before. */
export interface PageSample {
  /** In milliseconds since 1970. */
  readonly at: number
  readonly connected: number
  /** Members that should be connected and are not. */
  readonly missing: number
  /** The median over the members, in milliseconds; null while no open page asks for it. */
  readonly latencyMs: number | null
  readonly slowestMs: number | null
  readonly receivedPerSecond: number
  readonly sentPerSecond: number
  readonly bytesPerSecond: number
  /** How long the slowest DNS answer took, in milliseconds; null when none came. */
  readonly dnsMs: number | null
  /** Lookups that failed. */
  readonly dnsFailures: number
}

/** What the page shows of one member when it is chosen. */
export interface PageMemberDetail {
  readonly name: string
  /** `OTP 27`, or `not BEAM`; empty while that is not known. */
  readonly runs: string
  /** Distribution flags that the member announced, by name. */
  readonly announced: readonly string[]
  readonly creation: number | null
  readonly sentMessages: number | null
  readonly receivedMessages: number | null
  readonly sentBytes: number | null
  readonly receivedBytes: number | null
  /** What it has not taken yet. */
  readonly queuedBytes: number | null
  /** Addresses that the last DNS answers name for it, with their ports. */
  readonly addresses: readonly string[]
  readonly samples: readonly PageMemberSample[]
  /** What happened to it, oldest first. */
  readonly changes: readonly PageChange[]
}

/** How one member stood at one moment; null while it was not connected. */
export interface PageMemberSample {
  readonly at: number
  readonly latencyMs: number | null
  readonly receivedPerSecond: number | null
  readonly sentPerSecond: number | null
}

/** What differs from the state before. */
export interface PagePatch {
  readonly self?: PageSelf
  /** Members that are new or have changed. */
  readonly members?: readonly PageMember[]
  /** Names of members that are not shown any more. */
  readonly removed?: readonly string[]
  readonly topologies?: readonly PageTopology[]
  readonly changes?: readonly PageChange[]
}
