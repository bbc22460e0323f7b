import { shown, sleep, within } from '@dynsrv/kit'
import { kindFault } from '../answers/name-kind.ts'
import type { HoldReason } from '../change.ts'
import { type Discovery, discoveryOf, type IgnoredTarget } from '../discover.ts'
import { StrategyError } from '../error.ts'
import { type Known, MostMembers } from './most-members.ts'
import type { CompleteWatchOptions } from './watch-options.ts'

type AskerOptions = Pick<CompleteWatchOptions, 'discover' | 'discoverTimeoutMs' | 'maxMembers' | 'unref' | 'world'>

/** Asks a source, each time within the same time limit. */
export class Asker {
  readonly #options: AskerOptions
  readonly #known: () => Known
  readonly #most: MostMembers
  readonly #signal: AbortSignal

  /** @param known our own name, and whom the loop knows already */
  constructor(options: AskerOptions, known: () => Known, signal: AbortSignal) {
    this.#options = options
    this.#known = known
    this.#most = new MostMembers(options.maxMembers)
    this.#signal = signal
  }

  /** @throws what the source throws, or `STRATEGY_DISCOVER_TIMEOUT`, or the signal's reason */
  async ask(confirm = false): Promise<Discovery> {
    const { discover, discoverTimeoutMs: ms, unref, world } = this.#options
    const limit = { clock: world.clock, ms, signal: this.#signal, late: () => lateAnswer(ms), unref }
    const answer = discoveryOf(await within(limit, (signal) => discover({ signal, confirm, world })))
    return this.#most.limit(onlyNames(answer, this.#known().self), this.#known)
  }

  /**
   * Asks once more, after about so long: at a moment of chance, so that those who polled in step do not ask again in step.
   * Undefined when that fails. `confirm`: see `DiscoverOptions`.
   */
  async askAgain(delayMs: number, confirm: boolean): Promise<Discovery | undefined> {
    const { world, unref } = this.#options
    await sleep(world.clock, delayMs * (0.5 + world.random.number()), { signal: this.#signal, unref })
    try {
      return await this.ask(confirm)
    } catch {
      this.#signal.throwIfAborted()
      // Not an answer, so not a confirmation; the next poll shows whether the failure lasts.
      return undefined
    }
  }
}

/**
 * Leaves out what cannot be the name of a node, so that nobody dials it: the source may be anybody's function. Nodes with names
 * of the other kind are left out too, for they refuse each other.
 */
function onlyNames(discovery: Discovery, self: string): Discovery {
  const ignored: IgnoredTarget[] = []
  const nodes = new Set(discovery.nodes)
  for (const node of discovery.nodes) {
    const isName = typeof node === 'string' && NAME.test(node)
    const reason = isName ? kindFault(node, self) : 'it is not a node name'
    if (reason === undefined) continue
    nodes.delete(node)
    ignored.push({ target: isName ? node : shown(node), reason, ...(isName && { foreign: true }) })
  }
  return ignored.length === 0 ? discovery : { ...discovery, nodes, ignored: [...(discovery.ignored ?? []), ...ignored] }
}

const NAME = /^[^@\s]+@[^@\s]+$/

/** Why nobody may leave because of an answer, as far as its source knows. */
export function holdOf({ stale, trimmed }: Discovery): HoldReason | undefined {
  if (trimmed === true) return 'trimmed'
  return stale === true ? 'stale' : undefined
}

function lateAnswer(ms: number): StrategyError {
  return new StrategyError('STRATEGY_DISCOVER_TIMEOUT', `discovery gave no answer within ${ms / 1_000} s`)
}
