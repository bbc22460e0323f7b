import type { NodeName } from '@dynsrv/epmd-shim'
import type { HoldReason } from '../change.ts'
import { type Discovery, firstKnown, type IgnoredTarget } from '../discover.ts'
import type { Membership } from '../membership.ts'
import type { LeavePolicy } from '../policy/leave-policy.ts'
import { type Asker, holdOf } from './asker.ts'
import { Forgotten } from './forgotten.ts'
import { type Member, type Plan, plan } from './plan.ts'
import { Rotation } from './rotation.ts'
import { sameSpelling, withoutOtherSpellings } from './spelling.ts'
import { Unusable } from './unusable.ts'
import type { CompleteWatchOptions } from './watch-options.ts'

export interface DeciderOptions {
  readonly membership: Membership
  readonly options: CompleteWatchOptions
  readonly asker: Asker
  readonly leave: LeavePolicy
  /** Who is a member now: links that drop may change it while a decision waits for another answer. */
  readonly members: () => ReadonlyMap<NodeName, Member>
  /** Our own record, as it is known now. */
  readonly own: () => Member | undefined
}

/** Why nobody leaves, or nobody whose link lives. */
interface Hold {
  readonly reason: HoldReason
  readonly linksOnly?: boolean
}

/** What follows from an answer. */
export interface Decision {
  readonly plan: Plan
  /** Who was named, in the spelling that is in use. */
  readonly nodes: ReadonlySet<NodeName>
  /** The live links that the plan is for. */
  readonly connected: ReadonlySet<NodeName>
  /** Where they listen and what they prefer, by all answers that were taken in. */
  readonly answer: Pick<Discovery, 'nodes' | 'endpoints' | 'preferences'>
}

/** Turns answers into plans, and asks again before anybody leaves. */
export class Decider {
  readonly #parts: DeciderOptions
  readonly #rotation: Rotation
  readonly #unusable = new Unusable()
  readonly #forgotten: Forgotten
  #emptyPolls = 0
  #emptySince = 0
  /** Polls in a row at which somebody was kept because it cannot be seen whether answers are whole. */
  #doubts = 0

  constructor(parts: DeciderOptions) {
    this.#parts = parts
    const { rotationPolls, confirmEmpty, confirmEmptyMs } = parts.options
    this.#rotation = new Rotation(rotationPolls)
    this.#forgotten = new Forgotten(confirmEmpty === Number.POSITIVE_INFINITY ? confirmEmpty : confirmEmptyMs)
  }

  /** @throws what `connected()` throws; the signal's reason when it aborts */
  async decide(discovery: Discovery): Promise<Decision> {
    const { asker, options } = this.#parts
    if (discovery.nodes.size > 0) this.#emptyPolls = 0
    else if (++this.#emptyPolls === 1) this.#emptySince = options.world.clock.monotonic()
    const answers = [discovery]
    let connected = this.#connected()
    let nodes = this.#sameSpelling(discovery.nodes, connected)
    const whole = nodes.size > 0 && holdOf(discovery) === undefined
    if (whole) this.#rotation.observe(nodes, connected)
    this.#rememberEmpty(nodes, discovery)
    let hold = this.#hold(nodes, discovery)
    let ignored = discovery.ignored ?? []
    let decided = this.#plan(nodes, connected, hold, ignored)
    for (let asked = 0; asked < this.#lookups(decided, connected); asked++) {
      const again = await asker.askAgain(options.confirmDelayMs, this.#isDoubting())
      connected = this.#connected()
      if (again === undefined) hold = { reason: 'unconfirmed' }
      else {
        answers.push(again)
        ignored = [...ignored, ...(again.ignored ?? [])]
        hold = this.#holdOf(again)
        const named = this.#sameSpelling(again.nodes, connected)
        // Two answers a moment apart that differ are each a part of the truth.
        if (!sameSet(named, nodes)) this.#rotation.suspect()
        nodes = new Set([...nodes, ...named])
      }
      decided = this.#plan(nodes, connected, hold ?? this.#hold(nodes, discovery), ignored)
    }
    const isKept = [...decided.held.values()].some((reason) => reason === 'unconfirmed' || reason === 'trimmed')
    if (decided.held.size === 0) this.#doubts = 0
    else if (isKept) this.#doubts += 1
    if (whole) {
      this.#rotation.remember(decided, nodes, connected)
      this.#unusable.remember(this.#parts.membership.self, decided, nodes, ignored)
    }
    const endpoints = firstKnown(answers.map((each) => each.endpoints))
    // The last answer is the latest word on them; endpoints of the first one are under way already.
    const preferences = firstKnown(answers.map((each) => each.preferences).reverse())
    const named = answers.length === 1 ? discovery.nodes : new Set(answers.flatMap((each) => [...each.nodes]))
    return { plan: decided, nodes, connected, answer: { nodes: named, endpoints, preferences } }
  }

  #rememberEmpty(nodes: ReadonlySet<NodeName>, discovery: Discovery): void {
    const { members, membership } = this.#parts
    if (discovery.absent === true) this.#forgotten.clear()
    else if (nodes.size > 0) this.#forgotten.named(nodes)
    else if (holdOf(discovery) === undefined && (discovery.ignored ?? []).length === 0)
      this.#forgotten.forget([...members().keys(), membership.self], this.#emptySince)
  }

  /**
   * How many lookups more a plan needs. As long as answers rotate, polls that lack a live link make them too, to see whether they
   * still do: polls in step with the rotation see the same part each time, lookups at moments of chance see another one.
   */
  #lookups({ deregistered, held, leave }: Plan, connected: ReadonlySet<NodeName>): number {
    const { confirmLeave } = this.#parts.options
    if (deregistered || leave.length > 0) return confirmLeave
    const isRotating = [...held].some(([node, reason]) => reason === 'rotating' && connected.has(node))
    return isRotating ? confirmLeave : 0
  }

  #hold(nodes: ReadonlySet<NodeName>, discovery: Discovery): Hold | undefined {
    const { confirmEmpty, confirmEmptyMs, world } = this.#parts.options
    const hold = this.#holdOf(discovery)
    if (hold !== undefined) return hold
    if (nodes.size === 0 && discovery.absent !== true) {
      if ((discovery.ignored ?? []).length > 0) return { reason: 'unmapped' }
      if (this.#emptyPolls < confirmEmpty) return { reason: 'empty' }
      // A registry that forgot everybody must not take down what lives.
      const emptyMs = world.clock.monotonic() - this.#emptySince
      if (emptyMs < confirmEmptyMs) return { reason: 'empty', linksOnly: true }
    }
    return this.#rotation.suspected ? { reason: 'rotating' } : undefined
  }

  /** Where nothing shows whether answers are whole, they are doubted for so many polls, and then believed. */
  #isDoubting(): boolean {
    return this.#doubts < this.#parts.options.doubtPolls
  }

  #holdOf(discovery: Discovery): Hold | undefined {
    const reason = holdOf(discovery)
    if (reason !== undefined) return { reason }
    return discovery.doubtful === true && this.#isDoubting() ? { reason: 'trimmed' } : undefined
  }

  #plan(
    discovered: ReadonlySet<NodeName>,
    connected: ReadonlySet<NodeName>,
    hold: Hold | undefined,
    ignored: readonly IgnoredTarget[],
  ): Plan {
    const { membership, options, leave, members, own } = this.#parts
    const now = options.world.clock.monotonic()
    const forgotten = this.#forgotten.finder(now)
    return plan({
      self: membership.self,
      members: withoutOtherSpellings(members(), discovered),
      own: own(),
      discovered,
      connected,
      hold: hold?.reason,
      holdsLinksOnly: hold?.linksOnly ?? false,
      unusable: this.#unusable.finder(ignored),
      leave,
      maxLeaveShare: options.maxLeaveShare,
      now,
      ...(forgotten !== undefined && { forgotten }),
    })
  }

  #sameSpelling(nodes: ReadonlySet<NodeName>, connected: ReadonlySet<NodeName>): ReadonlySet<NodeName> {
    const { membership, members } = this.#parts
    return sameSpelling(nodes, { members: members().keys(), connected, self: membership.self })
  }

  #connected(): ReadonlySet<NodeName> {
    return new Set(this.#parts.membership.connected())
  }
}

function sameSet(one: ReadonlySet<NodeName>, other: ReadonlySet<NodeName>): boolean {
  if (one.size !== other.size) return false
  for (const node of one) if (!other.has(node)) return false
  return true
}
