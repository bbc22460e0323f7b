import type { NodeName } from '@dynsrv/epmd-shim'
import type { HoldReason } from '../change.ts'
import type { Discovery } from '../discover.ts'
import type { Membership } from '../membership.ts'
import type { LeavePolicy } from '../policy/leave-policy.ts'
import { type Asker, holdOf } from './asker.ts'
import { type Member, type Plan, plan } from './plan.ts'
import { Rotation } from './rotation.ts'
import { sameSpelling } from './spelling.ts'
import type { CompleteWatchOptions } from './watch-options.ts'

export interface DeciderOptions {
  readonly membership: Membership
  readonly options: CompleteWatchOptions
  readonly asker: Asker
  readonly leave: LeavePolicy
  /** Who is a member now: links that drop may change it while a decision waits for another answer. */
  readonly members: () => ReadonlyMap<NodeName, Member>
}

/** What follows from an answer. */
export interface Decision {
  readonly plan: Plan
  /** Who was named, in the spelling that is in use. */
  readonly nodes: ReadonlySet<NodeName>
  /** The live links that the plan is for. */
  readonly connected: ReadonlySet<NodeName>
}

/** Turns answers into plans, and asks again before anybody leaves. */
export class Decider {
  readonly #parts: DeciderOptions
  readonly #rotation: Rotation
  #emptyPolls = 0

  constructor(parts: DeciderOptions) {
    this.#parts = parts
    this.#rotation = new Rotation(parts.options.rotationPolls)
  }

  /** @throws what `connected()` throws; the signal's reason when it aborts */
  async decide(discovery: Discovery): Promise<Decision> {
    const { asker, options } = this.#parts
    this.#emptyPolls = discovery.nodes.size === 0 ? this.#emptyPolls + 1 : 0
    let connected = this.#connected()
    let nodes = this.#sameSpelling(discovery.nodes, connected)
    const whole = nodes.size > 0 && holdOf(discovery) === undefined
    if (whole) this.#rotation.observe(nodes, connected)
    let hold = this.#hold(nodes, discovery)
    let decided = this.#plan(nodes, connected, hold)
    for (let more = options.confirmLeave; more > 0 && decided.leave.length > 0; more--) {
      const again = await asker.askAgain(options.confirmDelayMs)
      connected = this.#connected()
      if (again === undefined) hold = 'unconfirmed'
      else {
        hold = holdOf(again)
        const named = this.#sameSpelling(again.nodes, connected)
        // Two answers a moment apart that differ are each a part of the truth.
        if (!sameSet(named, nodes)) this.#rotation.suspect()
        nodes = new Set([...nodes, ...named])
      }
      decided = this.#plan(nodes, connected, hold ?? this.#hold(nodes, discovery))
    }
    if (whole) this.#rotation.remember(decided, nodes, connected)
    return { plan: decided, nodes, connected }
  }

  #hold(nodes: ReadonlySet<NodeName>, discovery: Discovery): HoldReason | undefined {
    const { confirmEmpty } = this.#parts.options
    const hold = holdOf(discovery)
    if (hold !== undefined) return hold
    if (nodes.size === 0 && discovery.absent !== true && (discovery.ignored ?? []).length > 0) return 'unmapped'
    if (nodes.size === 0 && discovery.absent !== true && this.#emptyPolls < confirmEmpty) return 'empty'
    return this.#rotation.suspected ? 'rotating' : undefined
  }

  #plan(discovered: ReadonlySet<NodeName>, connected: ReadonlySet<NodeName>, hold: HoldReason | undefined): Plan {
    const { membership, options, leave, members } = this.#parts
    return plan({
      self: membership.self,
      members: members(),
      discovered,
      connected,
      hold,
      leave,
      maxLeaveShare: options.maxLeaveShare,
      now: options.world.clock.monotonic(),
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
