import type { NodeName } from '@dynsrv/epmd-shim'
import {
  callable,
  duration,
  filledText,
  flag,
  having,
  numberFrom,
  oneOf,
  optionsOf,
  required,
  whole,
} from '@dynsrv/kit'
import { HOLD_REASONS, type HoldReason } from '../change.ts'
import { checks } from '../checks.ts'
import type { LeavePolicy } from '../policy/leave-policy.ts'

/** What is remembered of a member from poll to poll. */
export interface Member {
  /** Good answers in a row that lack it; 0 while it is named. */
  readonly missedPolls: number
  /** When the first of these came; undefined while it is named. */
  readonly missingSince: number | undefined
}

/** All that a plan depends on. */
export interface PlanInput {
  readonly self: NodeName
  /** Who was a member until now. */
  readonly members: ReadonlyMap<NodeName, Member>
  /** Our own record, which is one of the members; undefined until an answer has named us. */
  readonly own: Member | undefined
  /** Who the answer names. */
  readonly discovered: ReadonlySet<NodeName>
  /** The live links. */
  readonly connected: ReadonlySet<NodeName>
  /** Why nobody may leave because of this answer; undefined when it is sound. */
  readonly hold: HoldReason | undefined
  /** Whether that spares only the live links, and our own record. */
  readonly holdsLinksOnly: boolean
  /** Whether the record of a node that the answer does not name may be there, and cannot be used; default: of none. */
  readonly unusable?: (node: NodeName) => boolean
  /** Whether an empty answer forgot a node, and none has named it since; default: of none. */
  readonly forgotten?: (node: NodeName) => boolean
  readonly leave: LeavePolicy
  /** Of the connected members, how many may leave at once, from 0 to 1; one may always. */
  readonly maxLeaveShare: number
  /** In milliseconds, of any clock that never goes back. */
  readonly now: number
}

/** What an answer changes. */
export interface Plan {
  /** Who is a member from now on. */
  readonly members: ReadonlyMap<NodeName, Member>
  /** Named for the first time, or again after leaving. */
  readonly appeared: readonly NodeName[]
  /** Named again after being missed, without having left. */
  readonly returned: readonly NodeName[]
  readonly leave: readonly NodeName[]
  /** Our own record, as it is known from now on. */
  readonly own: Member | undefined
  /** Our own record was there and is gone, by the same rules as everybody's. */
  readonly deregistered: boolean
  /** Missing, and kept nevertheless. */
  readonly held: ReadonlyMap<NodeName, HoldReason>
}

const aSet = required(having('has', 'keys'))

const check = checks.options<PlanInput>('plan', {
  self: required(filledText),
  members: required(having('get', 'keys')),
  own: optionsOf<Member>({ missedPolls: required(whole()), missingSince: duration() }),
  discovered: aSet,
  connected: aSet,
  hold: oneOf(...HOLD_REASONS),
  holdsLinksOnly: flag,
  unusable: callable,
  forgotten: callable,
  leave: required(callable),
  maxLeaveShare: required(numberFrom(0, 1)),
  now: required(duration()),
})

const NAMED: Member = { missedPolls: 0, missingSince: undefined }

/**
 * The difference between what was, what is named and what is connected. Pure; in proportion to the number of members.
 *
 * @throws {StrategyError} `STRATEGY_BAD_OPTION`
 */
export function plan(input: PlanInput): Plan {
  check(input)
  const ours = ownRecord(input)
  if (namesTheSame(input)) {
    return { members: input.members, appeared: [], returned: [], leave: [], held: new Map(), ...ours }
  }
  const { self, discovered, connected, hold, holdsLinksOnly = false } = input
  const members = new Map<NodeName, Member>()
  const appeared: NodeName[] = []
  const returned: NodeName[] = []
  const held = new Map<NodeName, HoldReason>()
  for (const node of discovered) {
    if (node === self) continue
    const known = input.members.get(node)
    if (known === undefined) appeared.push(node)
    else if (known.missedPolls > 0) returned.push(node)
    members.set(node, NAMED)
  }
  const willing: NodeName[] = []
  for (const [node, member] of input.members) {
    if (discovered.has(node)) continue
    const isLive = connected.has(node)
    const reason =
      hold !== undefined && (isLive || !holdsLinksOnly) ? hold : isLive ? ownReason(input, node) : undefined
    const missed = reason === undefined ? missedAgain(member, input.now) : member
    members.set(node, missed)
    if (reason !== undefined) held.set(node, reason)
    else if (asks(input, node, missed)) willing.push(node)
    else held.set(node, 'policy')
  }
  const leave = withinShare(input, members, willing)
  for (const node of willing) if (!leave.has(node)) held.set(node, 'share')
  for (const node of leave) members.delete(node)
  return { members, appeared, returned, leave: [...leave], held, ...ours }
}

/** Why this answer says nothing of one node, though it is sound. */
function ownReason({ unusable, forgotten }: PlanInput, node: NodeName): HoldReason | undefined {
  if (unusable?.(node) === true) return 'unusable'
  return forgotten?.(node) === true ? 'empty' : undefined
}

/**
 * No link hangs on our own record, so the leave policy is asked as for a member without one, and `maxLeaveShare` does not
 * hold it.
 */
function ownRecord(input: PlanInput): Pick<Plan, 'own' | 'deregistered'> {
  const { self, discovered, own, hold, leave, now } = input
  if (discovered.has(self)) return { own: NAMED, deregistered: false }
  if (own === undefined || hold !== undefined || ownReason(input, self) !== undefined)
    return { own, deregistered: false }
  const missed = missedAgain(own, now)
  const { missedPolls: polls, missingSince = now } = missed
  const deregistered = leave({ node: self, polls, ms: now - missingSince, connected: false })
  return { own: deregistered ? undefined : missed, deregistered }
}

/** Most answers name the same nodes as the last one. */
function namesTheSame({ self, members, discovered }: PlanInput): boolean {
  if (discovered.size - (discovered.has(self) ? 1 : 0) !== members.size) return false
  for (const [node, { missedPolls }] of members) if (missedPolls > 0 || !discovered.has(node)) return false
  return true
}

function missedAgain({ missedPolls, missingSince }: Member, now: number): Member {
  return { missedPolls: missedPolls + 1, missingSince: missingSince ?? now }
}

function asks({ leave, connected, now }: PlanInput, node: NodeName, { missedPolls, missingSince }: Member): boolean {
  return leave({ node, polls: missedPolls, ms: now - (missingSince ?? now), connected: connected.has(node) })
}

/** Those without a link may all go, since nothing is taken down; of the others the longest missing. */
function withinShare(
  { connected, maxLeaveShare, members: known }: PlanInput,
  members: ReadonlyMap<NodeName, Member>,
  willing: readonly NodeName[],
): Set<NodeName> {
  const linked = willing.filter((node) => connected.has(node))
  const leave = new Set(willing.filter((node) => !connected.has(node)))
  let live = 0
  for (const node of known.keys()) if (connected.has(node)) live += 1
  const cap = Math.max(1, Math.floor(live * maxLeaveShare))
  if (linked.length > cap) linked.sort((a, b) => since(members, a) - since(members, b))
  for (const node of linked.slice(0, cap)) leave.add(node)
  return leave
}

function since(members: ReadonlyMap<NodeName, Member>, node: NodeName): number {
  return members.get(node)?.missingSince ?? 0
}
